"""How far this host's clock is ahead of the exchange's, from the times at which the exchange sent its messages."""

import math
import time

WINDOW_SECONDS = 30.0


class ExchangeClock:
    """The shortest delay of the messages of each window: what the network takes is small beside a wrong clock."""

    def __init__(self) -> None:
        """Start without a message."""
        self._least_seconds = math.inf
        self._ends_at_seconds = 0.0
        self._difference_seconds = 0.0
        # Whether a whole window has shown the difference.
        self.is_known = False

    def observe(self, delay_seconds: float) -> float:
        """Take the delay of one message; return the difference that the last whole window showed, 0 before that."""
        now = time.monotonic()
        if now >= self._ends_at_seconds:
            if self._least_seconds != math.inf:
                self._difference_seconds = self._least_seconds
                self.is_known = True
            self._least_seconds, self._ends_at_seconds = math.inf, now + WINDOW_SECONDS
        self._least_seconds = min(self._least_seconds, delay_seconds)
        return self._difference_seconds

    def restart(self) -> None:
        """Begin a window, since the clock was set."""
        self._least_seconds, self._ends_at_seconds = math.inf, time.monotonic() + WINDOW_SECONDS
