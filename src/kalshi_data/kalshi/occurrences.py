"""Numbers equal messages of a connection, so that the merge keeps every one of several equal changes."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

KEYS_MAX = 200_000


class Occurrences:
    """Numbers equal keys from 0 in the order in which they come.

    Memory is bounded: a key is forgotten after at least `keys_max` and at most twice as many other keys, so fewer keys
    than that must lie between equal messages.
    """

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        """Start with no keys."""
        self._keys_max = keys_max
        # The last number of each key.
        self._recent: dict[Hashable, int] = {}
        self._older: dict[Hashable, int] = {}

    def number(self, key: Hashable) -> int:
        """Return how many equal keys came before this one."""
        recent = self._recent
        keys = len(recent)
        seen = recent.setdefault(key, 0)
        if len(recent) == keys:
            recent[key] = seen = seen + 1
            return seen
        if self._older and (before := self._older.get(key)) is not None:
            recent[key] = seen = before + 1
        if keys == self._keys_max:
            self._older, self._recent = recent, {}
        return seen


class Burst:
    """Numbers equal keys from 0 while at most a pause lies between them; after a longer pause, from 0 again.

    A key is forgotten after the pause, also if its time lay in the future, or if more than `keys_max` keys are held.
    """

    def __init__(self, pause: timedelta, keys_max: int = KEYS_MAX) -> None:
        """Start with no keys."""
        self._pause = pause
        self._keys_max = keys_max
        # When each key came last and its number then, in the order in which they came.
        self._last: OrderedDict[Hashable, tuple[datetime, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many keys are held."""
        return len(self._last)

    def number(self, key: Hashable, at: datetime) -> int:
        """Return how many equal keys came before this one in the burst."""
        self._forget(at)
        before = self._last.pop(key, None)
        number = before[1] + 1 if before is not None and abs(at - before[0]) <= self._pause else 0
        self._last[key] = (at, number)
        return number

    def _forget(self, at: datetime) -> None:
        """Forget the keys whose burst is over, and make room for one more."""
        while self._last:
            oldest, _ = next(iter(self._last.values()))
            if len(self._last) < self._keys_max and abs(at - oldest) <= self._pause:
                return
            self._last.popitem(last=False)
