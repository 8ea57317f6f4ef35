"""Counts equal messages of a connection, so that equal changes stay as many as they were."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

KEYS_MAX = 200_000
# Equal deltas share a microsecond or a millisecond of the matching engine, so few others come between them; a gatherer
# has many connections, and each keeps this many.
DELTA_KEYS_MAX = 20_000


class Occurrences:
    """Numbers equal keys from 0 in the order they come.

    Memory is bounded: keys are forgotten after between one and two times `keys_max` other keys, so equal messages must
    follow each other closer than that.
    """

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        """Begin with nothing seen."""
        self._keys_max = keys_max
        # By key the number it had last.
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
    """Numbers equal keys from 0 as long as no more than a pause lies between them, then from 0 again.

    Of what is older than the pause nothing is kept, and never more than `keys_max` keys.
    """

    def __init__(self, pause: timedelta, keys_max: int = KEYS_MAX) -> None:
        """Begin with nothing seen."""
        self._pause = pause
        self._keys_max = keys_max
        # By key when it came last and its number then, in the order they came.
        self._last: OrderedDict[Hashable, tuple[datetime, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many keys are kept."""
        return len(self._last)

    def number(self, key: Hashable, at: datetime) -> int:
        """Return how many equal keys came before this one in the burst."""
        self._forget(at)
        before = self._last.pop(key, None)
        number = before[1] + 1 if before is not None and at - before[0] <= self._pause else 0
        self._last[key] = (at, number)
        return number

    def _forget(self, at: datetime) -> None:
        """Forget what can be in no burst any more, and keep room for one."""
        while self._last:
            oldest, _ = next(iter(self._last.values()))
            if len(self._last) < self._keys_max and at - oldest <= self._pause:
                return
            self._last.popitem(last=False)
