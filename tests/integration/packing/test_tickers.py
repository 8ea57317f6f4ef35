"""Market summaries are the same before they are packed, while they are, and after they are unpacked."""

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

HOUR = datetime(2026, 11, 28, 10, tzinfo=UTC)
HOURS = [HOUR + timedelta(hours=number) for number in (-1, 0, 1)]
END = HOURS[2]
TABLE = "market_data.hot_tickers"
AMOUNTS = (
    "last_price", "yes_bid", "yes_ask", "yes_bid_size", "yes_ask_size", "last_trade_size", "volume", "open_interest",
)  # fmt: skip
DOLLARS = ("dollar_volume", "dollar_open_interest")
# As text, so that the zeros that an amount ends with count.
COLUMNS = f"""
exchange_ts, market_ticker, values_sha256, market_id, {", ".join(f"{name}::text" for name in AMOUNTS)},
{", ".join(DOLLARS)}, received_at::text, gatherer_id, time_digits
"""
HELD = f"select {COLUMNS} from market_data.tickers order by 1, 2, 3"
# Each reader of summaries, asked about a time.
READERS = [
    HELD,
    f"select {COLUMNS} from market_data.tickers_of('KXA-1', %(from_at)s, %(until_at)s) order by 1, 2, 3",
    f"select {COLUMNS} from market_data.tickers_during(%(from_at)s, %(until_at)s) order by 1, 2, 3",
    "select * from market_data.top_of_book order by 1, 2, 3, 4, 5, 6",
    f"select * from ops.control_totals('{TABLE}', 'exchange_ts', %(from_at)s, %(until_at)s) order by 1",
    "select ops.active_minutes('tickers', '', tstzmultirange(tstzrange(%(from_at)s, %(until_at)s)))",
]
SPANS = [(HOUR, HOUR), (HOUR, END), (HOUR + timedelta(minutes=7), END + timedelta(minutes=9))]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        for hour in HOURS:
            connection.execute("select timeseries.ensure_partition(%s, %s)", (TABLE, hour))
        connection.execute(query("production/stage/tickers"))
        yield connection


def step(connection: Connection, hour: datetime, rows_max: int) -> tuple[int, bool]:
    statement = "select * from ops.pack_hour('tickers', %s, %s, false)"
    return connection.execute(statement, (hour, rows_max)).fetchall()[0]


def pack(connection: Connection, *hours: datetime, rows_max: int = 3) -> None:
    """Pack hours whole, in steps."""
    for hour in hours:
        while not step(connection, hour, rows_max)[1]:
            pass


def count(connection: Connection, table: str) -> int:
    return connection.execute(f"select count(*) from market_data.{table}".encode()).fetchall()[0][0]


def ticker(second: float, market: str = "KXA-1", **others: Any) -> Row:
    """Return a summary at a second of the hour, as a gatherer sends it."""
    at = HOUR + timedelta(seconds=second)
    amounts = dict.fromkeys(AMOUNTS[:3], "0.4300") | dict.fromkeys(AMOUNTS[3:], "12.00")
    row: Row = {"exchange_ts": at, "market_ticker": market, "market_id": "id", **amounts, **dict.fromkeys(DOLLARS, 7)}
    return {**row, "received_at": at + timedelta(milliseconds=43), "gatherer_id": 1, "time_digits": 3, **others}


def merge(connection: Connection, rows: list[Row]) -> list[tuple[Any, ...]]:
    """Merge rows as a tick does, and return what the merge counts."""
    with connection.transaction():
        stage(connection, "tickers", rows)
        asked = {"target": TABLE, "time_column": "exchange_ts"}
        connection.execute(query("production/stage/prepare_partitions"), asked)
        return connection.execute(query("production/merge/tickers")).fetchall()


EDGES = st.sampled_from([0, 1, 3_599_999_999, 3_600_000_000, -3_600_000_000, 65_535_000, 65_536_000, 2_147_483_648])
MICROSECONDS = EDGES | st.integers(-3_600_000, 7_199_999).map(lambda ms: ms * 1000)
USUAL = st.integers(0, 10_000).map(lambda cents: f"{cents / 100:.2f}")
ODD = st.sampled_from(["0", "1.6383", "3.2768", "0.43000", "-1", "NaN", "1e3", "21474836.48", "999999999999.999999"])
AMOUNT = st.none() | USUAL | USUAL | ODD
DOLLAR = st.none() | st.integers(0, 1000) | st.sampled_from([-1, 2**31 - 1, 2**31, 2**63 - 1, -(2**63)])
DELAYS = st.sampled_from([0, -1, 65_535, 65_536, 10**9, 10**9 + 1, -(10**12)]) | st.integers(10_000, 90_000)


