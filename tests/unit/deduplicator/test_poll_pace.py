"""How long a stream waits between two ticks."""

import pytest

from kalshi_data.deduplicator.merge.poll_pace import WORTHWHILE_ROWS, PollPace

POLL_SECONDS = 0.1
TICK_SECONDS = 0.01


def pause_seconds(
    rows_per_second: float, poll_seconds: float = POLL_SECONDS, tick_seconds: float = TICK_SECONDS
) -> float:
    """Return the pause after two hundred ticks while rows arrive at that rate."""
    pace, pause = PollPace(poll_seconds), poll_seconds
    for _ in range(200):
        pause = pace.pause_seconds(round(rows_per_second * (pause + tick_seconds)), tick_seconds)
    return pause


def test_ticks_without_rows_begin_at_the_interval() -> None:
    assert pause_seconds(0) == pytest.approx(POLL_SECONDS - TICK_SECONDS)


def test_few_rows_wait_no_longer_than_none() -> None:
    assert pause_seconds(100) == pytest.approx(POLL_SECONDS - TICK_SECONDS)


def test_many_rows_are_waited_for_until_a_tick_is_worthwhile() -> None:
    assert pause_seconds(10_000) == pytest.approx(WORTHWHILE_ROWS / 10_000, rel=0.05)


def test_production_is_idle_as_long_as_a_tick_takes() -> None:
    assert pause_seconds(1_000_000) == pytest.approx(TICK_SECONDS)


@pytest.mark.parametrize("rows_per_second", [0, 10_000])
def test_a_tick_longer_than_the_interval_is_followed_by_the_next(rows_per_second: int) -> None:
    assert pause_seconds(rows_per_second, tick_seconds=0.2) == 0


def test_one_burst_hardly_changes_the_pause() -> None:
    pace = PollPace(POLL_SECONDS)
    for _ in range(50):
        pace.pause_seconds(10, TICK_SECONDS)
    assert pace.pause_seconds(500, TICK_SECONDS) == pytest.approx(POLL_SECONDS - TICK_SECONDS)


def test_catching_up_changes_no_pause() -> None:
    pace, pause = PollPace(POLL_SECONDS), POLL_SECONDS
    for _ in range(50):
        pause = pace.pause_seconds(round(10_000 * (pause + TICK_SECONDS)), TICK_SECONDS)
    for _ in range(50):
        pace.hurry()
    # The last tick of a backlog polls what arrived during the tick before it.
    assert pace.pause_seconds(round(10_000 * TICK_SECONDS), TICK_SECONDS) == pytest.approx(pause, rel=0.05)
