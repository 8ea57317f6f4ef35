"""The platform of a run: four servers, an exchange, three gatherers, a deduplicator, and the lines between them."""

import os
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from psycopg.conninfo import make_conninfo

from kalshi_data.demo.databases import GATHERER_DATABASES
from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.demo.platform import (
    ARCHIVE_TOML,
    CONNECTIONS_PER_CHANNEL,
    DEDUPLICATOR_GATHERER_TOML,
    DEDUPLICATOR_TOML,
    GATHERER_TOML,
    LATE_DAYS_MAX,
    free_ports,
)
from kalshi_data.demo.processes import ProgramProcess
from tests.acceptance.rehearsal import toml_lines
from tests.campaign.plan import GATHERERS, Plan
from tests.campaign.programs import KeptProgram
from tests.campaign.proxies import Line, Proxies
from tests.campaign.servers import HurtServer, Templates
from tests.support.disks import SmallDisk
from tests.support.waiting import wait_until

# What takes minutes in operation takes seconds in a run.
QUICK_GATHERER: Mapping[str, Mapping[str, Any]] = {
    "recovery": {"settle_seconds": 0.5},
    "subscriptions": {"silence_seconds_max": 3},
}
QUICK_DEDUPLICATOR: Mapping[str, Mapping[str, Any]] = {
    "health": {"report_seconds": 0.5, "count_seconds": 5.0},
    "upkeep": {"pause_seconds": 1.0, "completeness_seconds": 2.0},
}
POLL_SECONDS = 0.05
DISK_MIB = 350
STEPPED_CLOCK = Path(__file__).parent / "stepped_clock"
ANSWER_SECONDS_MAX = 10


