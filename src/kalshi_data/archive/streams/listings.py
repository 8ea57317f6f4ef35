"""The streams of the exchange's objects: the list of all of them once a day, and each of their states."""

import pyarrow as pa

from kalshi_data.archive.streams.columns import (
    DIGEST,
    TIME,
    ArchiveStream,
    Column,
    listed_time,
    text,
)

TICKER = Column("ticker", pa.string(), "name at the exchange")
UPDATED = Column("updated_time", TIME, "UTC microseconds, clock of the exchange", nullable=True)
FETCHED = Column("fetched_at", TIME, "UTC microseconds, clock of the gatherer")
SHA256 = Column("body_sha256", DIGEST, "SHA-256")
BODY = Column("body", pa.string(), "JSON")
# What is known of each kind of object beside its whole body.
COLUMNS = {
    "series": tuple(text(name) for name in ("title", "category", "frequency", "fee_type")),
    "events": (
        *(text(name) for name in ("series_ticker", "title", "sub_title")),
        Column("mutually_exclusive", pa.bool_(), "true or false", nullable=True),
        listed_time("strike_date"),
        text("strike_period"),
    ),
    "markets": (
        *(text(name) for name in ("event_ticker", "market_type", "title", "yes_sub_title", "no_sub_title")),
        *(text(name) for name in ("status", "result")),
        *(listed_time(name) for name in ("open_time", "close_time", "settlement_ts")),
    ),
}


def listed(name: str) -> ArchiveStream:
    """Return a stream that is written whole once a day: a table of the exchange's objects."""
    columns = (TICKER, UPDATED, FETCHED, SHA256, *COLUMNS[name], BODY)
    return ArchiveStream(name, f"market_data.{name}", None, ("ticker",), columns, hours=24)


def history(name: str) -> ArchiveStream:
    """Return the stream of each state of the exchange's objects, in the hour in which it was fetched first.

    Production's table has no columns of the texts, so `table` is a view of it.
    """
    columns = (TICKER, FETCHED, UPDATED, SHA256, *COLUMNS[name], BODY)
    order = ("ticker", "fetched_at", "body_sha256")
    return ArchiveStream(
        f"{name}_history", f"market_data.{name}_versions", "fetched_at", order, columns, is_derived=True
    )


LISTED = tuple(listed(name) for name in COLUMNS)
HISTORIES = tuple(history(name) for name in COLUMNS)
