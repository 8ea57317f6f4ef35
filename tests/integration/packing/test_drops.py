"""Retention drops hours that are partly packed, and production still knows which rows it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kalshi_data.database.connection import Connection, query
from tests.integration.packing.test_deltas import Change, merge
from tests.support.engines import Database

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
HOUR = timedelta(hours=1)
VERIFIED = """
insert into ops.archive_partitions (stream, hour, state)
select 'orderbook_deltas', h, 'verified' from generate_series(%s, %s, interval '1 h') as h
"""
# Changes of hours that production says it has dropped, and packed rows of hours that packing does not know.
WRONG = """
select 'dropped', d.exchange_ts
from market_data.orderbook_deltas as d
inner join ops.dropped_partitions as p on p.stream = 'orderbook_deltas' and p.during @> d.exchange_ts
union all
select 'unknown', r.hour
from market_data.packed_orderbook_deltas as r
where not exists (select from ops.packed_hours as p where p.stream = 'orderbook_deltas' and p.hour = r.hour)
"""

# Evidence of each hour.
EVIDENCE = (
    "select timeseries.ensure_partition('ops.delta_evidence', h) from generate_series(%s, %s, interval '1 h') as h",
    "insert into ops.delta_evidence select h, 'KXA-1', 'yes', 0.43, 5, 7, 6, h, 1, h, 1"
    " from generate_series(%s, %s, interval '1 h') as h",
)


def change(hour: int, ticker: str = "KXA-1") -> Change:
    at = DAY + hour * HOUR + timedelta(seconds=7)
    return (at, ticker, 7, "yes", "0.43", "5", 0, at, 1, 6)


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_deltas"))
        yield connection


def pack(connection: Connection, hour: int, rows_max: int = 100) -> None:
    statement = "select * from ops.pack_hour('orderbook_deltas', %s, %s, false)"
    connection.execute(statement, (DAY + hour * HOUR, rows_max))


def count(connection: Connection) -> int:
    return connection.execute("select count(*) from market_data.orderbook_deltas").fetchall()[0][0]


def drop(connection: Connection, partitions_max: int = 10) -> int:
    statement = "select * from ops.drop_archived_partitions('orderbook_deltas', 1, %s)"
    return len(connection.execute(statement, (partitions_max,)).fetchall())


def test_an_hour_packed_in_a_day_that_stays_is_not_forgotten(ops: Connection) -> None:
    rows = [change(0), change(1), change(1, "KXA-2")]
    merge(ops, rows)
    pack(ops, 0)
    pack(ops, 1, rows_max=1)
    ops.execute(VERIFIED, (DAY, DAY + HOUR))
    ops.execute(VERIFIED, (DAY + 5 * HOUR, DAY + 5 * HOUR))
    ops.execute("update ops.archive_partitions set state = 'pending' where hour = %s", (DAY + 5 * HOUR,))
    drop(ops)
    assert ops.execute(WRONG.encode()).fetchall() == []
    assert count(ops) == 3
    merge(ops, rows)
    assert count(ops) == 3


def test_copies_of_packed_rows_need_no_hot_partition(ops: Connection) -> None:
    rows = [change(0), change(1)]
    merge(ops, rows)
    for hour in (0, 1):
        pack(ops, hour)
    listed = "select during from timeseries.list_partitions('market_data.hot_orderbook_deltas')"
    ops.execute("select ops.drop_packed_partitions()")
    assert ops.execute(listed).fetchall() == []
    merge(ops, rows)
    assert ops.execute(listed).fetchall() == []


@pytest.mark.parametrize("partitions_max", [1, 10])
def test_hot_rows_of_a_day_go_with_its_packed_ones(ops: Connection, partitions_max: int) -> None:
    merge(ops, [change(hour) for hour in range(24)])
    for hour in (3, 4):
        pack(ops, hour)
    ops.execute(VERIFIED, (DAY, DAY + 23 * HOUR))
    for _ in range(30):
        if not drop(ops, partitions_max):
            break
        assert ops.execute(WRONG.encode()).fetchall() == []
    assert count(ops) == 0


def test_rows_of_an_hour_that_was_packed_without_any_are_dropped(ops: Connection) -> None:
    pack(ops, 0)
    merge(ops, [change(0)])
    ops.execute(VERIFIED, (DAY, DAY + 23 * HOUR))
    drop(ops)
    assert count(ops) == 0


def test_the_evidence_of_dropped_days_goes_with_them(ops: Connection) -> None:
    days, first = range(5), DAY - timedelta(days=4)
    merge(ops, [change(-24 * day) for day in days])
    for day in days:
        pack(ops, -24 * day)
    ops.execute(VERIFIED, (first, DAY + 23 * HOUR))
    for statement in EVIDENCE:
        ops.execute(statement.encode(), (first, DAY + 23 * HOUR))
    drop(ops)
    assert ops.execute("select count(*) from ops.delta_evidence").fetchall() == [(0,)]


def test_room_is_made_until_nothing_is_left(ops: Connection) -> None:
    merge(ops, [change(hour) for hour in range(24)])
    for hour in (3, 4):
        pack(ops, hour)
    ops.execute(VERIFIED, (DAY, DAY + 23 * HOUR))
    statement = "select * from ops.drop_for_space('{orderbook_deltas}', 0)"
    for _ in range(30):
        if not ops.execute(statement).fetchall():
            break
    assert count(ops) == 0
