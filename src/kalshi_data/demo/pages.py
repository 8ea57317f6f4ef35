"""Serves the status pages of a demo that was kept."""

import re
import signal
import sys
import time
import tomllib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from kalshi_data.cli.failures import reported_failures
from kalshi_data.demo.platform import GATHERERS, Platform
from kalshi_data.demo.processes import ProgramFailed
from kalshi_data.errors import SettingsError

USAGE = """\
usage: python3 build.py pages FOLDER

Serves the status pages of a demo that `demo --keep FOLDER` left, at the addresses that they had, until Ctrl-C. The
databases, the gatherers and the deduplicator run meanwhile; the exchange does not, so the gatherers are not healthy.

Example:
  python3 build.py pages KEPT
"""
START_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 10
POLL_SECONDS = 0.2
HOST = re.compile(r"(?<=host=)[^ \"]+")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    """Serve the pages of a kept folder until a signal comes; return the exit status."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    with reported_failures("pages"):
        serve_kept(require_kept(Path(arguments[0])))
    return 0


def require_kept(folder: Path) -> Path:
    """Return the folder of a kept demo.

    Raises:
        SettingsError: it is none, or was moved.
    """
    found = folder.resolve()
    settings = found / "deduplicator.toml"
    if not settings.is_file() or not (found / "production" / "data").is_dir():
        raise SettingsError(f"{folder} holds no demo: name KEPT of demo --keep KEPT")
    if (found / "archive").as_uri() != tomllib.loads(settings.read_text())["archive"]["target"]:
        raise SettingsError(f"{folder} was moved since the demo: move it back, since its settings name its files")
    return found


def serve_kept(folder: Path) -> None:
    """Serve the pages of a kept demo, and print their addresses, until a signal comes.

    Raises:
        KalshiDataError: a server or program does not start, or ends.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        with reopened(folder) as platform:
            sys.stdout.write(f"status pages until Ctrl-C: {describe_pages(platform.status_pages)}\n")
            sys.stdout.flush()
            while True:
                for program in (*platform.gatherers.values(), platform.deduplicator):
                    program.require_running()
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")


@contextmanager
def reopened(folder: Path) -> Generator[Platform]:
    """Start the servers and programs of a kept demo, but not its exchange, and stop them in the end.

    Raises:
        KalshiDataError: one does not start, or another program has the port of a page.
    """
    platform = Platform(folder)
    try:
        platform.reopen_databases()
        read_settings(platform)
        platform.start_programs()
        await_pages(platform)
        yield platform
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        platform.close()


def read_settings(platform: Platform) -> None:
    """Read the ports of the pages, and let the settings name the present sockets: a long folder's are elsewhere."""
    files = (platform.deduplicator_settings, *map(platform.gatherer_settings, GATHERERS))
    servers = (platform.production, *platform.gatherer_servers.values())
    texts = [file.read_text() for file in files]
    # The first server that a program names is its own.
    sockets = {HOST.findall(text)[0]: str(server.socket) for text, server in zip(texts, servers, strict=True)}
    for number, (file, text) in enumerate(zip(files, texts, strict=True)):
        platform.ports[number] = tomllib.loads(text)["health"]["port"]
        file.write_text(HOST.sub(lambda found: sockets[found[0]], text))


def await_pages(platform: Platform) -> None:
    """Wait until each page is served.

    Raises:
        ProgramFailed: one is not served in time, or its program has ended.
    """
    deadline = time.monotonic() + START_SECONDS_MAX
    programs = (platform.deduplicator, *platform.gatherers.values())
    waiting = dict(zip(platform.ports.values(), programs, strict=True))
    while waiting:
        for port, program in list(waiting.items()):
            program.require_running()
            if is_served(port):
                del waiting[port]
            elif time.monotonic() > deadline:
                raise ProgramFailed(f"{program.name} does not serve its page at port {port}:\n{program.last_lines()}")
        time.sleep(POLL_SECONDS)


def is_served(port: int) -> bool:
    """Return whether a page is served at a port of this machine."""
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def describe_pages(addresses: Sequence[str]) -> str:
    """Return the addresses of status pages, the deduplicator's first, in a line."""
    deduplicator, *gatherers = addresses
    return f"{deduplicator} (gatherers: {', '.join(gatherers)})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
