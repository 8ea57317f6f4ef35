"""Delays counted in buckets, at a cost that every row can bear."""

from bisect import bisect_left
from collections.abc import Sequence

DELAY_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Delays:
    """A histogram of seconds; `counts` has an entry for each bound and one for longer delays."""

    def __init__(self, bounds: Sequence[float] = DELAY_BOUNDS_SECONDS) -> None:
        """Start without a delay."""
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum_seconds = 0.0

    def observe(self, seconds: float, times: int = 1) -> None:
        """Count a delay; a negative one, which differing clocks cause, belongs to the first bucket."""
        self.counts[bisect_left(self.bounds, seconds)] += times
        self.sum_seconds += seconds * times
