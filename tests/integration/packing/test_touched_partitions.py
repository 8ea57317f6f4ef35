"""Readers of a short time touch the partitions of that time, however many there are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kalshi_data.database.connection import Connection
from tests.integration.packing.test_misfits import INSERTS, insert
from tests.support.books import book_at, delta, levels, snapshot
from tests.support.coverage import at
from tests.support.engines import Database

HOURS, HOUR = 200, timedelta(hours=1)
# A session locks each partition that it plans, until its transaction ends.
TOUCHED = """
select p.during
from pg_locks as l
inner join timeseries.list_partitions(%s) as p on l.relation = p.partition_name::regclass
where l.pid = pg_backend_pid()
"""
EXPECTED = "insert into ops.expected (channel, market_ticker, began_at) values ('orderbook_delta', 'KXA-1', %s)"
HOT_DELTAS, HOT_SNAPSHOTS = "market_data.hot_orderbook_deltas", "market_data.hot_orderbook_snapshots"
# The last hour ended at most an hour ago.
ENDED = int((datetime.now(UTC) - at(0)) / HOUR) * 60
FIRST, LAST = ENDED - HOURS * 60, ENDED - 60
# Each asks about the last minutes of the last hour; the book's snapshot is from its 10th minute.
READERS = {
    "book_at": "select * from market_data.book_at('KXA-1', %(until_at)s)",
    "book_state": "select * from market_data.book_state('KXA-1', %(until_at)s)",
    "order_book_now": "select * from market_data.order_book_now where market_ticker = 'KXA-1'",
    "deltas": "select * from market_data.deltas('KXA-1', %(from_at)s, %(until_at)s)",
    "deltas_during": "select * from market_data.deltas_during(%(from_at)s, %(until_at)s)",
    "count_changes": """
select h.* from generate_series(1, 2) as n
cross join lateral ops.count_changes(
    'KXA-' || n, %(from_at)s::timestamptz + n * interval '1 ms', %(until_at)s, %(from_at)s, %(until_at)s
) as h
""",
}
OF_TIMES = {
    "orderbook_deltas": "deltas_during", "tickers": "tickers_during", "trades": "trades_during",
    "orderbook_snapshots": "snapshots_during",
}  # fmt: skip


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    """A change in each of 200 hours, and a snapshot on each day."""
    with production.connect("deduplicator") as connection:
        for hour in range(HOURS):
            if hour % 24 == 0:
                snapshot(connection, FIRST + hour * 60, 10 * hour + 1, levels(("yes", "0.5", "1")))
            delta(connection, FIRST + hour * 60 + 20, 10 * hour + 5, "yes", "0.5", "1")
        snapshot(connection, LAST + 10, 10 * HOURS - 7, levels(("yes", "0.5", "7")))
        connection.execute(EXPECTED, (at(FIRST),))
        yield connection


def touched(ops: Connection, asked: str, table: str, **times: datetime) -> list[datetime]:
    """Run a query, and return when the partitions of a table begin that it touched."""
    with ops.transaction():
        ops.execute(asked.encode(), times)
        return sorted(during.lower for (during,) in ops.execute(TOUCHED, (table,)).fetchall())


@pytest.mark.parametrize("reader", READERS)
def test_a_short_time_touches_its_hours_only(ops: Connection, reader: str) -> None:
    times = {"from_at": at(LAST + 15), "until_at": at(LAST + 30)}
    assert touched(ops, READERS[reader], HOT_DELTAS, **times) == [at(LAST)]
    assert len(touched(ops, READERS[reader], HOT_SNAPSHOTS, **times)) <= 2
    everything = f"select count(*) from {HOT_DELTAS}"
    assert len(touched(ops, everything, HOT_DELTAS)) == HOURS


def test_the_books_of_an_hour_touch_a_day_and_an_hour(ops: Connection) -> None:
    """The last snapshot of an open market is a day old at most."""
    asked = "select * from ops.books_during(%(from_at)s, %(until_at)s)"
    found = touched(ops, asked, HOT_DELTAS, from_at=at(LAST), until_at=at(LAST + 60))
    assert 1 <= len(found) <= 26
    assert found[-1] == at(LAST)


@pytest.mark.parametrize("stream", INSERTS)
def test_packed_partitions_of_other_days_are_not_touched(production: Database, stream: str) -> None:
    reader = f"select * from market_data.{OF_TIMES[stream]}(%(from_at)s, %(until_at)s)"
    with production.connect("deduplicator") as connection:
        for days in (0, 40, 80):
            moment = at((days - 90) * 1440)
            connection.execute("select timeseries.ensure_partition(%s, %s)", (f"market_data.hot_{stream}", moment))
            insert(connection, stream, moment, "KXA-1", "2")
            hour = moment if stream in ("orderbook_deltas", "tickers") else at((days - 90) * 1440 - at(0).hour * 60)
            connection.execute("select ops.pack_hour(%s, %s, 100, false)", (stream, hour))
        packed = f"market_data.packed_{stream}"
        assert len(touched(connection, f"select * from {packed}", packed)) == 3
        times = {"from_at": at(-10 * 1440), "until_at": at(-10 * 1440 + 60)}
        assert len(touched(connection, reader, packed, **times)) == 1


@pytest.mark.parametrize("days", [0.5, 3, 45])
@pytest.mark.parametrize("is_packed", [False, True])
def test_the_last_snapshot_is_found_however_old_it_is(production: Database, days: float, is_packed: bool) -> None:
    with production.connect("deduplicator") as connection:
        first = -50 * 1440
        snapshot(connection, first, 1, levels(("yes", "0.5", "1")))
        delta(connection, first + 1, 2, "yes", "0.5", "2")
        if is_packed:
            midnight = at(first - at(0).hour * 60)
            for stream, hour in (("orderbook_snapshots", midnight), ("orderbook_deltas", at(first))):
                ((done,),) = connection.execute(
                    "select is_packed from ops.pack_hour(%s, %s, 100, false)", (stream, hour)
                ).fetchall()
                assert done
        assert book_at(connection, first + days * 1440) == levels(("yes", "0.5", "3"))
        assert book_at(connection, first - 0.1) == {}
