"""Order-book snapshots are the same before their day is packed, while it is, and after they are unpacked."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

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
TABLE = "market_data.hot_orderbook_snapshots"
LEVELS = ("yes_prices", "yes_sizes", "no_prices", "no_sizes")
# As text, so that the zeros that an amount ends with count.
COLUMNS = f"""
received_at, market_ticker, market_id, clock, levels_sha256, occurrence,
{", ".join(f"{name}::text" for name in LEVELS)}, gatherer_id, last_change_at::text
"""
ORDER = "order by 1, 2, 4, 5, 6, 12"
HELD = f"select {COLUMNS} from market_data.orderbook_snapshots {ORDER}"
# Each reader of snapshots, asked about a time.
READERS = [
    HELD,
    f"select {COLUMNS} from market_data.snapshots_of('KXA-1', %(from_at)s, %(until_at)s) {ORDER}",
    f"select {COLUMNS} from market_data.snapshots_during(%(from_at)s, %(until_at)s) {ORDER}",
    "select received_at, clock from market_data.last_snapshot('KXA-1', %(until_at)s)",
    "select received_at, clock from market_data.last_snapshot('KXA-1', %(from_at)s::timestamptz - interval '1 us')",
    f"select * from ops.control_totals('{TABLE}', 'received_at', %(from_at)s, %(until_at)s) order by 1",
]
SPANS = [(DAY, DAY), (DAY, DAYS[2]), (DAY + timedelta(minutes=7), DAYS[2] + timedelta(minutes=9))]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        for day in DAYS:
            connection.execute("select timeseries.ensure_partition(%s, %s)", (TABLE, day))
        connection.execute(query("production/stage/orderbook_snapshots"))
        yield connection


def pack(connection: Connection, *days: datetime, rows_max: int = 3) -> None:
    """Pack days whole, in steps."""
    for day in days:
        is_packed = False
        while not is_packed:
            step = "select is_packed from ops.pack_hour('orderbook_snapshots', %s, %s, false)"
            ((is_packed,),) = connection.execute(step, (day, rows_max)).fetchall()


def book(second: float, clock: int, market: str = "KXA-1", **others: Any) -> Row:
    """Return a snapshot at a second of the day, as a gatherer sends it; the clock decides its levels."""
    levels = {"yes_prices": ["0.4100", "0.4200"], "yes_sizes": ["7.00", f"{clock}.00"], "no_prices": [], "no_sizes": []}
    return {
        "received_at": DAY + timedelta(seconds=second), "market_ticker": market, "market_id": "m", "clock": clock,
        "levels_sha256": hashlib.sha256(str(clock).encode()).digest(), "occurrence": 0, **levels, "gatherer_id": 1,
        "last_change_at": DAY, **others,
    }  # fmt: skip


def merge(connection: Connection, rows: list[Row]) -> int:
    """Merge rows as a tick does, and return how many were new."""
    with connection.transaction():
        stage(connection, "orderbook_snapshots", rows)
        asked = {"target": TABLE, "time_column": "received_at"}
        connection.execute(query("production/stage/prepare_partitions"), asked)
        counted = connection.execute(query("production/merge/orderbook_snapshots")).fetchall()
        return sum(row[2] for row in counted)


EDGES = st.sampled_from([0, 1, 86_399_999_999, 86_400_000_000, -86_400_000_000])
MICROSECONDS = EDGES | st.integers(-86_400_000_000, 172_799_999_999)
PRICES = st.integers(0, 100).map(lambda cents: f"{cents / 100:.4f}")
SIZES = st.integers(1, 10**6).map(lambda hundredths: f"{hundredths / 100:.2f}")
ODD = st.sampled_from(
    ["1", "0.41", "0.43001", "3.2767", "3.2768", "21474836.48", "999999999999.999999", "-1.00", "NaN"]
)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Return prices and sizes of one side."""
    levels = draw(st.lists(st.tuples(PRICES, SIZES) | st.tuples(PRICES | ODD, SIZES | ODD), max_size=4))
    return [price for price, _ in levels], [size for _, size in levels]


@st.composite
def books(draw: st.DrawFn) -> Row:
    yes, no = draw(ladders()), draw(ladders())
    at = DAY + timedelta(microseconds=draw(MICROSECONDS))
    return {
        "received_at": at,
        "market_ticker": draw(st.sampled_from(["KXA-1", "KXA-1", "KXA-2", "ü"])),
        "market_id": draw(st.sampled_from(["", "m"])),
        "clock": draw(st.sampled_from([0, 7, 2**63 - 1, -(2**63)])),
        "levels_sha256": repr((yes, no)).encode(),
        "occurrence": draw(st.sampled_from([0, 0, 1, 2**31 - 1])),
        **dict(zip(LEVELS, (*yes, *no), strict=True)),
        "gatherer_id": draw(st.integers(-1, 3)),
        "last_change_at": draw(st.sampled_from([None, at, DAY])),
    }


