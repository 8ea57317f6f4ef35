"""Readers of one market find it by the indexes of hot and packed rows, as if they were written out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from kalshi_data.database.connection import Connection
from tests.integration.packing.test_misfits import AT, DAY, INSERTS, insert, pack
from tests.support.engines import Database

READERS = {
    "orderbook_deltas": "deltas", "tickers": "tickers_of", "trades": "trades_of", "orderbook_snapshots": "snapshots_of"
}  # fmt: skip


@pytest.fixture(params=INSERTS)
def stream(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ops(production: Database, stream: str) -> Iterator[Connection]:
    """Hot and packed rows of many markets."""
    with production.connect() as connection:
        for at in (AT, AT + timedelta(days=1)):
            connection.execute("select timeseries.ensure_partition(%s, %s)", (f"market_data.hot_{stream}", at))
            for number in range(20):
                insert(connection, stream, at, f"KXA-{number}", "2")
            if at == AT:
                assert pack(connection, stream) == (20, True)
        connection.execute(f"analyze market_data.hot_{stream}, market_data.packed_{stream}".encode())
        yield connection


def plan(connection: Connection, stream: str, from_at: datetime, until_at: datetime) -> list[str]:
    asked = f"explain (costs off) select * from market_data.{READERS[stream]}('KXA-7', %s, %s)"
    return [line for (line,) in connection.execute(asked.encode(), (from_at, until_at)).fetchall()]


def test_a_market_is_found_by_index_in_hot_and_packed_rows(ops: Connection, stream: str) -> None:
    ops.execute("set enable_seqscan = off")
    lines = plan(ops, stream, DAY, DAY + timedelta(days=2))
    found = [line for line in lines if "Index Cond: " in line and "(market_ticker = 'KXA-7'" in line]
    # Two hot partitions and a packed one, none without the condition.
    assert len(found) == 3 == sum("Scan using" in line or "Bitmap Index Scan" in line for line in lines), lines
    assert not any(f"Function Scan on {READERS[stream]}" in line for line in lines)
    reader = READERS[stream]
    asked = f"select count(*), count(distinct market_ticker) from market_data.{reader}('KXA-7', %s, %s)"
    assert ops.execute(asked.encode(), (DAY, DAY + timedelta(days=2))).fetchall() == [(2, 1)]
