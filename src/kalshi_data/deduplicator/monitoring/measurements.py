"""What a running deduplicator measures of production and of the gatherers."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

# A stream of a gatherer.
StreamKey = tuple[int, str]


class MergedRows(NamedTuple):
    """What was merged of one stream of one gatherer, all its epochs together, and when last."""

    polled: int = 0
    new: int = 0
    duplicate: int = 0
    rejected: int = 0
    merged_at_seconds: float = 0.0


class Lag(NamedTuple):
    """How far production is behind one stream of one gatherer; what is held cannot be read yet because of `cause`."""

    rows: int
    seconds: float
    held_rows: int = 0
    cause: str | None = None


class Liveness(NamedTuple):
    """Whether a gatherer lives; `trouble` says why not, for people."""

    beat_at: datetime | None = None
    trouble: str | None = None


class Measurements:
    """All that is measured; one thread replaces each mapping as a whole, anyone may read."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self.started_at_seconds = time.time()
        self.production_at_seconds = time.monotonic()  # when production last answered
        self.production_ping_seconds = 0.0  # how long its last answer took
        self.production_failure = ""
        self.gatherers: Mapping[int, Liveness] = {}
        self.merged: Mapping[StreamKey, MergedRows] = {}
        self.rates: Mapping[StreamKey, float] = {}  # rows polled per second
        self.lags: Mapping[StreamKey, Lag] = {}  # of the gatherers that answered
