"""The whole platform on hosts of its own, and the questions that tests ask it."""

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.deployment.hosts.ansible import Ansible, Played, Variables
from tests.deployment.hosts.comparison import Comparison, compare
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION, Fleet
from tests.deployment.hosts.network import ADDRESSES
from tests.deployment.hosts.outside import ARCHIVE_URL, BUCKET, REST_URL, WEBSOCKET_URL, Outside
from tests.deployment.hosts.watch import Watch
from tests.support.waiting import wait_until

HEALTH = {**dict.fromkeys(GATHERERS, 9101), DEDUPLICATOR: 9102}
POLL_SECONDS = 0.3
NEW_MS = 15_000
# On one host, since it takes the time of a playbook.
MONITORED = GATHERERS[0]
PASSWORDS = ("kalshi_sync_password", "kalshi_production_password", "kalshi_owner_password")
SERVER_LOGS = "/var/log/postgresql"
# Who is unhealthy answers with status 503.
ASK = """\
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=3)
connection.request("GET", sys.argv[2])
print(connection.getresponse().read().decode())
"""
SETTINGS = {"subscriptions": {"combos": True, "audit_seconds": 30}, "recovery": {"settle_seconds": 0.5}}
# The hosts share this machine: each may count on a part of it, and what would be long is short.
SMALL: Variables = {
    "timescaledb_memory_mb": 512,
    "timescaledb_wal_mb_max": 1024,
    "zipapp_settle_seconds": 2,
    "kalshi_firewall": True,
    "firewall_open_ports": [],
    "zipapp_free_bytes_min": 500_000_000,
    "gatherer_settings": SETTINGS,
}


