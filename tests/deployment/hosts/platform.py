"""The whole platform on its own hosts, with what tests read from it."""

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.deployment.hosts.ansible import SMALL, Ansible, PlaybookRun
from tests.deployment.hosts.comparison import Comparison, compare
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION, SHARDED, Fleet
from tests.deployment.hosts.nspawn.network import ADDRESSES
from tests.deployment.hosts.services.cloudwatch_agent import WATCHED
from tests.deployment.hosts.services.outside import ARCHIVE_URL, BUCKET, REST_URL, WEBSOCKET_URL, Outside
from tests.deployment.hosts.watch import Watch
from tests.support.waiting import wait_until

# Of the first shard, if there are several.
HEALTH = {**dict.fromkeys(GATHERERS, 9101), DEDUPLICATOR: 9102}
STATES = ("healthy", "degraded", "unhealthy")
# A program that lost its database or its network may wait this long on a slow machine before it goes on.
RECOVERY_SECONDS_MAX = 300.0
POLL_SECONDS = 0.3
NEW_MS = 15_000
# On one host only, because each takes a playbook's time.
MONITORED = GATHERERS[0]
PASSWORDS = ("kalshi_sync_password", "kalshi_production_password", "kalshi_owner_password")
SERVER_LOGS = "/var/log/postgresql"
# An unhealthy program answers with status 503.
ASK = """\
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=3)
connection.request("GET", sys.argv[2])
print(connection.getresponse().read().decode())
"""


