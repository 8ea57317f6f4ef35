"""Inserts order books into production as the merge does, for tests of upkeep and readers."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from kalshi_data.database.connection import Connection
from tests.support.coverage import at

Level = tuple[str, Decimal]
Book = dict[Level, Decimal]

SNAPSHOT = """
insert into market_data.hot_orderbook_snapshots (
    received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes, no_prices, no_sizes,
    gatherer_id, last_change_at
) values (%s, %s, 'm', %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""
DELTA = """
insert into market_data.hot_orderbook_deltas (
    exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""
LATE = "insert into ops.late_rows (stream, market_ticker, during) values (%s, %s, tstzrange(%s, %s, '[]'))"


def ensure_partitions(connection: Connection, *moments: datetime) -> None:
    """Create the partitions that rows of these tests need."""
    for table in ("hot_orderbook_snapshots", "hot_orderbook_deltas", "hot_trades", "hot_tickers", "lifecycle_events"):
        for moment in moments:
            ensure_partition(connection, table, moment)


def ensure_partition(connection: Connection, table: str, moment: datetime) -> None:
    """Create the partition of one table that a row needs."""
    connection.execute("select timeseries.ensure_partition(%s, %s)", (f"market_data.{table}", moment))


def snapshot(
    connection: Connection,
    minute: float,
    clock: int,
    book: Mapping[Level, Decimal] | None = None,
    *,
    ticker: str = "KXA-1",
    occurrence: int = 0,
    gatherer: int = 1,
    last_change: datetime | None = None,
) -> None:
    """Insert a snapshot of a book that was received at a minute; `occurrence` is above 0 if it had no clock."""
    sides = [
        sorted((price, size) for (of, price), size in (book or {}).items() if of == side) for side in ("yes", "no")
    ]
    lists = [[each[part] for each in side] for side in sides for part in (0, 1)]
    ensure_partition(connection, "hot_orderbook_snapshots", at(minute))
    digest = hashlib.sha256(repr(sides).encode()).digest()
    connection.execute(SNAPSHOT, (at(minute), ticker, clock, digest, occurrence, *lists, gatherer, last_change))


def delta(
    connection: Connection,
    minute: float,
    clock: int,
    side: str,
    price: str,
    size: str,
    *,
    ticker: str = "KXA-1",
    occurrence: int = 0,
    received: float | None = None,
    gatherer: int = 1,
    digits: int | None = 6,
) -> None:
    """Insert one change; without `received` it was received at the same minute."""
    received_at = at(minute if received is None else received)
    ensure_partition(connection, "hot_orderbook_deltas", at(minute))
    values = (at(minute), ticker, clock, side, Decimal(price), Decimal(size), occurrence, received_at, gatherer)
    connection.execute(DELTA, (*values, digits))


def late(connection: Connection, stream: str, first: float, last: float, ticker: str = "KXA-1") -> None:
    """Note, as the merge does, that late rows were merged."""
    connection.execute(LATE, (stream, ticker, at(first), at(last)))


def book_at(connection: Connection, minute: float, ticker: str = "KXA-1") -> Book:
    """Return the book that production rebuilds."""
    found = connection.execute("select * from market_data.book_at(%s, %s)", (ticker, at(minute))).fetchall()
    return {(side, price): size for side, price, size in found}


def levels(*given: tuple[str, str, str]) -> Book:
    """Return a book of levels (side, price, size)."""
    return {(side, Decimal(price)): Decimal(size) for side, price, size in given}
