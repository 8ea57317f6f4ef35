"""Each snapshot of a book is compared with the book that the connection showed before it."""

import tracemalloc
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.recording import followed_books
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.events import BookCompared, BookNotFollowed, count
from kalshi_data.gatherer.recording.order_book import Ladder, list_differences, read_ladder, to_price, to_size
from tests.support.receiving import BOOKS_SUBSCRIBED, delta, frame, snapshot
from tests.unit.gatherer.test_decoder import Decoding, seconds

MS = 1_793_109_600_000
PRICES = st.sampled_from(["0.4100", "0.41", "0.5", "0.0001", "0.99995", "0.123456"])
SIZES = st.sampled_from(["1.00", "-1.00", "2.5", "-0.005", "0.00", "-1", "0.000001", "99999999999.99"])
CHANGES = st.lists(st.tuples(st.sampled_from(["yes", "no"]), PRICES, SIZES), max_size=12)
Levels = dict[tuple[str, Decimal], Decimal]


class Check(NamedTuple):
    """A row of capture.book_checks, with times as seconds and milliseconds."""

    market: str
    times: tuple[int, int]
    seqs: tuple[int, int]
    clocks: tuple[int, int]
    changes: tuple[int | None, int | None]
    change_count: int
    inner_count: int | None
    level_count: int
    is_equal: bool
    difference: list[dict[str, str]]


def checks(items: Sequence[Item]) -> list[Check]:
    found: list[Check] = []
    for item in items:
        if item.stream == "book_checks":
            row = item.row
            changes = tuple(each and round(each.timestamp() * 1000) - MS for each in row[9:11])
            wrong = msgspec.json.decode(row[16], type=list[dict[str, str]]) if row[16] else []
            assert (row[:2], len(wrong), row[14]) == ((7, 1), min(row[15], 50), not wrong)
            times = (seconds(row[3]), seconds(row[4]))
            values = {"change_count": row[11], "inner_count": row[12], "level_count": row[13], "is_equal": row[14]}
            found.append(Check(row[2], times, row[5:7], row[7:9], (changes[0], changes[1]), **values, difference=wrong))
    return found


def compared(*frames: bytes) -> list[Check]:
    return checks(Decoding().take(BOOKS_SUBSCRIBED, *frames).items)


def book(seq: int, levels: Levels, ticker: str = "KXA-1", **others: Any) -> bytes:
    sides: dict[str, list[list[str]]] = {"yes": [], "no": []}
    for (side, price), size in levels.items():
        sides[side].append([format(price, "f"), format(size, "f")])
    body = {"market_ticker": ticker, "yes_dollars_fp": sides["yes"], "no_dollars_fp": sides["no"]}
    return frame("orderbook_snapshot", seq, 1, {**body, **others})


def test_a_book_that_changed_as_received_is_equal_with_or_without_a_clock() -> None:
    assert compared(
        snapshot(1), delta(2, delta_fp="-2.00", ts_ms=MS + 5), snapshot(3, yes_dollars_fp=[["0.41", "3"]])
    ) == [Check("KXA-1", (2, 4), (1, 3), (1, 3), (4, 5), 1, 0, 1, is_equal=True, difference=[])]
    (check,) = compared(snapshot(1, clock=None), snapshot(2, clock=None))
    assert (check.is_equal, check.clocks, check.change_count, check.changes) == (True, (0, 0), 0, (None, None))


def test_a_change_that_never_arrived_is_found_with_its_levels() -> None:
    (check,) = compared(snapshot(1), delta(2, side="no", delta_fp="7.50"), snapshot(3, yes_dollars_fp=[["0.42", "1"]]))
    assert (check.is_equal, check.level_count) == (False, 3)
    assert check.difference == [
        {"side": "no", "price": "0.4100", "rebuilt": "7.50", "published": "0.00"},
        {"side": "yes", "price": "0.4100", "rebuilt": "5.00", "published": "0.00"},
        {"side": "yes", "price": "0.4200", "rebuilt": "0.00", "published": "1.00"},
    ]


