"""Measures what one question takes, and how many bytes of files are read for it; for any Python, on Linux."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROUNDS = 3
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Used(NamedTuple):
    """What processes used: seconds of processors, and bytes that they got by reading, also from the page cache."""

    cpu_seconds: float
    bytes_read: int


class Meter:
    """Counts seconds since a process was started, and what a tree of processes uses."""

    def __init__(self, root: int) -> None:
        """Begin to count; `root` is the first process of the tree, STARTED_AT the monotonic time of the start."""
        self._began, self._root = float(os.environ["STARTED_AT"]), root
        self._used = used(root)

    def report(self, ask: Callable[[], object]) -> None:
        """Ask once and then some times again, and print the figures as JSON; the repeated ones are medians."""
        ask()
        _, megabytes = self._since()
        first = {"cold_seconds": time.monotonic() - self._began, "first_mb": megabytes}
        again = [self._again(ask) for _ in range(ROUNDS)]
        names = ("seconds", "cpu_seconds", "mb")
        repeated = dict(zip(names, map(median, zip(*again, strict=True)), strict=True))
        sys.stdout.write(json.dumps({**first, **repeated}) + "\n")
        sys.stdout.flush()

    def _again(self, ask: Callable[[], object]) -> tuple[float, float, float]:
        began = time.monotonic()
        ask()
        return (time.monotonic() - began, *self._since())

    def _since(self) -> tuple[float, float]:
        """Return the seconds of processors and the megabytes since the last call."""
        before, self._used = self._used, used(self._root)
        return self._used.cpu_seconds - before.cpu_seconds, (self._used.bytes_read - before.bytes_read) / 1e6


def used(root: int) -> Used:
    """Return what a process and those below it used.

    What a process that has ended used is counted by the one that waited for it.
    """
    fields = dict(stat_fields())
    tree, new = set[int](), {root}
    while new:
        tree |= new
        new = {process for process, values in fields.items() if int(values[1]) in new}
    ticks = sum(int(value) for process in tree & fields.keys() for value in fields[process][11:15])
    return Used(ticks / TICKS_PER_SECOND, sum(map(bytes_read, tree)))


def stat_fields() -> Iterator[tuple[int, list[str]]]:
    """Yield each process with its state and what follows it in proc_pid_stat(5)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        # A process may end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            yield int(path.parent.name), path.read_text().rpartition(")")[2].split()


def bytes_read(process: int) -> int:
    """Return the bytes that one process got; none if it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{process}/io").read_text().partition("rchar: ")[2].split()[0])
    return 0
