"""Old partitions of one stream are dropped, whatever happens to another one."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.state import TaskState
from kalshi_data.deduplicator.upkeep import Upkeep
from tests.support.engines import Database
from tests.support.staging import settings

NOW = datetime.now(UTC)
# Of tickers, the older one.
DAYS = {
    "tickers": NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=101),
    "orderbook_deltas": NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=100),
}
VERIFIED = """
insert into ops.archive_partitions (stream, hour, state)
select %s, h, 'verified' from generate_series(%s, %s, interval '1 h') as h
"""
REFUSE = """
create function ops.refuse() returns trigger language plpgsql as
$$begin if new.stream = 'orderbook_deltas' then raise 'refused'; end if; return new; end$$;
create trigger refuse before insert on ops.dropped_partitions for each row execute function ops.refuse();
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    """A hot partition of each stream that is old and archived."""
    with production.connect("deduplicator") as connection:
        for stream, day in DAYS.items():
            connection.execute("select timeseries.ensure_partition(%s, %s)", (f"market_data.hot_{stream}", day))
            connection.execute(VERIFIED, (stream, day, day + timedelta(hours=23)))
        connection.execute(
            "insert into market_data.hot_orderbook_deltas values (%s, 'KXA-1', 1, 'yes', 0.41, 2, 0, %s, 1, 6)",
            (DAYS["orderbook_deltas"], NOW),
        )
        connection.execute(
            "insert into market_data.hot_tickers (exchange_ts, market_ticker, values_sha256, received_at, gatherer_id)"
            " values (%s, 'KXA-1', '', %s, 1)",
            (DAYS["tickers"], NOW),
        )
        yield connection


def streams(connection: Connection) -> list[str]:
    """Return the streams of which anything was dropped."""
    found = connection.execute("select distinct stream from ops.dropped_partitions order by 1").fetchall()
    return [stream for (stream,) in found]


def tick(production: Database, connection: Connection) -> TaskState:
    state = TaskState()
    upkeep = Upkeep(settings(production, [production]), threading.Event(), state)
    assert upkeep.take_lock(connection)
    upkeep.tick(connection)
    return state


def test_each_stream_is_dropped_in_a_transaction_of_its_own(production: Database, ops: Connection) -> None:
    tick(production, ops)
    assert streams(ops) == ["orderbook_deltas", "tickers"]
    # The time of a transaction's beginning.
    assert ops.execute("select count(distinct dropped_at) from ops.dropped_partitions").fetchall() == [(2,)]


def test_a_stream_that_cannot_be_dropped_keeps_no_other_one(production: Database, ops: Connection) -> None:
    with production.connect() as owner:
        owner.execute(REFUSE)
    state = tick(production, ops)
    assert streams(ops) == ["tickers"]
    assert "dropping archived orderbook_deltas" in str(state.error)


def test_room_is_made_of_another_stream_while_the_oldest_is_in_use(production: Database, ops: Connection) -> None:
    room = "select stream from ops.drop_for_space('{tickers,orderbook_deltas}', 0)"
    with production.connect() as reader:
        with reader.transaction():
            reader.execute("select from market_data.hot_tickers")
            assert ops.execute(room).fetchall() == [("orderbook_deltas",)]
            with pytest.raises(psycopg.errors.LockNotAvailable):
                ops.execute(room)
        assert ops.execute(room).fetchall() == [("tickers",)]
    assert ops.execute(room).fetchall() == []


def test_room_is_made_of_the_oldest_rows_though_another_stream_had_hours_without_any(ops: Connection) -> None:
    empty = DAYS["orderbook_deltas"] - timedelta(days=200)
    ops.execute(VERIFIED, ("orderbook_deltas", empty, empty + timedelta(hours=23)))
    room = "select stream from ops.drop_for_space('{tickers,orderbook_deltas}', 0)"
    assert [ops.execute(room).fetchall() for _ in range(3)] == [[("tickers",)], [("orderbook_deltas",)], []]