class Platform:
    """The hosts, the services outside, and the playbooks that set up a platform."""

    def __init__(self, purpose: str) -> None:
        self.fleet = Fleet(purpose)
        self.ansible = Ansible(self.fleet)
        self.hosts = self.fleet.hosts
        # No host, log or process list may show these; libpq treats a colon and a backslash specially.
        self.secrets = {name: secrets.token_hex(12) for name in PASSWORDS}
        self.played: list[PlaybookRun] = []
        self.measured: list[str] = []
        self.shards = {SHARDED: 2}
        self._found_bytes = 0  # production was seen to hold what this part of the journal lists
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
                "deduplicator_settings": {
                    "archive": {"endpoint_url": ARCHIVE_URL, "check_seconds": 5},
                    # All hosts share two processors, and polls of 18 streams at three gatherers take most of one.
                    "merging": {"poll_seconds": 1.0},
                },
                # boto3's own list does not contain the authority of the certificates.
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
                    **(WATCHED if name == MONITORED else {}),
                    **({"gatherer_shards": self.shards[name]} if name in self.shards else {}),
                }
                for name, key in self.outside.keys.items()
            },
        )

    def close(self) -> None:
        """Stop and remove everything."""
        if hasattr(self, "outside"):
            self.outside.close()
        self.fleet.remove()

    def play(self, playbook: str, *arguments: str, **variables: str) -> PlaybookRun:
        """Run a playbook with these variables and keep its output."""
        given = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
        self.played.append(self.ansible.play(playbook, *arguments, *given))
        return self.played[-1]

    def play_to_the_end(self, playbook: str, *arguments: str, **variables: str) -> PlaybookRun:
        """Run a playbook; if a task fails, fail with its output and the hosts' logs."""
        played = self.play(playbook, *arguments, **variables)
        logs = "".join(f"{host}:\n{self.log(host)}" for host in played.failed_hosts)
        assert played.status == 0, f"{played.name} ended with status {played.status}:\n{played.output[-6000:]}\n{logs}"
        return played

    # Its state.

    def health(self, host: str) -> dict[str, Any]:
        """Return a program's health, or the worst of its shards; empty if it does not answer."""
        try:
            answers = [self.asked(host, HEALTH[host] + place, "/health") for place in range(self.shards.get(host, 1))]
        except RuntimeError:
            return {}
        return max(answers, key=lambda answer: STATES.index(answer["status"]))

    def asked(self, host: str, port: int, path: str) -> dict[str, Any]:
        """Return the JSON answer of a port of a host to the host itself.

        Raises:
            RuntimeError: it does not answer.
        """
        return json.loads(self.hosts[host].run("python3", "-c", ASK, str(port), path))

    def page(self, host: str, path: str = "/") -> str:
        """Return a status page of a program, as its host shows it."""
        return self.hosts[host].run("python3", "-c", ASK, str(HEALTH[host]), path)

    def wait_healthy(self, *hosts: str) -> None:
        """Wait until programs are healthy."""
        for host in hosts or HEALTH:
            wait_until(
                lambda host=host: self.health(host).get("status") == "healthy",
                lambda host=host: f"{host} healthy: {self.health(host)}\n{self.log(host)}",
                still_seconds_max=RECOVERY_SECONDS_MAX,
                poll_seconds=POLL_SECONDS,
            )

    def measure_recovery(self, outage: str) -> None:
        """Wait until all programs are healthy and nothing is lost; keep how long it took, for the summary."""
        began = time.monotonic()
        self.require_nothing_lost()
        merged = time.monotonic() - began
        self.wait_healthy()
        healthy = time.monotonic() - began
        self.measured.append(f"{outage}: everything merged after {merged:.0f} s, healthy after {healthy:.0f} s")

    def log(self, host: str) -> str:
        """Return the end of a host's journal, without Ansible's lines, and of its database server's log."""
        lines = self.hosts[host].run("journalctl", "--no-pager", "--lines=500", "--output=short-precise").splitlines()
        journal = "\n".join([line for line in lines if " python3[" not in line][-40:])
        return journal + "\n" + self.hosts[host].run("find", SERVER_LOGS, "-name", "*.log", "-exec", "tail", "{}", "+")

    def version(self, host: str) -> str:
        """Return the release to which a host's link points."""
        return self.hosts[host].run("readlink", "/opt/kalshi/current").strip().rpartition("/")[2]

    def watch(self) -> Watch:
        """Return a sampler of the gatherers' health."""
        return Watch(self.fleet.network, {name: HEALTH[name] for name in GATHERERS})

    def main_process(self, host: str, unit: str) -> str:
        """Return the number of a unit's main process on its host."""
        return self.hosts[host].run("systemctl", "show", "--property=MainPID", "--value", unit).strip()

    def units(self, host: str, program: str) -> list[str]:
        """Return the units of a program that are active, or start with the host."""
        listed = f"systemctl list-units --plain --no-legend --state=active '{program}.service' '{program}@*'"
        enabled = f"ls /etc/systemd/system/multi-user.target.wants | grep ^{program}"
        words = self.hosts[host].run("sh", "-ec", f"{listed} | cut -d' ' -f1; {enabled}").split()
        return sorted(set(words))

    def state(self, host: str, unit: str) -> str:
        """Return the state of a unit: active, activating, inactive, …"""
        return self.hosts[host].run("systemctl", "show", "--property=ActiveState", "--value", unit).strip()

    # Its data.

    def require_nothing_lost(self) -> None:
        """Wait until production holds everything that the exchange has published so far.

        What was found there once is not looked for again until finish(), since a comparison reads each of its lines.
        """
        self.outside.wait_published(time.time_ns() // 1_000_000)
        part, bytes_read = self.outside.published_after(self._found_bytes)
        lost: dict[str, int] = {}

        def compared() -> Comparison:
            """Compare the part; if it stands still, the whole, since a part may pair other ones of equal messages."""
            found = self._compare(part)
            if found.nothing_lost or found.lost != lost:
                lost.update(found.lost)
                return found
            return self._compare(self.outside.published_after(0)[0])

        self._wait_for(compared, lambda found: found.nothing_lost)
        self._found_bytes += bytes_read

    def finish(self) -> None:
        """Stop the exchange, and wait until production holds everything that it published."""
        self.outside.end_trading()
        time.sleep(1)
        self.outside.end_exchange()
        self._wait_for(self.compared, lambda found: found.complete)

    def compared(self) -> Comparison:
        """Return the comparison of production with what the exchange has published."""
        return compare(self.database(PRODUCTION, "kalshi"), self.outside.journal)

    def _compare(self, published: Path) -> Comparison:
        return compare(self.database(PRODUCTION, "kalshi"), published, with_books=False)

    def _wait_for(self, compared: Callable[[], Comparison], wanted: Callable[[Comparison], bool]) -> None:
        found: list[Comparison] = []

        def is_there() -> bool:
            found.append(compared())
            return wanted(found[-1])

        wait_until(
            is_there,
            lambda: f"everything in production: {found[-1]}",
            progress=lambda: found[-1].lost if found else None,
            still_seconds_max=RECOVERY_SECONDS_MAX,
            poll_seconds=POLL_SECONDS,
        )

    def archived(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the archive's hours as the deduplicator reports them: `list`, or `verify` with arguments."""
        reported = 'deduplicator archive "$@" --json || test $? = 1'  # with 1 it reports that an hour is wrong
        return json.loads(self.hosts[DEDUPLICATOR].run("sh", "-c", reported, "archive", *arguments))["hours"]

    def receivers(self, since_ms: int, until_ms: int) -> Counter[int]:
        """Return the number of order-book changes by the number of connections that the exchange sent them to.

        Markets that opened shortly before or within the time are left out: gatherers are still subscribing them.
        """
        self.outside.wait_published(until_ms)
        counts: Counter[int] = Counter()
        began: dict[str, int] = {}
        for line in self.outside.journal.read_bytes().splitlines()[:-1]:
            entry = msgspec.json.decode(line, type=dict[str, Any])
            frame = entry.get("frame", {})
            if frame.get("type") == "orderbook_delta":
                at = entry["published_ms"]
                first = began.setdefault(frame["msg"]["market_ticker"], at)
                if since_ms <= at < until_ms and first < since_ms - NEW_MS:
                    counts[entry["sent"]] += 1
        return counts

    def database(self, host: str, name: str) -> str:
        """Return the connection string for a host's socket, as root, whom the host maps to its administrator."""
        root = f"/proc/{self.hosts[host].pid_file.read_text()}/root"
        return f"host={root}/run/postgresql dbname={name} user=postgres"