@st.composite
def tickers(draw: st.DrawFn) -> Row:
    at = HOUR + timedelta(microseconds=draw(MICROSECONDS))
    equal = draw(st.booleans())
    amount = draw(AMOUNT)
    amounts: Row = {name: amount if equal else draw(AMOUNT) for name in AMOUNTS}
    dollars: Row = {name: draw(DOLLAR) for name in DOLLARS}
    return {
        "exchange_ts": at,
        "market_ticker": draw(st.sampled_from(["KXA-1", "KXA-2", "ü"])),
        "market_id": draw(st.sampled_from([None, "", "id"])),
        **amounts,
        **dollars,
        "received_at": at + timedelta(microseconds=draw(DELAYS)),
        "gatherer_id": draw(st.integers(-1, 3)),
        "time_digits": draw(st.sampled_from([None, 0, 3])),
        "values_sha256": draw(st.sampled_from([None, None, None, b"another"])),
    }


def insert(connection: Connection, rows: list[Row]) -> None:
    """Make rows hot, those without a digest with the one that a gatherer computes."""
    with connection.transaction():
        stage(connection, "tickers", rows)
        for number, row in enumerate(rows):
            if row["values_sha256"]:
                place = {"at": row["exchange_ts"], "digest": row["values_sha256"] + str(number).encode()}
                connection.execute("update stage set values_sha256 = %(digest)s where exchange_ts = %(at)s", place)
        names = sql.SQL(", ").join(map(sql.Identifier, ["values_sha256", *ticker(0)]))
        statement = "insert into market_data.hot_tickers ({0}) select {0} from stage on conflict do nothing"
        connection.execute(sql.SQL(statement).format(names))
        connection.execute("delete from stage")


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(tickers(), max_size=30), st.integers(1, 12), st.sets(st.sampled_from(HOURS)))
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
        left = ops.execute(f"select distinct date_trunc('hour', exchange_ts, 'UTC') from {TABLE}".encode()).fetchall()
        assert not packed & {hour for (hour,) in left}


ROWS = [ticker(second, f"KXA-{number}") for number in range(4) for second in (0, 1, 3599)]


def test_usual_rows_need_no_exact_ones(ops: Connection) -> None:
    merge(ops, [*ROWS, ticker(3, yes_bid=None), ticker(4, time_digits=0), ticker(5, volume="0.123456")])
    pack(ops, HOUR, rows_max=100)
    kept = "select sum(row_count) filter (where exact_rows is null), sum(jsonb_array_length(exact_rows)) from {}"
    assert ops.execute(sql.SQL(kept).format(sql.SQL("market_data.packed_tickers"))).fetchall() == [(14, 1)]


def test_a_copy_of_a_packed_summary_adds_nothing_and_a_late_one_is_added(ops: Connection) -> None:
    merge(ops, ROWS)
    pack(ops, HOUR)
    held = ops.execute(HELD).fetchall()
    assert merge(ops, ROWS) == []
    assert ops.execute(HELD).fetchall() == held
    assert count(ops, "hot_tickers") == 0
    assert step(ops, HOUR, 3) == (0, True)
    merge(ops, [*ROWS, ticker(5, "KXA-9"), ticker(5, "KXA-2")])
    assert count(ops, "hot_tickers") == 3 + 2
    assert count(ops, "tickers") == len(held) + 2
    pack(ops, HOUR)
    assert (count(ops, "hot_tickers"), count(ops, "tickers")) == (0, len(held) + 2)


@pytest.mark.parametrize(
    "poor",
    [
        ticker(3599.9, last_price=None),
        ticker(3599.9, volume=None, market_id=None),
        ticker(3599, time_digits=0),
        ticker(3600.1, time_digits=None),
    ],
    ids=["field", "fields", "second", "time"],
)
def test_a_poor_copy_finds_the_packed_summary(ops: Connection, poor: Row) -> None:
    merge(ops, [ticker(3599.9)])
    pack(ops, HOUR)
    held = ops.execute(HELD).fetchall()
    merge(ops, [poor])
    assert ops.execute(HELD).fetchall() == held


def test_a_rich_copy_replaces_the_packed_summary(ops: Connection) -> None:
    merge(ops, [ticker(3599.9, time_digits=None), ticker(7, volume=None)])
    pack(ops, HOUR)
    merge(ops, [ticker(3600.1), ticker(7)])
    shown = "select exchange_ts, volume::text, time_digits from market_data.tickers order by 1"
    at = [HOUR + timedelta(seconds=second) for second in (7, 3600.1)]
    assert ops.execute(shown).fetchall() == [(moment, "12.00", 3) for moment in at]
