"""State of a running deduplicator, from which its health and metrics are computed."""

import math
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg

from kalshi_data.archive.progress import ArchiveState
from kalshi_data.service.histogram import Delays

# Whoever finds a disk full tries again in a few seconds.
DISK_FULL_SECONDS = 60.0
# What runs beside the streams and the archive, each in a thread of its own.
HEARTBEATS, UPKEEP = TASKS = ("heartbeats", "upkeep")


class StreamState:
    """State of the merge of one stream; its thread writes it, any thread may read it."""

    def __init__(self, gatherers: Sequence[int]) -> None:
        """Start before the first tick."""
        self.is_behind = False
        self.has_ticked = False
        self.ticked_at = time.monotonic()
        self.tick_seconds = 0.0
        self.rows_polled = 0
        self.tick_delays = Delays()
        self.error: str | None = None
        self.gatherer_errors: Mapping[int, str | None] = dict.fromkeys(gatherers)
        # By gatherer and epoch. They are beyond those in production where all further rows are of other shards.
        self.positions: Mapping[tuple[int, UUID], str] = {}

    def ticked(self, seconds: float, rows: int, behind: bool, errors: Mapping[int, str | None]) -> None:
        """Record a tick that succeeded, with the error of each gatherer that could not be polled."""
        self.is_behind = behind
        self.has_ticked = True
        self.ticked_at = time.monotonic()
        self.tick_seconds = seconds
        self.tick_delays.observe(seconds)
        self.rows_polled += rows
        self.error = None
        self.gatherer_errors = errors

    @property
    def has_no_gatherer(self) -> bool:
        """Whether no gatherer's copy of the stream is merged."""
        errors = self.gatherer_errors.values()
        return bool(errors) and all(errors)

    def failed(self, error: str) -> None:
        """Record why the stream is not merged."""
        self.has_ticked = False
        self.error = error


class ProductionSpace:
    """Whether production has space: `full` says why nothing may be merged, an empty text if there is space."""

    def __init__(self) -> None:
        """Start with space."""
        self.full = ""
        self._failed_at = -math.inf

    def failed(self, error: BaseException) -> None:
        """Note an error, if it says that production's disk is full."""
        if isinstance(error, psycopg.errors.DiskFull):
            self._failed_at = time.monotonic()

    def freed(self) -> None:
        """Note that space is being freed, so that only a further error means that the disk is still full."""
        self._failed_at = -math.inf

    @property
    def is_disk_full(self) -> bool:
        """Whether production found no space on its disk a short time ago, and none was freed since."""
        return time.monotonic() - self._failed_at < DISK_FULL_SECONDS


class TaskState:
    """State of a task beside the streams: `error` is None while it works, otherwise the reason in words."""

    def __init__(self) -> None:
        """Start without a failure."""
        self.error: str | None = None


class State:
    """State of the program: what it waits for before it merges, then its streams and other tasks by name."""

    def __init__(self) -> None:
        """Start with no stream."""
        self.waiting_for: str | None = "production"
        self.streams: dict[str, StreamState] = {}
        self.tasks = {name: TaskState() for name in TASKS}
        self.archive = ArchiveState()
        self.space = ProductionSpace()
