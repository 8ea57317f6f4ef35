"""Order-book snapshots of a state that the hour holds are not stored again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.stored_snapshots import StoredSnapshots, hour_of, hours_of

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
STATE: dict[str, Any] = {
    "market_ticker": "KXA-1",
    "market_id": "m",
    "clock": 7,
    "yes_prices": "{0.41}",
    "yes_sizes": "{5}",
    "no_prices": "{0.02}",
    "no_sizes": "{1}",
    "occurrence": 0,
    "last_change_at": NOON,
}
OTHERS = {
    "market_ticker": "KXA-2",
    "market_id": "",
    "clock": 8,
    "yes_prices": "{0.42}",
    "yes_sizes": "{6}",
    "no_prices": "{0.03}",
    "no_sizes": "{2}",
    "occurrence": 1,
    "last_change_at": None,
}
CLOCKLESS: dict[str, Any] = {"clock": 0, "occurrence": 1}


def snapshot(minute: float, **others: Any) -> Item:
    at, number = NOON + timedelta(minutes=minute), round(minute * 60)
    row = (at, None, 1, 1, number, *{**STATE, **others}.values(), number)
    return Item("orderbook_snapshots", row, b"", number, 1, at)


def store(snapshots: StoredSnapshots, *items: Item) -> list[Item]:
    snapshots.select(items)
    return list(snapshots.keep())


def test_an_equal_snapshot_of_the_hour_is_left_out_and_everything_else_stays() -> None:
    snapshots = StoredSnapshots()
    check = Item("book_checks", (), b"", 900, 1, NOON)
    assert store(snapshots, first := snapshot(0), snapshot(1)) == [first]
    assert store(snapshots, snapshot(15), check) == [check]


@pytest.mark.parametrize("field", OTHERS)
def test_a_snapshot_that_differs_in_anything_that_production_knows_is_stored(field: str) -> None:
    other = snapshot(15, **{field: OTHERS[field]})
    assert store(StoredSnapshots(), snapshot(0), other) == [snapshot(0), other]


def test_a_numbered_snapshot_differs_from_others_by_its_last_change_only() -> None:
    items = [snapshot(minute, **{**CLOCKLESS, "occurrence": minute + 1}) for minute in range(3)]
    assert store(StoredSnapshots(), *items) == items[:1]
    unknown = [snapshot(minute, **CLOCKLESS, last_change_at=None) for minute in range(3)]
    assert store(StoredSnapshots(), *unknown) == unknown


def test_each_hour_stores_its_first_one() -> None:
    snapshots = StoredSnapshots()
    minutes = (0, 15, 59.9, 60, 75, 121)
    stored = store(snapshots, *map(snapshot, minutes))
    assert stored == [snapshot(minute) for minute in (0, 60, 121)]


def test_all_count_as_new_after_a_clock_was_set_back() -> None:
    snapshots = StoredSnapshots()
    assert store(snapshots, snapshot(30), snapshot(29), snapshot(31)) == [snapshot(30), snapshot(29)]


def test_only_what_is_committed_counts() -> None:
    snapshots = StoredSnapshots()
    assert list(snapshots.select([snapshot(0)])) == [snapshot(0)]
    assert store(snapshots, snapshot(1)) == [snapshot(1)]
    snapshots.clear()
    assert store(snapshots, snapshot(2)) == [snapshot(2)]


def test_memory_is_bounded() -> None:
    snapshots = StoredSnapshots(states_max=10)
    for number in range(25):
        store(snapshots, snapshot(number, clock=number))
    assert store(snapshots, snapshot(26, clock=24)) == []
    assert store(snapshots, snapshot(27, clock=1)) == [snapshot(27, clock=1)]


def test_the_hours_of_times_in_any_order_are_found() -> None:
    moments = [NOON + timedelta(minutes=minute) for minute in (5, 59.99, 60, 61, 30, 180, -1)]
    assert hours_of(moments) == {hour_of(moment) for moment in moments}
    assert hours_of([]) == set()
