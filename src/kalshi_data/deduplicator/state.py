"""What a running deduplicator knows of itself, for its health and its figures."""

import time
from collections.abc import Mapping, Sequence

from kalshi_data.archive.progress import ArchiveState
from kalshi_data.service.histogram import Delays


class StreamState:
    """How the merge of one stream goes; written by its thread, read by any."""

    def __init__(self, gatherers: Sequence[int]) -> None:
        """Begin before the first tick."""
        self.is_behind = False
        self.has_ticked = False
        self.ticked_at = time.monotonic()
        self.tick_seconds = 0.0
        self.rows_polled = 0
        self.tick_delays = Delays()
        self.error: str | None = None
        self.gatherer_errors: Mapping[int, str | None] = dict.fromkeys(gatherers)

    def ticked(self, seconds: float, rows: int, behind: bool, errors: Mapping[int, str | None]) -> None:
        """Note a tick that succeeded, and why a gatherer gave nothing."""
        self.is_behind = behind
        self.has_ticked = True
        self.ticked_at = time.monotonic()
        self.tick_seconds = seconds
        self.tick_delays.observe(seconds)
        self.rows_polled += rows
        self.error = None
        self.gatherer_errors = errors

    def failed(self, error: str) -> None:
        """Note why the stream does not go on."""
        self.has_ticked = False
        self.error = error


class State:
    """The whole program: what it waits for before it merges, and its streams by name once it does."""

    def __init__(self) -> None:
        """Begin with nothing started."""
        self.waiting_for: str | None = "production"
        self.streams: dict[str, StreamState] = {}
        self.archive = ArchiveState()
