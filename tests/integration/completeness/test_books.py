"""Order books rebuilt at any time, and snapshots that prove the changes between them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.support.books import Book, book_at, delta, ensure_partitions, late, levels, snapshot
from tests.support.coverage import T0, at, minutes
from tests.support.engines import Database

CHECKS = """
select tstzmultirange(tstzrange(from_at, until_at)), from_clock, until_clock, is_proven, delta_count
from ops.book_checks where market_ticker = %s order by until_at, until_clock
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-180), at(0), at(180), datetime.now(UTC))
        yield connection


def check(ops: Connection, snapshots_max: int = 1000) -> tuple[int, int]:
    """Do what upkeep does for books, and return how many were checked and proven."""
    ops.execute("select ops.schedule_rechecks()")
    row = ops.execute("select * from ops.check_books(%s)", (snapshots_max,)).fetchone()
    assert row is not None
    return row[:2]


def checks(ops: Connection, ticker: str = "KXA-1") -> list[tuple[Any, ...]]:
    return [(*minutes(during), *rest) for during, *rest in ops.execute(CHECKS, (ticker,)).fetchall()]


def due(ops: Connection) -> list[tuple[float, float]]:
    statement = "delete from ops.market_minutes_due where stream = 'orderbook_deltas' returning during"
    found = ops.execute(statement).fetchall()
    return sorted(minutes([during for (during,) in found]))


def test_a_book_is_its_last_snapshot_and_the_changes_with_a_later_clock(ops: Connection) -> None:
    snapshot(ops, 0, 10, levels(("yes", "0.41", "10.00"), ("yes", "0.40", "5"), ("no", "0.55", "7.25")))
    delta(ops, -0.01, 10, "yes", "0.41", "10.00")  # contained already
    delta(ops, -0.001, 11, "yes", "0.41", "-4.50")  # was under way when the snapshot was received
    delta(ops, 1, 12, "no", "0.55", "-7.25")
    delta(ops, 1, 12, "no", "0.54", "1")
    delta(ops, 1, 12, "no", "0.54", "1", occurrence=1)
    delta(ops, 3, 13, "yes", "0.42", "2")
    assert book_at(ops, 0) == levels(("yes", "0.41", "5.50"), ("yes", "0.40", "5"), ("no", "0.55", "7.25"))
    assert book_at(ops, 2) == levels(("yes", "0.41", "5.50"), ("yes", "0.40", "5"), ("no", "0.54", "2"))
    assert book_at(ops, 3)["yes", Decimal("0.42")] == Decimal(2)
    assert book_at(ops, -1) == {}
    assert book_at(ops, 3, "KXA-2") == {}


def test_levels_come_best_first_on_each_side(ops: Connection) -> None:
    snapshot(ops, 0, 1, levels(("no", "0.5", "1"), ("yes", "0.1", "1"), ("yes", "0.3", "1"), ("no", "0.6", "1")))
    assert [(side, str(price)) for side, price in book_at(ops, 1)] == [
        ("yes", "0.3"),
        ("yes", "0.1"),
        ("no", "0.6"),
        ("no", "0.5"),
    ]


def test_without_clock_the_changes_received_after_the_snapshot_count(ops: Connection) -> None:
    snapshot(ops, 1, 0, levels(("yes", "0.41", "10")))
    delta(ops, 0.9, 0, "yes", "0.41", "3", received=0.95)
    delta(ops, 0.99, 0, "yes", "0.41", "4", received=1.01)
    delta(ops, 2, 0, "yes", "0.41", "-1")
    assert book_at(ops, 1) == levels(("yes", "0.41", "14"))
    assert book_at(ops, 2) == levels(("yes", "0.41", "13"))
    assert check(ops) == (0, 0)
    assert checks(ops) == []


def test_a_market_that_never_changed_begins_with_clock_zero(ops: Connection) -> None:
    snapshot(ops, 0, 0)
    delta(ops, 1, 1, "yes", "0.5", "2")
    snapshot(ops, 2, 1, levels(("yes", "0.5", "2")))
    assert book_at(ops, 1) == levels(("yes", "0.5", "2"))
    assert check(ops) == (1, 1)
    assert checks(ops) == [((0, 2), 0, 1, True, 1)]


