"""Numbers of messages without a key count those before them that have all of their fields."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kalshi_data.kalshi.numbering.bodies import EARLIER_MAX, BodyNumbering, EarlierBodies

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
TRUE, FALSE = {"is_deactivated": True}, {"is_deactivated": False}
POOR: dict[str, bool] = {}
NULL = {"is_deactivated": None}
INNER, POOR_INNER, OTHER_INNER = {"x": {"a": 1, "b": [1.50]}}, {"x": {"a": 1}}, {"x": {"a": 2}}


def numbers(*sent: tuple[float, object], key: str = "M", numbering: BodyNumbering | None = None) -> list[int]:
    numbering = BodyNumbering(timedelta(seconds=10)) if numbering is None else numbering
    return [each.bodies for each in earlier(numbering, *sent, key=key)]


def earlier(numbering: BodyNumbering, *sent: tuple[float, object], key: str = "M") -> list[EarlierBodies]:
    return [
        numbering.number(key, msgspec.json.encode(body).decode(), BEGIN + timedelta(seconds=at)) for at, body in sent
    ]


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([TRUE, TRUE, TRUE], [0, 1, 2]),
        ([TRUE, FALSE, TRUE], [0, 0, 1]),
        ([TRUE, POOR, POOR, TRUE], [0, 1, 2, 1]),
        ([TRUE, FALSE, POOR], [0, 0, 2]),
        ([TRUE, POOR, FALSE, POOR], [0, 1, 0, 3]),
        ([POOR, TRUE], [0, 0]),
        ([POOR, NULL, TRUE, NULL], [0, 1, 0, 3]),
        ([INNER, POOR_INNER, OTHER_INNER, POOR], [0, 1, 0, 3]),
    ],
)
def test_a_poorer_body_is_counted_with_the_richer_ones(bodies: list[object], expected: list[int]) -> None:
    assert numbers(*enumerate(bodies)) == expected


def test_the_times_of_those_before_are_returned() -> None:
    found = earlier(BodyNumbering(timedelta(seconds=10)), (0, TRUE), (3, FALSE), (5, POOR), (9, TRUE), (20, TRUE))
    assert [[(at - BEGIN).total_seconds() for at in each.times] for each in found] == [[], [], [0, 3], [0], []]


def test_the_number_of_times_is_bounded() -> None:
    found = earlier(BodyNumbering(timedelta(seconds=10)), *((second, TRUE) for second in range(40)))
    assert [each.bodies for each in found] == [*range(40)]
    assert [(at - BEGIN).total_seconds() for at in found[-1].times] == [*range(39 - EARLIER_MAX, 39)]


def test_numbers_start_over_after_a_pause() -> None:
    assert numbers((0, TRUE), (10, TRUE), (21, TRUE), (25, FALSE), (32, POOR), (43, POOR)) == [0, 1, 0, 0, 1, 0]


def test_a_number_of_any_size_is_a_value_like_others() -> None:
    numbering = BodyNumbering(timedelta(seconds=10))
    sent = ['{"x":1e400}', '{"x":1e401}', '{"x":1e400}', f'{{"x":{10**60}}}', "{}"]
    assert [numbering.number("M", payload, BEGIN).bodies for payload in sent] == [0, 0, 1, 0, 4]


def test_what_is_held_is_bounded_and_forgotten_after_the_pause() -> None:
    numbering = BodyNumbering(timedelta(seconds=10), fields_max=100, bodies_max=5)
    for number in range(1000):
        assert numbers((0, {"x": number}), numbering=numbering) == [0]
        assert len(numbering) <= 10
    for number in range(1000):
        assert numbers((0, TRUE), key=f"M{number}", numbering=numbering) == [0]
        assert len(numbering) <= 101
    assert numbers((0, TRUE), (0, TRUE), key="M999", numbering=numbering) == [1, 2]
    assert numbers((86_400, TRUE), (0, TRUE), numbering=numbering) == [0, 0]
    assert len(numbering) == 2
