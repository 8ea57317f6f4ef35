"""The order books of a window as played so far, in integers of a millionth."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from kalshi_data.simulator.replay.fact_messages import PRICE_PLACES, SIZE_PLACES, amount_text

Levels = dict[int, int]


class BookAtOpening(Protocol):
    """A book before the window."""

    @property
    def clock(self) -> int:
        """The clock of the last change in it, 0 without one."""
        ...

    @property
    def yes(self) -> Levels:
        """Size by price of the YES bids."""
        ...

    @property
    def no(self) -> Levels:
        """Size by price of the NO bids."""
        ...


class BooksAtOpening(Protocol):
    """The books before a window, which are made when they are asked for."""

    def get(self, market: str) -> BookAtOpening | None:
        """Return the book of a market, None if it is not known."""
        ...


class PlayedBook(msgspec.Struct):
    """A market's book: the clock of its last change, None if it was sent without one; levels, the best of each side.

    Changes with a clock up to `base_clock` are in it from the beginning.
    """

    clock: int | None
    yes: Levels
    no: Levels
    best_yes: int = 0
    best_no: int = 0
    base_clock: int = 0

    def change(self, side: str, price: int, delta: int) -> None:
        """Add a change to a level, and keep the best prices."""
        levels = self.yes if side == "yes" else self.no
        size = levels.get(price, 0) + delta
        best = self.best_yes if side == "yes" else self.best_no
        if size:
            levels[price] = size
            best = max(best, price)
        else:
            levels.pop(price, None)
            if price == best:
                best = max(levels, default=0)
        if side == "yes":
            self.best_yes = best
        else:
            self.best_no = best


class PlayedBooks:
    """The books of all markets; one that is not known has none."""

    def __init__(self, opening: BooksAtOpening, early: Iterable[Sequence[Any]] = ()) -> None:
        """Begin with the books before the window; they may hold the `early` changes, which are played once more."""
        self._opening = opening
        self._books: dict[str, PlayedBook | None] = {}
        taken_out: dict[str, int] = {}
        for _, market, clock, side, price, delta, _ in early:
            book = self.get(market)
            if book is not None:
                book.change(side, price, -delta)
                taken_out[market] = min(clock, taken_out.get(market, clock))
        for market, clock in taken_out.items():
            book = self.get(market)
            if book is not None:
                # It is the book after every change with a lower clock.
                book.clock = book.base_clock = clock - 1

    def get(self, market: str) -> PlayedBook | None:
        """Return a market's book, None if it is not known."""
        if market not in self._books:
            found = self._opening.get(market)
            self._books[market] = None if found is None else _played(found)
        return self._books[market]

    def create(self, market: str) -> None:
        """Begin the empty book of a market that was created now, unless it has one."""
        if self.get(market) is None:
            self._books[market] = PlayedBook(0, {}, {})

    def begin_again(self, opening: BooksAtOpening, markets: Iterable[str] | None) -> None:
        """Take the books after a gap, of some markets or of all."""
        for market in self._books if markets is None else markets:
            found = opening.get(market)
            self._books[market] = None if found is None else _played(found)
        if markets is None:
            self._opening = opening

    def change(self, row: Sequence[Any]) -> PlayedBook | None:
        """Play a change; return the book if it is known."""
        _, market, clock, side, price, delta, _ = row
        book = self.get(market)
        if book is None or 0 < clock <= book.base_clock:
            return book
        book.change(side, price, delta)
        book.clock = clock or None
        return book

    def levels(self, market: str) -> dict[str, list[list[str]]] | None:
        """Return both sides of a book as the exchange sends them, prices ascending, or None if it is not known."""
        book = self.get(market)
        return book and {
            side: [[amount_text(each, PRICE_PLACES), amount_text(held[each], SIZE_PLACES)] for each in sorted(held)]
            for side, held in (("yes", book.yes), ("no", book.no))
        }


def _played(book: BookAtOpening) -> PlayedBook:
    # A book that never changed has the clock 0.
    clock = book.clock if book.clock or not (book.yes or book.no) else None
    return PlayedBook(clock, book.yes, book.no, max(book.yes, default=0), max(book.no, default=0), book.clock)
