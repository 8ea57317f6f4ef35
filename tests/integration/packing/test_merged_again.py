"""Hours and days may be packed at any time between merges: production holds the same in the end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection, query
from kalshi_data.streams import STREAMS
from tests.support.engines import Database
from tests.support.merging import MIDNIGHT, Row, stage

STREAM_OF = {stream.name: stream for stream in STREAMS}
HOUR = timedelta(hours=1)
# Times around an hour's end, close enough for one row to be a copy of another.
SECONDS = st.sampled_from([5.0, 6.5, 3599.998, 3599.999, 3600.0, 3600.001, 3602.0])
HELD = {
    "orderbook_deltas": (
        "select exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, time_digits"
        " from market_data.orderbook_deltas order by 1, 2, 3, 4, 5, 6, 7"
    ),
    "tickers": (
        "select exchange_ts, market_ticker, values_sha256, time_digits from market_data.tickers order by 1, 2, 3"
    ),
    "trades": (
        "select exchange_ts, trade_id, taker_side, is_block_trade, time_digits from market_data.trades order by 1, 2"
    ),
    "orderbook_snapshots": (
        "select received_at, market_ticker, market_id, clock, levels_sha256, occurrence, last_change_at"
        " from market_data.orderbook_snapshots order by 1, 2, 4, 5, 6, 7"
    ),
}
LENGTH = {"orderbook_deltas": HOUR, "tickers": HOUR, "trades": 24 * HOUR, "orderbook_snapshots": 24 * HOUR}


@st.composite
def deltas(draw: st.DrawFn, labels: int) -> Row:
    """Return a change; with one set of labels, copies are equal."""
    at = MIDNIGHT + timedelta(seconds=draw(SECONDS))
    digits = draw(st.sampled_from([6, 6, 3, None][: 2 * labels]))
    return {
        "exchange_ts": at,
        "received_at": at,
        "market_ticker": draw(st.sampled_from(["KXA-1", "KXA-2"])),
        "clock": draw(st.sampled_from([7, 7, 8, 0][: 2 * labels])),
        "side": "yes",
        "price": "0.4300",
        "size_delta": draw(st.sampled_from(["1.00", "1.0", "2.00"])),
        "occurrence": draw(st.sampled_from([0, 0, 1])),
        "burst_began_at": at if digits is None else None,
        "gatherer_id": 1,
        "time_digits": digits,
    }


@st.composite
def tickers(draw: st.DrawFn, labels: int) -> Row:
    """Return a summary; with one set of fields, copies are equal."""
    at = MIDNIGHT + timedelta(seconds=draw(SECONDS))
    return {
        "exchange_ts": at,
        "received_at": at,
        "market_ticker": draw(st.sampled_from(["KXA-1", "KXA-2"])),
        "yes_bid": draw(st.sampled_from(["0.40", "0.4", "0.40", None][: 2 * labels])),
        "yes_ask": draw(st.sampled_from(["0.42", "0.43", "0.42", None][: 2 * labels])),
        "volume": draw(st.sampled_from(["12.00", "13.00"])),
        "gatherer_id": 1,
        "time_digits": draw(st.sampled_from([3, 3, 0, None][: 2 * labels])),
    }


@st.composite
def trades(draw: st.DrawFn, labels: int) -> Row:
    """Return a trade around the end of a day; with one set of labels, copies are equal."""
    number = draw(st.integers(1, 3))
    at = MIDNIGHT + LENGTH["trades"] - HOUR + timedelta(seconds=draw(SECONDS))
    return {
        "exchange_ts": at,
        "received_at": at,
        "trade_id": f"00000000-0000-0000-0000-00000000000{number}",
        "market_ticker": f"KXA-{number % 2}",
        "yes_price": "0.43",
        "no_price": "0.57",
        "size": "1.00",
        "taker_side": draw(st.sampled_from(["yes", "yes", None, None][: 2 * labels])),
        "is_block_trade": draw(st.sampled_from([False, False, None, True][: 2 * labels])),
        "gatherer_id": 1,
        "time_digits": draw(st.sampled_from([3, 3, 0, None][: 2 * labels])),
    }


@st.composite
def books(draw: st.DrawFn, labels: int) -> Row:
    """Return a snapshot around the end of a day; with one set of labels, all have a clock."""
    at = MIDNIGHT + LENGTH["orderbook_snapshots"] - HOUR + timedelta(seconds=draw(SECONDS))
    occurrence = draw(st.sampled_from([0, 0, 1, 2][: 2 * labels]))
    number = draw(st.integers(1, 2))
    return {
        "received_at": at,
        "market_ticker": draw(st.sampled_from(["KXA-1", "KXA-2"])),
        "market_id": draw(st.sampled_from(["m", "m", "", None][: 2 * labels])),
        "clock": 0 if occurrence else number,
        "levels_sha256": bytes([number]),
        "occurrence": occurrence,
        "yes_prices": ["0.40"] * number,
        "yes_sizes": ["1.00"] * number,
        "no_prices": [],
        "no_sizes": [],
        "gatherer_id": 1,
        "last_change_at": draw(st.sampled_from([MIDNIGHT, MIDNIGHT, at, None][: 2 * labels])),
    }


ROWS = {"orderbook_deltas": deltas, "tickers": tickers, "trades": trades, "orderbook_snapshots": books}


@pytest.fixture(params=ROWS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ops(production: Database, name: str) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        connection.execute(query(f"production/stage/{name}"))
        yield connection


def pack(connection: Connection, name: str, rows_max: int) -> None:
    """Do one step of packing of each hour, or day."""
    for hour in (MIDNIGHT, MIDNIGHT + LENGTH[name]):
        connection.execute("select * from ops.pack_hour(%s, %s, %s, false)", (name, hour, rows_max))


def held(connection: Connection, name: str, batches: list[list[Row]], packed: list[int]) -> list[tuple[Any, ...]]:
    """Merge batch after batch, pack after some of them, and return what production then holds; nothing of it stays."""
    target = {"target": STREAM_OF[name].target, "time_column": STREAM_OF[name].time_column}
    with connection.transaction(force_rollback=True):
        for batch, rows_max in zip(batches, packed, strict=True):
            stage(connection, name, batch)
            connection.execute(query("production/stage/prepare_partitions"), target)
            connection.execute(query(f"production/merge/{name}"))
            connection.execute("truncate stage")
            if rows_max:
                pack(connection, name, rows_max)
        return connection.execute(HELD[name].encode()).fetchall()


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_packing_between_merges_changes_nothing(ops: Connection, name: str, data: st.DataObject) -> None:
    row = ROWS[name](data.draw(st.integers(1, 2)))
    batches = data.draw(st.lists(st.lists(row, min_size=1, max_size=4), min_size=2, max_size=4))
    packed = data.draw(st.lists(st.sampled_from([0, 1, 2, 1000]), min_size=len(batches), max_size=len(batches)))
    assert held(ops, name, batches, packed) == held(ops, name, batches, [0] * len(batches))
