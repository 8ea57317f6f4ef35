"""The database servers end dead sessions soon, and no role can take the connections of another one."""

import re
from pathlib import Path

import pytest
import yaml

from kalshi_data.streams import STREAMS
from tests.conftest import ROOT
from tests.deployment.ansible.conftest import PLAYBOOKS, Run
from tests.deployment.production_memory import memory_mb_max

RENDER = Path(__file__).with_name("render_servers.yml")
HOSTS = ("gatherer-1", "production-1")
RESERVED = 3
SECONDS = {"s": 1, "min": 60}


@pytest.fixture(scope="module")
def servers(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return the settings of each host's server as the host receives them."""
    folder = tmp_path_factory.mktemp("servers")
    done = run(
        "ansible-playbook", "--inventory=inventories/example", str(RENDER), "--extra-vars", f"folder={folder} version=1"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {host: dict(re.findall(r"^(\S+) = '(.*)'$", (folder / f"{host}.conf").read_text(), re.M)) for host in HOSTS}


def seconds(value: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\D+)", value).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return int(number) * SECONDS[unit]


@pytest.mark.parametrize("host", HOSTS)
def test_a_session_whose_client_vanished_ends_within_half_a_minute(
    servers: dict[str, dict[str, str]], host: str
) -> None:
    found = servers[host]
    probes = seconds(found["tcp_keepalives_interval"]) * int(found["tcp_keepalives_count"])
    assert 0 < seconds(found["tcp_keepalives_idle"]) + probes <= 25
    assert 0 < seconds(found["tcp_user_timeout"]) <= 25
    assert 0 < seconds(found["client_connection_check_interval"]) <= 5


@pytest.mark.parametrize("host", HOSTS)
def test_a_transaction_cannot_stay_open_for_ever(servers: dict[str, dict[str, str]], host: str) -> None:
    """But the archive's snapshot lasts as long as another session reads an hour of order-book changes."""
    assert 600 <= seconds(servers[host]["idle_in_transaction_session_timeout"]) <= 3600


@pytest.mark.parametrize("group", ["gatherer", "production"])
def test_the_limits_of_the_roles_leave_connections_for_operators(
    servers: dict[str, dict[str, str]], group: str
) -> None:
    variables = yaml.safe_load((PLAYBOOKS / "group_vars" / f"{group}.yml").read_text())
    limits = {role["name"]: role["connections_max"] for role in variables["timescaledb_roles"]}
    # Sessions of programs change to the role of the status page, none begins as it.
    assert [name for name, limit in limits.items() if limit <= 0] == ["status_page"]
    assert limits["status_page"] == 0
    assert sum(limits.values()) + RESERVED <= int(servers[f"{group}-1"]["max_connections"])
    # Each stream has a session of its own, and twice as many exist while those of a lost host wait for their end.
    reading = {"gatherer": "dedup_reader", "production": "deduplicator"}[group]
    assert limits[reading] >= 2 * (len(STREAMS) + 5)
    assert (ROOT / "sql" / "roles" / f"{group}.sql").read_text().count("create role") == len(limits)


def megabytes(value: str) -> int:
    return int(value.removesuffix("MB"))


def test_productions_sessions_fit_into_its_memory(servers: dict[str, dict[str, str]]) -> None:
    """Rendered for 8 GB, which is what a t4g.large has."""
    found = servers["production-1"]
    needed = memory_mb_max(
        shared=megabytes(found["shared_buffers"]),
        sessions=int(found["max_connections"]),
        work=megabytes(found["work_mem"]),
        autovacuum=int(found["autovacuum_max_workers"]) * megabytes(found["autovacuum_work_mem"]),
        maintenance=megabytes(found["maintenance_work_mem"]),
    )
    assert needed <= 8192
