"""How often, and about how many markets at once, commands of one kind are sent while the exchange refuses them."""

import time

from kalshi_data.service.retry import DELAY_SECONDS_MAX, delay_seconds

# From this failure in a row on, a refusal that gives no reason may be about one of the markets: the next command names
# fewer. It is not the first one, since most refusals are over after a moment.
FAILURES_BEFORE_DIVIDING = 3
MARKETS_MAX = 1 << 20


class CommandPace:
    """The pause before the next command, longer after every failure, and how many markets that command names."""

    def __init__(self) -> None:
        """Start without a pause and without a limit."""
        self.failures = 0
        self._due_at_seconds = 0.0
        self._markets_max = MARKETS_MAX

    @property
    def is_due(self) -> bool:
        """Whether the pause is over."""
        return time.monotonic() >= self._due_at_seconds

    @property
    def should_divide(self) -> bool:
        """Whether enough commands failed in a row that one of the markets may be the reason."""
        return self.failures >= FAILURES_BEFORE_DIVIDING

    def markets_max(self, limit: int) -> int:
        """Return how many markets the next command names, at most `limit`."""
        return min(self._markets_max, limit)

    def failed(self, seconds_max: float = DELAY_SECONDS_MAX) -> float:
        """Count a failure; return the pause that follows."""
        self.failures += 1
        seconds = delay_seconds(self.failures, seconds_max)
        self._due_at_seconds = time.monotonic() + seconds
        return seconds

    def divide(self, markets: int) -> None:
        """Let the next command name half as many markets, to find the one that the exchange refuses."""
        self._markets_max = max(1, markets // 2)

    def succeeded(self) -> None:
        """End the pause, and let the next command name twice as many markets."""
        self.failures = 0
        self._due_at_seconds = 0.0
        self._markets_max = min(2 * self._markets_max, MARKETS_MAX)