def test_changes_between_the_outer_ones_are_counted() -> None:
    times = (3, 3, 4, 5, 5, 6, 6)
    deltas = [delta(2 + number, side="no", ts_ms=MS + time) for number, time in enumerate(times)]
    grown: dict[str, Any] = {"no_dollars_fp": [["0.41", "7"]]}
    first, second = compared(snapshot(1), *deltas, snapshot(9, **grown), snapshot(10, **grown))
    assert (first.changes, first.change_count, first.inner_count) == ((2, 6), 7, 5)
    # Nothing came after the last change, so all changes of its time are known.
    assert (second.changes, second.change_count, second.inner_count) == ((5, 7), 0, 2)
    later = [delta(11, side="no", ts_ms=MS + 6), delta(12, side="no", ts_ms=MS + 7), delta(13, side="no", ts_ms=MS + 9)]
    third = compared(snapshot(1), *deltas, snapshot(9, **grown), delta(10), snapshot(11))[-1]
    assert third.change_count == 1
    (*_, last) = compared(
        *(snapshot(1), *deltas, snapshot(9, **grown), snapshot(10, **grown), *later),
        snapshot(14, no_dollars_fp=[["0.41", "10"]]),
    )
    assert (last.changes, last.change_count, last.inner_count, last.is_equal) == ((6, 9), 3, 1, True)


def test_a_change_that_is_alone_between_snapshots_is_counted_by_the_next_comparison() -> None:
    def grown(seq: int, size: int) -> bytes:
        return snapshot(seq, no_dollars_fp=[["0.41", str(size)]])

    def change(seq: int, at: int) -> bytes:
        return delta(seq, side="no", ts_ms=MS + at)

    found = compared(
        *(snapshot(1), change(2, 1), grown(3, 1), change(4, 2), grown(5, 2), change(6, 5), grown(7, 3)),
        # A change of the same time, behind the snapshot.
        *(change(8, 5), grown(9, 4), grown(10, 4), grown(11, 4), change(12, 9), grown(13, 5)),
    )
    assert [(check.changes, check.inner_count) for check in found] == [
        ((0, 1), 0),
        ((0, 2), 1),
        ((1, 5), 1),
        ((4, 5), 0),
        ((4, 6), 2),
        ((5, 5), 0),
        ((5, 9), 0),
    ]


def test_after_a_difference_the_changes_of_the_last_time_are_not_known() -> None:
    deltas = [delta(2, side="no", ts_ms=MS + 1), delta(3, side="no", ts_ms=MS + 2)]
    found = compared(snapshot(1), *deltas, snapshot(4), snapshot(5))
    assert [(check.is_equal, check.changes) for check in found] == [(False, (0, 2)), (True, (2, 2))]


def test_a_first_change_close_behind_the_first_snapshot_is_not_counted() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1))
    # The change is received in the same second, so the snapshot may have others of its time in it.
    decoding.number -= 1
    decoding.take(delta(2, side="no", ts_ms=MS + 3), delta(3, side="no", ts_ms=MS + 3))
    for seq, size in ((4, 2), (6, 3)):
        decoding.take(snapshot(seq, no_dollars_fp=[["0.41", str(size)]]), delta(seq + 1, side="no", ts_ms=MS + 2 + seq))
    first, second = checks(decoding.take(snapshot(8, no_dollars_fp=[["0.41", "4"]])).items)[1:]
    assert [(check.changes, check.inner_count) for check in (first, second)] == [((3, 6), 0), ((5, 8), 1)]


@given(st.lists(st.lists(st.integers(0, 2), max_size=4), min_size=2, max_size=8))
def test_each_change_is_counted_and_none_too_many(steps: list[list[int]]) -> None:
    frames, times, now = [snapshot(1)], list[int](), 1
    levels: dict[str, Any] = {}
    for before, each in pairwise([[1], *steps]):
        # Behind an interval without changes, a change is later than those before that.
        now += not before
        for step in each:
            now += step
            times.append(now)
            frames.append(delta(len(frames) + 1, side="no", ts_ms=MS + now))
        levels = {"no_dollars_fp": [["0.41", str(len(times))]] if times else []}
        frames.append(snapshot(len(frames) + 1, **levels))
    frames.append(snapshot(len(frames) + 1, **levels))
    counted = set[int]()
    for check in compared(*frames):
        if check.inner_count is not None:
            after, before = (limit or 0 for limit in check.changes)
            inside = [each for each in times if after < each < before]
            assert check.inner_count == len(inside)
            counted |= set(inside)
    assert counted == set(times)


