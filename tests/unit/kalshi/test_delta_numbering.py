"""Numbers of deltas whose fields come and go on a connection."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.kalshi.numbering.bursts import DELTAS_MAX
from kalshi_data.kalshi.numbering.deltas import DeltaNumbering
from kalshi_data.kalshi.numbering.label_counts import DeltaNumbers
from kalshi_data.kalshi.timestamps import to_unique_text

BEGIN = datetime(2026, 11, 1, 10, 0, 0, 447_123, tzinfo=UTC)
CUT = {6: 1, 3: 1_000, 0: 1_000_000}
NONE: DeltaNumbers = (0, None, None, None, None)
DELAY, PAUSE, LONGEST = timedelta(seconds=5), timedelta(seconds=10), timedelta(minutes=10)


class Received(NamedTuple):
    """A delta as a connection receives it; it is sent when it happens. Without places it has no time."""

    kind: str
    moment: datetime
    places: int | None
    clock: int = 0


def number_all(deltas: Iterable[Received], numbering: DeltaNumbering) -> list[DeltaNumbers]:
    return [number(numbering, *delta) for delta in deltas]


def number(
    numbering: DeltaNumbering, kind: str, moment: datetime, places: int | None, clock: int = 0, *, late: float = 0
) -> DeltaNumbers:
    at = moment + timedelta(seconds=late)
    if places is None:
        return numbering.undated(kind, clock, at)
    known = cut(moment, places)
    return numbering.dated(kind, to_unique_text(known), places, clock, known, at)


def cut(moment: datetime, places: int) -> datetime:
    return moment.replace(microsecond=moment.microsecond // CUT[places] * CUT[places])


def later(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def model(deltas: list[Received]) -> list[DeltaNumbers]:
    """Number deltas of one kind by comparing each with all before it."""
    found: list[DeltaNumbers] = []
    for place, delta in enumerate(deltas):
        burst = burst_of(deltas[: place + 1])[:-1]
        before = deltas[:place]
        if delta.places is None:
            occurrence = of_clock(burst, delta) if delta.clock else len(burst)
            found.append((occurrence, len(burst), None, None, (burst or [delta])[0].moment))
            continue
        occurrence = sum(has_labels(each, delta) for each in before)
        if any(each.places is None for each in burst):
            found.append((occurrence, len(burst), of_clock(burst, delta) or None, None, burst[0].moment))
            continue
        # Between deltas of whole seconds, the time is no label.
        near = [each for each in before if is_within(each, delta, 0)]
        unit = 0 if not delta.places or any(each.places == 0 for each in near) else 3
        near = [each for each in near if is_within(each, delta, unit)]
        if any((delta.clock and not each.clock) or (each.places or 0) < delta.places for each in near):
            same = sum(each.clock == delta.clock for each in near) if delta.clock else 0
            found.append((occurrence, len(near), same or None, unit, None))
        else:
            found.append((occurrence, None, None, None, None))
    return found


def is_within(earlier: Received, delta: Received, places: int) -> bool:
    return (
        earlier.places is not None
        and earlier.places >= places
        and cut(earlier.moment, places) == cut(delta.moment, places)
    )


def has_labels(earlier: Received, delta: Received) -> bool:
    return is_within(earlier, delta, delta.places or 0) and delta.clock in (0, earlier.clock)


def burst_of(deltas: list[Received]) -> list[Received]:
    """Return the deltas of the burst that the last of some belongs to."""
    burst = deltas[:1]
    for before, delta in pairwise(deltas):
        goes_on = delta.moment - before.moment <= PAUSE and delta.moment - burst[0].moment <= LONGEST
        burst = [*burst, delta] if goes_on else [delta]
    return burst


def of_clock(burst: list[Received], delta: Received) -> int:
    """Return how many deltas of one clock came before, as long as they can have happened together."""
    if not delta.clock:
        return 0
    since, count = delta.moment, 0
    for each in (each for each in [*burst, delta] if each.clock == delta.clock):
        if each.moment - since > DELAY or count == 0:
            since, count = each.moment, 0
        count += 1
    return count - 1


# No sum of a few of these comes near 5 s or 10 s, even if times are cut to the second.
STEPS = st.sampled_from([0, 0, 0, 0.0003, 0.002, 3.7, 30])


@st.composite
def stretches(draw: st.DrawFn) -> list[Received]:
    """Draw deltas of one kind on a connection that lacks fields for stretches."""
    moment, deltas = BEGIN, list[Received]()
    for _ in range(draw(st.integers(1, 6))):
        places, has_clock = draw(st.sampled_from([6, 3, 0, None])), draw(st.booleans())
        for _ in range(draw(st.integers(1, 5))):
            moment += timedelta(seconds=draw(STEPS))
            deltas.append(Received("a", moment, places, draw(st.integers(1, 2)) if has_clock else 0))
    return deltas


@given(stretches(), st.integers(0, 3))
def test_numbers_equal_those_of_a_comparison_with_every_delta_before(deltas: list[Received], others: int) -> None:
    numbering = DeltaNumbering()
    found: list[DeltaNumbers] = []
    for delta in deltas:
        found.append(number(numbering, *delta))
        for other in range(others):
            number(numbering, *delta._replace(kind=f"other {other}"))
    expected = model(deltas)
    assert [each[:4] for each in found] == [each[:4] for each in expected]
    for each, one in zip(found, expected, strict=True):
        assert (each[4] is None) == (one[4] is None)
        # What came before the first poor delta is known by its own time, which may be cut.
        if each[4] is not None and one[4] is not None:
            assert timedelta() <= one[4] - each[4] < timedelta(seconds=1)


def test_equal_deltas_are_numbered_from_zero_without_an_ordinal() -> None:
    found = number_all([Received("a", BEGIN, 6, 5)] * 340, DeltaNumbering())
    assert found == [(place, None, None, None, None) for place in range(340)]


@pytest.mark.parametrize("places", [6, 3])
def test_a_delta_after_a_poorer_one_knows_how_many_came_before(places: int) -> None:
    deltas = [Received("a", BEGIN, 3), Received("a", BEGIN, places, 7), Received("b", BEGIN, places, 7)]
    assert number_all(deltas, DeltaNumbering()) == [NONE, (0, 1, None, 3, None), NONE]


def test_a_delta_with_a_clock_knows_how_many_of_those_before_have_it() -> None:
    deltas = [Received("a", BEGIN, 3, clock) for clock in (7, 8)] + [Received("a", BEGIN, 6, 8)] * 2
    assert [found[:4] for found in number_all(deltas, DeltaNumbering())[2:]] == [(0, 2, 1, 3), (1, 3, 2, 3)]


@pytest.mark.parametrize(("clock", "of_clock"), [(7, 1), (8, None), (0, None)])
def test_a_delta_counts_those_of_its_second_if_only_the_second_of_one_is_known(
    clock: int, of_clock: int | None
) -> None:
    deltas = [Received("a", BEGIN, 0, 7), Received("a", later(0.1), 6, clock), Received("a", later(1), 6, 7)]
    assert number_all(deltas, DeltaNumbering()) == [NONE, (0, 1, of_clock, 0, None), NONE]


def test_a_delta_after_a_richer_one_counts_it() -> None:
    deltas = [Received("a", BEGIN, 6, 7), Received("a", BEGIN, 6, 8), Received("a", BEGIN, 3)]
    assert number_all(deltas, DeltaNumbering())[2] == (2, None, None, None, None)


def test_a_delta_without_a_time_counts_those_with_one_that_came_shortly_before() -> None:
    numbering = DeltaNumbering()
    dated = [Received("a", later(seconds), 6, 7) for seconds in (-20, 0, 0, 4)]
    assert [found[1:] for found in number_all(dated, numbering)] == [NONE[1:]] * 4
    began_at = BEGIN.replace(microsecond=447_000)
    assert number(numbering, "a", later(8), None) == (3, 3, None, None, began_at)
    assert number(numbering, "a", later(9), 6, 7) == (0, 4, None, None, began_at)
    assert number(numbering, "a", later(10), 6, 7) == (0, 5, 1, None, began_at)
    assert number(numbering, "a", later(30), 6, 7) == NONE


def test_a_delta_of_long_ago_is_in_no_burst() -> None:
    numbering = DeltaNumbering()
    assert number(numbering, "a", BEGIN, None) == (0, 0, None, None, BEGIN)
    assert number(numbering, "a", later(-100), 6, late=101) == NONE
    assert number(numbering, "a", later(2), None) == (1, 1, None, None, BEGIN)


def test_deltas_of_one_clock_are_counted_together_for_as_long_as_a_message_may_be_late() -> None:
    found = number_all([Received("a", later(seconds), None, 7) for seconds in (0, 4, 8)], DeltaNumbering())
    assert [each[:2] for each in found] == [(0, 0), (1, 1), (0, 2)]


def test_a_burst_ends_when_it_is_long_enough() -> None:
    numbering = DeltaNumbering()
    found = number_all([Received("a", BEGIN, None)] * (DELTAS_MAX + 1), numbering)
    assert [each[0] for each in found] == [*range(DELTAS_MAX), 0]
    slow = number_all([Received("b", later(8 * place), None) for place in range(77)], numbering)
    assert [each[0] for each in slow] == [*range(76), 0]


def test_numbering_is_cheap_again_when_all_deltas_have_had_equally_exact_times_for_long() -> None:
    numbering = DeltaNumbering(keys_max=50)
    number(numbering, "a", BEGIN, None)
    for place in range(100):
        number(numbering, "a", later(30 * place), 6)
    assert len(numbering) <= 2 * 50
    last_at = later(30 * 99)
    assert number(numbering, "a", last_at, None) == (1, 1, None, None, last_at.replace(microsecond=447_000))


def test_kinds_with_and_without_a_time_of_sending_do_not_end_each_others_bursts() -> None:
    """A recording's times of sending lie months before its frames are received again."""
    numbering = DeltaNumbering()
    months = 100 * 86_400
    numbers = [
        number(numbering, kind, later(place + since), None)
        for place in range(4)
        for kind, since in (("sent", 0), ("received", months))
    ]
    assert [occurrence for occurrence, *_ in numbers] == [0, 0, 1, 1, 2, 2, 3, 3]


KEYS_MAX = 200
# Two generations each of the milliseconds and seconds, and the bursts.
BOUND = 5 * (KEYS_MAX + 10)


@given(st.data())
def test_memory_stays_bounded(data: st.DataObject) -> None:
    numbering = DeltaNumbering(KEYS_MAX)
    kinds, steps = data.draw(st.sampled_from([1, 5, 1_000])), data.draw(st.sampled_from([0, 0.0005, 1]))
    forms = data.draw(st.lists(st.sampled_from([6, 3, 0, None]), min_size=1, max_size=4))
    has_clock = data.draw(st.booleans())
    for place in range(1_000):
        clock = place + 1 if has_clock else 0
        number(numbering, f"kind {place % kinds}", later(place * steps), forms[place % len(forms)], clock)
        assert place % 100 or len(numbering) <= BOUND
