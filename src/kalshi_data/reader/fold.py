"""Follows a market's book from snapshot to snapshot, change by change, and compares each snapshot with it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from kalshi_data.reader.book import BEFORE_FIRST, Book
from kalshi_data.reader.holes import NEVER, Hole, first_hole
from kalshi_data.reader.market_rows import SKEW_US_MAX, Change, Snapshot

BY_CLOCK, BY_TIME = attrgetter("clock"), attrgetter("at_us")


class Turn(NamedTuple):
    """A moment at which a book changes: its changes, or the snapshot that it is compared with.

    `proven` is true if the book already was the snapshot's, false if not, and None if it cannot be known. `received_us`
    is when a gatherer received the last of it.
    """

    at_us: int
    received_us: int
    clock: int
    changes: Sequence[tuple[str, int, int]] = ()
    snapshot: Snapshot | None = None
    proven: bool | None = None
    is_opening: bool = False


class MarketFold:
    """All that is known of one market in a range of time: its snapshots, the first of which is the base, and changes.

    With the exchange's clock on all rows, changes belong to a snapshot and are ordered by clock. Without it they belong
    by the rule of `Snapshot.precedes`, and are ordered by time; then no snapshot proves anything.
    """

    def __init__(
        self,
        market: str,
        begin_us: int,
        snapshots: Sequence[Snapshot],
        changes: Sequence[Change],
        holes: Sequence[Hole] = (),
    ) -> None:
        """Take rows in the order of the files; `holes` are the times whose changes are lost or missing."""
        self.book = Book(market, begin_us, reason=BEFORE_FIRST)
        self._begin_us = begin_us
        self._holes = holes
        with_clock = all(each.has_clock for each in snapshots) and all(map(BY_CLOCK, changes))
        self._is_by_clock = with_clock and not _restarts(snapshots)
        # Sorting twice costs less than a key of two values.
        first, second = (BY_TIME, BY_CLOCK) if self._is_by_clock else (BY_CLOCK, BY_TIME)
        self._changes = sorted(sorted(changes, key=first), key=second)
        self._places = list(map(second, self._changes))
        # A snapshot that another connection received late stands where its clock says.
        self._snapshots = _by_clock(snapshots) if self._is_by_clock else list(snapshots)
        self._reached_us = begin_us
        self._is_open = False
        self._held: list[Turn] = []

    def turns(self) -> Iterator[Turn]:
        """Yield the book at the beginning, then each turn when the book has become what it says, in order of time."""
        following: Snapshot | None
        for base, following in pairwise([None, *self._snapshots, None]):
            if base:
                changes, is_by_clock = self._between(base, following)
                yield from self._apply(base, following, changes, is_by_clock=is_by_clock)
                if following:
                    yield from self._compare(following, can_prove=is_by_clock)
            elif following:
                yield from self._take(following, following.received_us, None)
        yield from self._opened(NEVER)

    def _opened(self, at_us: int) -> Iterator[Turn]:
        """Yield the whole book at the beginning if a turn is the first one after it."""
        if self._is_open or at_us <= self._begin_us:
            return
        self._is_open = True
        book = self.book
        book.at_us = self._begin_us
        whole = [("yes", *level) for level in book.yes_ladder.items()]
        whole += [("no", *level) for level in book.no_ladder.items()]
        yield Turn(self._begin_us, self._begin_us, book.clock, whole, is_opening=True)
        yield from self._held

    def _between(self, base: Snapshot, following: Snapshot | None) -> tuple[Sequence[Change], bool]:
        """Return the changes after a snapshot and up to the next one, and whether they are ordered by clock."""
        if self._is_by_clock:
            first = bisect_right(self._places, base.clock)
            last = bisect_right(self._places, following.clock) if following else None
            found = self._changes[first:last]
            return [each for each in found if each.at_us > base.received_us - SKEW_US_MAX], True
        first = bisect_right(self._places, base.received_us - SKEW_US_MAX)
        if following is None:
            return [each for each in self._changes[first:] if base.precedes(each)], False
        last = bisect_left(self._places, following.received_us + SKEW_US_MAX)
        near = [each for each in self._changes[first:last] if base.precedes(each)]
        if base.has_clock and following.has_clock and following.clock >= base.clock and all(e.clock for e in near):
            return sorted((e for e in near if e.clock <= following.clock), key=lambda e: (e.clock, e.at_us)), True
        return [each for each in near if each.at_us < following.received_us], False

    def _apply(
        self, base: Snapshot, following: Snapshot | None, changes: Sequence[Change], *, is_by_clock: bool
    ) -> Iterator[Turn]:
        # At the time of a snapshot without a clock the book is that snapshot.
        earliest = -NEVER if is_by_clock else base.received_us + (0 if base.has_clock else 1)
        hole, reason = first_hole(self._holes, base.received_us)

        def moment(change: Change) -> int:
            return change.clock if is_by_clock else max(change.at_us, earliest)

        first, end = 0, len(changes)
        while (first := self._pass_over(changes, first, earliest, hole)) < end:
            last = first + 1
            while last < end and moment(changes[last]) == moment(changes[first]):
                last += 1
            together = changes[first:last]
            first = last
            at_us = max(earliest, *map(BY_TIME, together))
            if at_us >= hole:
                break
            if not self._is_open:
                yield from self._opened(at_us)
            turn = self._add(together, at_us)
            if self._is_open:
                yield turn
        if hole < (following.received_us if following else NEVER):
            at_us = max(hole, base.received_us)
            yield from self._opened(at_us)
            self.book.forget(reason)
            if self._is_open:
                yield Turn(self._reach(at_us), at_us, self.book.clock)

    def _pass_over(self, changes: Sequence[Change], first: int, earliest: int, hole: int) -> int:
        """Add changes from a place on that need no turn, and return the place of the first that needs one."""
        del changes, earliest, hole
        return first

    def _add(self, together: Sequence[Change], at_us: int) -> Turn:
        """Add changes that happened at once."""
        book, first = self.book, together[0]
        received_us = first.received_us
        if len(together) == 1:
            touched = [(first.side, first.price, book.add(first.side, first.price, first.size_delta))]
        else:
            sizes = {(each.side, each.price): book.add(each.side, each.price, each.size_delta) for each in together}
            touched = [(side, price, size) for (side, price), size in sizes.items()]
            received_us = max(each.received_us for each in together)
        book.clock = max(book.clock, *map(BY_CLOCK, together))
        return Turn(self._reach(at_us), received_us, book.clock, touched)

    def _compare(self, following: Snapshot, *, can_prove: bool) -> Iterator[Turn]:
        """Yield what a snapshot says of the book that was followed to it."""
        book = self.book
        is_same = book.is_known and (book.yes_ladder, book.no_ladder) == (following.yes, following.no)
        at_us = following.received_us
        # The gatherer's clock may be ahead of the next change.
        if self._is_by_clock:
            at_us = min(at_us, self._next_us(following))
        if not is_same:
            yield from self._take(following, at_us, False if can_prove and book.is_known else None)
            return
        book.clock = max(book.clock, following.clock)
        turn = Turn(max(at_us, self._reached_us), following.received_us, book.clock, (), following, can_prove or None)
        if self._is_open:
            yield turn
        elif following.received_us > self._begin_us:
            self._held.append(turn)

    def _take(self, snapshot: Snapshot, at_us: int, proven: bool | None) -> Iterator[Turn]:
        """Let the book be that of a snapshot."""
        yield from self._opened(at_us)
        book, changes = self.book, _differences(self.book, snapshot)
        book.yes_ladder, book.no_ladder = {**snapshot.yes}, {**snapshot.no}
        book.clock, book.reason = snapshot.clock, ""
        if self._is_open:
            yield Turn(self._reach(at_us), snapshot.received_us, book.clock, changes, snapshot, proven)

    def _next_us(self, snapshot: Snapshot) -> int:
        """Return the time of the first change after a snapshot: the gatherer's clock may be ahead of it."""
        first = bisect_right(self._places, snapshot.clock)
        return self._changes[first].at_us if first < len(self._changes) else NEVER

    def _reach(self, at_us: int) -> int:
        self._reached_us = max(self._reached_us, at_us)
        self.book.at_us = self._reached_us
        return self._reached_us


def _restarts(snapshots: Sequence[Snapshot]) -> bool:
    """Return whether the exchange's clock began again: a lower one that is not merely late."""
    highest, at_us = 0, -NEVER
    for each in snapshots:
        if each.clock < highest and each.received_us > at_us + SKEW_US_MAX:
            return True
        if each.clock >= highest:
            highest, at_us = each.clock, each.received_us
    return False


def _by_clock(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Return the base, which is first, and the snapshots of its clock or later ones by their clock."""
    if not snapshots:
        return []
    later = [each for each in snapshots[1:] if each.clock >= snapshots[0].clock]
    return [snapshots[0], *sorted(later, key=lambda each: (each.clock, each.received_us))]


def _differences(book: Book, snapshot: Snapshot) -> list[tuple[str, int, int]]:
    """Return each level of which a snapshot has another size: side, price, size."""
    pairs = (("yes", book.yes_ladder, snapshot.yes), ("no", book.no_ladder, snapshot.no))
    return [
        (side, price, true.get(price, 0))
        for side, held, true in pairs
        for price in {**held, **true}
        if held.get(price, 0) != true.get(price, 0)
    ]
