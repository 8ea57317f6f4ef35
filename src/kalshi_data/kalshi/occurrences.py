"""Numbers equal messages of a connection, so that the merge keeps every one of several equal changes."""

from collections.abc import Hashable

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
