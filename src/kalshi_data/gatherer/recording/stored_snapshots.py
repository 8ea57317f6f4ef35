"""Leaves out order-book snapshots of a state that is stored already."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.kalshi.rows import Row

# If an hour has more states than this, some are stored again: 500,000 take 50 MB.
STATES_MAX = 500_000
HOUR = timedelta(hours=1)
SNAPSHOTS = "orderbook_snapshots"
STREAM_OF: Callable[[Item], str] = attrgetter("stream")


class StoredSnapshots:
    """The states of order books that are stored in the current hour.

    Production holds each state once a day, so it lacks nothing if an equal snapshot follows no more. What proves that
    the book was compared again is its row of capture.book_checks. Each hour stores its first one again, since the
    partitions before it may be dropped.
    """

    def __init__(self, states_max: int = STATES_MAX) -> None:
        """Start with nothing stored."""
        self._states_max = states_max
        self._stored: set[bytes] = set()
        self._selected: set[bytes] = set()
        self._items: Sequence[Item] = ()
        self._last_at = datetime.min.replace(tzinfo=UTC)

    def select(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the items that are to be stored, in their order; keep() follows once they are."""
        self._selected, self._items = set(), items
        if SNAPSHOTS in map(STREAM_OF, items):
            self._items = [item for item in items if item.stream != SNAPSHOTS or self._is_new(item.row)]
        return self._items

    def keep(self) -> Sequence[Item]:
        """Take what was selected last for stored, and return it."""
        self._stored |= self._selected
        if len(self._stored) > self._states_max:
            self.clear()
        return self._items

    def clear(self) -> None:
        """Take nothing for stored: the database may have lost it."""
        self._stored.clear()

    def _is_new(self, row: Row) -> bool:
        received_at: datetime = row[0]
        # Of two that production reads at once, it keeps the earlier time: after a clock was set back, all count as new.
        if hour_of(received_at) != hour_of(self._last_at) or received_at < self._last_at:
            self._stored.clear()
            self._selected.clear()
        self._last_at = received_at
        state = state_of(row)
        if state is None:
            return True
        if state in self._stored or state in self._selected:
            return False
        self._selected.add(state)
        return True


def state_of(row: Row) -> bytes | None:
    """Return what equal rows have in common; None for a row that is like no other.

    A snapshot without a clock, of a book without a known last change, differs from others by its number only.
    """
    *state, occurrence, last_change_at = row[5:14]
    if occurrence and last_change_at is None:
        return None
    return hashlib.blake2b(repr((*state, occurrence > 0, last_change_at)).encode(), digest_size=16).digest()


def hour_of(moment: datetime) -> datetime:
    """Return the whole hour that holds a time."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hours_of(moments: Sequence[datetime]) -> set[datetime]:
    """Return the whole hours that hold some times, of which nearly all lie in the hour of the one before."""
    hours: set[datetime] = set()
    if moments and (last := max(moments)) - (first := min(moments)) < HOUR:
        return {hour_of(first), hour_of(last)}
    begin = end = datetime.min.replace(tzinfo=UTC)
    for moment in moments:
        if not begin <= moment < end:
            begin = hour_of(moment)
            end = begin + HOUR
            hours.add(begin)
    return hours
