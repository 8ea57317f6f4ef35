"""What a running deduplicator measures of production and of the gatherers."""

import math
import time
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from kalshi_data.service.growth import Growth

# Gatherer number and stream name.
StreamKey = tuple[int, str]


class MergedRows(NamedTuple):
    """Rows merged of one stream of one gatherer, over all its epochs, and when the last ones were."""

    polled: int = 0
    new: int = 0
    duplicate: int = 0
    rejected: int = 0
    merged_at_seconds: float = 0.0


class Lag(NamedTuple):
    """How far production lags behind one stream of one gatherer; `cause` is what holds back `held_rows` of the rows."""

    rows: int
    seconds: float
    held_rows: int = 0
    cause: str | None = None


class Liveness(NamedTuple):
    """Whether a gatherer lives: `problem` is None if it does, otherwise the reason in words."""

    beat_at: datetime | None = None
    problem: str | None = None


class OpenMerge(NamedTuple):
    """A session of production that merges in a transaction."""

    pid: int
    seconds: float


class LineCounts(NamedTuple):
    """Intervals that wait for their changes to be counted, and those of a day in which production's number differs."""

    waiting: int = 0
    disputed: int = 0
    disputed_ticker: str | None = None


class Packing(NamedTuple):
    """Hours of all streams that are due to be packed, for how long the oldest has been, and those that are packed.

    `hours_failing` could not be packed the last time, and are not among those due; `failure` says why one of them.
    """

    hours_due: int = 0
    due_seconds: float = 0.0
    hours_packed: int = 0
    hours_failing: int = 0
    failure: str = ""


class Measurements:
    """Everything measured; one thread replaces whole mappings, so that any thread may read them."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.started_at_seconds = time.time()
        self.production_at_seconds = time.monotonic()  # when production last answered
        self.production_ping_seconds = 0.0  # how long its last answer took
        self.production_failure = ""
        self.production_transaction_age = 0  # transactions since the oldest that production must remember
        self.oldest_merge: OpenMerge | None = None  # what upkeep waits for
        self.line_counts = LineCounts()
        self.packing = Packing()
        self.growth = Growth()  # of production
        self.full_in_days = math.inf  # days until production is full; infinite if never
        self.gatherers: Mapping[int, Liveness] = {}
        self.merged: Mapping[StreamKey, MergedRows] = {}
        self.rates: Mapping[StreamKey, float] = {}  # rows polled per second
        self.lags: Mapping[StreamKey, Lag] = {}  # of the gatherers that answered
