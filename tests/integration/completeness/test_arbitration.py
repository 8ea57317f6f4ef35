"""What each gatherer contributed, counted from which gatherer received which row and when."""

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.support.engines import Database

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
SIGHTING = "insert into ops.sightings values (%s, %s, %s, %s, %s) on conflict do nothing"
READ = """
select
    gatherer_id, sampled_one_in, rows_sampled, rows_seen, rows_unique, rows_first, rows_missed,
    skew_ms_p50::float, lag_ms_p50::float
from ops.arbitration where stream = %s and hour = %s order by 1
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        yield connection


def see(ops: Connection, key: int, gatherer: int, late_ms: int, at: datetime = HOUR, stream: str = "trades") -> None:
    ops.execute(SIGHTING, (stream, at, key, gatherer, at + timedelta(milliseconds=late_ms)))


def compute(ops: Connection, hours_max: int = 24) -> int:
    row = ops.execute("select ops.advance_arbitration(256, %s)", (hours_max,)).fetchone()
    return int(row[0]) if row else -1


def read(ops: Connection, stream: str = "trades", hour: datetime = HOUR) -> list[tuple[Any, ...]]:
    return ops.execute(READ, (stream, hour)).fetchall()


def test_without_sightings_no_row_is_written(ops: Connection) -> None:
    assert compute(ops) == 0
    assert ops.execute("select * from ops.arbitration").fetchall() == []


def test_rows_are_counted_by_which_gatherer_received_them_and_which_was_first(ops: Connection) -> None:
    ops.execute("insert into ops.heartbeats values (4, gen_random_uuid(), now(), now(), '{}')")
    for gatherer, late_ms in ((1, 30), (2, 10), (3, 10)):
        see(ops, 1, gatherer, late_ms)
    see(ops, 2, 1, 5)
    for gatherer, late_ms in ((1, 20), (3, 60)):
        see(ops, 3, gatherer, late_ms)
    assert compute(ops) == 4
    assert read(ops) == [
        (1, 1, 3, 3, 1, 2, 0, 0, 20),
        (2, 1, 3, 1, 0, 1, 2, 0, 10),
        (3, 1, 3, 2, 0, 0, 1, 20, 35),
        (4, 1, 3, 0, 0, 0, 3, None, None),
    ]


def test_the_sampled_share_is_recorded(ops: Connection) -> None:
    see(ops, 1, 1, 5, stream="orderbook_deltas")
    compute(ops)
    assert read(ops, "orderbook_deltas")[0][:3] == (1, 256, 1)


def test_hours_are_computed_once_they_have_settled_and_again_after_a_day(ops: Connection) -> None:
    yesterday = HOUR - timedelta(days=1)
    now = datetime.now(UTC)
    for at in (yesterday, HOUR, now):
        see(ops, 1, 1, 5, at)
    assert compute(ops, 48) == 3
    assert [row[3] for row in read(ops, hour=yesterday)] == [1]
    assert read(ops, hour=now.replace(minute=0, second=0, microsecond=0)) == []
    assert [row[0] for row in ops.execute("select seen_at from ops.sightings order by 1").fetchall()] == [HOUR, now]
    assert compute(ops) == 0


def test_what_a_gatherer_brings_late_counts_in_the_end(ops: Connection) -> None:
    see(ops, 1, 1, 5)
    compute(ops)
    assert [row[4] for row in read(ops)] == [1]
    see(ops, 1, 2, 3)
    ops.execute("update ops.watermarks set moment = %s where name = 'arbitration'", (HOUR,))
    compute(ops)
    assert [row[4:6] for row in read(ops)] == [(0, 0), (0, 1)]


def test_it_goes_on_in_bounded_steps(ops: Connection) -> None:
    for hours in range(4):
        see(ops, 1, 1, 5, HOUR + timedelta(hours=hours))
    assert [compute(ops, 2) for _ in range(3)] == [2, 2, 0]


def test_a_sample_holds_its_share_and_the_same_rows_everywhere(ops: Connection) -> None:
    statement = """
    select count(*) from generate_series(%s::timestamptz, %s::timestamptz + interval '100 s', interval '10 ms') as t
    where ops.is_sampled(t, 16)
    """
    counts = {ops.execute(statement, (HOUR, HOUR)).fetchone() for _ in range(2)}
    ((count,),) = [row for row in counts if row]
    assert 450 < count < 800


SEEN = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(-50, 50)), min_size=1, max_size=20)


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SEEN)
def test_figures_are_what_counting_by_hand_gives(ops: Connection, seen: list[tuple[int, int, int]]) -> None:
    first = {(key, gatherer): late for key, gatherer, late in reversed(seen)}
    with ops.transaction(force_rollback=True):
        for key, gatherer, late_ms in seen:
            see(ops, key, gatherer, late_ms)
        compute(ops)
        keys = {key for key, _ in first}
        expected: list[tuple[Any, ...]] = []
        for gatherer in sorted({gatherer for _, gatherer in first}):
            mine = {key: late for (key, of), late in first.items() if of == gatherer}
            winners = {key: min((late, of) for (each, of), late in first.items() if each == key) for key in keys}
            alone = sum(1 for key in mine if len([of for each, of in first if each == key]) == 1)
            won = sum(1 for key in mine if winners[key][1] == gatherer)
            skew = statistics.median(late - winners[key][0] for key, late in mine.items())
            lag = statistics.median(mine.values())
            expected.append((gatherer, 1, len(keys), len(mine), alone, won, len(keys) - len(mine), skew, lag))
        assert read(ops) == expected
