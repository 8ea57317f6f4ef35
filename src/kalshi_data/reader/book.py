"""A market's order book as a reader sees it, and what stands in its place if it is not known."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.amounts import DOLLAR, decimal
from kalshi_data.reader.times import instant

Side: TypeAlias = Literal["yes", "no"]
# Price to size, both in millionths; a price is on the scale of its own side.
Ladder: TypeAlias = dict[int, int]

NO_HOUR = "hour not in the archive"
NOT_RECORDED = "not recorded"
BEFORE_FIRST = "before the first snapshot"
GAP = "gap"


class PriceLevel(NamedTuple):
    """A price in US dollars, and the number of contracts at it."""

    price: Decimal
    size: Decimal


@dataclass(slots=True)
class Book:
    """A market's order book: the bids of both sides, kept as integers of millionths.

    In a walk it may be a book that is not known: then it is false, and asked for its levels it raises an ArchiveError.

    Attributes:
        market: The ticker.
        at_us: The moment of the book, in UTC microseconds.
        clock: The exchange's logical clock of the last change in it, 0 if the exchange sent none.
        yes_ladder: Size by price of the YES bids, in millionths.
        no_ladder: Size by price of the NO bids, in millionths.
        reason: Why the book is not known, "" if it is; then both ladders are empty and mean nothing.

    Example:
        >>> book = archive.book("KXHIGHNY-26NOV02-T56", "2026-11-02T15:02:30")
        >>> book.bids(1), book.asks(1)
        ([PriceLevel(price=Decimal('0.430000'), size=Decimal('20.000000'))],
         [PriceLevel(price=Decimal('0.450000'), size=Decimal('50.000000'))])
    """

    market: str
    at_us: int
    clock: int = 0
    yes_ladder: Ladder = field(default_factory=dict[int, int])
    no_ladder: Ladder = field(default_factory=dict[int, int])
    reason: str = ""

    @property
    def at(self) -> datetime:
        """The moment of the book, in UTC."""
        return instant(self.at_us)

    @property
    def is_known(self) -> bool:
        """Whether the book is known; if not, it has no levels, which does not mean that it was empty."""
        return not self.reason

    def __bool__(self) -> bool:
        """Return whether the book is known, empty or not."""
        return self.is_known

    def bids(self, depth: int | None = None) -> list[PriceLevel]:
        """Return the YES bids in dollars of YES, the highest first; at most `depth` of them."""
        return [PriceLevel(decimal(price), decimal(size)) for price, size in self._levels("yes", depth)]

    def asks(self, depth: int | None = None) -> list[PriceLevel]:
        """Return the NO bids as asks in dollars of YES (1 minus the price), the lowest first; at most `depth`."""
        return [PriceLevel(decimal(DOLLAR - price), decimal(size)) for price, size in self._levels("no", depth)]

    @property
    def yes(self) -> dict[Decimal, Decimal]:
        """The YES bids: contracts by dollars of YES."""
        return {decimal(price): decimal(size) for price, size in self._levels("yes")}

    @property
    def no(self) -> dict[Decimal, Decimal]:
        """The NO bids: contracts by dollars of NO."""
        return {decimal(price): decimal(size) for price, size in self._levels("no")}

    def copy(self) -> "Book":
        """Return a book that later steps of a walk do not change."""
        return Book(self.market, self.at_us, self.clock, {**self.yes_ladder}, {**self.no_ladder}, self.reason)

    def add(self, side: str, price: int, change: int) -> int:
        """Add a change to a level, and return its new size; a level without contracts is removed."""
        ladder = self.yes_ladder if side == "yes" else self.no_ladder
        size = ladder.get(price, 0) + change
        if size:
            ladder[price] = size
        else:
            ladder.pop(price, None)
        return size

    def _levels(self, side: Side, depth: int | None = None) -> list[tuple[int, int]]:
        if self.reason:
            when = f"{self.at:%Y-%m-%dT%H:%M:%S.%fZ}"
            raise ArchiveError(f"the book of {self.market} at {when} is not known: {self.reason}: ask is_known before")
        return best(self.yes_ladder if side == "yes" else self.no_ladder, depth)

    def forget(self, reason: str) -> None:
        """Let nothing be known from here on, not even which change was the last one."""
        self.yes_ladder, self.no_ladder, self.reason, self.clock = {}, {}, reason, 0


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands for a book that is not known; it is false, so that `if book := archive.book(...)` works.

    Attributes:
        market: The ticker.
        at_us: The moment that was asked for, in UTC microseconds.
        reason: "hour not in the archive", "not recorded", "before the first snapshot" or "gap".

    Example:
        >>> archive.book("KXHIGHNY-26NOV02-T56", "2026-11-02T15:00:05").reason
        'before the first snapshot'
    """

    market: str
    at_us: int
    reason: str

    def __bool__(self) -> Literal[False]:
        """Return False."""
        return False


def require_depth(depth: int | None) -> None:
    """Refuse to show no level of a book.

    Raises:
        ValueError: `depth` is below 1.
    """
    if depth is not None and depth < 1:
        raise ValueError(f"depth is {depth}: ask for at least 1 level of each side, or leave it out for all")


def best(ladder: Ladder, depth: int | None = None) -> list[tuple[int, int]]:
    """Return the levels of a side, the highest bid first.

    Raises:
        ValueError: `depth` asks for no level, which would look like a side without orders.
    """
    require_depth(depth)
    return [(price, ladder[price]) for price in sorted(ladder, reverse=True)[:depth]]
