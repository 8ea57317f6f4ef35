"""Times in which changes of a book are lost or missing, so that it is not known until its next snapshot."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kalshi_data.reader.times import SECOND

NEVER = 1 << 62
MINUTE = 60 * SECOND


class Hole(NamedTuple):
    """A time without changes, in microseconds, and what a book that is not known because of it is called.

    If it `is_minutes`, only its whole minutes are known. A gatherer asks for a snapshot as soon as it can after a gap,
    so a snapshot in such a minute is believed until the minute ends.
    """

    begin_us: int
    end_us: int
    reason: str
    is_minutes: bool = False

    def after(self, snapshot_us: int) -> int:
        """Return from when on a book is not known that is followed from a snapshot; NEVER if the hole is before it.

        Example:
            >>> Hole(5, 9, "gap").after(3), Hole(5, 9, "gap").after(7), Hole(5, 9, "gap").after(9) == NEVER
            (5, 7, True)
        """
        first = snapshot_us - snapshot_us % MINUTE + MINUTE if self.is_minutes else snapshot_us
        begin_us = max(self.begin_us, first)
        return begin_us if begin_us < self.end_us else NEVER


def first_hole(holes: Iterable[Hole], snapshot_us: int) -> tuple[int, str]:
    """Return from when on a book is not known that is followed from a snapshot, and why; NEVER if no hole follows."""
    return min([(each.after(snapshot_us), each.reason) for each in holes] + [(NEVER, "")])


def split(runs: Sequence[tuple[int, int]], lost: Sequence[tuple[int, int]], reason: str) -> list[Hole]:
    """Return the holes of runs of whole minutes: the exact times in which changes were lost, else the minutes.

    Example:
        >>> [each[:2] for each in split([(0, 60), (120, 180)], [(30, 200)], "gap")]
        [(30, 60), (120, 180)]
        >>> split([(0, 60)], [], "gap")
        [Hole(begin_us=0, end_us=60, reason='gap', is_minutes=True)]
    """
    holes: list[Hole] = []
    for begin, end in runs:
        inside = [(max(first, begin), min(last, end)) for first, last in lost if first < end and last > begin]
        holes += [Hole(*each, reason) for each in inside] or [Hole(begin, end, reason, is_minutes=True)]
    return holes
