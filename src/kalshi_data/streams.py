"""The catalogue of all streams; programs filter it by its flags.

A stream is one kind of row that gatherers hold and production gets. Each has SQL files of its name, which
tests/unit/test_streams.py compares with this catalogue.
"""

from typing import NamedTuple


class Stream(NamedTuple):
    """One stream: the table in production that it is merged into, and the time column of that table.

    `source` is the SQL folder of the gatherer's database that holds the stream. If no row waits, the stream is polled
    at most once in `poll_seconds_min`.

    Flags: rows whose times cannot be right are rejected or corrected (`has_times`), the archive holds the stream
    (`is_archived`), partitions may be dropped after some days (`is_expirable`), minutes of it are classified
    (`is_classified`), its late rows are marked after the merge (`marks_late_rows`), the gatherers that received a row
    are counted (`has_sightings`), the simulator's journal holds it (`is_verified`), gatherers hold it in partitions of
    time (`is_captured_by_time`), batches may be staged and their bad rows rejected before the batch ahead of them is
    merged (`is_staged_ahead`): that reads and writes nothing that a merge changes. `settings` names those of merging
    that its merge depends on.
    """

    name: str
    target: str
    time_column: str | None = None
    source: str = "capture"
    poll_seconds_min: float = 0.0
    has_times: bool = False
    is_archived: bool = False
    is_expirable: bool = False
    is_classified: bool = False
    marks_late_rows: bool = False
    has_sightings: bool = False
    is_verified: bool = False
    is_captured_by_time: bool = False
    is_staged_ahead: bool = False
    settings: tuple[str, ...] = ()


def _feed(name: str, time_column: str, *flags: str) -> Stream:
    """Return a stream of the feed: archived rows with a time; `flags` are set, too."""
    common = ("has_times", "is_archived", "is_captured_by_time", "is_staged_ahead")
    stream = Stream(name, f"market_data.{name}", time_column)
    return stream._replace(**dict.fromkeys((*common, *flags), True))


def _coverage(name: str) -> Stream:
    """Return a stream of a gatherer's own state: what it covered and what it missed."""
    return Stream(name, f"ops.{name}", poll_seconds_min=0.5, has_times=True)


def _listing(name: str) -> Stream:
    """Return a stream of the exchange's objects: what each is now, or what the exchange says of itself."""
    return Stream(
        name, f"market_data.{name}", source="registry", poll_seconds_min=1.0, has_times=True, is_archived=True
    )


# What most streams of the feed get.
MARKED = ("is_expirable", "is_classified", "is_verified", "marks_late_rows")

STREAMS = (
    _feed("trades", "exchange_ts", *MARKED, "has_sightings")._replace(target="market_data.hot_trades"),
    # Its merge marks late rows itself: with this many changes that is less work.
    _feed("orderbook_deltas", "exchange_ts", "is_expirable", "is_classified", "is_verified", "has_sightings")._replace(
        target="market_data.hot_orderbook_deltas"
    ),
    _feed("orderbook_snapshots", "received_at", "is_expirable", "marks_late_rows", "is_verified")._replace(
        target="market_data.hot_orderbook_snapshots"
    ),
    _feed("tickers", "exchange_ts", *MARKED)._replace(target="market_data.hot_tickers"),
    _feed("lifecycle_events", "seen_at", *MARKED),
    # Completeness does not cover it.
    _feed("index_values", "source_ts", "is_expirable", "is_verified"),
    _coverage("connections"),
    _coverage("subscriptions"),
    _coverage("gaps"),
    _coverage("book_checks")._replace(
        target="ops.line_checks", is_captured_by_time=True, settings=("line_check_sample_one_in",)
    ),
    _listing("series"),
    _listing("events"),
    _listing("markets"),
    # A poll of the exchange stores its rows in one transaction, every few seconds.
    _listing("exchange_status")._replace(time_column="first_seen_at", is_expirable=True),
)
# Those whose minutes production classifies.
CLASSIFIED = tuple(stream.name for stream in STREAMS if stream.is_classified)
