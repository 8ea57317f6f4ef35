"""Lifecycle messages stay as many as a line received if a field of them comes and goes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import permutations, product
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import Frame, frame, later, merge, receive, receive_apart, rows

Line = tuple[bool | None, ...]
LINES: dict[str, tuple[tuple[Line, Line, Line], list[bool | None]]] = {
    "one line lacks the field": (((None, None), (True, False), (True, False)), [True, False]),
    "one line loses the field": (((True, None), (True, False), (True, False)), [True, False]),
    "one line gets the field": (((None, False), (True, False), (True, False)), [True, False]),
    "every line loses the field": (((True, None), (True, None), (True, None)), [True, None]),
    "two lines lose the field": (((True, None), (True, None), (True, True)), [True, True]),
    "each line lacks another one": (((None, False), (True, None), (True, None)), [True, False]),
    "two lines lack the field": (((None, None, None), (None, None, None), (True, False, True)), [True, False, True]),
}


def sent(number: int) -> list[Frame]:
    """Return what one line receives: messages one second apart, each with a state or without one."""
    return [
        frame(
            "market_lifecycle_v2",
            {"market_ticker": name, "event_type": "deactivated"} | ({} if state is None else {"is_deactivated": state}),
            later(second - 60 + number / 10),
        )
        for name, (lines, _) in LINES.items()
        for second, state in enumerate(lines[number])
    ]


@pytest.mark.parametrize(
    ("order", "one_by_one"), [((0, 1, 2), True), ((1, 2, 0), True), ((2, 0, 1), True), ((0, 1, 2), False)]
)
def test_as_many_messages_are_held_as_were_sent(
    production: Database, make_database: MakeDatabase, order: Sequence[int], *, one_by_one: bool
) -> None:
    gatherers = [make_database("kalshi_ts") for _ in range(3)]
    for number, gatherer in enumerate(gatherers):
        receive(gatherer, sent(number))
    # The line that comes first in the order is merged first.
    gatherers = [gatherers[number] for number in order]
    for count in range(1, 4) if one_by_one else [3]:
        merge(production, gatherers[:count])
    held: dict[str, list[str]] = {name: [] for name in LINES}
    for name, _, payload in rows(production, "lifecycle_events", "subject_ticker seen_at payload"):
        held[name].append(str(payload.get("is_deactivated")))
    expected = {name: sorted(map(str, states)) for name, (_, states) in LINES.items()}
    assert {name: sorted(states) for name, states in held.items()} == expected


CONNECTED = """
insert into ops.connections (gatherer_id, epoch, connection_id, name, url, use_yes_price, opened_at, closed_at)
values (%s, gen_random_uuid(), 1, 'lifecycles', '', false, %s, %s)
"""
# When each of three lines received equal messages, in seconds; a line may have missed the first ones, or stalled.
APART: dict[str, tuple[tuple[Sequence[float], Sequence[float], Sequence[float]], int]] = {
    "no line missed one": (((0, 7, 14), (0, 7, 14), (0, 7, 14)), 3),
    "lines missed the first": (((0, 7, 14), (7, 14), (14,)), 3),
    "lines missed the first, a pause apart": (((0, 40, 80), (40, 80), (80,)), 3),
    "a line received the first only": (((0,), (7, 14), (0, 7, 14)), 3),
    "a line stalled": (((0, 7, 14), (25, 26, 27), (0, 7, 14)), 3),
    "a line stalled and missed the first": (((0, 7, 14), (31, 32), (0, 7, 14)), 3),
    "more than are listed": ((range(40), range(20, 40), range(40)), 40),
}


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_equal_messages_some_seconds_apart_are_as_many_as_were_sent(
    production: Database, make_database: MakeDatabase, order: Sequence[int]
) -> None:
    gatherers = [make_database("kalshi_ts") for _ in range(3)]
    body = {"event_type": "deactivated", "is_deactivated": True}
    for number, gatherer in enumerate(gatherers):
        found = [
            (later(second - 300 + number / 10), frame("market_lifecycle_v2", {"market_ticker": name, **body}))
            for name, (lines, _) in APART.items()
            for second in lines[number]
        ]
        receive_apart(gatherer, found)
    with production.connect("deduplicator") as connection:
        for number in range(1, 4):
            connection.execute(CONNECTED, (number, later(-400), None))
    for count in (*range(1, 4), 3):
        merge(production, [gatherers[number] for number in order][:count])
    held = Counter(name for name, *_ in rows(production, "lifecycle_events", "subject_ticker seen_at occurrence"))
    assert held == {name: count for name, (_, count) in APART.items()}


def test_what_came_before_a_connection_is_no_copy_of_what_came_on_it(
    production: Database, make_database: MakeDatabase
) -> None:
    """All gatherers connect again between two equal messages that are 15 s apart."""
    gatherers = [make_database("kalshi_ts") for _ in range(2)]
    message = {"market_ticker": "KXA-1", "event_type": "deactivated"}
    with production.connect("deduplicator") as connection:
        for number in (1, 2):
            connection.execute(CONNECTED, (number, later(-400), later(-290)))
            connection.execute(CONNECTED, (number, later(-289), None))
    for second, number in ((-300, 1), (-285, 2)):
        for gatherer in gatherers:
            receive(gatherer, [frame("market_lifecycle_v2", message, later(second))], later(second), number)
        merge(production, gatherers)
    assert len(rows(production, "lifecycle_events", "subject_ticker seen_at kind")) == 2


OPENED = """
insert into capture.connections (connection_id, url, use_yes_price, opened_at) values (%s, '', false, %s)
"""


def test_production_may_not_know_yet_that_a_connection_has_closed(
    production: Database, make_database: MakeDatabase
) -> None:
    """As before, but of connections only the first ones are merged, which were still open then."""
    gatherers = [make_database("kalshi_ts") for _ in range(2)]
    message = {"market_ticker": "KXA-1", "event_type": "deactivated"}
    for gatherer_id, gatherer in enumerate(gatherers, start=1):
        with production.connect("deduplicator") as connection:
            connection.execute(CONNECTED, (gatherer_id, later(-400), None))
        for second, connection_id in ((-300, 1), (-285, 2)):
            with gatherer.connect("gatherer") as connection:
                connection.execute(OPENED, (connection_id, later(second - 4)))
            received = [frame("market_lifecycle_v2", message, later(second))]
            receive(gatherer, received, later(second), connection_id, connection_id)
    merge(production, gatherers)
    assert len(rows(production, "lifecycle_events", "subject_ticker seen_at kind")) == 2


# Each line's connections: when each opened, in seconds, and when the equal messages were sent that it received. And how
# many messages that are.
AGAIN: tuple[tuple[Sequence[Sequence[tuple[float, Sequence[float]]]], int], ...] = (
    (([(-6, [0]), (3, [4])], [(-6, [0]), (2, [4])], [(-6, [0]), (3, [4])]), 2),
    (([(3, [4, 9])], [(-6, [0]), (3, [4]), (6, [9])], [(-6, [0]), (6, [9])]), 3),
    # A connection may have opened a little before it seems to have.
    (([(-6, [0, 4])], [(0.5, [4])], [(-6, [0, 4])]), 2),
)
CLOSED = """
update capture.connections set closed_at = %s, close_reason = '', frames_received = 1 where closed_at is null
"""


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("ahead_seconds", [0, -60])
def test_a_message_from_before_a_connection_opened_is_no_copy(
    production: Database, make_database: MakeDatabase, order: Sequence[int], ahead_seconds: float
) -> None:
    gatherers = [make_database("kalshi_ts") for _ in range(3)]
    for number, gatherer in enumerate(gatherers):
        connection_ids = iter(range(1, 20))
        # The clock of one host may be wrong.
        ahead = ahead_seconds if number == 1 else 0
        for case, (lines, _) in enumerate(AGAIN):
            for opened, messages in lines[number]:
                connection_id = next(connection_ids)
                with gatherer.connect("gatherer") as connection:
                    connection.execute(CLOSED, (later(1000 * case - 5000 + ahead + opened - 0.1),))
                    connection.execute(OPENED, (connection_id, later(1000 * case - 5000 + ahead + opened)))
                body = {"market_ticker": f"KXA-{case}", "event_type": "deactivated"}
                times = [1000 * case - 5000 + at for at in messages]
                found = [(later(at + ahead + 0.001), frame("market_lifecycle_v2", body, later(at))) for at in times]
                receive_apart(gatherer, found, connection_id, connection_id)
    for merged in range(1, 4):
        merge(production, [gatherers[number] for number in order][:merged])
    held = Counter(name for name, *_ in rows(production, "lifecycle_events", "subject_ticker seen_at occurrence"))
    assert held == {f"KXA-{case}": messages for case, (_, messages) in enumerate(AGAIN)}


# What each of three lines received: when, whether with the field, and whether with the time at which it was sent. The
# last line was connected later than the others.
DATED = (
    ((0, True, True), (12, True, True)),
    ((0, False, True), (12, True, True), (15.5, True, True)),
    ((12, True, True), (15.6, False, False)),
)


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_messages_that_say_when_they_were_sent_stay_apart_on_any_line(
    production: Database, make_database: MakeDatabase, order: Sequence[int]
) -> None:
    gatherers = [make_database("kalshi_ts") for _ in range(3)]
    with production.connect("deduplicator") as connection:
        for number in range(1, 4):
            connection.execute(CONNECTED, (number, later(-400), None))
    for gatherer, line in zip(gatherers, DATED, strict=True):
        found: list[tuple[datetime, Frame]] = []
        for second, is_whole, is_dated in line:
            at = later(second - 300)
            body = {"market_ticker": "KXA-1", "event_type": "deactivated"}
            whole = {**body, "is_deactivated": True} if is_whole else body
            found.append((later(second - 299.99), frame("market_lifecycle_v2", whole, at if is_dated else None)))
        receive_apart(gatherer, found)
    for count in range(1, 4):
        merge(production, [gatherers[number] for number in order][:count])
    held = [payload for _, _, payload in rows(production, "lifecycle_events", "subject_ticker seen_at payload")]
    assert [each.get("is_deactivated") for each in held] == [True, True, True]


FEES = (("KXA-26", None, None), ("KXA-26", "flat", 1))


@pytest.mark.parametrize(("order", "sent_fees"), [*product([(0, 1, 2), (1, 2, 0), (2, 1, 0)], [FEES, FEES[::-1]])])
def test_fees_that_are_no_longer_special_are_another_message(
    production: Database, make_database: MakeDatabase, order: Sequence[int], sent_fees: Sequence[tuple[Any, ...]]
) -> None:
    """A null there is no lacking field. One line lacks the multiplier, which the others have."""
    gatherers = [make_database("kalshi_ts") for _ in range(3)]
    for number, gatherer in enumerate(gatherers):
        bodies = [
            {"event_ticker": event, "fee_type_override": kind, "fee_multiplier_override": multiplier}
            for event, kind, multiplier in sent_fees
        ]
        if number == 1:
            bodies = [{name: body[name] for name in body if name != "fee_multiplier_override"} for body in bodies]
        receive(
            gatherer,
            [frame("event_fee_update", body, later(second - 60)) for second, body in zip((0, 5), bodies, strict=True)],
        )
    gatherers = [gatherers[number] for number in order]
    for count in range(1, 4):
        merge(production, gatherers[:count])
    found = [payload for _, _, payload in rows(production, "lifecycle_events", "subject_ticker seen_at payload")]
    assert sorted((each["fee_type_override"] or "", each["fee_multiplier_override"] or 0) for each in found) == [
        ("", 0),
        ("flat", 1),
    ]
