"""This host's clock: it may be set while the gatherer runs, and it may differ from the exchange's."""

import time

import structlog

from kalshi_data.gatherer.counters import Counters

log = structlog.get_logger()

# A clock that is corrected slowly moves less than this between two turns.
STEP_SECONDS_MIN = 0.5
# Times of this process's own events, by the wall clock.
OWN_TIMES = ("started_at_seconds", "last_frame_at_seconds", "heartbeat_at_seconds", "unread_dropped_at_seconds")


class ClockWatch:
    """Notices when the wall clock is set, and moves the times of past events with it, so that their ages stay right."""

    def __init__(self, counters: Counters) -> None:
        """Start with the clock as it is."""
        self._counters = counters
        self._ahead_seconds = time.time() - time.monotonic()

    def turn(self) -> None:
        """Compare the wall clock with the one that cannot be set."""
        ahead_seconds = time.time() - time.monotonic()
        step_seconds, self._ahead_seconds = ahead_seconds - self._ahead_seconds, ahead_seconds
        if abs(step_seconds) < STEP_SECONDS_MIN:
            return
        counters = self._counters
        if (times := counters.repeated.due("clock")) is not None:
            log.warning("the clock of this host was set", seconds=round(step_seconds, 1), times=times)
        for name in OWN_TIMES:
            if at_seconds := getattr(counters, name):
                setattr(counters, name, at_seconds + step_seconds)
        counters.clock_difference_seconds += step_seconds
        counters.exchange_clock.restart()
