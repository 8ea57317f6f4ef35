"""State of a running deduplicator, from which its health and metrics are computed."""

import time
from collections.abc import Mapping, Sequence

from kalshi_data.archive.progress import ArchiveState
from kalshi_data.service.histogram import Delays


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

    def failed(self, error: str) -> None:
        """Record why the stream is not merged."""
        self.has_ticked = False
        self.error = error


class State:
    """State of the program: what it waits for before it merges, then its streams by name."""

    def __init__(self) -> None:
        """Start with no stream."""
        self.waiting_for: str | None = "production"
        self.streams: dict[str, StreamState] = {}
        self.archive = ArchiveState()
