"""One way to try again: exponential waits with full jitter and a cap."""

from collections.abc import Callable

from tenacity import wait_random_exponential

DELAY_SECONDS_MIN = 0.2
DELAY_SECONDS_MAX = 30.0


def backoff(seconds_max: float = DELAY_SECONDS_MAX) -> wait_random_exponential:
    """Return tenacity's wait between attempts: random, growing, at least DELAY_SECONDS_MIN, at most `seconds_max`."""
    return wait_random_exponential(multiplier=DELAY_SECONDS_MIN, max=seconds_max, min=DELAY_SECONDS_MIN)


def delay_seconds(
    attempt: int, jitter: Callable[[float, float], float], seconds_max: float = DELAY_SECONDS_MAX
) -> float:
    """Return how long to wait before try number `attempt` (1 for the first repeat), for loops that never give up."""
    ceiling = min(seconds_max, DELAY_SECONDS_MIN * 2 ** min(attempt, 20))
    return jitter(DELAY_SECONDS_MIN, ceiling)
