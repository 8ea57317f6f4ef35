"""The database servers of a run: copies of migrated ones, which can be killed, frozen, rebuilt and made read-only."""

import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from kalshi_data.database.connection import connect
from kalshi_data.database.migrations import migrate
from kalshi_data.demo.databases import GATHERER_DATABASES, PRODUCTION_DATABASES, make_databases, restrict
from kalshi_data.demo.postgres import SETTINGS, Server, ServerFailed, embedded_binaries, server_account
from tests.support import timescaledb
from tests.support.disks import SmallDisk
from tests.support.engines import TIMESCALEDB

# A killed server keeps what it has handed to the operating system, which is all that it has confirmed.
CONFIRMED = {"synchronous_commit": "on", "max_wal_size": "128MB", "max_connections": "60"}
COMPONENTS = {
    "kalshi": ("timeseries", "production"),
    "kalshi_ts": ("timeseries", "capture"),
    "kalshi_meta": ("registry",),
}
ROLES = {"production": PRODUCTION_DATABASES, "gatherer": GATHERER_DATABASES}
# How long a slow server stands still, and then runs.
STILL_SECONDS, MOVING_SECONDS = 0.2, 0.05
READ_ONLY = "default_transaction_read_only = on\n"


class Templates:
    """The data of one server of production and one of a gatherer, migrated, from which runs copy."""

    def __init__(self, folder: Path, engine: str) -> None:
        """Make both in a folder; `engine` is plain or timescaledb."""
        self._engine = engine
        self._account = server_account()
        self._binaries = (
            timescaledb.fetch_binaries() if engine == "timescaledb" else embedded_binaries(self._account, folder)
        )
        self._empty = self.server(folder / "empty")
        self._empty.create()
        self._made = {kind: self._make(folder / kind, kind) for kind in ROLES}

    def server(self, folder: Path) -> Server:
        """Return a server in a folder."""
        own = TIMESCALEDB if self._engine == "timescaledb" else {}
        return Server(folder, self._binaries, self._account, {**SETTINGS, **CONFIRMED, **own})

    def copy(self, kind: str, folder: Path) -> Server:
        """Return a running server with migrated databases."""
        server = self.server(folder)
        server.create_like(self._made[kind])
        server.start()
        return server

    def rebuild(self, kind: str, server: Server) -> None:
        """Make the databases of a server again that has ended: all that they held is lost, and nothing is migrated."""
        shutil.rmtree(server.folder / "data")
        server.create_like(self._empty)
        server.start()
        self._fill(server, kind)

    def _make(self, folder: Path, kind: str) -> Server:
        server = self.server(folder)
        server.create_like(self._empty)
        server.start()
        self._fill(server, kind)
        for name, owner in ROLES[kind].items():
            with connect(server.conninfo(name, owner), application_name="campaign") as connection:
                for component in COMPONENTS[name]:
                    migrate(connection, component)
        server.stop()
        return server

    def _fill(self, server: Server, kind: str) -> None:
        make_databases(server, kind, ROLES[kind])
        if self._engine == "timescaledb":
            for name in ROLES[kind]:
                with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
                    connection.execute("create extension if not exists timescaledb")
                restrict(server.conninfo(name))


class HurtServer:
    """What faults do to a running server; `disk` is the one that its data are on, None if no disk could be made."""

    def __init__(self, server: Server, disk: SmallDisk | None) -> None:
        """Take a server that runs."""
        self.server = server
        self.disk = disk
        self.runs = True
        self._is_frozen = False
        self._slow = threading.Event()
        # A server that ends must not leave processes that stand still.
        self._moving = threading.Lock()
        self._slowing: threading.Thread | None = None

    def kill(self) -> None:
        """Kill it, as a crash of its host would."""
        self.runs = False
        # One whose disk was full may have ended already.
        with self._moving, suppress(ProcessLookupError):
            self.server.kill()

    def stop(self) -> None:
        """Stop it in order, which ends all its sessions."""
        self.runs = False
        with self._moving:
            self.server.stop()

    def start(self) -> None:
        """Start it again if it does not run; while its disk is full it may not start, and keep() tries again."""
        if not self.runs:
            self.runs = True
            with suppress(ServerFailed):
                self.server.start()

    def keep(self) -> None:
        """Start it again, as systemd does, if it ended because its disk was full."""
        if self.runs and not self._is_alive():
            with suppress(ServerFailed):
                self.server.start()

    def fill_disk(self) -> None:
        """Let another program take all the space that is left."""
        if self.disk:
            self.disk.fill()

    @property
    def is_disk_full(self) -> bool:
        """Whether another program holds all space of its disk."""
        return self.disk is not None and self.disk.is_filled

    def empty_disk(self) -> None:
        """Let that program give it back."""
        if self.disk:
            self.disk.release()

    def freeze(self) -> None:
        """Let all its processes stand still, as a disk does that answers nothing."""
        self._is_frozen = True
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._is_frozen = False
        self._signal(signal.SIGCONT)

    def slow_down(self) -> None:
        """Let all its processes stand still for most of the time, as they wait for a slow disk."""
        self._slow.set()
        self._slowing = threading.Thread(target=self._go_slowly, daemon=True)
        self._slowing.start()

    def speed_up(self) -> None:
        """Let them run all the time again."""
        self._slow.clear()
        if self._slowing:
            self._slowing.join()

    def forbid_writes(self) -> None:
        """Let all transactions from now on be read-only."""
        self._configure(READ_ONLY)

    def allow_writes(self) -> None:
        """Let transactions write again."""
        self._configure("")

    def _go_slowly(self) -> None:
        while self._slow.is_set():
            with self._moving:
                if not self._is_frozen:
                    self._signal(signal.SIGSTOP)
                    time.sleep(STILL_SECONDS)
                if not self._is_frozen:
                    self._signal(signal.SIGCONT)
            time.sleep(MOVING_SECONDS)

    def _configure(self, lines: str) -> None:
        (self.server.folder / "data" / "postgresql.auto.conf").write_text(lines)
        pid = self._pid()
        if pid:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).send_signal(signal.SIGHUP)

    def _signal(self, number: signal.Signals) -> None:
        pid = self._pid()
        if not pid:
            return
        with suppress(psutil.NoSuchProcess):
            postmaster = psutil.Process(pid)
            # A frozen postmaster starts no further processes.
            for each in (postmaster, *postmaster.children()):
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(number)

    def _is_alive(self) -> bool:
        pid = self._pid()
        return bool(pid) and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

    def _pid(self) -> int | None:
        with suppress(OSError, ValueError, IndexError):
            return int((self.server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        return None