@pytest.mark.parametrize(
    "odd",
    [{"ts_ms": None}, {"ts_ms": MS + 1}, {"ts_ms": None, "ts": "2026-10-27T12:00:00Z"}],
    ids=["none", "back", "second"],
)
def test_changes_whose_times_are_missing_or_go_back_are_not_counted_by_time(odd: dict[str, Any]) -> None:
    def grown(seq: int, size: int) -> bytes:
        return snapshot(seq, no_dollars_fp=[["0.41", str(size)]])

    deltas = [delta(2, side="no", ts_ms=MS + 2), delta(3, side="no", **odd), grown(4, 2)]
    # Of the next interval the same is unknown, since changes before it may have times in it.
    more = [delta(5, side="no", ts_ms=MS + 7), grown(6, 3), delta(7, side="no", ts_ms=MS + 9), grown(8, 4)]
    found = compared(snapshot(1), *deltas, *more)
    assert [check.inner_count for check in found] == [None, None, 0]
    assert all(check.is_equal for check in found)


def equal_after(*between: bytes, last: bytes | None = None) -> list[bool]:
    """Return the results of comparisons around frames after which the book is not known to be right."""
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), snapshot(2, "KXB"), *between)
    decoding.take(last or snapshot(20, yes_dollars_fp=[["0.9", "1"]]))
    return [check.is_equal for check in checks(decoding.items)]


ODD_SNAPSHOTS = [
    {"yes_dollars_fp": [["0.41", "1"], ["0.4100", "2"]]},
    {"yes_dollars_fp": [["0.41", "-1"]]},
    {"yes_dollars_fp": [["0.41", "x"]]},
    {"market_id": "", "yes_dollars_fp": None},
]


@pytest.mark.parametrize("odd", ODD_SNAPSHOTS)
def test_a_snapshot_that_is_not_certain_proves_and_reveals_nothing(odd: dict[str, Any]) -> None:
    assert compared(snapshot(1), snapshot(2, **odd), snapshot(3), snapshot(4)) == compared(
        *(frame("weather", 1, 1, {}), frame("weather", 2, 1, {}), snapshot(3), snapshot(4))
    )


def test_a_level_of_no_size_is_no_level_and_any_digits_are_exact() -> None:
    levels = [["0.41", "0.00"], ["0.123456", "0.000001"]]
    (check,) = compared(
        snapshot(1, yes_dollars_fp=levels),
        delta(2, price_dollars="0.123456", delta_fp="0.01"),
        snapshot(3, yes_dollars_fp=[["0.1234560", "0.010001"]]),
    )
    assert (check.is_equal, check.level_count) == (True, 1)


def test_a_size_below_zero_is_kept_until_the_snapshot_shows_that_something_is_missing() -> None:
    first, second = compared(
        snapshot(1), delta(2, delta_fp="-7"), snapshot(3), delta(4, delta_fp="-5"), snapshot(5, yes_dollars_fp=None)
    )
    assert first.difference == [{"side": "yes", "price": "0.4100", "rebuilt": "-2.00", "published": "5.00"}]
    assert second.is_equal


@pytest.mark.parametrize(
    "between",
    [
        [delta(5, "KXB")],
        [delta(3, delta_fp="x")],
        [b'{"type":"orderbook_delta","sid":1,"seq":3,"msg":{"market_ticker":7}}'],
        [frame("weather", 3, 1, {})],
        [delta(2)],
        [b'{"type":"orderbook_delta","sid":1,"msg":{"market_ticker":"KXB","side":"yes","price":1,"delta":1}}'],
        [b"not JSON", delta(4, "KXB")],
        [b'{"type":"unsubscribed","id":9,"sid":1,"seq":3}', BOOKS_SUBSCRIBED],
        [BOOKS_SUBSCRIBED],
    ],
    ids=["gap", "bad", "nameless", "unknown type", "repeated", "no number", "no JSON", "ended", "again"],
)
def test_after_frames_that_are_missing_or_not_understood_a_book_is_unknown(between: list[bytes]) -> None:
    assert equal_after(*between) == []


