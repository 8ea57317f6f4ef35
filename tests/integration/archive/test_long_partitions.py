"""Streams that production keeps for ever have few and long partitions, which the archive need not fill."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.exporting import CONNECTION, DAY, HOUR, LIFECYCLE, mark

YEARS = 3
# Three years hold 36.5 partitions of 30 days, and may begin and end within one.
PARTITIONS_MAX = 38
OLD = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 70 * DAY
HOURS = "select hour from ops.hours_to_archive('lifecycle_events', %s) order by 1"
VERIFY = """
insert into ops.archive_partitions (stream, hour, state)
select 'lifecycle_events', h.hour, 'verified' from ops.hours_to_archive('lifecycle_events', %s) as h
on conflict (stream, hour) do update set state = excluded.state
"""
DROP = "select lower(during) from ops.drop_archived_partitions('lifecycle_events', 1)"
# One row every ten days makes every partition on either engine.
FILL = {
    "lifecycle_events": """
insert into market_data.lifecycle_events (
    seen_at, subject_ticker, kind, payload_sha256, payload, received_at, gatherer_id
) select at, 'KXA-1', 'activated', sha256('1'), '{}', at, 1 from unnest(%s::timestamptz[]) as a (at)
""",
    "index_values": """
insert into market_data.index_values (
    source_ts, index_id, published_at, value, payload, received_at, gatherer_id
) select at, 'INDEX', at, 1, '{}', at, 1 from unnest(%s::timestamptz[]) as a (at)
""",
}
STAGE = {
    "lifecycle_events": """
insert into stage values (1, now(), now(), 'KXA-1', 'deactivated', sha256('2'), '{}', 0, '{}', null, '1')
""",
    "index_values": """
insert into stage values (1, now(), now(), 'INDEX', now(), 1, 1, 1, '{}', '1')
""",
}
LOCKED = """
select count(distinct l.relation)
from pg_locks as l
inner join timeseries.list_partitions(%s) as p on l.relation = p.partition_name::regclass
where l.pid = pg_backend_pid() and l.locktype = 'relation'
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        yield connection


def event(connection: Connection, at: datetime) -> None:
    """Insert a lifecycle event, which production keeps for ever."""
    connection.execute("select timeseries.ensure_partition('market_data.lifecycle_events', %s)", (at,))
    connection.execute(LIFECYCLE, (at, at))


def partition_of(connection: Connection, at: datetime) -> tuple[datetime, datetime]:
    """Return the times of the partition that holds a time, which the engines choose differently; keep nothing."""
    with connection.transaction(force_rollback=True):
        event(connection, at)
        ((during,),) = connection.execute(
            "select during from timeseries.list_partitions('market_data.lifecycle_events')"
        ).fetchall()
    return during.lower, during.upper


@pytest.mark.parametrize("stream", FILL)
def test_a_tick_after_three_years_plans_few_partitions(ops: Connection, stream: str) -> None:
    now, target = datetime.now(UTC), f"market_data.{stream}"
    moments = [now - days * DAY for days in range(0, YEARS * 365, 10)]
    for at in moments:
        ops.execute("select timeseries.ensure_partition(%s, %s)", (target, at))
    ops.execute(FILL[stream].encode(), (moments,))
    ops.execute(query(f"production/stage/{stream}"))
    with ops.transaction():
        ops.execute(STAGE[stream].encode())
        (merged,) = ops.execute(query(f"production/merge/{stream}")).fetchall()
        ((locked,),) = ops.execute(LOCKED, (target,)).fetchall()
    assert merged[2] == 1
    assert 1 <= locked <= PARTITIONS_MAX


def test_hours_before_the_first_record_need_no_object(ops: Connection) -> None:
    began, ended = partition_of(ops, OLD)
    first = began + 20 * DAY
    event(ops, first + timedelta(minutes=5))
    mark(ops, first, streams=["lifecycle_events"])
    hours = [hour for (hour,) in ops.execute(HOURS, (ended,)).fetchall()]
    assert hours == [first + number * HOUR for number in range((ended - first) // HOUR)]
    ops.execute(VERIFY, (ended,))
    assert ops.execute(DROP).fetchall() == [(began,)]
    assert ops.execute("select count(*) from market_data.lifecycle_events").fetchone() == (0,)


@pytest.mark.parametrize("days", [20, 25])
def test_a_partition_stays_until_each_hour_since_its_first_record_is_verified(ops: Connection, days: int) -> None:
    began, ended = partition_of(ops, OLD)
    event(ops, began + 20 * DAY)
    mark(ops, began + 20 * DAY, streams=["lifecycle_events"])
    ops.execute(VERIFY, (ended,))
    mark(ops, began + days * DAY, streams=["lifecycle_events"])
    assert ops.execute(DROP).fetchall() == []
    ops.execute(VERIFY, (ended,))
    assert ops.execute(DROP).fetchall() == [(began,)]


def test_hours_since_the_first_connection_need_objects(ops: Connection) -> None:
    began, ended = partition_of(ops, OLD)
    event(ops, began + 20 * DAY)
    mark(ops, began + 20 * DAY, streams=["lifecycle_events"])
    ops.execute(CONNECTION, (began + 10 * DAY + timedelta(minutes=30),))
    hours = [hour for (hour,) in ops.execute(HOURS, (ended,)).fetchall()]
    assert hours == [began + 10 * DAY + number * HOUR for number in range((ended - began - 10 * DAY) // HOUR)]


def test_of_the_time_before_the_first_connection_only_hours_with_rows_need_objects(ops: Connection) -> None:
    """A recording of last year that is played now needs no file for each hour since."""
    began, ended = partition_of(ops, OLD)
    ops.execute(CONNECTION, (began + 25 * DAY,))
    for day in (10, 20):
        event(ops, began + day * DAY)
        mark(ops, began + day * DAY, streams=["lifecycle_events"])
    hours = [hour for (hour,) in ops.execute(HOURS, (ended,)).fetchall()]
    assert hours == [began + 25 * DAY + number * HOUR for number in range((ended - began - 25 * DAY) // HOUR)]
    ops.execute(VERIFY, (ended,))
    assert ops.execute(DROP).fetchall() == []
    ops.execute("update ops.archive_partitions set state = 'verified' where hour = %s", (began + 10 * DAY,))
    assert ops.execute(DROP).fetchall() == []
    ops.execute("update ops.archive_partitions set state = 'verified' where hour = %s", (began + 20 * DAY,))
    assert ops.execute(DROP).fetchall() == [(began,)]


def test_a_stream_without_records_drops_nothing(ops: Connection) -> None:
    event(ops, OLD)
    assert ops.execute(DROP).fetchall() == []
    assert ops.execute("select count(*) from market_data.lifecycle_events").fetchall() == [(1,)]
