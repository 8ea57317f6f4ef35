"""Which gatherer covered which time, and what none did."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.support.coverage import at, beat, close, cover, minutes, miss
from tests.support.engines import Database

BOOK = "orderbook_delta"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        yield connection


def coverage(ops: Connection, channel: str = BOOK, until: float = 60) -> dict[int | None, list[tuple[float, float]]]:
    found = ops.execute("select * from ops.coverage('KXA-1', tstzrange(%s, %s))", (at(0), at(until))).fetchall()
    return {gatherer: minutes(covered) for name, gatherer, covered in found if name == channel}


def uncovered(ops: Connection, channel: str = BOOK, until: float = 60) -> list[tuple[float, float]]:
    found = ops.execute("select * from ops.uncovered('KXA-1', tstzrange(%s, %s))", (at(0), at(until))).fetchall()
    return minutes(dict(found)[channel])


def repairs(ops: Connection, until: float = 60) -> list[tuple[Any, ...]]:
    found = ops.execute("select * from ops.gap_repairs('KXA-1', tstzrange(%s, %s))", (at(0), at(until))).fetchall()
    return [
        (channel, gatherer, *minutes([missed]), received, fetched, minutes(lost))
        for channel, gatherer, missed, received, fetched, lost in found
    ]


def test_a_market_without_subscriptions_is_uncovered_on_every_channel(ops: Connection) -> None:
    found = ops.execute("select * from ops.uncovered('KXA-1', tstzrange(%s, %s))", (at(0), at(60))).fetchall()
    assert {channel: minutes(lost) for channel, lost in found} == {
        name: [(0, 60)] for name in ("orderbook_delta", "trade", "ticker", "market_lifecycle_v2")
    }


def test_coverage_is_listed_by_gatherer_and_for_all_together(ops: Connection) -> None:
    cover(ops, 1, -5, 10)
    cover(ops, 1, 20, 30)
    cover(ops, 2, 5, 25)
    cover(ops, 3, 40, 70)
    assert coverage(ops) == {
        1: [(0, 10), (20, 30)],
        2: [(5, 25)],
        3: [(40, 60)],
        None: [(0, 30), (40, 60)],
    }
    assert uncovered(ops) == [(30, 40)]


def test_other_markets_and_channels_cover_nothing(ops: Connection) -> None:
    cover(ops, 1, 0, 60, ticker="KXA-2")
    cover(ops, 1, 0, 60, ticker="", channel="trade")
    assert coverage(ops) == {None: []}
    assert coverage(ops, "trade") == {1: [(0, 60)], None: [(0, 60)]}
    assert uncovered(ops, "trade") == []


def test_a_subscription_without_end_counts_until_the_last_heartbeat(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    assert uncovered(ops) == [(0, 60)]
    beat(ops, 1, 42)
    assert uncovered(ops) == [(42, 60)]
    beat(ops, 1, 90)
    assert uncovered(ops) == []


def test_a_heartbeat_of_a_rebuilt_gatherer_extends_no_older_subscription(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 50, epoch=UUID(int=2))
    assert coverage(ops) == {None: []}
    close(ops, 1, 12)
    assert coverage(ops)[None] == [(0, 12)]


def test_a_closed_connection_ends_what_it_carried(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 50)
    close(ops, 1, 12)
    assert coverage(ops)[None] == [(0, 12)]


def test_a_gap_of_one_gatherer_that_another_received_is_repaired(ops: Connection) -> None:
    cover(ops, 1, 0, 10, reason="gap")
    cover(ops, 1, 20, 60)
    cover(ops, 2, 0, 15)
    cover(ops, 2, 30, 60)
    cover(ops, 3, 12, 14)
    cover(ops, 3, 14, 60)
    assert uncovered(ops) == []
    assert repairs(ops) == [
        (BOOK, 1, (10, 20), [2, 3], [], []),
        (BOOK, 2, (15, 30), [1, 3], [], []),
    ]


def test_a_gap_of_all_gatherers_at_once_stays_lost(ops: Connection) -> None:
    cover(ops, 1, 0, 10)
    cover(ops, 1, 20, 60)
    cover(ops, 2, 0, 12)
    cover(ops, 2, 18, 60)
    assert uncovered(ops) == [(12, 18)]
    assert repairs(ops) == [(BOOK, 1, (10, 20), [2], [], [(12, 18)]), (BOOK, 2, (12, 18), [], [], [(12, 18)])]


def test_a_gatherer_that_has_not_returned_misses_all_time_since(ops: Connection) -> None:
    cover(ops, 1, 0, 60)
    cover(ops, 2, 0, 10, reason="crashed")
    assert repairs(ops) == [(BOOK, 2, (10, 60), [1], [], [])]


def test_a_gatherer_that_dropped_a_market_that_is_over_misses_nothing(ops: Connection) -> None:
    cover(ops, 1, 0, 20, reason="dropped")
    cover(ops, 2, 5, 19, reason="dropped")
    assert repairs(ops) == []


def test_trades_fetched_by_rest_are_repaired_and_a_snapshot_brings_no_change_back(ops: Connection) -> None:
    cover(ops, 1, 0, 10, ticker="", channel="trade", reason="gap")
    cover(ops, 1, 12, 60, ticker="", channel="trade")
    miss(ops, 1, 10, 12, "rest")
    cover(ops, 1, 0, 30, reason="gap")
    cover(ops, 1, 31, 60)
    miss(ops, 1, 30, 31, "snapshot", BOOK)
    assert repairs(ops) == [
        (BOOK, 1, (30, 31), [], [], [(30, 31)]),
        ("trade", 1, (10, 12), [], [1], []),
    ]


COVERAGE_SPANS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 59), st.integers(1, 30), st.booleans()), min_size=1, max_size=12
)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(COVERAGE_SPANS, st.integers(0, 60), st.integers(0, 60))
def test_coverage_is_what_counting_minute_by_minute_finds(
    ops: Connection, spans: list[Any], last_beat: int, closed: int
) -> None:
    spans = list({(gatherer, began): (gatherer, began, *rest) for gatherer, began, *rest in spans}.values())
    covered: dict[int, set[int]] = {}
    with ops.transaction(force_rollback=True):
        for gatherer, began, length, is_open in spans:
            cover(ops, gatherer, began, None if is_open else began + length)
            ended = min(last_beat, closed) if is_open else began + length
            covered.setdefault(gatherer, set()).update(range(began, min(ended, 60)))
        for gatherer in covered:
            beat(ops, gatherer, last_beat)
            close(ops, gatherer, closed)
        found = coverage(ops)
        assert {gatherer: each_minute(found.get(gatherer, [])) for gatherer in covered} == covered
        together = set[int]().union(*covered.values())
        assert each_minute(uncovered(ops)) == set(range(60)) - together


def each_minute(ranges: list[tuple[float, float]]) -> set[int]:
    return {minute for began, ended in ranges for minute in range(int(began), int(ended))}
