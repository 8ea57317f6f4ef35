"""Waits between repeats."""

import pytest

from kalshi_data.service import retry
from kalshi_data.service.retry import DELAY_SECONDS_MIN, Backoff, delay_seconds


def longest(_: float, ceiling: float) -> float:
    return ceiling


@pytest.fixture
def without_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry.random, "uniform", longest)


@pytest.mark.usefixtures("without_jitter")
def test_waits_double_up_to_the_cap() -> None:
    backoff = Backoff(seconds_max=2.0)
    assert [backoff.next_seconds() for _ in range(5)] == [0.4, 0.8, 1.6, 2.0, 2.0]
    assert delay_seconds(10_000) == retry.DELAY_SECONDS_MAX


@pytest.mark.usefixtures("without_jitter")
def test_a_success_makes_the_next_wait_short_again() -> None:
    backoff = Backoff()
    first = backoff.next_seconds()
    assert backoff.next_seconds() > first
    backoff.reset()
    assert (backoff.attempts, backoff.next_seconds()) == (0, first)


@pytest.mark.usefixtures("without_jitter")
def test_a_grave_failure_counts_as_several() -> None:
    backoff = Backoff()
    assert backoff.next_seconds(attempts_min=5) == delay_seconds(5)
    assert backoff.next_seconds() == delay_seconds(6)


def test_waits_are_random_and_never_shorter_than_the_least() -> None:
    waits = {delay_seconds(5) for _ in range(100)}
    assert len(waits) > 50
    assert min(waits) >= DELAY_SECONDS_MIN