def test_a_bad_change_of_one_market_leaves_the_others_known() -> None:
    assert equal_after(delta(3, "KXB", delta_fp="x"), last=snapshot(4)) == [True]


def test_a_book_that_is_dropped_is_unknown_from_the_command_on() -> None:
    params = {"sid": 1, "action": "delete_markets", "market_tickers": ["KXA-1"]}
    command = msgspec.json.encode({"id": 5, "cmd": "update_subscription", "params": params})
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), snapshot(2, "KXB")).take(command, kind=Kind.SENT)
    decoding.take(snapshot(3, yes_dollars_fp=[]), b'{"type":"ok","id":5,"sid":1,"seq":4}', snapshot(5), snapshot(6))
    assert [check.seqs for check in checks(decoding.items)] == [(5, 6)]


def test_after_a_hole_in_the_log_and_a_state_the_books_are_unknown() -> None:
    live = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2))
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1))
    decoding.items += decoding.decoder.skip()
    decoding.take(live.decoder.state(), kind=Kind.STATE).take(snapshot(3), snapshot(4))
    assert [check.seqs for check in checks(decoding.items)] == [(3, 4)]
    late = Decoding(whole=False).take(live.decoder.state(), kind=Kind.STATE).take(snapshot(3))
    assert late.items[-1].row[13] is not None
    assert checks(late.items) == []


def test_an_interval_of_a_clock_that_was_set_back_is_none() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1))
    decoding.number = 0
    assert checks(decoding.take(snapshot(2)).items) == []


def test_a_difference_ends_the_coverage_of_its_market_and_is_a_gap_until_the_next_snapshot() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), snapshot(2, "KXB"), snapshot(3, yes_dollars_fp=None))
    assert decoding.states()[2:] == [
        ("gaps_found", 4, 1, "orderbook_delta", 1, 3, 2, 4),
        ("coverage_ended", 1, "KXA-1", 2, "gap"),
        ("coverage_begun", 1, "orderbook_delta", "KXA-1", 4),
    ]
    decoding.take(snapshot(4, "KXB"), snapshot(5, yes_dollars_fp=None))
    assert decoding.states()[5:] == [("gaps_repaired", 4, 6, "snapshot")]
    results = [(event.ticker, event.wrong_level_count) for event in decoding.events if isinstance(event, BookCompared)]
    assert results == [("KXA-1", 1), ("KXB", 0), ("KXA-1", 0)]


def test_differences_are_counted_and_each_market_is_logged_once_an_hour() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1))
    for seq in range(2, 12):
        decoding.take(snapshot(seq, yes_dollars_fp=[["0.41", str(seq)]]))
    counters = Counters()
    with capture_logs() as logs:
        for event in decoding.events:
            count(event, counters, 7)
    assert counters.book_checks == Counter(different=10)
    assert [(line["log_level"], line["market"], line["wrong_levels"]) for line in logs] == [("error", "KXA-1", 1)]
    repeated = [event.is_repeated for event in decoding.events if isinstance(event, BookCompared)]
    assert repeated == [False] + [True] * 9


def test_books_beyond_the_bounds_are_not_compared_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [[f"0.{number:04}", "1"] for number in range(1, 6)]
    for name, bound in {"LEVELS_PER_SIDE_MAX": 4, "LEVELS_MAX": 6, "BOOKS_MAX": 2}.items():
        monkeypatch.setattr(followed_books, name, bound)
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1, yes_dollars_fp=many), snapshot(2, "KXB"))
    decoding.take(snapshot(3, "KXC"), snapshot(4, "KXD"), snapshot(5, yes_dollars_fp=many[:4]))
    assert decoding.decoder.subscriptions.books_followed() == 2
    prices = (f"0.5{number}" for number in range(1, 9))
    decoding.take(*(delta(6 + n, "KXC", price_dollars=price) for n, price in enumerate(prices)))
    dropped = [event.ticker for event in decoding.events if isinstance(event, BookNotFollowed)]
    assert dropped == ["KXA-1", "KXD", "KXA-1", "KXC"]
    assert decoding.decoder.subscriptions.books_followed() == 1


