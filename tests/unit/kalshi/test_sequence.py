from datetime import UTC, datetime

from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.sequence import REPEATS_MAX, SequenceGap, SequenceTracker

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def test_numbers_start_at_one_and_grow_by_one_per_subscription() -> None:
    check = SequenceTracker()
    assert [check.observe(1, seq) for seq in (1, 2, 3)] == [None, None, None]
    assert check.observe(2, 1) is None
    assert check.observe(1, 4) is None


def test_a_gap_is_reported_once_and_counting_continues_after_it() -> None:
    check = SequenceTracker()
    assert check.observe(1, 1) is None
    assert check.observe(1, 5) == SequenceGap(1, 2, 5)
    assert check.observe(1, 6) is None


def test_a_late_start_is_a_gap() -> None:
    assert SequenceTracker().observe(7, 3) == SequenceGap(7, 1, 3)


def test_a_repeated_number_is_reported_and_does_not_reset_the_count() -> None:
    check = SequenceTracker()
    for seq in (1, 2, 3):
        check.observe(1, seq)
    assert check.observe(1, 2) == SequenceGap(1, 4, 2)
    assert check.observe(1, 4) is None


def test_equal_keys_are_numbered_from_zero() -> None:
    occurrences = Occurrences()
    assert [occurrences.number("a") for _ in range(340)] == list(range(340))
    assert occurrences.number("b") == 0


def test_numbers_continue_across_generations_and_memory_stays_bounded() -> None:
    occurrences = Occurrences(keys_max=10)
    assert occurrences.number("kept") == 0
    for other in range(15):
        occurrences.number(other)
        # The count of a key that comes again and again is kept.
        assert occurrences.number("kept") == other + 1
    for other in range(100):
        occurrences.number(("other", other))
    assert occurrences.number("kept") == 0


def test_a_restarted_count_is_accepted_after_many_repeats_and_is_a_gap() -> None:
    check = SequenceTracker()
    for seq in range(1, 5_001):
        check.observe(1, seq)
    found = [check.observe(1, seq) for seq in range(1, 200)]
    assert all(gap is not None and gap.is_repeat for gap in found[:REPEATS_MAX])
    assert found[REPEATS_MAX] == SequenceGap(1, 1, REPEATS_MAX + 1)
    assert found[REPEATS_MAX + 1 :] == [None] * (198 - REPEATS_MAX)


def test_a_first_number_above_one_is_no_gap_if_the_start_was_not_seen() -> None:
    check = SequenceTracker(from_start=False)
    assert check.observe(1, 500) is None
    assert check.observe(1, 502) == SequenceGap(1, 501, 502)
