"""Changes without a time may follow each other for longer than an hour, of which a part is packed already."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kalshi_data.database.connection import Connection, query
from kalshi_data.streams import STREAMS
from tests.support.engines import Database
from tests.support.merging import MIDNIGHT, Row, stage

HELD = """
select exchange_ts, clock, occurrence, time_digits from market_data.orderbook_deltas order by 1, 2, 3
"""
TARGET = next(stream.target for stream in STREAMS if stream.name == "orderbook_deltas")


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_deltas"))
        yield connection


def undated(minute: float, began: float, occurrence: int = 0) -> Row:
    return row(minute, digits=None, occurrence=occurrence, burst_began_at=MIDNIGHT + timedelta(minutes=began))


def row(minute: float, *, digits: int | None = 6, clock: int = 0, occurrence: int = 0, **others: Any) -> Row:
    at = MIDNIGHT + timedelta(minutes=minute)
    return {
        "exchange_ts": at,
        "received_at": at,
        "market_ticker": "KXA-1",
        "clock": clock,
        "side": "yes",
        "price": "0.43",
        "size_delta": "1",
        "occurrence": occurrence,
        "gatherer_id": 1,
        "time_digits": digits,
        **others,
    }


def held(connection: Connection, batches: list[list[Row]], packed_after: int) -> list[tuple[Any, ...]]:
    with connection.transaction(force_rollback=True):
        for number, batch in enumerate(batches):
            stage(connection, "orderbook_deltas", batch)
            connection.execute(
                query("production/stage/prepare_partitions"), {"target": TARGET, "time_column": "exchange_ts"}
            )
            connection.execute(query("production/merge/orderbook_deltas"))
            connection.execute("truncate stage")
            if number == packed_after:
                connection.execute("select ops.pack_hour('orderbook_deltas', %s, 1000, false)", (MIDNIGHT,))
        return connection.execute(HELD.encode()).fetchall()


BURSTS = [
    [[undated(52, 45), undated(59, 51)], [undated(66, 58)], [undated(74, 66)], [undated(82, 74)], [undated(84, 76)]],
    [[row(46), undated(52, 45), row(50), undated(60.5, 51)], [undated(70, 60)], [undated(79, 69)], [row(78, clock=5)]],
]


@pytest.mark.parametrize("batches", BURSTS)
@pytest.mark.parametrize("packed_after", [1, 2])
def test_a_packed_hour_is_a_part_of_a_long_burst(ops: Connection, batches: list[list[Row]], packed_after: int) -> None:
    assert held(ops, batches, packed_after) == held(ops, batches, -1)