def changed(levels: Levels, changes: Sequence[tuple[str, str, str]]) -> Levels:
    """Return a book after changes, as the definition of a change says."""
    after = dict(levels)
    for side, price, size in changes:
        level = side, Decimal(price)
        after[level] = after.get(level, Decimal(0)) + Decimal(size)
    return {level: size for level, size in after.items() if size}


def published(levels: Levels) -> Levels:
    return {level: size for level, size in levels.items() if size > 0}


@given(st.lists(st.tuples(CHANGES, st.booleans()), min_size=1, max_size=5), CHANGES)
def test_any_changes_lead_to_the_same_book_as_exact_decimals(
    intervals: list[tuple[list[tuple[str, str, str]], bool]], start: list[tuple[str, str, str]]
) -> None:
    held = published(changed({}, start))
    frames, expected = [book(1, held)], list[bool]()
    for changes, is_lost in intervals:
        # The exchange publishes no size below 0, so a book that has one is as wrong as one that lost a change.
        received = changes[1:] if is_lost else changes
        for side, price, size in received:
            frames.append(delta(len(frames) + 1, side=side, price_dollars=price, delta_fp=size))
        rebuilt, held = changed(held, received), published(changed(held, changes))
        frames.append(book(len(frames) + 1, held))
        expected.append(rebuilt == held)
    found = compared(*frames)
    assert [check.is_equal for check in found] == expected
    assert all(bool(check.difference) is not check.is_equal for check in found)


@given(st.decimals(min_value="-999999999999", max_value="999999999999", places=6))
def test_amounts_are_exact(value: Decimal) -> None:
    assert to_price(str(format(value, "f"))) == value * 10_000
    assert to_size(str(format(value, "f"))) == value * 100


def test_ladders_are_read_and_differences_are_listed_in_order() -> None:
    assert read_ladder("{}", "{}") == {}
    assert read_ladder("{0.4100,0.00005}", "{250.00,3}") == {4100: 25_000, Decimal("0.5"): 300}
    one: Ladder = {4100: 100, 300: 5}
    other: Ladder = {4100: 100, 10_000: Decimal("0.5")}
    assert list_differences(({}, one), ({}, other)) == [
        {"side": "yes", "price": "0.0300", "rebuilt": "0.05", "published": "0.00"},
        {"side": "yes", "price": "1.0000", "rebuilt": "0.00", "published": "0.005"},
    ]


def test_books_take_little_memory_also_after_many_changes() -> None:
    """50,000 books of 40 levels may take 600 MB, so 100 may take 1.2 MB."""
    prices = [f"0.{number:02}00" for number in range(1, 21)]
    frames = [BOOKS_SUBSCRIBED]
    for number in range(100):
        levels = [[price, f"{number * 97 % 9_973}.{place:02}"] for place, price in enumerate(prices, start=1)]
        frames.append(snapshot(len(frames), f"KXA-{number:05}", yes_dollars_fp=levels, no_dollars_fp=levels))
    for number in range(1_000):
        change: dict[str, Any] = {
            "price_dollars": prices[number % 20],
            "delta_fp": f"{number % 991 + 1}.00",
            "ts_ms": MS + number,
        }
        frames.append(delta(len(frames), f"KXA-{number % 100:05}", **change))
    decoding = Decoding()
    books = followed_books.FollowedBooks()
    tracemalloc.start()
    try:
        for payload in frames:
            decoding.take(payload)
            for item in decoding.items:
                if item.stream == "orderbook_snapshots":
                    books.snapshot(item.row, is_known=True)
                elif item.stream == "orderbook_deltas":
                    books.change(item.row, item.row[6])
            decoding.items.clear()
            decoding.events.clear()
        both, _ = tracemalloc.get_traced_memory()
        assert len(books) == decoding.decoder.subscriptions.books_followed() == 100
        books.clear()
        held_bytes = both - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 100_000 < held_bytes < 1_200_000
