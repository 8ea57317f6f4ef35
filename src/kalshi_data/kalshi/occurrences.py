"""Counts equal messages of a connection, so that equal changes stay as many as they were."""

from collections.abc import Hashable

KEYS_MAX = 200_000


class Occurrences:
    """Numbers equal keys from 0 in the order they come.

    Memory is bounded: keys are forgotten after between one and two times `keys_max` other keys. Equal messages share a
    timestamp, so they follow each other far closer than that.
    """

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        """Begin with nothing seen."""
        self._keys_max = keys_max
        self._recent: dict[Hashable, int] = {}
        self._older: dict[Hashable, int] = {}

    def number(self, key: Hashable) -> int:
        """Return how many equal keys came before this one."""
        seen = self._recent.get(key)
        if seen is None:
            seen = self._older.get(key, 0)
        self._recent[key] = seen + 1
        if len(self._recent) > self._keys_max:
            self._older, self._recent = self._recent, {}
        return seen
