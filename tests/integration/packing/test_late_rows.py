"""Late rows make packed rows hot again; an hour into which they come all the time is not packed all the time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kalshi_data.database.connection import Connection, query
from tests.integration.packing.test_deltas import Change, merge
from tests.support.engines import Database

HOUR = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
STATE = "select packed_at is not null, unpackings, pack_after > now() from ops.packed_hours"
WAIT = "select extract(epoch from pack_after - now())::integer / 60 from ops.packed_hours"
HELD = "select count(*) from market_data.orderbook_deltas"


def change(seconds: int, ticker: str = "KXA-1") -> Change:
    at = HOUR + timedelta(seconds=seconds)
    return (at, ticker, 7, "yes", "0.43", "5", 0, at, 1, 6)


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    """An hour that is packed."""
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_deltas"))
        merge(connection, [change(1), change(1, "KXA-2")])
        assert pack(connection) == 1
        yield connection


def pack(connection: Connection) -> int:
    """Pack until nothing is due, and return how many hours were packed."""
    packed = 0
    while row := connection.execute("select is_packed from ops.pack_next_hour(3, 1000, false)").fetchone():
        packed += row[0]
    return packed


def wait(connection: Connection, minutes: int) -> None:
    """Let time pass for the hour."""
    connection.execute("update ops.packed_hours set pack_after = pack_after - make_interval(mins => %s)", (minutes,))


def test_an_hour_waits_after_a_late_row_and_is_then_packed_again(ops: Connection) -> None:
    merge(ops, [change(2)])
    assert pack(ops) == 0
    assert ops.execute(STATE).fetchall() == [(False, 1, True)]
    assert ops.execute("select count(*) from ops.hours_to_pack(3, false)").fetchall() == [(0,)]
    wait(ops, 11)
    assert pack(ops) == 1
    assert ops.execute(STATE).fetchall() == [(True, 1, False)]
    assert ops.execute(HELD).fetchall() == [(3,)]


def test_more_late_rows_of_the_same_wait_count_as_one(ops: Connection) -> None:
    for seconds in range(2, 8):
        merge(ops, [change(seconds), change(seconds, "KXA-2")])
    assert ops.execute(STATE).fetchall() == [(False, 1, True)]
    wait(ops, 11)
    assert pack(ops) == 1
    assert ops.execute(HELD).fetchall() == [(14,)]


def test_late_rows_of_a_day_cause_a_few_packings(ops: Connection) -> None:
    packed = 0
    for half_hour in range(48):
        merge(ops, [change(2 + half_hour)])
        wait(ops, 30)
        packed += pack(ops)
    assert 1 < packed <= 7
    assert ops.execute(HELD).fetchall() == [(50,)]


def test_the_wait_grows_up_to_a_week(ops: Connection) -> None:
    ops.execute("update ops.packed_hours set unpackings = 1000000")
    merge(ops, [change(2)])
    ((minutes,),) = ops.execute(WAIT).fetchall()
    assert 7 * 24 * 60 <= minutes <= 8 * 24 * 60
    assert ops.execute("select unpackings from ops.packed_hours").fetchall() == [(1_000_001,)]


def test_an_hour_that_is_being_packed_waits_as_well(ops: Connection) -> None:
    merge(ops, [change(2), change(2, "KXA-2")])
    wait(ops, 11)
    assert ops.execute("select is_packed from ops.pack_next_hour(3, 1, false)").fetchall() == [(False,)]
    merge(ops, [change(3)])
    assert ops.execute(STATE).fetchall() == [(False, 2, True)]
    wait(ops, 21)
    assert pack(ops) == 1
    assert ops.execute(HELD).fetchall() == [(5,)]
