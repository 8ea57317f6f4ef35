"""Order-book changes are the same before they are packed, while they are, and after they are unpacked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.merging import stage

HOUR = datetime(2026, 11, 28, 10, tzinfo=UTC)
HOURS = [HOUR + timedelta(hours=number) for number in (-1, 0, 1)]
TABLE = "market_data.hot_orderbook_deltas"
INSERT = f"insert into {TABLE} values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
COLUMNS = """
exchange_ts, market_ticker, clock, side, price::text, size_delta::text, occurrence, received_at::text, gatherer_id,
time_digits
"""
NAMES = [name.strip().removesuffix("::text") for name in COLUMNS.split(",")]
HELD = f"select {COLUMNS} from market_data.orderbook_deltas order by 1, 2, 3, 4, 5, 6, 7"
OF_A_MARKET = f"select {COLUMNS} from market_data.deltas(%s, %s, %s) order by 1, 2, 3, 4, 5, 6, 7"
OF_A_TIME = f"select {COLUMNS} from market_data.deltas_during(%s, %s) order by 1, 2, 3, 4, 5, 6, 7"
# Each reader of changes, asked about the hour.
READERS = [
    "select * from market_data.book_at('KXA-1', %(until_at)s) order by 1, 2",
    "select * from ops.count_changes('KXA-1', %(from_at)s, %(until_at)s, '-infinity', 'infinity')",
    "select * from ops.control_totals('market_data.hot_orderbook_deltas', 'exchange_ts', %(from_at)s, %(until_at)s)"
    " order by 1",
    "select ops.active_minutes('orderbook_deltas', 'KXA-1', tstzmultirange(tstzrange(%(from_at)s, %(until_at)s)))",
]
SNAPSHOT = """
insert into market_data.hot_orderbook_snapshots (
    received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes, no_prices, no_sizes,
    gatherer_id
) values (%s, 'KXA-1', 'm', 1000000000010, '', 0, '{0.43}', '{5}', '{}', '{}', 1)
"""
PACK = "select moved, last_ticker from ops.pack_deltas(%s, %s, %s)"
Change = tuple[Any, ...]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        for hour in HOURS:
            connection.execute("select timeseries.ensure_partition(%s, %s)", (TABLE, hour))
            connection.execute("select timeseries.ensure_partition('market_data.packed_orderbook_deltas', %s)", (hour,))
        connection.execute(query("production/stage/orderbook_deltas"))
        yield connection


def pack(connection: Connection, *hours: datetime, rows_max: int = 1000) -> None:
    """Pack hours whole, in steps."""
    for hour in hours:
        connection.execute("insert into ops.packed_hours (stream, hour) values ('orderbook_deltas', %s)", (hour,))
        moved, ticker = rows_max, ""
        while moved == rows_max:
            moved, ticker = connection.execute(PACK, (hour, ticker, rows_max)).fetchall()[0]


def count(connection: Connection, table: str) -> int:
    return connection.execute(f"select count(*) from market_data.{table}".encode()).fetchall()[0][0]


def change(second: float, *, ticker: str = "KXA-1", clock: int = 7, size: str = "5.00", **others: Any) -> Change:
    """Return a change at a second of the hour."""
    at = HOUR + timedelta(seconds=second)
    row: dict[str, Any] = {
        "side": "yes",
        "price": "0.4300",
        "occurrence": 0,
        "delay": 0.04,
        "gatherer": 1,
        "digits": 6,
        **others,
    }
    received = at + timedelta(seconds=row["delay"])
    sent = (at, ticker, clock, row["side"], row["price"], size, row["occurrence"])
    return (*sent, received, row["gatherer"], row["digits"])


EDGES = st.sampled_from([0, 1, 2, 3_599_999_999, 3_600_000_000, -3_600_000_000, 2_147_483_648])
MICROSECONDS = EDGES | st.integers(-3_600_000_000, 7_199_999_999)
CLOCKS = st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**60, 2**63 - 1, -(2**63)]) | st.integers(10**12, 10**12 + 50)
USUAL = st.integers(0, 100).map(lambda cents: f"0.{cents:02}00")
AMOUNTS = USUAL | st.sampled_from(
    ["0", "1", "1.6383", "1.6384", "-0.1", "0.12345", "999999999999.999999", "-5.00", "1e3"]
)
DELAYS = st.sampled_from([0, -1, 65_535, 65_536, 10**9, 10**9 + 1, -(10**12)]) | st.integers(10_000, 90_000)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    at = HOUR + timedelta(microseconds=draw(MICROSECONDS))
    ticker, side = draw(st.sampled_from(["KXA-1", "KXA-2", "ü"])), draw(st.sampled_from(["yes", "no"]))
    sent = (at, ticker, draw(CLOCKS), side, draw(AMOUNTS), draw(AMOUNTS), draw(st.sampled_from([0, 0, 1, 2**31 - 1])))
    received = at + timedelta(microseconds=draw(DELAYS))
    return (*sent, received, draw(st.integers(-1, 3)), draw(st.sampled_from([None, 0, 3, 6])))


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changes(), max_size=30), st.integers(1, 12), st.sets(st.sampled_from(HOURS)))
def test_whatever_is_packed_comes_back_exactly(
    ops: Connection, rows: list[Change], rows_max: int, packed: set[datetime]
) -> None:
    with ops.transaction(force_rollback=True):
        for row in rows:
            ops.execute(INSERT, row)
        spans = [(HOUR, HOUR), (HOUR, HOURS[2]), (HOUR + timedelta(minutes=7), HOURS[2] + timedelta(minutes=9))]
        calls: list[tuple[str, Any]] = [(HELD, None)]
        for first, last in [*spans, (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))]:
            calls += [(OF_A_MARKET, ("KXA-1", first, last)), (OF_A_TIME, (first, last))]
        calls += [(reader, {"from_at": HOUR, "until_at": HOURS[2]}) for reader in READERS]
        ops.execute("select timeseries.ensure_partition('market_data.hot_orderbook_snapshots', %s)", (HOUR,))
        ops.execute(SNAPSHOT, (HOUR + timedelta(minutes=9),))
        hot = [ops.execute(statement.encode(), asked).fetchall() for statement, asked in calls]
        pack(ops, *packed, rows_max=rows_max)
        assert [ops.execute(statement.encode(), asked).fetchall() for statement, asked in calls] == hot
        left = ops.execute(f"select distinct date_trunc('hour', exchange_ts, 'UTC') from {TABLE}".encode()).fetchall()
        assert not packed & {hour for (hour,) in left}


def step(connection: Connection, rows_max: int = 3, *, needs_archive: bool = False) -> tuple[int, bool]:
    return connection.execute(
        "select * from ops.pack_hour('orderbook_deltas', %s, %s, %s)", (HOUR, rows_max, needs_archive)
    ).fetchall()[0]


def pack_hour(connection: Connection) -> None:
    while not step(connection)[1]:
        pass


def merge(connection: Connection, rows: list[Change]) -> None:
    """Merge rows as a tick does."""
    with connection.transaction():
        stage(connection, "orderbook_deltas", [dict(zip(NAMES, row, strict=True)) for row in rows])
        connection.execute(
            query("production/stage/prepare_partitions"), {"target": TABLE, "time_column": "exchange_ts"}
        )
        connection.execute(query("production/merge/orderbook_deltas"))


ROWS = [change(second, ticker=f"KXA-{number}") for number in range(4) for second in (0, 1, 3599)]


def test_an_hour_is_packed_in_steps_and_once(ops: Connection) -> None:
    merge(ops, ROWS)
    held = ops.execute(HELD).fetchall()
    steps = [step(ops, 5) for _ in range(4)]
    assert steps == [(5, False), (5, False), (2, True), (0, True)]
    assert (count(ops, "hot_orderbook_deltas"), count(ops, "orderbook_deltas")) == (0, 12)
    assert ops.execute(HELD).fetchall() == held


def test_a_copy_of_a_packed_change_adds_nothing_and_a_late_one_is_added(ops: Connection) -> None:
    merge(ops, ROWS)
    pack_hour(ops)
    held = ops.execute(HELD).fetchall()
    merge(ops, ROWS)
    assert ops.execute(HELD).fetchall() == held
    assert count(ops, "hot_orderbook_deltas") == 0
    assert step(ops) == (0, True)
    merge(ops, [*ROWS, change(5, ticker="KXA-9"), change(5, ticker="KXA-2")])
    assert count(ops, "hot_orderbook_deltas") == 3 + 2
    assert count(ops, "orderbook_deltas") == len(held) + 2
    pack_hour(ops)
    assert (count(ops, "hot_orderbook_deltas"), count(ops, "orderbook_deltas")) == (0, len(held) + 2)


def test_a_poor_copy_in_the_next_hour_finds_the_packed_change(ops: Connection) -> None:
    rich = change(3599.9, delay=0.2)
    merge(ops, [rich])
    pack_hour(ops)
    merge(ops, [change(3600.1, clock=0, digits=None, delay=0)])
    assert count(ops, "orderbook_deltas") == 1


def test_packing_leaves_an_hour_alone_while_rows_of_it_are_merged(production: Database, ops: Connection) -> None:
    merge(ops, ROWS)
    with production.connect("deduplicator") as other:
        other.execute(query("production/stage/orderbook_deltas"))
        with other.transaction():
            stage(other, "orderbook_deltas", [dict(zip(NAMES, ROWS[0], strict=True))])
            other.execute(query("production/stage/prepare_partitions"), {"target": TABLE, "time_column": "exchange_ts"})
            assert step(ops) == (0, False)
        assert step(ops) == (3, False)


def test_an_hour_that_the_archive_lacks_stays_hot(ops: Connection) -> None:
    merge(ops, ROWS)
    record = "insert into ops.archive_partitions (stream, hour, state) values ('orderbook_deltas', %s, %s)"
    ops.execute(record, (HOUR, "pending"))
    assert step(ops, 50, needs_archive=True) == (0, False)
    ops.execute("update ops.archive_partitions set state = 'verified'")
    assert step(ops, 50, needs_archive=True) == (12, True)
