"""Old partitions are dropped as a whole, and no other rows are."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from kalshi_data.database.connection import Connection
from tests.support.engines import Database
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("within_a_day")

AT = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
INSERT = """
insert into market_data.hot_trades values
    (%s, %s, 'KXA-1', 0.43, 0.57, 3.5, 'yes', false, now(), 1)
"""
DROP = "select partition_name, lower(during) from timeseries.drop_partitions('market_data.hot_trades', %s)"
DROP_WITHIN = """
select lower(during) from timeseries.drop_partitions('market_data.hot_trades', %s, %s::tstzmultirange, %s)
"""


@pytest.fixture
def owner(production: Database) -> Any:
    with production.connect("kalshi_owner") as connection:
        for number in range(4):
            moment = AT + number * DAY
            connection.execute("select timeseries.ensure_partition('market_data.hot_trades', %s)", (moment,))
            connection.execute(INSERT, (moment, f"first {number}"))
            connection.execute(INSERT, (moment + DAY - timedelta(microseconds=1), f"last {number}"))
        yield connection


def held(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("select trade_id from market_data.trades order by 1").fetchall()]


def test_partitions_are_listed_with_their_times(owner: Connection) -> None:
    listed = owner.execute("select * from timeseries.list_partitions('market_data.hot_trades')").fetchall()
    assert [(each.lower, each.upper) for _, each in listed] == [(AT + n * DAY, AT + (n + 1) * DAY) for n in range(4)]
    for name, _ in listed:
        assert owner.execute(f"select count(*) from {name}".encode()).fetchone() == (2,)


def test_only_whole_partitions_older_than_the_time_are_dropped(owner: Connection) -> None:
    almost_two_days = AT + 2 * DAY - timedelta(microseconds=1)
    dropped = owner.execute(DROP, (almost_two_days,)).fetchall()
    assert [began for _, began in dropped] == [AT]
    assert owner.execute("select to_regclass(%s)", (dropped[0][0],)).fetchone() == (None,)
    assert held(owner) == ["first 1", "first 2", "first 3", "last 1", "last 2", "last 3"]
    assert owner.execute(DROP, (almost_two_days,)).fetchall() == []
    assert [began for _, began in owner.execute(DROP, (AT + 2 * DAY,)).fetchall()] == [AT + DAY]


def test_partitions_not_completely_within_the_given_times_stay(owner: Connection) -> None:
    within = f"{{[{AT}, {AT + DAY - timedelta(hours=1)}), [{AT + DAY}, {AT + 3 * DAY})}}"
    dropped = owner.execute(DROP_WITHIN, (AT + 10 * DAY, within, 100)).fetchall()
    assert [row[0] for row in dropped] == [AT + DAY, AT + 2 * DAY]
    assert held(owner) == ["first 0", "first 3", "last 0", "last 3"]


def test_no_more_partitions_are_dropped_than_asked_for_oldest_first(owner: Connection) -> None:
    assert owner.execute(DROP_WITHIN, (AT + 10 * DAY, "{(,)}", 1)).fetchall() == [(AT,)]


def test_a_table_in_use_is_left_alone_and_dropped_later(production: Database, owner: Connection) -> None:
    with production.connect("deduplicator") as reading:
        with reading.transaction():
            reading.execute("select count(*) from market_data.trades")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                owner.execute(DROP, (AT + 2 * DAY,))
        assert len(held(owner)) == 8
        assert len(owner.execute(DROP, (AT + 2 * DAY,)).fetchall()) == 2


def test_only_the_owner_drops_partitions_directly(production: Database, owner: Connection) -> None:
    for role in ("deduplicator", "reader"):
        with production.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(DROP, (AT + 2 * DAY,))
    assert len(held(owner)) == 8


def test_a_table_that_is_no_time_series_has_no_partitions(owner: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="not a time series"):
        owner.execute("select timeseries.drop_partitions('ops.cursors', now())")


ARCHIVED = """
insert into ops.archive_partitions (stream, hour, state)
select 'trades', hour, %s
from generate_series(%s::timestamptz, %s::timestamptz - interval '1 h', interval '1 h') as hour
on conflict (stream, hour) do update set state = excluded.state
"""


def midnight(days_ago: int) -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - days_ago * DAY


def archive(connection: Connection, first_days_ago: int, last_days_ago: int, state: str = "verified") -> None:
    connection.execute(ARCHIVED, (state, midnight(first_days_ago), midnight(last_days_ago)))


@pytest.fixture
def merging(production: Database) -> Any:
    with production.connect("deduplicator") as connection:
        for days_ago in (0, 1, 10, 11, 12, 40):
            connection.execute(
                "select timeseries.ensure_partition('market_data.hot_trades', %s)", (midnight(days_ago),)
            )
            connection.execute(INSERT, (midnight(days_ago), f"{days_ago:02} days ago"))
        yield connection


def drop_archived(connection: Connection, days_min: int, stream: str = "trades") -> list[int]:
    """Return how many days ago the dropped partitions were."""
    found = connection.execute(
        "select lower(during) from ops.drop_archived_partitions(%s, %s)", (stream, days_min)
    ).fetchall()
    return [(midnight(0) - began).days for (began,) in found]


def test_partitions_that_are_not_archived_are_never_dropped(merging: Connection) -> None:
    assert drop_archived(merging, 5) == []
    assert len(held(merging)) == 6


def test_only_partitions_whose_hours_are_all_verified_are_dropped(merging: Connection) -> None:
    archive(merging, 12, 9)
    merging.execute(ARCHIVED, ("exported", midnight(11), midnight(11) + timedelta(hours=1)))
    archive(merging, 40, 39, "exported")
    assert drop_archived(merging, 5) == [12, 10]
    assert held(merging) == ["00 days ago", "01 days ago", "11 days ago", "40 days ago"]
    assert drop_archived(merging, 5) == []
    found = merging.execute("select stream, lower(during), upper(during) from ops.dropped_partitions order by 2")
    assert found.fetchall() == [("trades", midnight(n), midnight(n - 1)) for n in (12, 10)]


def test_partitions_that_are_not_old_enough_stay(merging: Connection) -> None:
    archive(merging, 40, 0)
    assert drop_archived(merging, 11) == [40, 12]
    assert drop_archived(merging, 365) == []


def test_a_late_row_keeps_its_partition_until_it_is_archived_again(merging: Connection) -> None:
    archive(merging, 40, 39, "pending")
    archive(merging, 12, 9)
    merging.execute(ARCHIVED, ("pending", midnight(12), midnight(12) + timedelta(hours=1)))
    assert drop_archived(merging, 5) == [11, 10]
    archive(merging, 12, 11)
    assert drop_archived(merging, 5) == [12]


def test_an_unknown_stream_and_zero_days_are_refused(merging: Connection) -> None:
    for stream, days in (("cursors", 5), ("trades; drop table x", 5), ("trades", 0)):
        with pytest.raises(psycopg.errors.RaiseException):
            drop_archived(merging, days, stream)


def test_a_reader_drops_nothing(production: Database, merging: Connection) -> None:
    archive(merging, 40, 0)
    with production.connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        drop_archived(connection, 5)
    assert len(held(merging)) == 6


def test_a_row_merged_while_dropping_waits_rolls_the_drop_back(production: Database, merging: Connection) -> None:
    archive(merging, 40, 39, "pending")
    archive(merging, 12, 9)
    refusals: list[BaseException] = []
    with production.connect("deduplicator") as late:
        with late.transaction():
            late.execute(INSERT, (midnight(12) + timedelta(hours=3), "late"))
            late.execute(
                "update ops.archive_partitions set state = 'pending' where hour = %s",
                (midnight(12) + timedelta(hours=3),),
            )
            dropping = threading.Thread(target=lambda: refusals.extend(refusal(merging)))
            dropping.start()
            wait_for_a_lock(late)
        dropping.join()
    assert [type(each) for each in refusals] == [psycopg.errors.SerializationFailure]
    assert len(held(merging)) == 7
    assert drop_archived(merging, 5) == [11, 10]


def refusal(connection: Connection) -> list[BaseException]:
    try:
        drop_archived(connection, 5)
    except psycopg.Error as error:
        return [error]
    return []


def wait_for_a_lock(connection: Connection) -> None:
    """Wait until a session waits for a lock."""
    waiting = "select count(*) from pg_locks where not granted"
    wait_until(lambda: connection.execute(waiting).fetchone() != (0,))
