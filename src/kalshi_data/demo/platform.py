"""The whole platform on one machine: databases, a local exchange, three gatherers and the deduplicator."""

import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kalshi_data.demo.databases import GATHERER_DATABASES, PRODUCTION_DATABASES, make_databases
from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.demo.plan import DemoPlan
from kalshi_data.demo.postgres import SETTINGS, Server, embedded_binaries, server_account
from kalshi_data.demo.processes import ProgramFailed, ProgramProcess, run_to_end

GATHERERS = (1, 2, 3)
# Each gatherer has everything but order books on this many connections, and the exchange waits for all of them.
CONNECTIONS_PER_CHANNEL = 2
# The books and listings of a window of an archive are loaded before.
EXCHANGE_SECONDS_MAX = 120
EVENT_SECONDS_MAX = 0.2
# Recordings may be of any age; in operation this limit rejects wrong clocks.
LATE_DAYS_MAX = 36_500

GATHERER_TOML = (
    """\
[exchange]
rest_url = "{rest_url}"
websocket_url = "{websocket_url}"
key_id = "{key_id}"
private_key_file = "{private_key_file}"

[databases.kalshi_ts]
conninfo = "{kalshi_ts}"

[databases.kalshi_meta]
conninfo = "{kalshi_meta}"

[frame_log]
folder = "{frames}"

[health]
port = {port}

[subscriptions]
combos = true
audit_seconds = {audit_seconds}
"""
    f"connections_per_channel = {CONNECTIONS_PER_CHANNEL}\n"
)
DEDUPLICATOR_TOML = """\
[production.runtime]
conninfo = "{runtime}"

[production.owner]
conninfo = "{owner}"

[merging]
late_days_max = {late_days_max}

[health]
port = {port}
"""
ARCHIVE_TOML = """
[archive]
target = "{target}"
workspace_folder = "{workspace}"
settle_seconds = 0
"""
DEDUPLICATOR_GATHERER_TOML = """
[[gatherers]]
id = {number}

[gatherers.kalshi_ts]
conninfo = "{kalshi_ts}"

[gatherers.kalshi_meta]
conninfo = "{kalshi_meta}"
"""