class CampaignPlatform:
    """Starts everything that a plan asks for; close() ends it."""

    def __init__(self, folder: Path, templates: Templates, plan: Plan) -> None:
        """Make the servers and the lines."""
        self.folder = folder
        self.plan = plan
        self.templates = templates
        self._stack = ExitStack()
        self._proxies = self._stack.enter_context(Proxies())
        self.ports: dict[int, int] = dict(zip((0, *GATHERERS), free_ports(1 + len(GATHERERS)), strict=True))
        self.production = self._server("production", "production")
        self.servers = {number: self._server("gatherer", f"gatherer-{number}") for number in GATHERERS}
        self.feeds: dict[int, list[Line]] = {}
        self.polls = {number: self._line_to(server) for number, server in self.servers.items()}
        self.production_line = self._line_to(self.production)
        self.keys = {number: self._key(number) for number in GATHERERS}
        self.exchange: ProgramProcess
        self.addresses: dict[str, str] = {}
        self.gatherers: dict[int, KeptProgram] = {}
        self.deduplicator: KeptProgram
        self.beside: list[ProgramProcess] = []

    def close(self) -> None:
        """End everything."""
        for server in (self.production, *self.servers.values()):
            server.thaw()
        self._stack.close()

    @property
    def journal(self) -> Path:
        """What the exchange did."""
        return self.folder / "journal.jsonl"

    @property
    def programs(self) -> list[KeptProgram]:
        """All programs that are kept running."""
        return [*self.gatherers.values(), self.deduplicator]

    def start(self) -> None:
        """Start everything but late gatherers, and wait until the exchange begins to trade."""
        self._start_exchange()
        for number in GATHERERS:
            self.gatherers[number] = self._gatherer(number)
        self.deduplicator = self._deduplicator()
        for number, program in self.gatherers.items():
            if number not in self.plan.late:
                program.begin()
        self.deduplicator.begin()
        self.until("started")

    def until(self, event: str) -> dict[str, Any]:
        """Wait until the exchange reports an event."""
        return wait_until(lambda: self.exchange.find_event(event, POLL_SECONDS), f"the exchange reports {event}")

    def fault(self, name: str, details: Mapping[str, Any]) -> bool:
        """Let the exchange have a fault now; return False if the client has no connection for it."""
        url = self.addresses["rest_url"].partition("/trade-api")[0] + "/admin/faults"
        body = msgspec.json.encode({"name": name, **details})
        try:
            urllib.request.urlopen(url, body, timeout=ANSWER_SECONDS_MAX).close()
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.CONFLICT:
                raise
            return False
        return True

    def health(self, number: int) -> dict[str, Any]:
        """Return what a program reports of its health; 0 is the deduplicator."""
        url = f"http://127.0.0.1:{self.ports[number]}/health"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX) as answer:
                return msgspec.json.decode(answer.read())
        except urllib.error.HTTPError as error:
            return msgspec.json.decode(error.read())
        except OSError as error:
            return {"status": "silent", "reasons": [{"check": "answer", "text": str(error)}]}

    def start_beside(self, program: str, number: int | None) -> ProgramProcess:
        """Start a program a second time on the same settings."""
        config = self.gatherer_settings(number) if number else self.deduplicator_settings
        arguments = [program, "run", "--config", str(config)]
        self.beside.append(self._program(f"{program}-beside-{len(self.beside)}", arguments))
        return self.beside[-1]

    def gatherer_settings(self, number: int) -> Path:
        """The settings file of a gatherer."""
        return self.folder / f"settings-{number}" / "gatherer.toml"

    def clock_file(self, number: int) -> Path:
        """The file that says by how many seconds a gatherer's clock is wrong."""
        return self.folder / f"settings-{number}" / "clock"

    @property
    def deduplicator_settings(self) -> Path:
        """The deduplicator's settings file."""
        return self.folder / "deduplicator.toml"

    @property
    def archive(self) -> Path:
        """The folder of the archive."""
        return self.folder / "archive"

    def _server(self, kind: str, name: str) -> HurtServer:
        """Start a server on a disk of its own, which only root can mount."""
        host, disk = self.folder / name, None
        if os.geteuid() == 0:
            disk = SmallDisk(host, DISK_MIB)
            self._stack.callback(disk.close)
        else:
            host.mkdir(mode=0o711)
        server = HurtServer(self.templates.copy(kind, host / "server"), disk)
        self._stack.callback(server.stop)
        return server

    def _line_to(self, server: HurtServer) -> Line:
        return self._proxies.line(server.server.socket / ".s.PGSQL.5432")

    def _key(self, number: int) -> KeyFiles:
        folder = self.folder / f"settings-{number}"
        folder.mkdir(mode=0o700)
        return make_key(folder, 2)._replace(key_id=f"gatherer-{number}")

    def _program(
        self, name: str, arguments: list[str], *, listen: bool = False, within: Sequence[str] = ()
    ) -> ProgramProcess:
        program = ProgramProcess(name, self.folder, arguments, listen=listen, within=within)
        self._stack.callback(program.end)
        return program

    def _start_exchange(self) -> None:
        punctual = len(GATHERERS) - len(self.plan.late)
        arguments = [
            *("simulator", "run", "--seconds=0", "--tier=advanced", "--wait-for-everything"),
            *(f"--key={key.key_id}={key.public}" for key in self.keys.values()),
            f"--clients={punctual}",
            f"--connections-per-channel={CONNECTIONS_PER_CHANNEL}",
            f"--journal={self.journal}",
            *self.plan.exchange,
        ]
        self.exchange = self._program("exchange", arguments, listen=True)
        self.addresses = self.until("listening")

    def _gatherer(self, number: int) -> KeptProgram:
        addresses = {name: self._through(number, self.addresses[name]) for name in ("rest_url", "websocket_url")}
        key, server = self.keys[number], self.servers[number].server
        databases = {name: server.conninfo(name, owner) for name, owner in GATHERER_DATABASES.items()}
        text = GATHERER_TOML.format(
            **addresses,
            **databases,
            key_id=key.key_id,
            private_key_file=key.private,
            frames=self.folder / f"gatherer-{number}" / "frames",
            port=self.ports[number],
            audit_seconds=self.plan.audit_seconds,
        )
        self.gatherer_settings(number).write_text(with_settings(text, QUICK_GATHERER))
        arguments = ["gatherer", "run", "--config", str(self.gatherer_settings(number))]
        within = ("env", f"PYTHONPATH={path_with(STEPPED_CLOCK)}", f"STEPPED_CLOCK_FILE={self.clock_file(number)}")
        return KeptProgram(f"gatherer {number}", lambda: self._program(f"gatherer-{number}", arguments, within=within))

    def _through(self, number: int, address: str) -> str:
        """Return the address of the exchange behind a line of its own."""
        parts = urlsplit(address)
        line = self._proxies.line((parts.hostname or "", parts.port or 0))
        self.feeds.setdefault(number, []).append(line)
        return parts._replace(netloc=f"{parts.hostname}:{line.port}").geturl()

    def _deduplicator(self) -> KeptProgram:
        runtime, owner = (
            self._remote(self.production_line, "kalshi", user) for user in ("deduplicator", "kalshi_owner")
        )
        text = DEDUPLICATOR_TOML.format(runtime=runtime, owner=owner, late_days_max=LATE_DAYS_MAX, port=self.ports[0])
        for number, line in self.polls.items():
            databases = {name: self._remote(line, name, "dedup_reader") for name in GATHERER_DATABASES}
            text += DEDUPLICATOR_GATHERER_TOML.format(number=number, **databases)
        text += ARCHIVE_TOML.format(target=self.archive.as_uri(), workspace=self.folder / "workspace")
        self.deduplicator_settings.write_text(with_settings(text, QUICK_DEDUPLICATOR))
        arguments = ["deduplicator", "run", "--config", str(self.deduplicator_settings)]
        return KeptProgram("deduplicator", lambda: self._program("deduplicator", arguments))

    @staticmethod
    def _remote(line: Line, database: str, user: str) -> str:
        return make_conninfo("", host="127.0.0.1", port=line.port, dbname=database, user=user)


def path_with(folder: Path) -> str:
    """Return the path on which a program finds modules, with a folder before the others."""
    return os.pathsep.join((str(folder), *filter(None, (os.environ.get("PYTHONPATH"),))))


def with_settings(text: str, more: Mapping[str, Mapping[str, Any]]) -> str:
    """Return settings with more keys in their sections."""
    wanted = tomllib.loads(text)
    gatherers = wanted.pop("gatherers", [])
    for section, keys in more.items():
        wanted.setdefault(section, {}).update(keys)
    lines = "".join(toml_lines(wanted))
    return lines + "".join(f"[[gatherers]]\n{''.join(toml_lines(each))}" for each in gatherers)
