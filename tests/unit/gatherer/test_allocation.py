"""Books are assigned to connections, errors to actions, and audits to times."""

from typing import Any

import pytest

from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.error_policy import ErrorAction, action_for
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.snapshot_requests import Rotation
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.health_rules import ROOM_SHARE_MAX

TICKERS = [f"KXA-26NOV-T{number}" for number in range(25)]


def make_allocator(**settings: Any) -> tuple[SubscriptionAllocator, Counters]:
    counters = Counters()
    return SubscriptionAllocator(SubscriptionSettings(**settings), counters), counters


def books(allocator: SubscriptionAllocator) -> list[ConnectionSpec]:
    return [spec for spec in allocator.specs if spec.has_books]


def test_each_channel_of_all_markets_is_on_two_connections_and_books_grow_as_needed() -> None:
    allocator, _ = make_allocator(markets_per_connection_max=10)
    assert [spec.name for spec in allocator.specs] == ["all-markets-1", "all-markets-2"]
    assert allocator.specs[0].channels == (
        *("ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle", "cfbenchmarks_value"),
    )
    allocator.assign(TICKERS)
    assert sorted(len(spec.tickers) for spec in books(allocator)) == [8, 8, 9]
    assert {ticker for spec in books(allocator) for ticker in spec.tickers} == set(TICKERS)
    assert allocator.grown.is_set()


def test_a_book_is_assigned_to_the_connection_with_the_fewest() -> None:
    allocator, _ = make_allocator(markets_per_connection_max=10)
    allocator.assign(TICKERS)
    first = books(allocator)[0]
    kept = [ticker for ticker in TICKERS if ticker not in first.tickers]
    allocator.assign([*kept, "KXNEW-1"])
    assert list(first.tickers) == ["KXNEW-1"]
    assert first.changed.is_set()


def test_books_that_are_not_wanted_any_more_are_dropped() -> None:
    allocator, counters = make_allocator()
    allocator.assign(TICKERS)
    allocator.assign(TICKERS[:3])
    assert list(books(allocator)[0].tickers) == TICKERS[:3]
    assert counters.markets_wanted == 3


def test_the_room_for_books_counts_connections_that_may_still_be_opened() -> None:
    allocator, counters = make_allocator(markets_per_connection_max=10, connections_max=5)
    allocator.assign(TICKERS[:1])
    assert counters.books_room == 30
    allocator.limit(books(allocator)[0], 4)
    assert counters.books_room == 24


def test_by_default_fifty_thousand_books_fit_without_a_warning() -> None:
    allocator, counters = make_allocator()
    allocator.assign([])
    assert ROOM_SHARE_MAX * counters.books_room >= 50_000


def test_markets_that_no_connection_takes_are_counted_and_assigned_once_there_is_room() -> None:
    allocator, counters = make_allocator(markets_per_connection_max=10, connections_max=3)
    allocator.assign(TICKERS)
    assert (len(allocator.specs), counters.markets_unassigned) == (3, 15)
    allocator.assign(TICKERS[10:])
    allocator.assign(TICKERS[15:])
    assert counters.markets_unassigned == 0
    assert set(books(allocator)[0].tickers) == set(TICKERS[15:])


def test_a_full_connection_passes_markets_to_others_until_its_limit_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    allocator, counters = make_allocator(markets_per_connection_max=100)
    allocator.assign(TICKERS)
    (only,) = books(allocator)
    allocator.limit(only, 10)
    assert [len(spec.tickers) for spec in books(allocator)] == [10, 15]
    assert counters.markets_unassigned == 0
    allocator.lift_limit(only)
    assert only.markets_max == 10
    monkeypatch.setattr("time.monotonic", lambda: only.limited_until_seconds + 1)
    allocator.lift_limit(only)
    assert only.markets_max == 100


def test_markets_that_found_no_room_are_assigned_when_a_limit_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    allocator, counters = make_allocator(connections_max=3)
    allocator.assign(TICKERS)
    (only,) = books(allocator)
    allocator.limit(only, 10)
    assert counters.markets_unassigned > 0
    monkeypatch.setattr("time.monotonic", lambda: only.limited_until_seconds + 1)
    allocator.lift_limit(only)
    assert (len(only.tickers), counters.markets_unassigned) == (25, 0)


def test_a_refused_market_is_due_again_after_pauses_that_grow_and_forgotten_once_it_is_not_wanted() -> None:
    allocator, counters = make_allocator()
    allocator.assign(TICKERS)
    (only,) = books(allocator)
    only.refused.refuse(TICKERS[0], "error 11, no", 900.0)
    assert (TICKERS[0] in only.refused, only.refused.is_due(TICKERS[0])) == (True, False)
    assert counters.refused_markets == {TICKERS[0]: "error 11, no"}
    only.refused.ask_all()
    assert only.refused.is_due(TICKERS[0])
    only.refused.asked(TICKERS)
    assert not only.refused.is_due(TICKERS[0])
    allocator.assign(TICKERS[1:])
    assert TICKERS[0] not in only.refused
    assert counters.refused_markets == {}


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (7, ErrorAction.RESUBSCRIBE),
        (8, ErrorAction.GIVE_UP),
        (9, ErrorAction.GIVE_UP),
        (10, ErrorAction.RESUBSCRIBE),
        (11, ErrorAction.SPLIT),
        (12, ErrorAction.GIVE_UP),
        (13, ErrorAction.GIVE_UP),
        (14, ErrorAction.SPLIT),
        (15, ErrorAction.GIVE_UP),
        (18, ErrorAction.RETRY),
        *((code, ErrorAction.GIVE_UP) for code in range(19, 25)),
        (25, ErrorAction.RESUBSCRIBE),
        (26, ErrorAction.MOVE),
        (27, ErrorAction.SLOW_DOWN),
        *((code, ErrorAction.RETRY) for code in (-1, 0, 1, 2, 5, 6, 17, 29, 99, 2**31 - 1)),
    ],
)
def test_each_error_has_its_action(code: int, action: ErrorAction) -> None:
    assert action_for(code) is action


def test_every_book_is_audited_once_per_interval_evenly_spread() -> None:
    rotation = Rotation(interval_seconds=100.0)
    assert rotation.due(TICKERS, 0.0) == []
    seen = [rotation.due(TICKERS, float(second)) for second in range(1, 101)]
    assert max(map(len, seen)) == 1
    assert sorted(ticker for due in seen for ticker in due) == sorted(TICKERS)
    assert Rotation(0.0).due(TICKERS, 5.0) == []


def test_after_a_long_pause_no_book_is_due_twice() -> None:
    rotation = Rotation(interval_seconds=100.0)
    rotation.due(TICKERS, 0.0)
    assert sorted(rotation.due(TICKERS, 1_000_000.0)) == sorted(TICKERS)