def test_a_snapshot_that_the_changes_explain_proves_the_interval(ops: Connection) -> None:
    snapshot(ops, 0, 10, levels(("yes", "0.41", "10"), ("no", "0.5", "1")))
    delta(ops, 1, 11, "yes", "0.41", "-10")
    delta(ops, 2, 14, "yes", "0.4", "3")
    snapshot(ops, 3, 14, levels(("yes", "0.4", "3"), ("no", "0.5", "1")))
    delta(ops, 4, 15, "no", "0.5", "1")
    snapshot(ops, 5, 15, levels(("yes", "0.4", "3"), ("no", "0.5", "2")))
    assert check(ops) == (2, 2)
    assert checks(ops) == [((0, 3), 10, 14, True, 2), ((3, 5), 14, 15, True, 1)]
    assert due(ops) == [(0, 3), (3, 5)]
    assert check(ops) == (0, 0)


def test_what_is_missing_is_listed_and_proven_once_it_has_come(ops: Connection) -> None:
    snapshot(ops, 0, 10, levels(("yes", "0.41", "10")))
    snapshot(ops, 3, 14, levels(("yes", "0.41", "4"), ("no", "0.3", "2")))
    delta(ops, 2, 12, "no", "0.3", "2")
    delta(ops, 2, 12, "yes", "0.02", "1")
    assert check(ops) == (1, 0)
    row = ops.execute("select difference, wrong_level_count, level_count, check_again_at > now() from ops.book_checks")
    assert row.fetchone() == (
        [
            {"side": "yes", "price": 0.02, "rebuilt": 1, "published": 0},
            {"side": "yes", "price": 0.41, "rebuilt": 10, "published": 4},
        ],
        2,
        3,
        True,
    )
    assert check(ops) == (0, 0)
    delta(ops, 2.5, 13, "yes", "0.41", "-6")
    delta(ops, 2.5, 13, "yes", "0.02", "-1")
    late(ops, "orderbook_deltas", 2.5, 2.5)
    due(ops)
    assert check(ops) == (1, 1)
    assert checks(ops) == [((0, 3), 10, 14, True, 4)]
    assert due(ops) == [(0, 3), (2.5, 2.5)]
    assert ops.execute("select difference, attempts, check_again_at from ops.book_checks").fetchone() == (None, 2, None)


def test_a_proven_interval_is_broken_by_a_change_that_should_not_be(ops: Connection) -> None:
    snapshot(ops, 0, 10)
    snapshot(ops, 3, 14, levels(("yes", "0.41", "4")))
    delta(ops, 2, 12, "yes", "0.41", "4")
    assert check(ops) == (1, 1)
    delta(ops, 2, 13, "yes", "0.41", "1")
    late(ops, "orderbook_deltas", 2, 2)
    assert check(ops) == (1, 0)


def test_a_wrong_book_is_checked_again_a_limited_number_of_times(ops: Connection) -> None:
    snapshot(ops, 0, 10)
    snapshot(ops, 3, 14, levels(("yes", "0.41", "4")))
    check(ops)
    for _ in range(6):
        assert check(ops) == (0, 0)
        ops.execute("update ops.book_checks set check_again_at = now() where check_again_at is not null")
        assert check(ops) == (1, 0)
    assert ops.execute("select check_again_at, attempts from ops.book_checks").fetchone() == (None, 7)


def test_an_interval_whose_snapshot_has_a_wrong_time_is_proven_at_the_second_attempt(ops: Connection) -> None:
    snapshot(ops, 60, 10)  # by a clock that is an hour ahead
    delta(ops, 1, 11, "yes", "0.41", "4")
    snapshot(ops, 61, 11, levels(("yes", "0.41", "4")))
    assert check(ops) == (1, 0)
    ops.execute("update ops.book_checks set check_again_at = now()")
    assert check(ops) == (1, 1)


