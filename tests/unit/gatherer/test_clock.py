"""What a gatherer notices about its host's clock."""

import time
from collections.abc import Callable

import pytest

from kalshi_data.gatherer import exchange_clock
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.exchange_clock import ExchangeClock
from kalshi_data.gatherer.monitoring.clock import ClockWatch


class Clocks:
    """Both clocks of a host, which stand still unless a test moves them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_seconds, self.monotonic_seconds = 1_800_000_000.0, 1_000.0
        read_wall: Callable[[], float] = lambda: self.wall_seconds  # noqa: E731
        read_monotonic: Callable[[], float] = lambda: self.monotonic_seconds  # noqa: E731
        monkeypatch.setattr(time, "time", read_wall)
        monkeypatch.setattr(time, "monotonic", read_monotonic)

    def pass_by(self, seconds: float) -> None:
        self.wall_seconds += seconds
        self.monotonic_seconds += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.mark.parametrize("step_seconds", [-360.0, -0.6, 0.6, 2.3e9])
def test_ages_stay_right_when_the_clock_is_set(clocks: Clocks, step_seconds: float) -> None:
    counters = Counters()
    watch = ClockWatch(counters)
    counters.heartbeat_at_seconds = counters.started_at_seconds = clocks.wall_seconds
    clocks.pass_by(10.0)
    watch.turn()
    assert clocks.wall_seconds - counters.heartbeat_at_seconds == 10.0
    clocks.wall_seconds += step_seconds
    watch.turn()
    assert clocks.wall_seconds - counters.heartbeat_at_seconds == pytest.approx(10.0)
    assert clocks.wall_seconds - counters.started_at_seconds == pytest.approx(10.0)
    assert counters.last_frame_at_seconds == 0.0
    assert counters.clock_difference_seconds == pytest.approx(step_seconds)


def test_a_clock_that_is_corrected_slowly_is_left_alone(clocks: Clocks) -> None:
    counters = Counters()
    watch = ClockWatch(counters)
    for _ in range(10):
        clocks.wall_seconds += 0.1
        watch.turn()
    assert counters.clock_difference_seconds == 0.0


def test_the_shortest_delay_of_a_window_is_the_difference(clocks: Clocks) -> None:
    clock = ExchangeClock()
    assert [clock.observe(seconds) for seconds in (6.5, 6.1, 9.0)] == [0.0] * 3
    clocks.pass_by(exchange_clock.WINDOW_SECONDS)
    assert clock.observe(-3.0) == 6.1
    clocks.pass_by(exchange_clock.WINDOW_SECONDS)
    assert clock.observe(0.1) == -3.0
