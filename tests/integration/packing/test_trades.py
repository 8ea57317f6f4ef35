"""Trades are the same before their day is packed, while it is, and after they are unpacked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.merging import Row, stage

DAY = datetime(2026, 11, 27, tzinfo=UTC)
DAYS = [DAY + timedelta(days=number) for number in (-1, 0, 1)]
TABLE = "market_data.hot_trades"
# As text, so that the zeros that an amount ends with count.
COLUMNS = """
exchange_ts, trade_id, market_ticker, yes_price::text, no_price::text, size::text, taker_side, is_block_trade,
received_at::text, gatherer_id, time_digits
"""
HELD = f"select {COLUMNS} from market_data.trades order by 1, 2, 3"
# Each reader of trades, asked about a time.
READERS = [
    HELD,
    f"select {COLUMNS} from market_data.trades_of('KXA-1', %(from_at)s, %(until_at)s) order by 1, 2, 3",
    f"select {COLUMNS} from market_data.trades_during(%(from_at)s, %(until_at)s) order by 1, 2, 3",
    "select * from market_data.candles('KXA-1', '7 min', %(from_at)s, %(until_at)s)",
    f"select * from ops.control_totals('{TABLE}', 'exchange_ts', %(from_at)s, %(until_at)s) order by 1",
    """
    select ops.active_minutes(
        'trades', '', tstzmultirange(tstzrange(%(from_at)s, %(from_at)s::timestamptz + interval '20 min'))
    )
    """,
]
SPANS = [(DAY, DAY), (DAY, DAYS[2]), (DAY + timedelta(minutes=7), DAYS[2] + timedelta(minutes=9))]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        for day in DAYS:
            connection.execute("select timeseries.ensure_partition(%s, %s)", (TABLE, day))
        connection.execute(query("production/stage/trades"))
        yield connection


def pack(connection: Connection, *days: datetime, rows_max: int = 3) -> None:
    """Pack days whole, in steps."""
    for day in days:
        is_packed = False
        while not is_packed:
            step = "select is_packed from ops.pack_hour('trades', %s, %s, false)"
            ((is_packed,),) = connection.execute(step, (day, rows_max)).fetchall()


def trade(number: int, market: str = "KXA-1", **others: Any) -> Row:
    """Return a trade, as a gatherer sends it; each has another number."""
    at = DAY + timedelta(seconds=number)
    return {
        "exchange_ts": at, "trade_id": str(UUID(int=number)), "market_ticker": market, "yes_price": "0.4300",
        "no_price": "0.5700", "size": "12.00", "taker_side": "yes", "is_block_trade": False,
        "received_at": at + timedelta(milliseconds=43), "gatherer_id": 1, "time_digits": 3, **others,
    }  # fmt: skip


def merge(connection: Connection, rows: list[Row]) -> list[tuple[Any, ...]]:
    """Merge rows as a tick does, and return what the merge counts."""
    with connection.transaction():
        stage(connection, "trades", rows)
        asked = {"target": TABLE, "time_column": "exchange_ts"}
        connection.execute(query("production/stage/prepare_partitions"), asked)
        return connection.execute(query("production/merge/trades")).fetchall()


EDGES = st.sampled_from([0, 1, 999, 1000, 86_399_999_999, 86_400_000_000, -86_400_000_000, 65_536_000, 2**32])
MICROSECONDS = EDGES | st.integers(-86_400_000, 172_799_999).map(lambda ms: ms * 1000)
USUAL = st.integers(0, 100).map(lambda cents: (f"{cents / 100:.2f}", f"{1 - cents / 100:.2f}"))
ODD = st.sampled_from(
    [("0", "1"), ("0.4300", "0.57"), ("0.5", "0.4"), ("0.43001", "0.56999"), ("NaN", "0.1"), ("1", "-0")]
)
SIZES = st.sampled_from(
    ["1", "1.00", "0.0", "214748.3647", "214748.3648", "0.12345", "-1", "NaN", "999999999999.999999"]
)
DELAYS = st.sampled_from([0, -1, 65_536, 2**40, -(10**12), 400 * 10**12]) | st.integers(10_000, 90_000)
IDENTITIES = st.uuids().map(str) | st.sampled_from(["", "ü", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "0" * 32])


@st.composite
def trades(draw: st.DrawFn) -> Row:
    at = DAY + timedelta(microseconds=draw(MICROSECONDS))
    yes_price, no_price = draw(USUAL | USUAL | ODD)
    return {
        "exchange_ts": at,
        "trade_id": draw(IDENTITIES),
        "market_ticker": draw(st.sampled_from(["KXA-1", "KXA-2", "ü"])),
        "yes_price": yes_price,
        "no_price": no_price,
        "size": draw(SIZES),
        "taker_side": draw(st.sampled_from([None, "yes", "no"])),
        "is_block_trade": draw(st.sampled_from([None, False, True])),
        "received_at": at + timedelta(microseconds=draw(DELAYS)),
        "gatherer_id": draw(st.integers(-1, 3)),
        "time_digits": draw(st.sampled_from([None, 0, 3, 6])),
    }


def insert(connection: Connection, rows: list[Row]) -> None:
    """Make rows hot as they are."""
    with connection.transaction():
        stage(connection, "trades", rows)
        names = sql.SQL(", ").join(map(sql.Identifier, trade(0)))
        statement = "insert into market_data.hot_trades ({0}) select {0} from stage on conflict do nothing"
        connection.execute(sql.SQL(statement).format(names))
        connection.execute("delete from stage")


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(trades(), max_size=30), st.integers(1, 12), st.sets(st.sampled_from(DAYS)))
def test_whatever_is_packed_comes_back_exactly(
    ops: Connection, rows: list[Row], rows_max: int, packed: set[datetime]
) -> None:
    with ops.transaction(force_rollback=True):
        insert(ops, rows)
        calls = [(reader, {"from_at": first, "until_at": last}) for first, last in SPANS for reader in READERS]
        # As text, because no NaN equals another one.
        hot = [repr(ops.execute(statement.encode(), asked).fetchall()) for statement, asked in calls]
        pack(ops, *packed, rows_max=rows_max)
        assert [repr(ops.execute(statement.encode(), asked).fetchall()) for statement, asked in calls] == hot
        left = ops.execute(f"select distinct date_trunc('day', exchange_ts, 'UTC') from {TABLE}".encode()).fetchall()
        assert not packed & {day for (day,) in left}


ROWS = [trade(number, f"KXA-{number % 4}") for number in (*range(11), 86_399)]


def test_usual_rows_need_no_exact_ones(ops: Connection) -> None:
    others = [trade(20, taker_side=None), trade(21, is_block_trade=None, time_digits=0), trade(22, trade_id="odd")]
    merge(ops, [*ROWS, *others])
    pack(ops, DAY, rows_max=100)
    kept = "select sum(row_count) filter (where exact_rows is null), sum(jsonb_array_length(exact_rows)) from {}"
    assert ops.execute(sql.SQL(kept).format(sql.SQL("market_data.packed_trades"))).fetchall() == [(14, 1)]


def test_a_copy_of_a_packed_trade_adds_nothing_and_a_late_one_is_added(ops: Connection) -> None:
    merge(ops, ROWS)
    pack(ops, DAY)
    held = ops.execute(HELD).fetchall()
    hot = "select count(*) from market_data.hot_trades"
    assert merge(ops, ROWS) == []
    assert ops.execute(HELD).fetchall() == held
    assert ops.execute(hot).fetchall() == [(0,)]
    assert [row[2] for row in merge(ops, [*ROWS, trade(12, "KXA-9"), trade(13, "KXA-2")])] == [2]
    assert ops.execute(hot).fetchall() == [(3 + 2,)]
    pack(ops, DAY)
    assert ops.execute(hot).fetchall() == [(0,)]
    assert len(ops.execute(HELD).fetchall()) == len(held) + 2


def test_a_finer_copy_moves_a_packed_trade_into_the_next_day(ops: Connection) -> None:
    merge(ops, [trade(86_399, taker_side=None, time_digits=None)])
    pack(ops, DAY)
    merge(ops, [trade(86_399, exchange_ts=DAYS[2])])
    shown = "select exchange_ts, taker_side, time_digits from market_data.trades"
    assert ops.execute(shown).fetchall() == [(DAYS[2], "yes", 3)]


def test_a_day_is_due_when_it_is_over_and_each_hour_with_rows_is_verified(ops: Connection) -> None:
    merge(ops, ROWS)
    mark = "insert into ops.archive_partitions (stream, hour, state) values ('trades', %s, %s)"
    due = "select hour from ops.hours_to_pack(%s, %s) where stream = 'trades' and hour = %s"
    over_for = (datetime.now(UTC) - DAYS[2]) // timedelta(hours=1)
    assert ops.execute(due, (over_for, False, DAY)).fetchall() == [(DAY,)]
    assert ops.execute(due, (over_for + 1, False, DAY)).fetchall() == []
    assert ops.execute(due, (1, True, DAY)).fetchall() == []
    ops.execute(mark, (DAY, "verified"))
    ops.execute(mark, (DAYS[2] - timedelta(hours=1), "pending"))
    step = "select moved from ops.pack_hour('trades', %s, 100, true)"
    assert ops.execute(due, (1, True, DAY)).fetchall() == []
    assert ops.execute(step, (DAY,)).fetchall() == [(0,)]
    ops.execute("update ops.archive_partitions set state = 'verified'")
    assert ops.execute(due, (1, True, DAY)).fetchall() == [(DAY,)]
    assert ops.execute(step, (DAY,)).fetchall() == [(len(ROWS),)]


def test_a_packed_day_leaves_no_hot_partition(ops: Connection) -> None:
    merge(ops, ROWS)
    pack(ops, DAYS[0], DAY, rows_max=100)
    dropped = "select lower(during) from ops.drop_packed_partitions() order by 1"
    assert ops.execute(dropped).fetchall()[-1] == (DAY,)
    assert len(ops.execute(HELD).fetchall()) == len(ROWS)
