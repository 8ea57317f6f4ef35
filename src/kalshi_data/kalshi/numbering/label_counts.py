"""Counts deltas that are equal in all but their labels: the fields that a connection may lack for a while.

A delta's labels are one integer: its clock, and its microseconds below a millisecond. Zero stands for a label that is
not known.
"""

from datetime import datetime

# A label's lower part is 0, or 1 more than the microseconds.
MICROSECONDS = 1001
# Which labels are known: bit 0 stands for the microseconds, bit 1 for the clock. For each set, the sets that lack one
# of its labels, again as bits.
_LACKING = tuple(sum(1 << other for other in range(4) if known & ~other) for known in range(4))


# What came before a delta on its connection: occurrence, ordinal, ordinal_of_clock, ordinal_digits and burst_began_at,
# as the columns of capture.orderbook_deltas define them. A plain tuple, since each delta gets one.
DeltaNumbers = tuple[int, int | None, int | None, int | None, datetime | None]
FIRST: DeltaNumbers = (0, None, None, None, None)
# How long a key's time is if it is a whole second.
_SECOND_LENGTH = 19


class LabelCounts:
    """Counts equal deltas by their labels; of those it holds at most `labels_max`, and forgets the oldest."""

    __slots__ = ("_known", "_labels", "count", "label")

    def __init__(self, label: int, deltas: int = 1) -> None:
        """Start after deltas with one label."""
        self.count = deltas
        # The labels of all deltas, if all have the same.
        self.label: int | None = label
        # Else how many deltas have at least these labels.
        self._labels: dict[int, int] = {}
        self._known = 1 << _known(label)

    def __len__(self) -> int:
        """Return how many labels are held."""
        return len(self._labels)

    def add(self, label: int, labels_max: int, places: int, deltas: int = 1) -> DeltaNumbers:
        """Count one more delta, or several; `places` are those of the time that all of them share."""
        ordinal, self.count = self.count, self.count + deltas
        if self.label is not None:
            if label == self.label:
                return ordinal, None, None, None, None
            self._add(self.label, ordinal)
            self.label = None
        occurrence = self._labels.get(label, 0) if label else ordinal
        of_clock = self._labels.get(label - label % MICROSECONDS)
        self._add(label, deltas)
        while len(self._labels) > labels_max:
            del self._labels[next(iter(self._labels))]
        known = _known(label)
        is_mixed = self._known & _LACKING[known]
        self._known |= 1 << known
        return (occurrence, ordinal, of_clock, places, None) if is_mixed else (occurrence, None, None, None, None)

    def clocks(self) -> dict[int, int]:
        """Return how many deltas have each clock; 0 stands for those without one."""
        if self.label is not None:
            return {self.label // MICROSECONDS: self.count}
        found = {label // MICROSECONDS: held for label, held in self._labels.items() if label % MICROSECONDS == 0}
        others = self.count - sum(found.values())
        return {**found, 0: others} if others > 0 else found

    def _add(self, label: int, deltas: int) -> None:
        microseconds = label % MICROSECONDS
        for part in {label, label - microseconds, microseconds} - {0}:
            self._labels[part] = self._labels.pop(part, 0) + deltas


class CountsByKey:
    """Counts deltas by a key and their labels.

    Memory is bounded: a key is forgotten after at least `keys_max` and at most twice as many other keys or labels.
    """

    def __init__(self, keys_max: int) -> None:
        """Start with no keys."""
        self._keys_max = self._room = keys_max
        self._labels_max = max(8, keys_max // 20)
        # The labels of the only delta of a key, or the counts of several.
        self._recent: dict[str, int | LabelCounts] = {}
        self._older: dict[str, int | LabelCounts] = {}

    def __len__(self) -> int:
        """Return how many keys and labels are held."""
        held = (self._recent, self._older)
        return sum(len(each) + sum(len(one) for one in each.values() if isinstance(one, LabelCounts)) for each in held)

    def add(self, key: str, label: int) -> DeltaNumbers:
        """Count one more delta."""
        recent = self._recent
        keys = len(recent)
        before = recent.setdefault(key, label)
        if len(recent) == keys:
            # Bursts of equal deltas are common, too.
            if isinstance(before, LabelCounts) and before.label == label:
                before.count = deltas = before.count + 1
                return deltas - 1, None, None, None, None
            return self._add_to(before, key, label)
        numbers = FIRST
        if self._older and (before := self._older.pop(key, None)) is not None:
            if isinstance(before, LabelCounts):
                self._room -= len(before)
            numbers = self._add_to(before, key, label)
        if keys >= self._room:
            self._older, self._recent, self._room = recent, {}, self._keys_max
        return numbers

    def restore(self, key: str, label: int, deltas: int) -> None:
        """Count deltas that came before; no key is forgotten for them."""
        before = self._recent.get(key)
        if before is None:
            self._recent[key] = LabelCounts(label, deltas)
            return
        counts = self._recent[key] = before if isinstance(before, LabelCounts) else LabelCounts(before)
        counts.add(label, self._labels_max, 0, deltas)

    def __contains__(self, key: str) -> bool:
        """Return whether deltas of a key are held."""
        return key in self._recent or key in self._older

    def total(self, key: str) -> int:
        """Return how many deltas of a key were counted, whatever their labels."""
        before = self._recent.get(key, self._older.get(key))
        return before.count if isinstance(before, LabelCounts) else int(before is not None)

    def items(self) -> list[tuple[str, dict[int, int]]]:
        """Return the number of deltas of each key, by their clocks."""
        held = (*self._older.items(), *self._recent.items())
        return [
            (key, each.clocks() if isinstance(each, LabelCounts) else {each // MICROSECONDS: 1}) for key, each in held
        ]

    def _add_to(self, before: int | LabelCounts, key: str, label: int) -> DeltaNumbers:
        if not isinstance(before, LabelCounts):
            before = LabelCounts(before)
        self._recent[key] = before
        labels = len(before)
        places = 0 if key[_SECOND_LENGTH] == "\t" else 3
        numbers = before.add(label, self._labels_max, places)
        self._room -= len(before) - labels
        return numbers


def _known(label: int) -> int:
    """Return which labels are known, as bits."""
    return (label % MICROSECONDS > 0) | (label >= MICROSECONDS) << 1
