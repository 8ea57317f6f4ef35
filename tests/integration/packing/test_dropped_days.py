"""Retention and packing of streams that are packed by the day: production still knows which rows it holds."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from kalshi_data.database.connection import Connection, query
from tests.integration.packing import test_snapshots, test_trades
from tests.support.engines import Database
from tests.support.merging import Row

# A packed partition of 30 days that holds it is over.
DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=40)
DAYS = timedelta(days=1)
VERIFIED = """
insert into ops.archive_partitions (stream, hour, state)
select %(stream)s, h, 'verified'
from generate_series(%(from_at)s::timestamptz, %(until_at)s, interval '1 h') as h
"""


class Kind(NamedTuple):
    """A stream that is packed by the day."""

    stream: str
    merge: Callable[[Connection, list[Row]], object]
    row: Callable[[datetime, int, str], Row]
    # How many rows a step packs if it is to pack one.
    rows_max: int
    # Days from DAY that keep the packed partitions of that day and the next one if they are not verified.
    kept_by: tuple[int, int]
    # Rows of days that production says it has dropped, and packed rows of days that packing does not know.
    wrong: str


def wrong(stream: str, time_column: str) -> str:
    return f"""
    select 'dropped', t.{time_column}
    from market_data.{stream} as t
    inner join ops.dropped_partitions as p on p.stream = '{stream}' and p.during @> t.{time_column}
    union all
    select 'unknown', r.day
    from market_data.packed_{stream} as r
    where not exists (select from ops.packed_hours as p where p.stream = '{stream}' and p.hour = r.day)
    """


def trade(at: datetime, number: int, market: str) -> Row:
    return test_trades.trade(number, market, exchange_ts=at, received_at=at)


def book(at: datetime, number: int, market: str) -> Row:
    return test_snapshots.book(0, number, market, received_at=at)


KINDS = [
    Kind("trades", test_trades.merge, trade, 1, (-1, 2), wrong("trades", "exchange_ts")),
    Kind("orderbook_snapshots", test_snapshots.merge, book, 20, (0, 1), wrong("orderbook_snapshots", "received_at")),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.stream)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def ops(production: Database, kind: Kind) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        connection.execute(query(f"production/stage/{kind.stream}"))
        yield connection


def rows_of(kind: Kind, *days: int, market: str = "KXA-1") -> list[Row]:
    """Return a row of each of these days, which count from DAY."""
    return [kind.row(DAY + day * DAYS + timedelta(hours=7), 1000 * int(market[-1]) + day, market) for day in days]


def merge(connection: Connection, kind: Kind, rows: list[Row]) -> None:
    kind.merge(connection, rows)
    connection.execute("delete from stage")


def pack(connection: Connection, kind: Kind, day: int, rows_max: int = 1000) -> None:
    statement = "select * from ops.pack_hour(%s, %s, %s, false)"
    connection.execute(statement, (kind.stream, DAY + day * DAYS, rows_max))


def count(connection: Connection, kind: Kind) -> int:
    return connection.execute(f"select count(*) from market_data.{kind.stream}".encode()).fetchall()[0][0]


def verify(connection: Connection, kind: Kind) -> None:
    times = {"from_at": DAY - 40 * DAYS, "until_at": DAY + 38 * DAYS}
    connection.execute(VERIFIED, {"stream": kind.stream, **times})


def drop(connection: Connection, kind: Kind, partitions_max: int = 100) -> int:
    statement = "select * from ops.drop_archived_partitions(%s, 1, %s)"
    return len(connection.execute(statement, (kind.stream, partitions_max)).fetchall())


def hot_partitions(connection: Connection, kind: Kind) -> list[tuple[Any, ...]]:
    listed = f"select during from timeseries.list_partitions('market_data.hot_{kind.stream}')"
    return connection.execute(listed.encode()).fetchall()


def test_a_day_that_is_packed_in_part_is_not_forgotten(ops: Connection, kind: Kind) -> None:
    rows = [*rows_of(kind, 0, 1), *rows_of(kind, 1, market="KXA-2")]
    merge(ops, kind, rows)
    pack(ops, kind, 0)
    pack(ops, kind, 1, rows_max=kind.rows_max)
    verify(ops, kind)
    pending = "update ops.archive_partitions set state = 'pending' where hour = any(%s)"
    ops.execute(pending, ([DAY + day * DAYS + timedelta(hours=5) for day in kind.kept_by],))
    drop(ops, kind)
    assert ops.execute(kind.wrong.encode()).fetchall() == []
    assert count(ops, kind) == 3
    merge(ops, kind, rows)
    assert count(ops, kind) == 3


@pytest.mark.parametrize("partitions_max", [1, 10])
def test_hot_rows_go_with_the_packed_ones_of_their_partition(ops: Connection, kind: Kind, partitions_max: int) -> None:
    merge(ops, kind, rows_of(kind, 0))
    pack(ops, kind, 0)
    listed = f"select lower(during), upper(during) from timeseries.list_partitions('market_data.packed_{kind.stream}')"
    ((first, last),) = ops.execute(listed.encode()).fetchall()
    # A row of each other day of the packed partition, and of the day after it.
    merge(ops, kind, rows_of(kind, *({*range((first - DAY).days, (last - DAY).days + 1)} - {0})))
    verify(ops, kind)
    for _ in range(10):
        if not drop(ops, kind, partitions_max):
            break
        assert ops.execute(kind.wrong.encode()).fetchall() == []
    assert count(ops, kind) == 0
    assert ops.execute("select count(*) from ops.packed_hours").fetchall() == [(0,)]


def test_rows_of_a_day_that_was_packed_without_any_are_dropped(ops: Connection, kind: Kind) -> None:
    pack(ops, kind, 0)
    merge(ops, kind, rows_of(kind, 0))
    verify(ops, kind)
    drop(ops, kind)
    assert count(ops, kind) == 0


def test_room_is_made_until_nothing_is_left(ops: Connection, kind: Kind) -> None:
    merge(ops, kind, rows_of(kind, 0, 1, 2))
    pack(ops, kind, 1)
    verify(ops, kind)
    statement = "select * from ops.drop_for_space(%s, 0)"
    for _ in range(10):
        if not ops.execute(statement, ([kind.stream],)).fetchall():
            break
    assert count(ops, kind) == 0


def test_copies_of_packed_rows_need_no_hot_partition(ops: Connection, kind: Kind) -> None:
    rows = rows_of(kind, 0, 1)
    merge(ops, kind, rows)
    for day in (0, 1):
        pack(ops, kind, day)
    ops.execute("select ops.drop_packed_partitions()")
    assert hot_partitions(ops, kind) == []
    merge(ops, kind, rows)
    assert hot_partitions(ops, kind) == []
    assert count(ops, kind) == 2


def test_a_day_of_which_rows_are_merged_keeps_no_other_one_waiting(
    production: Database, ops: Connection, kind: Kind
) -> None:
    merge(ops, kind, rows_of(kind, 0, 1))
    ops.execute("insert into ops.watermarks values ('book_checks', now())")
    step = "select hour from ops.pack_next_hour(3, 1000, false) where stream = %s"
    with production.connect("deduplicator") as merging, merging.transaction():
        merging.execute("select ops.lock_hours(%s, %s)", (kind.stream, [DAY]))
        assert ops.execute(step, (kind.stream,)).fetchall() == [(DAY + DAYS,)]
        assert ops.execute(step, (kind.stream,)).fetchall() == []
    assert ops.execute(step, (kind.stream,)).fetchall() == [(DAY,)]
