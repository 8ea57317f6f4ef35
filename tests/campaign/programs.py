"""Programs that are kept running as systemd does, unless a fault holds them down."""

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.demo.processes import ProgramFailed, ProgramProcess

STEPPED_CLOCK = Path(__file__).parent / "stepped_clock"
# systemd waits for this long before it starts a program again that has ended.
RESTART_SECONDS = 1.0
STOP_SECONDS_MAX = 35.0
ANSWER_SECONDS_MAX = 10


class KeptProgram:
    """One program: faults hold it down or freeze it, any number of them at once."""

    def __init__(self, name: str, start: Callable[[], ProgramProcess]) -> None:
        """Take what starts the program."""
        self.name = name
        self.ends: list[str] = []
        self.starts = 0
        self._start = start
        self._process: ProgramProcess | None = None
        self._held = self._frozen = 0
        self._start_at: float | None = None
        self._stopping_until = 0.0

    @property
    def process(self) -> ProgramProcess | None:
        """The running process, if any."""
        return self._process

    def begin(self) -> None:
        """Start it for the first time, and keep it running from now on."""
        self._start_at = time.monotonic()
        self.keep()

    def keep(self) -> None:
        """Start the program if it is to run and does not, and note it if it ended by itself."""
        now = time.monotonic()
        if self._process and not is_running(self._process):
            if not self._held and not self._stopping_until:
                self.ends.append(describe_end(self._process))
            self._process, self._stopping_until = None, 0.0
            self._start_at = now + (0 if self._held else RESTART_SECONDS)
        if self._process and self._stopping_until and now > self._stopping_until:
            self.ends.append(f"{self.name} did not stop in {STOP_SECONDS_MAX:g} s")
            self._process.kill()
        if self._process is None and not self._held and self._start_at is not None and now >= self._start_at:
            self._process = self._start()
            self.starts += 1
            if self._frozen:
                self._process.signal(signal.SIGSTOP)

    def kill(self) -> None:
        """Kill it and hold it down."""
        self._held += 1
        if self._process:
            self._process.kill()
            self._process, self._stopping_until = None, 0.0
            self._start_at = time.monotonic()

    def stop(self) -> None:
        """Ask it to stop and hold it down."""
        self._held += 1
        if self._process and is_running(self._process) and not self._stopping_until:
            self._process.signal(signal.SIGTERM)
            self._stopping_until = time.monotonic() + STOP_SECONDS_MAX

    def release(self) -> None:
        """Hold it down no more."""
        self._held -= 1

    def freeze(self) -> None:
        """Let it stand still."""
        self._frozen += 1
        if self._process and is_running(self._process):
            self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._frozen -= 1
        if self._process and not self._frozen and is_running(self._process):
            self._process.signal(signal.SIGCONT)

    def end(self) -> None:
        """End it for good."""
        self._start_at = None
        if self._process:
            with suppress(ProcessLookupError):
                self._process.signal(signal.SIGCONT)
            if self._process.end() != 0:
                self.ends.append(describe_end(self._process))
            self._process = None


def is_running(process: ProgramProcess) -> bool:
    """Return whether a process has not ended."""
    try:
        process.require_running()
    except ProgramFailed:
        return False
    return True


def describe_end(process: ProgramProcess) -> str:
    """Return how a process ended."""
    try:
        process.require_running()
    except ProgramFailed as error:
        return str(error)
    return f"{process.name} still runs"


def read_health(url: str) -> dict[str, Any]:
    """Return what a program reports of its health at an address."""
    try:
        return msgspec.json.decode(_fetch(url))
    except (OSError, HTTPException, msgspec.DecodeError) as error:
        return {"status": "silent", "reasons": [{"check": "answer", "text": str(error)}]}


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        # A program that is not healthy says so with an error, and why.
        return error.read()


def with_stepped_clock(file: Path) -> Sequence[str]:
    """Return the command within which a program's clock is wrong by as many seconds as a file says."""
    path = os.pathsep.join((str(STEPPED_CLOCK), *filter(None, (os.environ.get("PYTHONPATH"),))))
    return ("env", f"PYTHONPATH={path}", f"STEPPED_CLOCK_FILE={file}")
