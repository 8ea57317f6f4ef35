"""Counts equal messages of a connection, so that equal changes stay as many as they were."""

from collections.abc import Hashable

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
