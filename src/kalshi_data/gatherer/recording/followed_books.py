"""The order books that one subscription shows, and the comparison of each snapshot with what was received before it.

The sequence numbers of a subscription order all of its frames, so between two snapshots without a missing frame every
change is known, with or without the exchange's clock. After anything else a book is unknown until its next snapshot.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from kalshi_data.gatherer.recording.order_book import (
    LISTED_LEVELS_MAX,
    Ladder,
    list_differences,
    read_ladder,
    to_price,
    to_size,
)
from kalshi_data.kalshi.rows import Row
from kalshi_data.kalshi.timestamps import EPOCH

# A side has at most 9,999 prices of 1/10000 dollar.
LEVELS_PER_SIDE_MAX = 10_000
# The levels of all books of a subscription: those of 25,000 books of 40 levels, some 80 MB.
LEVELS_MAX = 1_000_000
BOOKS_MAX = 100_000
# The exchange allows 500,000 markets on a connection.
CHANGES_MAX = 1_000_000
MILLISECOND = timedelta(milliseconds=1)
# If nothing of a market was received for this long, later changes have other times than those before.
QUIET = timedelta(seconds=1)


class BookComparison(msgspec.Struct, frozen=True, gc=False):
    """A snapshot compared with the book before it; `row` has the columns of capture.book_checks but the last one."""

    row: Row
    from_at: datetime
    seqs: tuple[int, int]
    wrong_level_count: int
    # Whether the comparison before this one found a difference, too.
    is_repeated: bool


class FollowedBook:
    """A book since its last snapshot. The times of changes are cut to milliseconds."""

    __slots__ = (
        *("no", "yes", "received_at", "seq", "clock", "has_differed"),
        *("from_change_at", "last_change_at", "changes", "from_changes", "inner_changes", "last_changes"),
        *("is_in_order", "began_in_order"),
    )

    def __init__(self, no: Ladder, yes: Ladder, row: Row) -> None:
        """Begin with the row of a snapshot."""
        self.no, self.yes = no, yes
        self.received_at: datetime = row[0]
        self.seq: int = row[4]
        self.clock: int = row[7]
        self.has_differed = False
        self.from_change_at: datetime | None = row[13]
        self.last_change_at: datetime | None = row[13]
        self.changes = 0
        # The changes of the time of from_change_at that this and earlier intervals received; None if the first snapshot
        # may have others of that time in it, or if they were counted.
        self.from_changes: int | None = None
        # Of the changes later than from_change_at, those before the time of the last one, and those of that time.
        self.inner_changes = self.last_changes = 0
        # Whether each change has a time and none is earlier than the one before.
        self.is_in_order = True
        # Whether the same is known of the interval before, so that none of its changes is later than this one's first.
        self.began_in_order = True

    def place(self, changed_at: datetime | None, received_text: str) -> None:
        """Count a change by its time."""
        last_at = self.last_change_at
        if changed_at is None or (last_at is not None and changed_at < last_at):
            self.is_in_order = False
        elif changed_at == last_at:
            if self.last_changes:
                self.last_changes += 1
            elif self.from_changes is not None:
                self.from_changes += 1
        else:
            self.last_change_at = changed_at
            if self.from_change_at is None:
                self.from_change_at = changed_at
                self.from_changes = 1 if datetime.fromisoformat(received_text) - self.received_at >= QUIET else None
            else:
                self.inner_changes += self.last_changes
                self.last_changes = 1

    def is_timed(self) -> bool:
        """Return whether the times of the changes say which of them lie between two others."""
        return self.is_in_order and self.began_in_order and self.from_change_at is not None

    def is_quiet(self, later: "FollowedBook") -> bool:
        """Return whether the changes before this book have a count, and ended long before a later snapshot."""
        return self.from_changes is not None and not self.changes and later.received_at - self.received_at >= QUIET

    def count_between(self, later: "FollowedBook") -> tuple[datetime | None, datetime | None, int | None]:
        """Return two times, and how many changes are later than the first and earlier than the second.

        A time that several intervals share is counted in the last of them that has it at its beginning.
        """
        after, before = self.from_change_at, later.last_change_at
        if not self.is_timed() or after is None or before is None:
            return after, before, None
        if self.is_quiet(later):
            before = after + MILLISECOND
        if self.from_changes is None:
            return after, before, self.inner_changes
        return after - MILLISECOND, before, self.inner_changes + (self.from_changes if before > after else 0)

    def continue_from(self, before: "FollowedBook") -> None:
        """Take over what an equal book before this one knows of the changes in the last millisecond."""
        self.began_in_order = before.is_in_order
        if not self.has_differed and before.is_timed() and before.last_change_at == self.from_change_at:
            counted = None if before.is_quiet(self) else before.from_changes
            self.from_changes = before.last_changes or counted

    def compare(self, later: "FollowedBook", place: tuple[Any, ...]) -> BookComparison:
        """Compare with a later snapshot of the subscription; `place` is connection, sid and market."""
        is_equal = self.yes == later.yes and self.no == later.no
        books = (self.no, self.yes), (later.no, later.yes)
        wrong = [] if is_equal else list_differences(*books)
        after, before, inner_changes = self.count_between(later)
        row = (
            *place,
            *(self.received_at, later.received_at, self.seq, later.seq, self.clock, later.clock),
            *(after, before, self.changes, inner_changes),
            *(len(self.no.keys() | later.no.keys()) + len(self.yes.keys() | later.yes.keys()), is_equal, len(wrong)),
            msgspec.json.encode(wrong[:LISTED_LEVELS_MAX]).decode() if wrong else None,
        )
        return BookComparison(row, self.received_at, (self.seq, later.seq), len(wrong), self.has_differed)


class FollowedBooks:
    """The books of one subscription, and when each of its markets last changed, as far as that is known."""

    def __init__(self) -> None:
        """Start without books."""
        self._books: dict[str, FollowedBook] = {}
        self._levels = 0
        # Cut to milliseconds. A market whose last change is not known to the millisecond is not in it.
        self.last_changes: dict[str, datetime] = {}

    def __len__(self) -> int:
        """Return how many books are followed."""
        return len(self._books)

    def change(self, row: Row, ticker: str) -> bool:
        """Apply the row of a delta; return False if the book has become too large to be followed."""
        if row[5] is None:
            # Without its number, frames may be missing around this one.
            self.clear()
            return True
        book = self._books.get(ticker)
        if book is None:
            self._bound_changes()
            return True
        book.changes += 1
        changed_at = self.last_changes.get(ticker)
        if book.is_in_order:
            book.place(changed_at, row[0])
        ladder, price = book.yes if row[8] == "yes" else book.no, to_price(row[9])
        held = ladder.get(price)
        if held is not None:
            size = held + to_size(row[10])
            if size:
                ladder[price] = size
            else:
                del ladder[price]
                self._levels -= 1
        elif size := to_size(row[10]):
            ladder[price] = size
            self._levels += 1
            if self._levels > LEVELS_MAX or len(ladder) > LEVELS_PER_SIDE_MAX:
                self._remove(ticker)
                return False
        return True

    def snapshot(self, row: Row, *, is_known: bool) -> tuple[BookComparison | None, bool]:
        """Follow a book from the row of its snapshot on.

        Return the comparison with the book before it, if that was followed, and False if there are too many books. A
        snapshot that can be read in two ways, or of a market that the exchange does not know, proves nothing.
        """
        ticker = row[5]
        before = self._remove(ticker)
        yes, no = read_ladder(*row[8:10]), read_ladder(*row[10:12])
        if row[4] is None:
            self.clear()
        if row[4] is None or yes is None or no is None or not is_known:
            return None, True
        later = FollowedBook(no, yes, row)
        comparison = None
        # An interval of a clock that was set back is no interval.
        if before is not None and before.received_at <= later.received_at:
            comparison = before.compare(later, (row[2], row[3], ticker))
            later.has_differed = comparison.wrong_level_count > 0
            later.continue_from(before)
        return comparison, self._add(ticker, later)

    def state(self) -> dict[str, int]:
        """Return when each market last changed, as Unix times in milliseconds."""
        return {ticker: (at - EPOCH) // MILLISECOND for ticker, at in self.last_changes.items()}

    def restore(self, last_changes: dict[str, int]) -> None:
        """Continue with what a decoder of all earlier frames knew; the books are those of the frames seen here."""
        self.last_changes = {ticker: EPOCH + at * MILLISECOND for ticker, at in last_changes.items()}

    def forget(self, tickers: Iterable[str]) -> None:
        """Forget what is known of some markets."""
        for ticker in tickers:
            self._remove(ticker)
            self.last_changes.pop(ticker, None)

    def distrust(self, ticker: str | None) -> None:
        """Forget a market that a frame without a row was about; all markets if that is not certain."""
        if ticker is not None and ticker in self._books:
            self.forget((ticker,))
        else:
            self.clear()

    def clear(self) -> None:
        """Forget what is known of all markets."""
        self._books.clear()
        self._levels = 0
        self.last_changes.clear()

    def _bound_changes(self) -> None:
        if len(self.last_changes) > CHANGES_MAX:
            self.last_changes.clear()

    def _add(self, ticker: str, book: FollowedBook) -> bool:
        levels = self._levels + len(book.no) + len(book.yes)
        sides_max = max(len(book.no), len(book.yes))
        if len(self._books) >= BOOKS_MAX or levels > LEVELS_MAX or sides_max > LEVELS_PER_SIDE_MAX:
            return False
        self._books[ticker], self._levels = book, levels
        return True

    def _remove(self, ticker: str) -> FollowedBook | None:
        book = self._books.pop(ticker, None)
        if book is not None:
            self._levels -= len(book.no) + len(book.yes)
        return book
