"""What is taken from the exchange's answers about itself, and the rows that several answers become."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.exchange_status import confirmations as confirmations_module
from kalshi_data.gatherer.exchange_status.confirmations import MOMENT, Confirmations
from kalshi_data.gatherer.exchange_status.states import (
    BODY_BYTES_MAX,
    STATES_MAX,
    Answer,
    ExchangeState,
    schedule_states,
    shard_states,
)
from kalshi_data.kalshi.bodies import decode_body

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACTIVE = {"exchange_active": True, "trading_active": True}


def shards(document: object) -> Answer:
    return shard_states(decode_body(msgspec.json.encode(document)))


def schedule(document: object) -> Answer:
    return schedule_states(decode_body(msgspec.json.encode({"schedule": document})))


def flags(answer: Answer) -> list[tuple[int | None, bool | None, bool | None]]:
    return [(each.exchange_index, each.exchange_active, each.trading_active) for each in answer.states]


def test_each_shard_is_a_state_and_the_flags_of_the_answer_are_those_of_shard_0() -> None:
    listed = [{"exchange_index": 1, "description": "Combos", **ACTIVE, "trading_active": False}]
    paused = {
        "exchange_active": True,
        "trading_active": False,
        "exchange_estimated_resume_time": "2026-11-05T12:30:00Z",
    }
    found = shards({**paused, "exchange_index_statuses": [{"exchange_index": 0, **ACTIVE}, *listed]})
    assert sorted(flags(found)) == [(0, True, False), (1, True, False)]
    assert {each.exchange_index: each.resumes_at for each in found.states} == {0: NOON + 30 * MINUTE, 1: None}
    assert all(each.is_halted for each in found.states)
    assert flags(shards(ACTIVE)) == [(0, True, True)]


BAD_SHARDS: list[tuple[Any, list[int], int]] = [
    (None, [0], 0),
    ("x", [0], 1),
    ([None, 7, [], {"exchange_index": 2, **ACTIVE}], [0, 2], 3),
    ([{"exchange_index": -1}, {"exchange_index": "1"}, {}, {"exchange_index": 2**40}], [0], 4),
    ([{"exchange_index": 1, **ACTIVE}, {"exchange_index": 1}], [0, 1], 1),
    ([{"exchange_index": 1, "description": "x" * BODY_BYTES_MAX}], [0], 1),
    ([{"exchange_index": n + 1} for n in range(STATES_MAX)], [*range(STATES_MAX)], 1),
]


@pytest.mark.parametrize(("statuses", "indexes", "refused"), BAD_SHARDS)
def test_a_bad_shard_costs_no_other(statuses: Any, indexes: list[int], refused: int) -> None:
    found = shards({**ACTIVE, "exchange_index_statuses": statuses})
    assert sorted(each.exchange_index or 0 for each in found.states) == sorted(indexes)
    assert len(found.refused) == refused


@pytest.mark.parametrize("document", [{}, {"exchange_active": "yes"}, {"error": "too many requests"}])
def test_an_answer_that_does_not_say_whether_the_exchange_is_active_is_none(document: object) -> None:
    with pytest.raises(ExchangeError, match="does not say whether the exchange is active"):
        shards(document)
    with pytest.raises(ExchangeError, match="has no schedule"):
        schedule(None)


def test_the_schedule_is_its_hours_and_each_window_of_maintenance() -> None:
    windows: list[dict[str, Any]] = [
        {"start_datetime": "2026-11-05T08:00:00Z", "end_datetime": "2026-11-05T05:00:00-05:00"},
        {"start_datetime": "0001-01-01T00:00:00Z", "end_datetime": 7},
    ]
    hours: list[dict[str, Any]] = [{"monday": []}]
    found = schedule({"standard_hours": hours, "maintenance_windows": [*windows, windows[0], None]})
    assert [(each.kind, each.begins_at, each.ends_at) for each in found.states] == [
        ("schedule", None, None),
        ("maintenance", NOON - 240 * MINUTE, NOON - 120 * MINUTE),
        ("maintenance", None, None),
    ]
    assert msgspec.json.decode(found.states[0].body) == {"standard_hours": hours}
    assert len(found.refused) == 1


def rows_of(confirmed: Confirmations) -> list[tuple[str, datetime, datetime]]:
    rows = msgspec.json.decode(confirmed.next_page() or b"[]")
    times = ((each["first_seen_at"], each["confirmed_at"]) for each in rows)
    return [
        (each["body"], datetime.fromisoformat(seen), datetime.fromisoformat(last))
        for each, (seen, last) in zip(rows, times, strict=True)
    ]


def state(name: str) -> ExchangeState:
    return ExchangeState("shard", msgspec.json.encode(name))


def test_a_state_lasts_while_answers_confirm_it_and_has_a_row_in_each_hour() -> None:
    confirmed = Confirmations()
    for minutes in (0, 1, 59, 61, 130):
        confirmed.confirm("status", [state("a")], NOON + minutes * MINUTE, 90 * MINUTE)
    hour = 60 * MINUTE
    assert rows_of(confirmed) == [
        ("a", NOON, NOON + hour - MOMENT),
        ("a", NOON + hour, NOON + 2 * hour - MOMENT),
        ("a", NOON + 2 * hour, NOON + 130 * MINUTE),
    ]


def test_a_break_a_change_and_a_clock_set_back_begin_a_state_again() -> None:
    confirmed = Confirmations()
    for minutes, name in ((0, "a"), (1, "a"), (2, "b"), (3, "a"), (10, "a"), (5, "a")):
        confirmed.confirm("status", [state(name)], NOON + minutes * MINUTE, 5 * MINUTE)
    confirmed.confirm("schedule", [state("c")], NOON, MINUTE)
    assert [(name, (seen - NOON) / MINUTE, (last - NOON) / MINUTE) for name, seen, last in rows_of(confirmed)] == [
        ("a", 0, 1),
        ("b", 2, 2),
        ("a", 3, 3),
        ("a", 10, 10),
        ("a", 5, 5),
        ("c", 0, 0),
    ]


def test_what_is_stored_waits_no_more_until_it_is_confirmed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmations_module, "PAGE_ROWS_MAX", 2)
    monkeypatch.setattr(confirmations_module, "WAITING_MAX", 3)
    confirmed = Confirmations()
    confirmed.confirm("status", [state(name) for name in "abcd"], NOON, MINUTE)
    assert ([name for name, *_ in rows_of(confirmed)], confirmed.given_up) == (["b", "c"], 1)
    confirmed.stored()
    assert [name for name, *_ in rows_of(confirmed)] == ["d"]
    confirmed.stored()
    assert confirmed.next_page() is None
    confirmed.confirm("status", [state("b")], NOON + MINUTE, MINUTE)
    assert rows_of(confirmed) == [("b", NOON, NOON + MINUTE)]


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("ab")), min_size=1, max_size=30))
def test_the_rows_hold_each_answer_and_no_other_state_in_between(answers: list[tuple[int, str]]) -> None:
    """An answer lies in a row of what it said, and in none of what it did not say."""
    asked = [(NOON + minutes * MINUTE, name) for minutes, name in sorted(dict(answers).items())]
    confirmed = Confirmations()
    for at, name in asked:
        confirmed.confirm("status", [state(name)], at, 20 * MINUTE)
    rows = rows_of(confirmed)
    for at, name in asked:
        assert [said for said, seen, last in rows if seen <= at <= last] == [name]
    for _, seen, last in rows:
        assert seen.replace(minute=0) <= seen <= last < seen.replace(minute=0) + 60 * MINUTE