def insert(connection: Connection, rows: list[Row]) -> None:
    """Make rows hot as they are."""
    with connection.transaction():
        stage(connection, "orderbook_snapshots", rows)
        names = sql.SQL(", ").join(map(sql.Identifier, book(0, 0)))
        statement = "insert into market_data.hot_orderbook_snapshots ({0}) select {0} from stage on conflict do nothing"
        connection.execute(sql.SQL(statement).format(names))
        connection.execute("delete from stage")


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(books(), max_size=20), st.integers(1, 12), st.sets(st.sampled_from(DAYS)))
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
        left = ops.execute(f"select distinct date_trunc('day', received_at, 'UTC') from {TABLE}".encode()).fetchall()
        assert not packed & {day for (day,) in left}


ROWS = [book(second, 10 + second, f"KXA-{second % 4}") for second in (*range(11), 86_399)]


def test_usual_snapshots_need_no_exact_rows(ops: Connection) -> None:
    odd = book(22, 22, yes_prices=["0.41", "0.4200"])
    merge(ops, [*ROWS, book(20, 20, last_change_at=None), {**book(21, 21), **{name: [] for name in LEVELS}}, odd])
    pack(ops, DAY, rows_max=100)
    kept = "select sum(row_count) filter (where exact_rows is null), sum(jsonb_array_length(exact_rows)) from {}"
    assert ops.execute(sql.SQL(kept).format(sql.SQL("market_data.packed_orderbook_snapshots"))).fetchall() == [(14, 1)]


def test_a_copy_of_a_packed_snapshot_adds_nothing_and_a_late_one_is_added(ops: Connection) -> None:
    merge(ops, ROWS)
    pack(ops, DAY)
    held = ops.execute(HELD).fetchall()
    hot = f"select count(*) from {TABLE}".encode()
    later = [{**row, "received_at": row["received_at"] + timedelta(milliseconds=500)} for row in ROWS]
    assert merge(ops, later) == 0
    assert ops.execute(HELD).fetchall() == held
    assert ops.execute(hot).fetchall() == [(0,)]
    assert merge(ops, [*later, book(12, 90, "KXA-9"), book(13, 91, "KXA-2")]) == 2
    assert ops.execute(hot).fetchall() == [(3 + 2,)]
    pack(ops, DAY)
    assert ops.execute(hot).fetchall() == [(0,)]
    assert len(ops.execute(HELD).fetchall()) == len(held) + 2


def test_a_snapshot_without_a_clock_finds_its_packed_state(ops: Connection) -> None:
    merge(ops, [book(5, 15)])
    pack(ops, DAY)
    held = ops.execute(HELD).fetchall()
    clockless = {**book(6, 15), "clock": 0, "occurrence": 1}
    assert merge(ops, [clockless]) == 0
    assert ops.execute(HELD).fetchall() == held


def test_a_state_with_a_clock_replaces_the_packed_one_without(ops: Connection) -> None:
    merge(ops, [{**book(5, 15), "clock": 0, "occurrence": 1}])
    pack(ops, DAY)
    merge(ops, [book(6, 15)])
    shown = "select received_at, clock, occurrence from market_data.orderbook_snapshots"
    assert ops.execute(shown).fetchall() == [(DAY + timedelta(seconds=5), 15, 0)]


def test_snapshots_are_checked_before_they_are_packed(ops: Connection) -> None:
    merge(ops, ROWS)
    due = "select hour from ops.hours_to_pack(1, false) where stream = 'orderbook_snapshots' and hour = %s"
    assert ops.execute(due, (DAY,)).fetchall() == []
    ops.execute("insert into ops.watermarks (name, moment) values ('book_checks', %s)", (DAYS[2],))
    assert ops.execute(due, (DAY,)).fetchall() == [(DAY,)]


def test_a_book_is_compared_with_a_packed_one(ops: Connection) -> None:
    merge(ops, [book(5, 15), book(9, 16), book(86_405, 16)])
    compared = "select from_at, wrong_level_count from ops.compare_book('KXA-1', %s, %s, %s, '5 min')"
    calls = [(row["received_at"], row["clock"], row["levels_sha256"]) for row in (book(86_405, 16), book(9, 16))]
    hot = [ops.execute(compared, call).fetchall() for call in calls]
    assert [rows[0][0] for rows in hot] == [DAY + timedelta(seconds=9), DAY + timedelta(seconds=5)]
    pack(ops, DAY)
    assert [ops.execute(compared, call).fetchall() for call in calls] == hot
    pack(ops, DAYS[2])
    assert [ops.execute(compared, call).fetchall() for call in calls] == hot


def test_a_packed_first_book_still_proves_the_time_since_the_opening(ops: Connection) -> None:
    merge(ops, [{**book(600, 0), **{name: [] for name in LEVELS}}])
    proven = "select upper(ops.unchanged_since_opening('KXA-1', %s, %s))"
    asked = (DAY, DAY + timedelta(hours=1))
    assert ops.execute(proven, asked).fetchall() == [(DAY + timedelta(seconds=600),)]
    pack(ops, DAY)
    assert ops.execute(proven, asked).fetchall() == [(DAY + timedelta(seconds=600),)]
