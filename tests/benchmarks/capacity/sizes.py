"""Bytes of the platform's tables, and how many rows of each a reference day brings."""

from psycopg import sql

from kalshi_data.database.connection import Connection
from tests.benchmarks.capacity.load import ACTIVE_BOOKS, AUDIT_SECONDS, BOOKS, DAY_SECONDS, GATHERERS, ROWS_A_DAY
from tests.benchmarks.capacity.made_rows import statement

AUDITS = BOOKS * DAY_SECONDS // AUDIT_SECONDS
# A book's state at its first audit, and a new one after each period in which it changed.
STATES = BOOKS + ACTIVE_BOOKS // 2 * DAY_SECONDS // AUDIT_SECONDS
# In an hour a gatherer stores the first snapshot of a book, and each that follows a change. An active book changes
# before two of its four audits, and of half of those books the first audit is one of the two.
STORED_AUDITS = (BOOKS + ACTIVE_BOOKS * 3 // 2) * 24
# Rows that a reference day adds to tables of production. Each book is taken to be covered for a day.
PRODUCTION_ROWS = {
    **{f"market_data.{stream}": rows for stream, rows in ROWS_A_DAY.items()},
    "market_data.packed_orderbook_deltas": ROWS_A_DAY["orderbook_deltas"],
    "market_data.packed_tickers": ROWS_A_DAY["tickers"],
    "market_data.packed_trades": ROWS_A_DAY["trades"],
    "market_data.orderbook_snapshots": STATES,
    "market_data.packed_orderbook_snapshots": STATES,
    "ops.book_checks": STATES - BOOKS,
    "ops.line_checks": BOOKS * GATHERERS,
    "ops.subscriptions": BOOKS * GATHERERS,
    "ops.expected": BOOKS,
    "ops.steady_states": BOOKS,
    "ops.classified_minutes": BOOKS,
}
# Tables that hold rows for some hours only.
PASSING = {
    "market_data.hot_orderbook_deltas",
    "market_data.hot_tickers",
    "market_data.hot_trades",
    "market_data.hot_orderbook_snapshots",
    "ops.sightings",
    "ops.late_rows",
    "ops.line_counts",
    "ops.market_minutes_due",
    "ops.expected_due",
}
# Each message of these streams reaches a gatherer on two connections.
GATHERER_ROWS = {
    "capture.orderbook_deltas": ROWS_A_DAY["orderbook_deltas"],
    "capture.tickers": 2 * ROWS_A_DAY["tickers"],
    "capture.trades": 2 * ROWS_A_DAY["trades"],
    "capture.lifecycle_events": 2 * ROWS_A_DAY["lifecycle_events"],
    "capture.orderbook_snapshots": STORED_AUDITS,
    "capture.book_checks": AUDITS,
    "capture.subscriptions": BOOKS,
}


def read_bytes(connection: Connection) -> dict[str, int]:
    """Return the size of each table, by its name."""
    return {name: int(size) for name, size in connection.execute(statement("read_tables").encode()).fetchall()}


def read_rows(connection: Connection, table: str) -> int:
    """Return how many rows a table holds, packed ones included."""
    counted = "sum(row_count)" if ".packed_" in table and table.startswith("market_data.") else "count(*)"
    name = sql.Identifier(*table.split("."))
    return int(connection.execute(sql.SQL(f"select {counted} from {{}}").format(name)).fetchall()[0][0] or 0)


def row_bytes(connection: Connection, tables: dict[str, int], empty: dict[str, int]) -> dict[str, float]:
    """Return the bytes of one row of each table that has some; `empty` are the sizes of the tables without rows."""
    found: dict[str, float] = {}
    for table, size in tables.items():
        if rows := read_rows(connection, table):
            found[table] = max(0, size - empty.get(table, 0)) / rows
    return found