class Platform:
    """Starts the parts in the order of a deployment; close() stops them in reverse order."""

    def __init__(self, folder: Path, server_settings: Mapping[str, str] | None = None) -> None:
        """Use files below `folder` only; `server_settings` are further settings of each PostgreSQL."""
        self.folder = folder
        self._server_settings = SETTINGS | dict(server_settings or {})
        self.ports: dict[int, int] = dict(zip((0, *GATHERERS), free_ports(1 + len(GATHERERS)), strict=True))
        self.production: Server
        self.gatherer_servers: dict[int, Server] = {}
        self.exchange: ProgramProcess
        self.gatherers: dict[int, ProgramProcess] = {}
        self.deduplicator: ProgramProcess
        self._running = ExitStack()

    def close(self) -> None:
        """Stop every process."""
        self._running.close()

    def start_databases(self) -> None:
        """Make and start the servers of production and of each gatherer."""
        self._name_servers()
        self.production.create()
        for server in self.gatherer_servers.values():
            server.create_like(self.production)
        self._start_servers()
        make_databases(self.production, "production", PRODUCTION_DATABASES)
        for server in self.gatherer_servers.values():
            make_databases(server, "gatherer", GATHERER_DATABASES)

    def reopen_databases(self) -> None:
        """Start the servers of an earlier run in this folder."""
        self._name_servers()
        self._start_servers()

    def _name_servers(self) -> None:
        account = server_account()
        binaries = embedded_binaries(account, self.folder)
        self.production = Server(self.folder / "production", binaries, account, self._server_settings)
        self.gatherer_servers = {
            n: Server(self.folder / f"gatherer-{n}", binaries, account, self._server_settings) for n in GATHERERS
        }

    def _start_servers(self) -> None:
        """Start all servers at the same time."""
        servers = [self.production, *self.gatherer_servers.values()]
        for server in servers:
            self._running.callback(server.stop)
        with ThreadPoolExecutor(len(servers)) as threads:
            list(threads.map(Server.start, servers))

    def start_exchange(self, plan: DemoPlan, options: Sequence[str] = ()) -> None:
        """Start the exchange, and write the programs' settings; `options` are further options of the simulator."""
        keys: dict[int, KeyFiles] = {}
        for number in GATHERERS:
            folder = self.folder / f"settings-{number}"
            folder.mkdir(mode=0o700)
            keys[number] = make_key(folder, number)
        named = [f"--key={key.key_id}={key.public}" for key in keys.values()]
        arguments = [
            "simulator",
            *plan.command,
            *named,
            *plan.options,
            *options,
            f"--clients={len(GATHERERS)}",
            "--wait-for-everything",
            f"--connections-per-channel={CONNECTIONS_PER_CHANNEL}",
        ]
        arguments.append(f"--journal={self.journal}")
        self.exchange = self._program("exchange", arguments, listen=True)
        addresses = self._exchange_addresses()
        for number, key in keys.items():
            values = {**addresses, "audit_seconds": plan.audits}
            self.gatherer_settings(number).write_text(self._gatherer_toml(number, key, values))
        self.deduplicator_settings.write_text(self._deduplicator_toml())

    def _exchange_addresses(self) -> dict[str, str]:
        """Wait until the exchange announces its addresses."""
        deadline = time.monotonic() + EXCHANGE_SECONDS_MAX
        while time.monotonic() < deadline:
            event = self.exchange.next_event(EVENT_SECONDS_MAX)
            if event is not None:
                return event
        raise ProgramFailed(f"the exchange did not start in {EXCHANGE_SECONDS_MAX} s:\n{self.exchange.last_lines()}")

    def migrate(self) -> None:
        """Migrate all databases, production first."""
        run_to_end("deduplicator migrate", ["deduplicator", "migrate", "--config", str(self.deduplicator_settings)])
        jobs = [["gatherer", "migrate", "--config", str(self.gatherer_settings(number))] for number in GATHERERS]
        with ThreadPoolExecutor(len(jobs)) as threads:
            list(threads.map(run_to_end, ["gatherer migrate"] * len(jobs), jobs))

    def start_programs(self) -> None:
        """Start three gatherers and the deduplicator."""
        for number in GATHERERS:
            arguments = ["gatherer", "run", "--config", str(self.gatherer_settings(number))]
            self.gatherers[number] = self._program(f"gatherer-{number}", arguments)
        arguments = ["deduplicator", "run", "--config", str(self.deduplicator_settings)]
        self.deduplicator = self._program("deduplicator", arguments)

    def require_running(self) -> None:
        """Raise ProgramFailed if a program has ended."""
        for program in (self.exchange, *self.gatherers.values(), self.deduplicator):
            program.require_running()

    @property
    def status_pages(self) -> list[str]:
        """The addresses of the status pages: the deduplicator's, then each gatherer's."""
        return [f"http://127.0.0.1:{port}/" for port in self.ports.values()]

    @property
    def journal(self) -> Path:
        """The exchange's journal."""
        return self.folder / "journal.jsonl"

    def _program(self, name: str, arguments: list[str], *, listen: bool = False) -> ProgramProcess:
        program = ProgramProcess(name, self.folder, arguments, listen=listen)
        self._running.callback(program.end)
        return program

    def gatherer_settings(self, number: int) -> Path:
        """The settings file of a gatherer, which start_exchange() writes."""
        return self.folder / f"settings-{number}" / "gatherer.toml"

    @property
    def archive(self) -> Path:
        """The folder that hours are exported to."""
        return self.folder / "archive"

    @property
    def deduplicator_settings(self) -> Path:
        """The deduplicator's settings file, which start_exchange() writes."""
        return self.folder / "deduplicator.toml"

    def _gatherer_toml(self, number: int, key: KeyFiles, values: dict[str, Any]) -> str:
        server = self.gatherer_servers[number]
        return GATHERER_TOML.format(
            rest_url=values["rest_url"],
            websocket_url=values["websocket_url"],
            audit_seconds=values["audit_seconds"],
            key_id=key.key_id,
            private_key_file=key.private,
            frames=self.folder / f"frames-{number}",
            port=self.ports[number],
            **{database: server.conninfo(database, owner) for database, owner in GATHERER_DATABASES.items()},
        )

    def _deduplicator_toml(self) -> str:
        settings = DEDUPLICATOR_TOML.format(
            runtime=self.production.conninfo("kalshi", "deduplicator"),
            owner=self.production.conninfo("kalshi", "kalshi_owner"),
            late_days_max=LATE_DAYS_MAX,
            port=self.ports[0],
        )
        for number, server in self.gatherer_servers.items():
            databases = {name: server.conninfo(name, "dedup_reader") for name in GATHERER_DATABASES}
            settings += DEDUPLICATOR_GATHERER_TOML.format(number=number, **databases)
        return settings + ARCHIVE_TOML.format(target=self.archive.as_uri(), workspace=self.folder / "workspace")


def free_ports(count: int) -> list[int]:
    """Return different ports of this machine on which no program listens now."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
