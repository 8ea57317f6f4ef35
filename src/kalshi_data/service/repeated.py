"""Decides when a condition that repeats is logged, so that it cannot flood the log."""

import math
import time
from collections.abc import Hashable

QUIET_SECONDS = 60.0
KEYS_MAX = 1_000


class Repeated:
    """Counts equal events: the first is due at once, later ones together, at most once in `quiet_seconds`."""

    def __init__(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        """Start without events."""
        self._quiet_seconds = quiet_seconds
        # By key: when it was last logged, and how many events came since.
        self._seen: dict[Hashable, tuple[float, int]] = {}

    def due(self, key: Hashable) -> int | None:
        """Count an event; return how many to log, itself included, or None if it is too early to log again."""
        now = time.monotonic()
        logged_at, waiting = self._seen.pop(key, (-math.inf, 0))
        if len(self._seen) >= KEYS_MAX:
            del self._seen[next(iter(self._seen))]
        is_due = now - logged_at >= self._quiet_seconds
        self._seen[key] = (now, 0) if is_due else (logged_at, waiting + 1)
        return waiting + 1 if is_due else None