def test_a_late_snapshot_divides_the_interval_that_was_checked(ops: Connection) -> None:
    snapshot(ops, 0, 10)
    delta(ops, 1, 11, "yes", "0.41", "4")
    snapshot(ops, 4, 15, levels(("yes", "0.41", "4"), ("yes", "0.42", "1")))
    assert check(ops) == (1, 0)
    snapshot(ops, 2, 11, levels(("yes", "0.41", "4")))
    late(ops, "orderbook_snapshots", 2, 2)
    assert check(ops) == (2, 1)
    assert [row[:4] for row in checks(ops)] == [((0, 2), 10, 11, True), ((2, 4), 11, 15, False)]


def test_a_clock_that_goes_down_proves_nothing(ops: Connection) -> None:
    snapshot(ops, 0, 1000, levels(("yes", "0.41", "4")))
    snapshot(ops, 10, 3)
    delta(ops, 11, 5, "yes", "0.2", "1")
    snapshot(ops, 12, 5, levels(("yes", "0.2", "1")))
    assert check(ops) == (1, 1)
    assert checks(ops) == [((10, 12), 3, 5, True, 1)]


def test_a_snapshot_that_came_over_a_slower_connection_breaks_no_chain(ops: Connection) -> None:
    book = [levels(("yes", "0.1", str(size))) for size in (1, 2, 3, 4)]
    for clock, size in ((20, 2), (30, 3), (40, 4)):
        delta(ops, clock / 10, clock, "yes", "0.1", str(size - (size - 1)))
    snapshot(ops, 1.0, 10, book[0])
    snapshot(ops, 3.5, 30, book[2])
    snapshot(ops, 3.6, 20, book[1])
    snapshot(ops, 4.5, 40, book[3])
    assert check(ops) == (3, 3)
    assert [row[0] for row in checks(ops)] == [(1, 3.5), (1, 3.6), (3.6, 4.5)]


def test_books_are_checked_in_bounded_steps_and_only_once_settled(ops: Connection) -> None:
    for market in range(5):
        for minute in range(4):
            snapshot(ops, minute, minute + 1, ticker=f"KXA-{market}")
    half_a_minute_ago = (datetime.now(UTC) - T0).total_seconds() / 60 - 0.5
    snapshot(ops, half_a_minute_ago, 9, ticker="KXA-0")
    steps: list[tuple[int, int]] = []
    while True:
        step = check(ops, snapshots_max=3)
        if step == (0, 0) and steps and steps[-1] == (0, 0):
            break
        steps.append(step)
    assert sum(checked for checked, _ in steps) == 15
    assert max(checked for checked, _ in steps) <= 5


ACTIONS = st.lists(
    st.tuples(st.sampled_from(("yes", "no")), st.integers(1, 3), st.integers(-4, 4), st.sampled_from("dddds")),
    min_size=1,
    max_size=25,
)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS, st.integers(0, 24))
def test_a_book_at_any_time_is_what_a_model_makes_of_it(ops: Connection, actions: list[Any], lost: int) -> None:
    book: Book = {}
    history: list[Book] = []
    since: list[int] = []
    with ops.transaction(force_rollback=True):
        snapshot(ops, 0, 1)
        for number, (side, price, size, kind) in enumerate(actions, start=1):
            clock = number // 2 + 2
            level = (side, Decimal(price) / 100)
            if size:
                book = {**book, level: book.get(level, Decimal(0)) + size}
                if number - 1 != lost:
                    delta(ops, number, clock, side, f"0.0{price}", str(size), occurrence=number)
                else:
                    since.append(number)
            book = {level: amount for level, amount in book.items() if amount}
            history.append(book)
            if kind == "s" and number % 2:
                snapshot(ops, number + 0.5, clock, book)
                if since == [lost + 1]:
                    since.append(number)
        checked, proven = check(ops)
        missing = bool(since) and len(since) == 2
        assert checked - proven == int(missing)
        for number, expected in enumerate(history, start=1):
            complete = not since or number < since[0] or (missing and number > since[1])
            if complete:
                assert book_at(ops, number + 0.6) == expected
