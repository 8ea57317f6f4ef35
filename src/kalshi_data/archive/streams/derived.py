"""The streams of the archive that prove the others: production derives them when it writes their files."""

import pyarrow as pa

from kalshi_data.archive.streams.columns import (
    LEVELS,
    MARKET,
    NAME,
    TIME,
    ArchiveStream,
    Column,
    amount,
    listed_time,
)
from kalshi_data.archive.streams.listings import HISTORIES

DERIVED = (
    # The state of each expected minute, as runs of equal minutes within the hour.
    ArchiveStream(
        "coverage",
        "market_data.coverage",
        "from_at",
        ("market_ticker", "stream", "from_at"),
        (
            Column("market_ticker", NAME, "name at the exchange, empty for all markets"),
            Column("stream", NAME, "name of a stream"),
            Column("from_at", TIME, "UTC microseconds, whole minutes"),
            Column("to_at", TIME, "UTC microseconds, whole minutes"),
            Column("state", NAME, "proven, repaired, covered, idle, halted or gap"),
        ),
        group_rows_max=1 << 13,
        is_derived=True,
    ),
    # What shows whether the changes of a book are complete, cut to the hour.
    ArchiveStream(
        "book_checks",
        "market_data.book_checks",
        "from_at",
        ("market_ticker", "from_at", "kind"),
        (
            MARKET,
            Column("from_at", TIME, "UTC microseconds, clock of the gatherer"),
            Column("to_at", TIME, "UTC microseconds, clock of the gatherer"),
            Column("kind", NAME, "clock, line or count"),
            Column("gatherer_id", pa.int16(), "number of a gatherer", nullable=True),
            Column("is_proven", pa.bool_(), "true or false"),
            Column("wrong_levels", pa.int32(), "number"),
            Column("from_clock", pa.int64(), "logical clock of the market", nullable=True),
            Column("to_clock", pa.int64(), "logical clock of the market", nullable=True),
        ),
        is_derived=True,
    ),
    # What went wrong, cut to the hour: what gatherers missed, who repaired it, and what is wrong with books.
    ArchiveStream(
        "incidents",
        "market_data.incidents",
        "from_at",
        ("market_ticker", "stream", "from_at"),
        (
            Column("market_ticker", NAME, "name at the exchange, empty for all markets"),
            Column("stream", NAME, "name of a stream"),
            Column("from_at", TIME, "UTC microseconds, clock of the gatherer"),
            Column("to_at", TIME, "UTC microseconds, clock of the gatherer"),
            Column("kind", NAME, "missed, wrong book or wrong count"),
            Column("gatherer_id", pa.int16(), "number of a gatherer", nullable=True),
            Column("reason", NAME, "text"),
            Column("repair", NAME, "gatherer, rest, books or none"),
            Column("repaired_by", NAME, "numbers of gatherers", nullable=True),
            Column("repaired_at", TIME, "UTC microseconds, clock of the gatherer", nullable=True),
        ),
        is_derived=True,
    ),
    # The book of each market that was open at the hour's beginning, as of then.
    ArchiveStream(
        "books",
        "market_data.books",
        "at",
        ("market_ticker", "at"),
        (
            MARKET,
            Column("at", TIME, "UTC microseconds, clock of the exchange"),
            Column("clock", pa.int64(), "logical clock of the market"),
            Column("yes_levels", LEVELS, "US dollars and contracts"),
            Column("no_levels", LEVELS, "US dollars and contracts"),
            Column("snapshot_at", TIME, "UTC microseconds, clock of the gatherer"),
            Column("last_change_at", TIME, "UTC microseconds, clock of the exchange", nullable=True),
        ),
        group_rows_max=1 << 13,
        is_derived=True,
    ),
    *HISTORIES,
    # What each market paid, in the hour in which that became known.
    ArchiveStream(
        "settlements",
        "market_data.settlements",
        "seen_at",
        ("market_ticker", "seen_at"),
        (
            MARKET,
            Column("seen_at", TIME, "UTC microseconds, clock of the exchange, else of the gatherer"),
            Column("result", NAME, "yes, no or another word"),
            amount("yes_value", "US dollars", nullable=True),
            listed_time("determined_at"),
            listed_time("settled_at"),
            Column("source", NAME, "lifecycle_events or markets_history"),
        ),
        is_derived=True,
    ),
)
