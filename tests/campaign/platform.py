"""The platform of a run: four servers, an exchange, three gatherers, a deduplicator, and the lines between them."""

import os
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
from tests.campaign.bucket import ENVIRONMENT, Bucket, BucketServer
from tests.campaign.plan import GATHERERS, Plan
from tests.campaign.programs import ANSWER_SECONDS_MAX, KeptProgram, read_health, with_stepped_clock
from tests.campaign.proxies import Line, Proxies
from tests.campaign.servers import HurtServer, Templates
from tests.campaign.settings import QUICK_DEDUPLICATOR, QUICK_GATHERER, with_settings
from tests.support.disks import SmallDisk
from tests.support.waiting import wait_until

POLL_SECONDS = 0.05
DISK_MIB = 350
# What stays true after a fault is over, and is rightly reported: frames that this version cannot read.
LASTING = frozenset({"unknown"})


class CampaignPlatform:
    """Starts everything that a plan asks for; close() ends it."""

    def __init__(self, folder: Path, templates: Templates, buckets: BucketServer, plan: Plan) -> None:
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
        self.bucket = self._stack.enter_context(Bucket(buckets, self._proxies, folder.name))
        self.keys = {number: self._key(number) for number in GATHERERS}
        self.exchange: ProgramProcess
        self.addresses: dict[str, str] = {}
        self.gatherers: dict[int, KeptProgram] = {}
        self.deduplicator: KeptProgram
        self.beside: list[ProgramProcess] = []
        self.exports: list[ProgramProcess] = []

    def close(self) -> None:
        """End everything."""
        for server in (self.production, *self.servers.values()):
            server.speed_up()
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

    def program(self, number: int) -> KeptProgram:
        """Return a gatherer, or the deduplicator as number 0."""
        return self.gatherers[number] if number else self.deduplicator

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

    def reasons(self, number: int) -> list[dict[str, Any]]:
        """Return why a program is not healthy, but for what stays so."""
        found = read_health(f"http://127.0.0.1:{self.ports[number]}/health")
        return [each for each in found["reasons"] if each["check"] not in LASTING]

    def start_export(self) -> ProgramProcess:
        """Start to write the archive beside the running deduplicator."""
        arguments = ["deduplicator", "export", "--once", "--early", "--config", str(self.deduplicator_settings)]
        self.exports.append(self._program(f"export-{len(self.exports)}", arguments, within=ENVIRONMENT))
        return self.exports[-1]

    def settings_of(self, number: int) -> Path:
        """Return the settings file of a gatherer, or the deduplicator's for number 0."""
        return self.gatherer_settings(number) if number else self.deduplicator_settings

    def start_beside(self, program: str, number: int | None) -> ProgramProcess:
        """Start a program a second time on the same settings."""
        arguments = [program, "run", "--config", str(self.settings_of(number or 0))]
        self.beside.append(self._program(f"{program}-beside-{len(self.beside)}", arguments))
        return self.beside[-1]

    def gatherer_settings(self, number: int) -> Path:
        """The settings file of a gatherer."""
        return self.folder / f"settings-{number}" / "gatherer.toml"

    def frames(self, number: int) -> Path:
        """The folder of a gatherer's frame log, on the disk of its server."""
        return self.folder / f"gatherer-{number}" / "frames"

    def clock_file(self, number: int) -> Path:
        """The file that says by how many seconds a gatherer's clock is wrong."""
        return self.folder / f"settings-{number}" / "clock"

    @property
    def deduplicator_settings(self) -> Path:
        """The deduplicator's settings file."""
        return self.folder / "deduplicator.toml"

    @property
    def workspace(self) -> Path:
        """The folder for rows on their way to the archive."""
        return self.folder / "workspace"

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
            frames=self.frames(number),
            port=self.ports[number],
            audit_seconds=self.plan.audit_seconds,
        )
        self.gatherer_settings(number).write_text(with_settings(text, QUICK_GATHERER))
        arguments = ["gatherer", "run", "--config", str(self.gatherer_settings(number))]
        within = with_stepped_clock(self.clock_file(number))
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
        text += ARCHIVE_TOML.format(target="", workspace=self.workspace)
        settings = with_settings(text, QUICK_DEDUPLICATOR, {"archive": self.bucket.settings})
        self.deduplicator_settings.write_text(settings)
        arguments = ["deduplicator", "run", "--config", str(self.deduplicator_settings)]
        return KeptProgram("deduplicator", lambda: self._program("deduplicator", arguments, within=ENVIRONMENT))

    @staticmethod
    def _remote(line: Line, database: str, user: str) -> str:
        return make_conninfo("", host="127.0.0.1", port=line.port, dbname=database, user=user)
