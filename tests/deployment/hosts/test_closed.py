"""The hosts refuse every connection that the brief does not list, and keep credentials private."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment.hosts.fleet import DATABASES, DEDUPLICATOR, GATHERERS, HOSTS, PRODUCTION, SHARDED
from tests.deployment.hosts.nspawn.network import ADDRESSES, OUTSIDE
from tests.deployment.hosts.platform import Platform

# The deployment brief's table, as (from, to, port). Security groups, not the hosts, restrict outgoing connections.
ALLOWED = {
    *((DEDUPLICATOR, gatherer, 5432) for gatherer in GATHERERS),
    (DEDUPLICATOR, PRODUCTION, 5432),
    *((host, outside, 443) for host in HOSTS for outside in OUTSIDE),
}
SCAN = Path(__file__).with_name("scan.py")


def test_only_the_briefs_ports_answer_between_hosts(platform: Platform) -> None:
    ports = sorted({port for host in HOSTS for port in _listening(platform, host)} | {22, 80, 443, 5432, 9100})
    answers: set[tuple[str, str, int]] = set()
    for host in (*HOSTS, ""):
        targets = [name for name in ADDRESSES if name != host]
        asked = [f"{ADDRESSES[name]}:{port}" for name, port in itertools.product(targets, ports)]
        command = platform.fleet.network.command(sys.executable, str(SCAN), *asked, host=host)
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        names = {address: name for name, address in ADDRESSES.items()}
        answers |= {(host, names[answer.split(":")[0]], int(answer.split(":")[1])) for answer in output}

    assert {each for each in answers if each[0]} == ALLOWED
    # No host is reachable from outside.
    assert {each for each in answers if not each[0] and each[1] in HOSTS} == set()


@pytest.mark.parametrize("host", DATABASES)
def test_a_database_admits_only_its_reader_with_tls(platform: Platform, host: str) -> None:
    database, user = ("kalshi", "deduplicator") if host == PRODUCTION else ("kalshi_ts", "dedup_reader")

    def refusal(**changes: str) -> str:
        wanted = {"dbname": database, "user": user, "sslmode": "require"} | changes
        return _connect(platform, ADDRESSES[host], wanted)

    # Only the right role from the right address over TLS is asked for its password.
    assert "no password supplied" in refusal()
    for change in ({"sslmode": "disable"}, {"user": "postgres"}, {"user": "gatherer"}, {"dbname": "postgres"}):
        assert "no pg_hba.conf entry" in refusal(**change), change


def test_a_wrong_password_is_refused(platform: Platform) -> None:
    for host in DATABASES:
        database, user = ("kalshi", "deduplicator") if host == PRODUCTION else ("kalshi_ts", "dedup_reader")
        wanted = {"dbname": database, "user": user, "sslmode": "require", "password": "wrong"}
        assert "password authentication failed" in _connect(platform, ADDRESSES[host], wanted)


def test_credentials_are_for_root_only(platform: Platform) -> None:
    for host in (*GATHERERS, DEDUPLICATOR):
        command = ("find", "/etc/kalshi/credentials", "-printf", "%U %m\\n")
        assert set(platform.hosts[host].run(*command).splitlines()) <= {"0 700", "0 600"}


@pytest.mark.parametrize(
    ("host", "unit"),
    [
        (GATHERERS[0], "gatherer.service"),
        (SHARDED, "gatherer@2-of-2.service"),
        (DEDUPLICATOR, "deduplicator.service"),
    ],
)
def test_a_service_is_confined(platform: Platform, host: str, unit: str) -> None:
    # Exits with an error if the exposure is higher than 2.0.
    platform.hosts[host].run("systemd-analyze", "security", "--no-pager", "--threshold=20", unit)


def _listening(platform: Platform, host: str) -> set[int]:
    """Return all ports on which a host listens; no other port can answer."""
    output = platform.hosts[host].run("ss", "--no-header", "--numeric", "--tcp", "--listening")
    return {int(line.split()[3].rpartition(":")[2]) for line in output.splitlines()}


def _connect(platform: Platform, address: str, parameters: dict[str, str]) -> str:
    """Return why the server refuses a connection from the deduplicator's host."""
    wanted = {"host": address, "connect_timeout": "5", "passfile": "/dev/null"} | parameters
    script = f"import psycopg2\ntry: psycopg2.connect(**{wanted!r})\nexcept psycopg2.Error as error: print(error)"
    return platform.hosts[DEDUPLICATOR].run("python3", "-c", script)
