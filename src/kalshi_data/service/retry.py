"""How long to wait before a repeat: random, longer after every failure, and capped."""

import random

from tenacity import wait_random_exponential

DELAY_SECONDS_MIN = 0.2
DELAY_SECONDS_MAX = 30.0
# Beyond this the power of two exceeds every cap.
ATTEMPTS_COUNTED_MAX = 20


def tenacity_wait(seconds_max: float = DELAY_SECONDS_MAX) -> wait_random_exponential:
    """Return the waits of Backoff for a function that tenacity repeats a bounded number of times."""
    return wait_random_exponential(multiplier=2 * DELAY_SECONDS_MIN, max=seconds_max, min=DELAY_SECONDS_MIN)


def delay_seconds(attempts: int, seconds_max: float = DELAY_SECONDS_MAX) -> float:
    """Return how long to wait after `attempts` failures, for callers that keep the count themselves."""
    ceiling = min(seconds_max, DELAY_SECONDS_MIN * 2 ** min(attempts, ATTEMPTS_COUNTED_MAX))
    return random.uniform(DELAY_SECONDS_MIN, ceiling)  # noqa: S311 - spreads load, protects nothing


class Backoff:
    """The waits of a loop that repeats one task until it succeeds."""

    def __init__(self, seconds_max: float = DELAY_SECONDS_MAX) -> None:
        """Start without a failure; no wait is longer than `seconds_max`."""
        self._seconds_max = seconds_max
        self.attempts = 0

    def next_seconds(self, attempts_min: int = 1) -> float:
        """Count a failure, as at least the `attempts_min`th, and return how long to wait before the next try."""
        self.attempts = max(self.attempts + 1, attempts_min)
        return delay_seconds(self.attempts, self._seconds_max)

    def reset(self) -> None:
        """Forget the failures after a success, so that the next wait is short."""
        self.attempts = 0
