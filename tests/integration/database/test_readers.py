"""The views and functions that readers use in market_data; every column there has a comment."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.support.books import delta, ensure_partitions, levels, snapshot
from tests.support.coverage import T0, at, beat, cover
from tests.support.engines import Database

COLUMNS = """
select c.relname, a.attname, col_description(c.oid, a.attnum)
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = 'market_data' and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
order by 1, a.attnum
"""
UNCOMMENTED = """
select c.oid::regclass::text from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where
    n.nspname = 'market_data' and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
    and obj_description(c.oid, 'pg_class') is null
union all
select p.oid::regprocedure::text from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
where n.nspname = 'market_data' and obj_description(p.oid, 'pg_proc') is null
"""
TRADE = "insert into market_data.hot_trades values (%s, %s, 'KXA-1', %s, 1 - %s::numeric, %s, 'yes', false, %s, 1)"
TICKER = """
insert into market_data.hot_tickers (
    exchange_ts, market_ticker, values_sha256, yes_bid, yes_ask, yes_bid_size, received_at, gatherer_id
)
values (%s, 'KXA-1', %s, %s, %s, 3, now(), 1)
"""


@pytest.fixture
def writer(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-180), at(0), at(180))
        yield connection


@pytest.fixture
def reader(production: Database) -> Iterator[Connection]:
    with production.connect("reader") as connection:
        yield connection


def test_a_reader_sees_what_is_missing(writer: Connection, reader: Connection) -> None:
    cover(writer, 1, 0, 2)
    cover(writer, 1, 3, 5)
    beat(writer, 1, 5)
    writer.execute("select ops.advance_minutes(10)")
    asked = "select minute, state from market_data.minute_states where market_ticker = 'KXA-1' order by minute"
    assert reader.execute(asked.encode()).fetchall() == [
        (at(minute), "gap" if minute == 2 else "idle") for minute in range(5)
    ]


def test_every_relation_column_and_function_of_a_reader_has_a_comment(reader: Connection) -> None:
    found = reader.execute(COLUMNS).fetchall()
    assert {"trades", "order_book_now", "top_of_book"} <= {relation for relation, _, _ in found}
    assert [(relation, column) for relation, column, comment in found if not comment] == []
    assert reader.execute(UNCOMMENTED).fetchall() == []


@pytest.mark.parametrize("has_clock", [True, False])
def test_order_book_now_shows_the_markets_that_are_not_over(
    writer: Connection, reader: Connection, has_clock: bool
) -> None:
    book = levels(("yes", "0.4", "5"), ("no", "0.5", "1"))
    clocks = (10, 11, 12) if has_clock else (0, 0, 0)
    for ticker in ("KXA-1", "KXA-2", "KXA-3"):
        cover(writer, 1, 0, 20 if ticker == "KXA-3" else None, ticker=ticker, reason="dropped")
        occurrence, last_change = (0, None) if has_clock else (1, at(-1))
        snapshot(writer, 0, clocks[0], book, ticker=ticker, occurrence=occurrence, last_change=last_change)
    delta(writer, 1, clocks[1], "no", "0.5", "-1")
    delta(writer, 1, clocks[2], "yes", "0.41", "2.5")
    # Another gatherer is behind: its copy of a change in the snapshot is merged later.
    delta(writer, -1, clocks[0], "yes", "0.4", "5", received=2, gatherer=2)
    found = reader.execute("select * from market_data.order_book_now order by 1, 2 desc, 3").fetchall()
    assert found == [
        ("KXA-1", "yes", Decimal("0.4"), Decimal(5)),
        ("KXA-1", "yes", Decimal("0.41"), Decimal("2.5")),
        ("KXA-2", "yes", Decimal("0.4"), Decimal(5)),
        ("KXA-2", "no", Decimal("0.5"), Decimal(1)),
    ]


@pytest.mark.parametrize(("clock", "occurrence"), [(10, 0), (0, 1)])
def test_a_reader_may_call_book_at(writer: Connection, reader: Connection, clock: int, occurrence: int) -> None:
    snapshot(writer, 0, clock, levels(("yes", "0.4", "5")), occurrence=occurrence)
    assert reader.execute("select * from market_data.book_at('KXA-1', %s)", (at(1),)).fetchall() == [
        ("yes", Decimal("0.4"), Decimal(5))
    ]


def test_top_of_book_shows_best_prices_over_time(writer: Connection, reader: Connection) -> None:
    writer.execute(TICKER, (at(0), b"1", "0.40", "0.45"))
    writer.execute(TICKER, (at(1), b"2", "0.41", None))
    writer.execute(TICKER, (at(2), b"3", None, None))
    found = reader.execute("select exchange_ts, yes_bid, yes_ask, spread from market_data.top_of_book order by 1")
    assert found.fetchall() == [
        (at(0), Decimal("0.40"), Decimal("0.45"), Decimal("0.05")),
        (at(1), Decimal("0.41"), None, None),
    ]


def candles(reader: Connection, bucket: str, first: float = 0, last: float = 60) -> list[tuple[Any, ...]]:
    statement = "select * from market_data.candles('KXA-1', %s, %s, %s)"
    return reader.execute(statement, (bucket, at(first), at(last))).fetchall()


def trade(writer: Connection, minute: float, price: str, size: str = "1", trade_id: str | None = None) -> None:
    writer.execute(TRADE, (at(minute), trade_id or str(minute), price, price, size, at(minute)))


def test_candles_hold_first_highest_lowest_and_last_price(writer: Connection, reader: Connection) -> None:
    for minute, price, size in ((0, "0.43", "1.25"), (0.2, "0.50", "2"), (0.4, "0.41", "3"), (0.9, "0.44", "0.01")):
        trade(writer, minute, price, size)
    trade(writer, 2, "0.60")
    assert candles(reader, "1 min") == [
        (at(0), Decimal("0.43"), Decimal("0.50"), Decimal("0.41"), Decimal("0.44"), Decimal("6.26"), 4),
        (at(2), Decimal("0.60"), Decimal("0.60"), Decimal("0.60"), Decimal("0.60"), Decimal(1), 1),
    ]
    assert candles(reader, "1 min", 1, 2) == []


def test_daily_candles_start_at_midnight_and_weekly_ones_on_monday(writer: Connection, reader: Connection) -> None:
    trade(writer, 0, "0.43")
    ((day, *_),) = candles(reader, "1 day")
    assert day == T0.replace(hour=0, minute=0)
    ((week, *_),) = candles(reader, "7 days")
    assert (week.weekday(), week.hour, (T0 - week).days < 7) == (0, 0, True)


@pytest.mark.parametrize("bucket", ["1 month", "1 year", "2 years 3 days", "0 s", "-1 min"])
def test_a_bucket_without_a_fixed_length_is_refused(reader: Connection, bucket: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="has no fixed length: choose one such as 1 min"):
        candles(reader, bucket)


TRADES = st.lists(
    st.tuples(st.integers(0, 599), st.integers(1, 99), st.integers(1, 5)),
    min_size=1,
    max_size=30,
    unique_by=lambda t: t[0],
)


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TRADES, st.sampled_from((1, 5, 15)), st.integers(0, 300), st.integers(300, 600))
def test_candles_equal_the_sums_of_the_trades(
    writer: Connection, trades: list[tuple[int, int, int]], bucket: int, first: int, last: int
) -> None:
    with writer.transaction(force_rollback=True):
        buckets: dict[int, list[tuple[int, int]]] = defaultdict(list)
        midnight = T0.replace(hour=0, minute=0)
        since = round((T0 - midnight).total_seconds() / 60)
        for second, price, size in sorted(trades):
            trade(writer, second / 10, f"0.{price:02}", str(size))
            if first <= second < last:
                buckets[(since + second // 10) // bucket * bucket - since].append((price, size))
        expected = [
            (at(minute), prices[0], max(prices), min(prices), prices[-1], sum(size for _, size in held), len(held))
            for minute, held in sorted(buckets.items())
            for prices in [[Decimal(price) / 100 for price, _ in held]]
        ]
        assert candles(writer, f"{bucket} min", first / 10, last / 10) == expected
