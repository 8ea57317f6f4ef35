"""Waits that end when a condition holds, and give up only when nothing moves any more."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.02
# Far more than any single step takes on a slow and busy machine: only a broken test waits this long.
STILL_SECONDS_MAX = 120.0
SECONDS_MAX = 900.0

Value = TypeVar("Value")
Progress = Callable[[], object]


def wait_until(
    condition: Callable[[], Value | None],
    what: str | Callable[[], object] = "the condition",
    *,
    progress: Progress | None = None,
    still_seconds_max: float = STILL_SECONDS_MAX,
    poll_seconds: float = POLL_SECONDS,
) -> Value:
    """Return the first true value of a condition.

    `progress` returns what changes while there is hope: the wait fails when it has not changed for
    `still_seconds_max`. Without it the wait fails after that time. `what` describes the condition in the failure.
    """
    patience = _Patience(what, progress, still_seconds_max)
    while not (value := condition()):
        patience.check()
        time.sleep(poll_seconds)
    return value


async def wait_until_async(
    condition: Callable[[], Value | None],
    what: str | Callable[[], object] = "the condition",
    *,
    progress: Progress | None = None,
    still_seconds_max: float = STILL_SECONDS_MAX,
    poll_seconds: float = POLL_SECONDS,
) -> Value:
    """Do the same as `wait_until` in an event loop."""
    patience = _Patience(what, progress, still_seconds_max)
    while not (value := condition()):
        patience.check()
        await asyncio.sleep(poll_seconds)
    return value


class _Patience:
    """How long a wait goes on."""

    def __init__(self, what: str | Callable[[], object], progress: Progress | None, still_seconds_max: float) -> None:
        self._what = what
        self._progress = progress
        self._still_seconds_max = still_seconds_max
        self._began = self._moved = time.monotonic()
        self._seen = progress() if progress else None

    def check(self) -> None:
        """Raise AssertionError if nothing has moved for too long."""
        now = time.monotonic()
        seen = self._progress() if self._progress else None
        if seen != self._seen:
            self._seen, self._moved = seen, now
        if now - self._moved > self._still_seconds_max or now - self._began > SECONDS_MAX:
            what = self._what if isinstance(self._what, str) else self._what()
            raise AssertionError(
                f"waited {now - self._began:.0f} s in vain, the last {now - self._moved:.0f} s without progress"
                f" (at {seen!r}): {what}"
            )
