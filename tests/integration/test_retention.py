"""Old partitions go as a whole, and nothing else goes with them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from kalshi_data.database import Connection
from tests.engines import Database

AT = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
INSERT = """
insert into market_data.trades values
    (%s, %s, 'KXA-1', 0.43, 0.57, 3.5, 'yes', false, now(), 1)
"""
DROP = "select partition_name, lower(during) from timeseries.drop_partitions('market_data.trades', %s)"
DROP_WITHIN = """
select lower(during) from timeseries.drop_partitions('market_data.trades', %s, %s::tstzmultirange, %s)
"""


@pytest.fixture
def owner(production: Database) -> Any:
    with production.connect("kalshi_owner") as connection:
        for number in range(4):
            moment = AT + number * DAY
            connection.execute("select timeseries.ensure_partition('market_data.trades', %s)", (moment,))
            connection.execute(INSERT, (moment, f"first {number}"))
            connection.execute(INSERT, (moment + DAY - timedelta(microseconds=1), f"last {number}"))
        yield connection


def held(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("select trade_id from market_data.trades order by 1").fetchall()]


def test_partitions_are_listed_with_their_times(owner: Connection) -> None:
    listed = owner.execute("select * from timeseries.list_partitions('market_data.trades')").fetchall()
    assert [(each.lower, each.upper) for _, each in listed] == [(AT + n * DAY, AT + (n + 1) * DAY) for n in range(4)]
    for name, _ in listed:
        assert owner.execute(f"select count(*) from {name}".encode()).fetchone() == (2,)


def test_only_whole_partitions_older_than_the_moment_go(owner: Connection) -> None:
    almost_two_days = AT + 2 * DAY - timedelta(microseconds=1)
    dropped = owner.execute(DROP, (almost_two_days,)).fetchall()
    assert [began for _, began in dropped] == [AT]
    assert owner.execute("select to_regclass(%s)", (dropped[0][0],)).fetchone() == (None,)
    assert held(owner) == ["first 1", "first 2", "first 3", "last 1", "last 2", "last 3"]
    assert owner.execute(DROP, (almost_two_days,)).fetchall() == []
    assert [began for _, began in owner.execute(DROP, (AT + 2 * DAY,)).fetchall()] == [AT + DAY]


def test_partitions_not_wholly_within_the_given_times_stay(owner: Connection) -> None:
    within = f"{{[{AT}, {AT + DAY - timedelta(hours=1)}), [{AT + DAY}, {AT + 3 * DAY})}}"
    dropped = owner.execute(DROP_WITHIN, (AT + 10 * DAY, within, 100)).fetchall()
    assert [row[0] for row in dropped] == [AT + DAY, AT + 2 * DAY]
    assert held(owner) == ["first 0", "first 3", "last 0", "last 3"]


def test_no_more_go_than_asked_for_and_the_oldest_first(owner: Connection) -> None:
    assert owner.execute(DROP_WITHIN, (AT + 10 * DAY, "{(,)}", 1)).fetchall() == [(AT,)]


def test_a_table_in_use_is_left_alone_and_dropped_later(production: Database, owner: Connection) -> None:
    with production.connect("deduplicator") as reading:
        with reading.transaction():
            reading.execute("select count(*) from market_data.trades")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                owner.execute(DROP, (AT + 2 * DAY,))
        assert len(held(owner)) == 8
        assert len(owner.execute(DROP, (AT + 2 * DAY,)).fetchall()) == 2


def test_nobody_but_the_owner_drops_partitions_directly(production: Database, owner: Connection) -> None:
    for role in ("deduplicator", "reader"):
        with production.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(DROP, (AT + 2 * DAY,))
    assert len(held(owner)) == 8


def test_a_table_that_is_no_time_series_has_no_partitions(owner: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="not a time series"):
        owner.execute("select timeseries.drop_partitions('ops.cursors', now())")
