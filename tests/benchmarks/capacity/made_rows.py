"""Makes the rows of a period once, in a database of its own, and copies them into each gatherer's."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from kalshi_data.database.connection import Connection, query
from tests.benchmarks.capacity.load import Period
from tests.support.engines import Database

SQL = Path(__file__).parent / "sql"
# As many rows as a gatherer commits at once.
TRANSACTION_ROWS = 5_000
# Streams of the feed, each with the table in which its rows are made.
MADE = {
    "orderbook_deltas": "made_deltas",
    "tickers": "made_tickers",
    "trades": "made_trades",
    "lifecycle_events": "made_lifecycle_events",
    "orderbook_snapshots": "made_snapshots",
    "book_checks": "made_snapshots",
}
CONNECTION = """
insert into capture.connections (connection_id, name, url, use_yes_price, opened_at)
select n, case when n < 9 then 'books-' || n else 'channels-' || n end, 'wss://', false, %s
from generate_series(1, 10) as n
"""


@cache
def statement(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


def run(connection: Connection, name: str, parameters: Mapping[str, object]) -> None:
    """Run a file with some statements."""
    psycopg.ClientCursor(connection).execute(statement(name).encode(), parameters)


class MadeRows:
    """The rows of one period after the other."""

    def __init__(self, maker: Database, books: int) -> None:
        """Make the markets."""
        self._maker = maker.connect()
        run(self._maker, "setup", {"books": books})
        self._maker.execute("select setseed(0.5)")
        self._books = books
        self._columns: dict[str, sql.Composed] = {}

    def close(self) -> None:
        self._maker.close()

    def make(self, period: Period) -> None:
        """Replace the rows by those of a period."""
        for name in ("make_deltas", "make_others", "make_audits"):
            run(self._maker, name, period.parameters())

    def cover(self, gatherer: Database, number: int, period: Period) -> None:
        """Let a gatherer cover every market from a period on."""
        with gatherer.connect() as connection:
            connection.execute(CONNECTION, (period.began,))
            for first in range(0, self._books, TRANSACTION_ROWS):
                span = {"first": first, "last": first + TRANSACTION_ROWS, "began": period.began}
                self._copy(connection, "subscriptions", {**span, "gatherer": number})

    def receive(self, gatherer: Database, number: int, period: Period) -> dict[str, int]:
        """Copy the rows into a gatherer's database, in transactions of its size, and return how many there are."""
        with gatherer.connect() as connection:
            # A row may be received a moment after the end.
            for moment in period.hours():
                connection.execute(query("capture/record/ensure_partitions"), {"moment": moment})
            return {stream: self._receive(connection, stream, number) for stream in MADE}

    def _receive(self, connection: Connection, stream: str, number: int) -> int:
        bounds = sql.SQL("select min(n), max(n) from {}").format(sql.Identifier(MADE[stream]))
        lowest, highest = self._maker.execute(bounds).fetchall()[0]
        rows = 0
        for first in range(lowest - 1, highest, TRANSACTION_ROWS):
            span = {"first": first, "last": first + TRANSACTION_ROWS, "gatherer": number}
            rows += self._copy(connection, stream, span)
        return rows

    def _copy(self, connection: Connection, stream: str, span: Mapping[str, object]) -> int:
        """Copy some rows in one transaction."""
        if stream not in self._columns:
            self._columns[stream] = self._writing(stream)
        with self._maker.cursor() as reading, connection.cursor() as writing:
            with (
                reading.copy(statement(stream).encode(), span) as source,
                writing.copy(self._columns[stream]) as target,
            ):
                for block in source:
                    target.write(block)
            return writing.rowcount

    def _writing(self, stream: str) -> sql.Composed:
        """Return the statement that writes the columns that a stream's file names, in its order."""
        selected = statement(stream).split("copy (", 1)[1].split(") to stdout", 1)[0].split("union all")[0]
        with self._maker.cursor() as cursor:
            zero = {"first": 0, "last": 0, "gatherer": 1, "began": None}
            cursor.execute(f"{selected} limit 0".encode(), zero)
            names = [column.name for column in cursor.description or ()]
        listed = sql.SQL(", ").join(map(sql.Identifier, names))
        return sql.SQL('copy capture.{} ({}) from stdin (format "binary")').format(sql.Identifier(stream), listed)
