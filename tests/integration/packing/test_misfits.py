"""Packed rows that the archive cannot hold go into quarantine, too, and keep no other row out of it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from kalshi_data.database.connection import Connection
from tests.support.engines import Database

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
AT = DAY + timedelta(hours=2, minutes=7)
HOURS = {"orderbook_deltas": 2, "tickers": 2, "trades": 0, "orderbook_snapshots": 0}
TIMES = {"orderbook_snapshots": "received_at"}
# Rows of two markets, one with a number of 13 digits before the point.
INSERTS = {
    "orderbook_deltas": (
        "insert into market_data.hot_orderbook_deltas values (%(at)s, %(market)s, 7, 'yes', 0.41, %(size)s, 0,"
        " %(at)s, 1, 6)"
    ),
    "tickers": (
        "insert into market_data.hot_tickers (exchange_ts, market_ticker, values_sha256, volume, received_at,"
        " gatherer_id) values (%(at)s, %(market)s, %(digest)s, %(size)s, %(at)s, 1)"
    ),
    "trades": (
        "insert into market_data.hot_trades values (%(at)s, %(market)s, %(market)s, 0.43, 0.57, %(size)s, 'yes',"
        " false, %(at)s, 1)"
    ),
    "orderbook_snapshots": (
        "insert into market_data.hot_orderbook_snapshots (received_at, market_ticker, market_id, clock, levels_sha256,"
        " occurrence, yes_prices, yes_sizes, no_prices, no_sizes, gatherer_id) values (%(at)s, %(market)s, '', 7,"
        " %(digest)s, 0, '{0.41}', array[%(size)s::numeric], '{}', '{}', 1)"
    ),
}
COUNTS = """
select
    (select count(*) from market_data.{0}), (select count(*) from market_data.hot_{0}),
    (select count(*) from ops.rejected_rows where reason like 'the archive cannot hold it%')
"""


@pytest.fixture(params=INSERTS)
def stream(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ops(production: Database, stream: str) -> Iterator[Connection]:
    """Three packed rows, of which the archive cannot hold one."""
    with production.connect("deduplicator") as connection:
        connection.execute("select timeseries.ensure_partition(%s, %s)", (f"market_data.hot_{stream}", AT))
        for market, size in (("KXA-1", "1234567890123"), ("KXA-2", "2"), ("KXA-3", "3")):
            insert(connection, stream, AT, market, size)
        assert pack(connection, stream) == (3, True)
        yield connection


def insert(connection: Connection, stream: str, at: datetime, market: str, size: str) -> None:
    digest = hashlib.sha256(f"{market} {size}".encode()).digest()
    asked = {"at": at, "market": market, "size": Decimal(size), "digest": digest}
    connection.execute(INSERTS[stream].encode(), asked)


def pack(connection: Connection, stream: str) -> tuple[int, bool]:
    hour = DAY + timedelta(hours=HOURS[stream])
    packed = connection.execute("select * from ops.pack_hour(%s, %s, 1000, false)", (stream, hour)).fetchall()
    return packed[0]


def quarantine(connection: Connection, stream: str, hour: datetime) -> int:
    asked = (stream, TIMES.get(stream, "exchange_ts"), hour, hour + timedelta(hours=1))
    return connection.execute("select moved from ops.quarantine_rows(%s, %s, %s, %s)", asked).fetchall()[0][0]


def counts(connection: Connection, stream: str) -> tuple[int, int, int]:
    return connection.execute(COUNTS.format(stream).encode()).fetchall()[0]


def test_packed_misfits_go_into_quarantine_and_the_others_stay_packed(
    production: Database, ops: Connection, stream: str
) -> None:
    with production.connect("exporter") as exporter:
        for _ in "12":
            assert quarantine(exporter, stream, DAY + timedelta(hours=1)) == 0
        assert counts(ops, stream) == (3, 0, 0)
        assert quarantine(exporter, stream, DAY + timedelta(hours=2)) == 1
        assert quarantine(exporter, stream, DAY + timedelta(hours=2)) == 0
    assert counts(ops, stream) == (2, 0, 1)
    assert pack(ops, stream) == (0, True)


def test_rows_of_the_misfits_market_become_hot_and_are_packed_again(ops: Connection, stream: str) -> None:
    ops.execute("update ops.packed_hours set packed_at = null")
    insert(ops, stream, AT + timedelta(seconds=9), "KXA-1", "4")
    assert pack(ops, stream) == (1, True)
    assert quarantine(ops, stream, DAY + timedelta(hours=2)) == 1
    assert counts(ops, stream) == (3, 1, 1)
    assert pack(ops, stream) == (1, True)
    assert counts(ops, stream) == (3, 0, 1)


@pytest.mark.parametrize("role", ["deduplicator", "exporter"])
def test_a_trigger_of_the_session_does_not_run_with_the_owners_rights(production: Database, role: str) -> None:
    with production.connect(role) as connection:
        connection.execute("create temporary table packed_copies (place tid)")
        connection.execute("create temporary table staged_market_hours (hour timestamptz, market_ticker text)")
        connection.execute("create temporary table ran_as (who text)")
        connection.execute("grant all on packed_copies, staged_market_hours, ran_as to public")
        connection.execute(
            "create function pg_temp.note() returns trigger language plpgsql as"
            " 'begin insert into pg_temp.ran_as values (current_user); return null; end'"
        )
        connection.execute("create trigger note before delete on packed_copies execute function pg_temp.note()")
        for stream in INSERTS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="tables of another role"):
                quarantine(connection, stream, AT)
        assert connection.execute("select * from ran_as").fetchall() == []
