"""What a running deduplicator measures of production and of the gatherers."""

import math
import time
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from kalshi_data.service.growth import Growth

# The stream whose minutes can be proven, and the states of minutes in which nothing happened.
BOOKS, SILENT = "orderbook_deltas", ("idle", "halted")

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


class Backups(NamedTuple):
    """How long ago the last backup of production, and the last full one, was finished.

    `failing_seconds` is how long ago the last file of its write-ahead log reached them, 0 unless later ones fail.
    """

    age_seconds: float
    full_age_seconds: float
    failing_seconds: float


class LostMinutes(NamedTuple):
    """Minutes of the last day that no source repaired in its time; the ticker is empty for a stream of all markets."""

    stream: str
    minutes: int
    markets: int
    market_ticker: str
    began_at: datetime
    ended_at: datetime
    # Without the exchange's schedule, no minute counts as its maintenance.
    is_schedule_known: bool = True


class BookChecks(NamedTuple):
    """Books compared with snapshots: proven in the last hour; of the last day to be compared again, and wrong."""

    proven: int = 0
    retried: int = 0
    wrong: int = 0
    wrong_ticker: str | None = None


class ExpectedBooks(NamedTuple):
    """Markets whose order book is expected now, and how many of them no living gatherer follows."""

    markets: int = 0
    missing: int = 0
    missing_ticker: str | None = None


class Contribution(NamedTuple):
    """Rows of a stream in the last day that only this gatherer received, or first, or missed; from a sample."""

    unique: int
    first: int
    missed: int


class CompletenessCounts(NamedTuple):
    """What production knows of its completeness, counted at `counted_at_seconds` (0 for never) in `count_seconds`.

    `minutes` are those of today (UTC), by stream and state; `gaps` those of gatherers in the last day, by stream and
    repair.
    """

    minutes: Mapping[tuple[str, str], int] = {}
    lost: tuple[LostMinutes, ...] = ()
    book_checks: BookChecks = BookChecks()
    books: ExpectedBooks = ExpectedBooks()
    gaps: Mapping[tuple[str, str], int] = {}
    contributions: Mapping[StreamKey, Contribution] = {}
    counted_at_seconds: float = 0.0
    count_seconds: float = 0.0

    @property
    def share_proven(self) -> float:
        """The share of proven minutes in today's minutes of order books in which something happened; 1 if none did."""
        states = {
            state: count for (stream, state), count in self.minutes.items() if stream == BOOKS and state not in SILENT
        }
        return states.get("proven", 0) / total if (total := sum(states.values())) else 1.0


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
        self.backups: Backups | None = None  # None if production makes none itself
        self.line_counts = LineCounts()
        self.packing = Packing()
        self.growth = Growth()  # of production
        self.full_in_days = math.inf  # days until production is full; infinite if never
        self.completeness = CompletenessCounts()
        self.completeness_failure = ""
        # When the certificates of the databases end, in seconds since 1970, by the database.
        self.certificates: Mapping[str, float] = {}
        self.gatherers: Mapping[int, Liveness] = {}
        self.merged: Mapping[StreamKey, MergedRows] = {}
        self.rates: Mapping[StreamKey, float] = {}  # rows polled per second
        self.lags: Mapping[StreamKey, Lag] = {}  # of the gatherers that answered
