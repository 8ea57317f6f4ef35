"""Order books rebuilt from messages without the exchange's clock, as three lines received them."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection
from tests.support.books import Book, book_at, delta, ensure_partitions, levels, snapshot
from tests.support.coverage import at
from tests.support.engines import Database

MILLISECOND = 1 / 60_000


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(0))
        yield connection


def test_changes_of_later_milliseconds_count_whenever_they_were_received(ops: Connection) -> None:
    book = levels(("yes", "0.41", "10"))
    snapshot(ops, 1, 0, book, occurrence=1, last_change=at(1 - 20 * MILLISECOND))
    # Contained, but production took it from a line that is behind.
    delta(ops, 1 - 20 * MILLISECOND, 0, "yes", "0.41", "3", received=1.001, gatherer=2)
    # Not contained, but another line was ahead.
    delta(ops, 1 - 5 * MILLISECOND, 0, "yes", "0.41", "4", received=1 - 4 * MILLISECOND, gatherer=2)
    assert book_at(ops, 1) == book
    assert book_at(ops, 1 + MILLISECOND) == levels(("yes", "0.41", "14"))


def test_in_the_millisecond_of_the_last_change_the_gatherers_own_order_decides(ops: Connection) -> None:
    snapshot(ops, 1, 0, levels(("yes", "0.41", "10")), occurrence=1, last_change=at(1 - 5 * MILLISECOND), gatherer=2)
    moment = 1 - 4.5 * MILLISECOND
    delta(ops, moment, 0, "yes", "0.41", "1", received=1 - MILLISECOND, gatherer=2)
    delta(ops, moment, 0, "yes", "0.41", "2", received=1 + MILLISECOND, gatherer=2)
    assert book_at(ops, 2) == levels(("yes", "0.41", "12"))


@pytest.mark.parametrize("digits", [0, None])
def test_changes_whose_time_is_not_exact_count_by_their_receipt(ops: Connection, digits: int | None) -> None:
    snapshot(ops, 1, 0, levels(("yes", "0.41", "10")), occurrence=1, last_change=at(1 - 50 * MILLISECOND))
    delta(ops, 1 - 40 * MILLISECOND, 0, "yes", "0.41", "1", received=1 - MILLISECOND, digits=digits)
    delta(ops, 1 - 60 * MILLISECOND, 0, "yes", "0.41", "2", received=1 + MILLISECOND, digits=digits)
    assert book_at(ops, 2) == levels(("yes", "0.41", "12"))


def test_a_clock_on_one_side_only_orders_nothing(ops: Connection) -> None:
    """During a rollout a line may have it and another not."""
    snapshot(ops, 1, 0, levels(("yes", "0.41", "10")), occurrence=1, last_change=at(0.5))
    delta(ops, 0.5, 7, "yes", "0.41", "5")
    delta(ops, 1.5, 8, "yes", "0.41", "1")
    assert book_at(ops, 2) == levels(("yes", "0.41", "11"))
    snapshot(ops, 3, 8, levels(("yes", "0.41", "11")), last_change=at(1.5))
    delta(ops, 1.5, 0, "yes", "0.41", "9")
    delta(ops, 4, 0, "yes", "0.41", "1")
    delta(ops, 4, 9, "yes", "0.41", "1")
    assert book_at(ops, 5) == levels(("yes", "0.41", "13"))


def test_a_first_snapshot_replaces_whatever_was_known_before(ops: Connection) -> None:
    """It follows no change, so the time of receipt decides; all lines may have lost changes before it."""
    snapshot(ops, 0, 0, levels(("yes", "0.41", "10")), occurrence=1, last_change=at(-1))
    delta(ops, 1, 0, "yes", "0.41", "5")
    snapshot(ops, 2, 0, levels(("yes", "0.41", "3")), occurrence=1)
    delta(ops, 3, 0, "yes", "0.41", "1")
    assert book_at(ops, 2) == levels(("yes", "0.41", "3"))
    assert book_at(ops, 3) == levels(("yes", "0.41", "4"))


def test_productions_own_check_needs_a_clock_on_every_side(ops: Connection) -> None:
    compare = "select from_at, wrong_level_count from ops.compare_book('KXA-1', %s, 10, %s, interval '5 min')"
    book = levels(("yes", "0.41", "10"))
    snapshot(ops, 0, 5)
    snapshot(ops, 5, 0, book, occurrence=1)
    snapshot(ops, 10, 10, book)
    delta(ops, 2, 6, "yes", "0.41", "10")
    row = ops.execute("select levels_sha256 from market_data.orderbook_snapshots where clock = 10").fetchone()
    assert row is not None
    # The snapshot without a clock between them is passed over.
    assert ops.execute(compare, (at(10), row[0])).fetchall() == [(at(0), 0)]
    delta(ops, 3, 0, "yes", "0.41", "1")
    assert ops.execute(compare, (at(10), row[0])).fetchall() == []


def test_a_result_that_can_be_compared_no_longer_is_withdrawn(ops: Connection) -> None:
    snapshot(ops, 0, 5)
    snapshot(ops, 10, 10, levels(("yes", "0.41", "10")))
    assert ops.execute("select checked, proven from ops.check_books()").fetchone() == (1, 0)
    delta(ops, 3, 0, "yes", "0.41", "10")
    ops.execute("update ops.book_checks set check_again_at = now()")
    assert ops.execute("select checked, proven from ops.check_books()").fetchone() == (0, 0)
    assert ops.execute("select from ops.book_checks").fetchall() == []
    due = ops.execute("select market_ticker from ops.market_minutes_due").fetchall()
    assert due == [("KXA-1",), ("KXA-1",)]


class Message(NamedTuple):
    """A change, or where one line gets a snapshot; in the order in which the exchange sends."""

    side: str
    price: int
    size: int
    pause: int
    snapshot_of: int


MESSAGES = st.lists(
    st.builds(
        Message,
        st.sampled_from(("yes", "no")),
        st.integers(1, 3),
        st.integers(1, 4),
        st.integers(1, 30),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
)
DELAYS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES, DELAYS, st.randoms(use_true_random=False))
def test_a_book_is_exact_at_each_snapshot_and_by_the_exchanges_time_between(
    ops: Connection, messages: list[Message], delays: tuple[int, int, int], chance: random.Random
) -> None:
    """Three lines are milliseconds ahead and behind; production took each change from any of them."""
    book: Book = {}
    now = 0
    history: list[tuple[int, Book]] = []
    snapshots: list[tuple[float, Book]] = []
    with ops.transaction(force_rollback=True):
        for number, message in enumerate(messages):
            now += message.pause
            line = chance.randrange(3)
            received = now + delays[line] + number / 1000
            level = (message.side, Decimal(message.price) / 100)
            book = {**book, level: book.get(level, Decimal(0)) + message.size}
            minutes = (now * MILLISECOND, received * MILLISECOND)
            price = f"0.0{message.price}"
            delta(
                ops, minutes[0], 0, message.side, price, str(message.size), occurrence=number, received=minutes[1],
                gatherer=line + 1,
            )  # fmt: skip
            history.append((now, book))
            if message.snapshot_of:
                line = message.snapshot_of
                received = now + delays[line - 1] + 0.5 + number / 1000
                snapshot(
                    ops,
                    received * MILLISECOND,
                    0,
                    book,
                    occurrence=number + 1,
                    gatherer=line,
                    last_change=at(now * MILLISECOND),
                )
                snapshots.append((received, book))
        for received, expected in snapshots:
            assert book_at(ops, received * MILLISECOND) == expected
        times = sorted(received for received, _ in snapshots)
        for moment in range(now + 50):
            if times and moment > times[0]:
                expected = [known for changed, known in history if changed <= moment][-1]
                assert book_at(ops, (moment + 0.3) * MILLISECOND) == expected
