"""Run the platform's programs as processes, each with a log file.

Each runs in its own session, so that Ctrl-C reaches only the demo, which then ends them.
"""

import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.errors import KalshiDataError

STOP_SECONDS_MAX = 35


class ProgramFailed(KalshiDataError):
    """A program ended with an error, or ended too early."""


class ProgramProcess:
    """One running program."""

    def __init__(
        self, name: str, folder: Path, arguments: Sequence[str], *, listen: bool = False, within: Sequence[str] = ()
    ) -> None:
        """Start `python -m kalshi_data.<program> …`; with `listen`, its standard output is read as JSON events.

        `within` is a command that runs the program, such as one that enters another network namespace.
        """
        self.name = name
        self.log = folder / f"{name}.log"
        self.events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*within, *command(arguments)],
                start_new_session=True,
                stderr=output,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if listen else output,
            )
        if listen:
            threading.Thread(target=self._read_events, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def next_event(self, seconds_max: float) -> dict[str, Any] | None:
        """Return the next event that the program printed, or None if there is none within `seconds_max`.

        Raises:
            ProgramFailed: if the program has ended, and all its events were returned.
        """
        try:
            return self.events.get(timeout=seconds_max)
        except queue.Empty:
            self.require_running()
            return None

    def find_event(self, name: str, seconds_max: float) -> dict[str, Any] | None:
        """Return the next event of a name and forget those before it; None if no event comes within `seconds_max`.

        Raises:
            ProgramFailed: if the program has ended, and all its events were returned.
        """
        while found := self.next_event(seconds_max):
            if found["event"] == name:
                return found
        return None

    def require_running(self) -> None:
        """Raise ProgramFailed if the program has ended."""
        if self._process.poll() is not None:
            raise ProgramFailed(f"{self.name} ended with status {self._process.returncode}:\n{self.last_lines()}")

    def stop(self) -> None:
        """Stop the program and wait.

        Raises:
            ProgramFailed: if it ended with an error, or had to be killed.
        """
        if self.end() != 0:
            raise ProgramFailed(f"{self.name} ended with status {self._process.returncode}:\n{self.last_lines()}")

    def end(self) -> int:
        """Stop the program, kill it if it does not end in time, and return its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the program, as a crash would."""
        self._process.kill()
        self._process.wait()

    def last_lines(self, lines: int = 5) -> str:
        """Return the last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _read_events(self) -> None:
        if self._process.stdout is not None:
            with self._process.stdout as lines:
                for line in lines:
                    self.events.put(msgspec.json.decode(line, type=dict[str, Any]))


def run_to_end(name: str, arguments: Sequence[str], *, within: Sequence[str] = ()) -> str:
    """Run a program until it ends, `within` another command if it is named, and return what it printed.

    Raises:
        ProgramFailed: if it fails; the message holds its output.
    """
    whole = [*within, *command(arguments)]
    done = subprocess.run(whole, capture_output=True, check=False, start_new_session=True, text=True)
    if done.returncode != 0:
        output = done.stderr.strip() or done.stdout.strip()[-2000:]
        raise ProgramFailed(f"{name} ended with status {done.returncode}:\n{output}")
    return done.stdout


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command line of one of the project's programs."""
    program, *rest = arguments
    return [sys.executable, "-m", f"kalshi_data.{program}", *rest]