class Platform:
    """Hosts, what is outside of them, and the playbooks that make a platform of them."""

    def __init__(self, purpose: str) -> None:
        self.fleet = Fleet(purpose)
        self.ansible = Ansible(self.fleet)
        self.hosts = self.fleet.hosts
        # What no host, log or process list may show; a colon and a backslash are special to libpq.
        self.secrets = {name: secrets.token_hex(12) for name in PASSWORDS}
        self.played: list[Played] = []
        self.outside: Outside

    def up(self, releases: Path) -> None:
        """Boot the hosts and start the exchange; the hosts stay bare."""
        self.fleet.up()
        self.outside = Outside(self.fleet.folder / "outside", self.fleet.network, self.fleet.certificates)
        self.outside.start()
        self.ansible.write_inventory(
            {
                "kalshi_production": {
                    "engine": "timescaledb",
                    "address": ADDRESSES[PRODUCTION],
                    "port": 5432,
                    "database": "kalshi",
                },
                "kalshi_archive": {"bucket": BUCKET, "prefix": "parquet/"},
                "kalshi_region": "us-east-1",
                "deduplicator_settings": {"archive": {"endpoint_url": ARCHIVE_URL, "check_seconds": 5}},
                # The outside is signed by nobody whom boto3 knows.
                "zipapp_environment": {"AWS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"},
                "kalshi_exchange": {"rest_url": REST_URL, "websocket_url": WEBSOCKET_URL},
                "zipapp_dist": f"{releases}/{{{{ version }}}}",
                **SMALL,
                **{name: f":\\{secret}" for name, secret in self.secrets.items()},
            },
            {
                name: {
                    "kalshi_key_id": key.key_id,
                    "kalshi_private_key": key.private.read_text(),
                    "kalshi_monitoring": name == MONITORED,
                }
                for name, key in self.outside.keys.items()
            },
        )

    def close(self) -> None:
        """End and remove everything."""
        if hasattr(self, "outside"):
            self.outside.close()
        self.fleet.remove()

    def play(self, playbook: str, *arguments: str, **variables: str) -> Played:
        """Play a playbook with variables of this time, and keep what it said."""
        given = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
        self.played.append(self.ansible.play(playbook, *arguments, *given))
        return self.played[-1]

    def play_to_the_end(self, playbook: str, *arguments: str, **variables: str) -> Played:
        """Play a playbook, and fail with what it and the hosts said where a task failed."""
        played = self.play(playbook, *arguments, **variables)
        logs = "".join(f"{host}:\n{self.log(host)}" for host in played.failed_hosts)
        assert played.status == 0, f"{played.name} ended with status {played.status}:\n{played.output[-6000:]}\n{logs}"
        return played

    # How it is.

    def health(self, host: str) -> dict[str, Any]:
        """Return what a program says of itself, nothing where it does not answer."""
        try:
            return self.asked(host, HEALTH[host], "/health")
        except RuntimeError:
            return {}

    def asked(self, host: str, port: int, path: str) -> dict[str, Any]:
        """Return what a port of a host answers to the host itself, as JSON.

        Raises:
            RuntimeError: it does not answer.
        """
        return json.loads(self.hosts[host].run("python3", "-c", ASK, str(port), path))

    def wait_healthy(self, *hosts: str) -> None:
        """Wait until programs are healthy."""
        for host in hosts or HEALTH:
            wait_until(
                lambda host=host: self.health(host).get("status") == "healthy",
                lambda host=host: f"{host} healthy: {self.health(host)}\n{self.log(host)}",
                poll_seconds=POLL_SECONDS,
            )

    def log(self, host: str) -> str:
        """Return the end of a host's journal, without what Ansible says there of each task, and of its server's log."""
        told = self.hosts[host].run("journalctl", "--no-pager", "--lines=500", "--output=short-precise").splitlines()
        journal = "\n".join([line for line in told if " python3[" not in line][-40:])
        return journal + "\n" + self.hosts[host].run("find", SERVER_LOGS, "-name", "*.log", "-exec", "tail", "{}", "+")

    def version(self, host: str) -> str:
        """Return the release that a host points to."""
        return self.hosts[host].run("readlink", "/opt/kalshi/current").strip().rpartition("/")[2]

    def watch(self) -> Watch:
        """Return a watch over the gatherers."""
        return Watch(self.fleet.network, {name: HEALTH[name] for name in GATHERERS})

    def main_process(self, host: str, unit: str) -> str:
        """Return the number that the main process of a unit has on its host."""
        return self.hosts[host].run("systemctl", "show", "--property=MainPID", "--value", unit).strip()

    # What it holds.

    def require_nothing_lost(self) -> None:
        """See that production holds what the exchange has published up to now, as soon as it was merged."""
        self._wait_for_journal(time.time_ns() // 1_000_000)
        published = self.outside.journal.with_suffix(".now")
        whole, newline, _ = self.outside.journal.read_bytes().rpartition(b"\n")
        published.write_bytes(whole + newline)
        self._wait_for(published, lambda found: found.nothing_lost)

    def finish(self) -> None:
        """Let the exchange end, and see that production holds what it published, as soon as it was merged."""
        self.outside.end_trading()
        time.sleep(1)
        self.outside.end_exchange()
        self._wait_for(self.outside.journal, lambda found: found.complete)

    def _wait_for_journal(self, until_ms: int) -> None:
        """Wait until the exchange has written down what it published before a moment."""

        def last_ms() -> int:
            lines = self.outside.journal.read_bytes().splitlines()[:-1]
            return msgspec.json.decode(lines[-1], type=dict[str, Any])["published_ms"] if lines else 0

        wait_until(
            lambda: last_ms() >= until_ms, f"the journal until {until_ms}", progress=last_ms, poll_seconds=POLL_SECONDS
        )

    def compared(self) -> Comparison:
        """Return how production compares with what the exchange has published."""
        return compare(self._production(), self.outside.journal)

    def _wait_for(self, journal: Path, wanted: Callable[[Comparison], bool]) -> None:
        found: list[Comparison] = []

        def is_there() -> bool:
            found.append(compare(self._production(), journal))
            return wanted(found[-1])

        wait_until(
            is_there,
            lambda: f"everything in production: {found[-1]}",
            progress=lambda: found[-1] if found else None,
            poll_seconds=POLL_SECONDS,
        )

    def archived(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what the deduplicator says of the archive's hours: `list`, or `verify` with arguments."""
        told = self.hosts[DEDUPLICATOR].run("deduplicator", "archive", *arguments, "--json")
        return json.loads(told)["hours"]

    def receivers(self, since_ms: int, until_ms: int) -> Counter[int]:
        """Return how many order-book changes of a time went to how many connections, by the exchange's own account.

        Markets that began shortly before or within that time are left out: they are being subscribed.
        """
        self._wait_for_journal(until_ms)
        counts: Counter[int] = Counter()
        began: dict[str, int] = {}
        for line in self.outside.journal.read_bytes().splitlines()[:-1]:
            told = msgspec.json.decode(line, type=dict[str, Any])
            frame = told.get("frame", {})
            if frame.get("type") == "orderbook_delta":
                at = told["published_ms"]
                first = began.setdefault(frame["msg"]["market_ticker"], at)
                if since_ms <= at < until_ms and first < since_ms - NEW_MS:
                    counts[told["sent"]] += 1
        return counts

    def _production(self) -> str:
        """Return how this machine reaches production's socket: as root, whom the host lets in as its administrator."""
        root = f"/proc/{self.hosts[PRODUCTION].pid_file.read_text()}/root"
        return f"host={root}/run/postgresql dbname=kalshi user=postgres"
