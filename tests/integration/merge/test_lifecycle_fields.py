"""Lifecycle messages stay as many as a line received if a field of them comes and goes."""

from collections.abc import Sequence

import pytest

from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import Frame, frame, later, merge, receive, rows

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
