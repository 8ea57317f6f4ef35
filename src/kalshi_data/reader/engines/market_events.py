"""What happens to one market as a backtest engine takes it: books and trades on two clocks that never go back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from kalshi_data.reader.amounts import DOLLAR
from kalshi_data.reader.book import Book, best
from kalshi_data.reader.fold import Turn
from kalshi_data.reader.times import SECOND

MINUTE = 60 * SECOND
NEVER = 1 << 62
Span: TypeAlias = tuple[int, int]


class EngineLevel(NamedTuple):
    """A level of the one ladder that engines have: a NO bid is an ask at 1 minus its price; the size is that after."""

    is_bid: bool
    price: int
    size: int


class BookEvent(NamedTuple):
    """What happens to a book at once, in microseconds and millionths.

    `kind` is "whole" if the levels are the book, bids before asks and the best first; "changes" if they are what
    changed; "lost" if nothing is known from here on, with each level that was held and size 0. `local_us` is when a
    gatherer received it.
    """

    kind: Literal["whole", "changes", "lost"]
    at_us: int
    local_us: int
    clock: int
    levels: Sequence[EngineLevel]


class EngineTrade(NamedTuple):
    """A trade in microseconds and millionths of YES; `taker_side` is "yes", "no", or None if the exchange left it out.

    A block trade is agreed on outside of the book.
    """

    at_us: int
    local_us: int
    trade_id: str
    price: int
    size: int
    taker_side: str | None
    is_block: bool


class LocalClock:
    """Gives each event the time at which a gatherer received it, as engines need it.

    It never goes back, and is never before the exchange's time. What is received after the window is dated at its last
    microsecond, so that the next window can follow.
    """

    def __init__(self, until_us: int) -> None:
        """Begin before everything."""
        self._last_us = until_us - 1
        self._now_us = 0

    def after(self, at_us: int, received_us: int) -> int:
        """Return the local time of the next event."""
        self._now_us = max(self._now_us, at_us, min(received_us, self._last_us))
        return self._now_us


class BookFollower:
    """Makes events of the turns of a walk, of which each part may begin with the whole book again."""

    def __init__(self, until_us: int, gaps: Sequence[Span] = (), *, begins_in_gap: bool = False) -> None:
        """Take the times in which changes are known to be lost: from each on, only a later snapshot is believed."""
        self._local = LocalClock(until_us)
        self._until_us = until_us
        self._gaps = list(gaps)
        self._held: dict[tuple[bool, int], int] = {}
        self._is_known = False
        self._at_us = 0
        # Snapshots before this time do not end the gap.
        self._doubted_until_us = 0 if begins_in_gap else -NEVER

    def take(self, turn: Turn, book: Book) -> Iterator[BookEvent]:
        """Yield what a turn of the walk changes for an engine."""
        yield from self._lose_until(turn.at_us)
        if turn.snapshot and turn.received_us >= self._doubted_until_us:
            self._doubted_until_us = -NEVER
        self._at_us = max(self._at_us, turn.at_us)
        if not book.is_known or self._doubted_until_us > -NEVER:
            yield from self._lose(turn.clock)
        elif not self._is_known:
            yield self._event("whole", turn, self._whole(book))
        elif levels := self._changed(turn, book):
            yield self._event("changes", turn, levels)

    def end(self) -> Iterator[BookEvent]:
        """Yield what is lost after the last turn."""
        yield from self._lose_until(self._until_us - 1)

    def _lose_until(self, at_us: int) -> Iterator[BookEvent]:
        while self._gaps and self._gaps[0][0] <= at_us:
            begin, end = self._gaps.pop(0)
            self._doubted_until_us = max(self._doubted_until_us, end - MINUTE)
            self._at_us = max(self._at_us, begin)
            yield from self._lose(0)

    def _lose(self, clock: int) -> Iterator[BookEvent]:
        if self._is_known:
            levels = [EngineLevel(*key, 0) for key in self._held]
            self._held, self._is_known = {}, False
            yield BookEvent("lost", self._at_us, self._local.after(self._at_us, self._at_us), clock, levels)

    def _event(self, kind: Literal["whole", "changes"], turn: Turn, levels: Sequence[EngineLevel]) -> BookEvent:
        self._is_known = True
        self._held |= {(each.is_bid, each.price): each.size for each in levels}
        for each in levels:
            if not each.size:
                del self._held[each.is_bid, each.price]
        return BookEvent(kind, self._at_us, self._local.after(self._at_us, turn.received_us), turn.clock, levels)

    def _changed(self, turn: Turn, book: Book) -> Sequence[EngineLevel]:
        """Return the levels that have another size than before, which may be none."""
        levels = [engine_level(*each) for each in turn.changes]
        if turn.is_opening:
            # A part begins with the book that the part before it ended with, unless the files contradict themselves.
            now = {(each.is_bid, each.price): each.size for each in self._whole(book)}
            levels = [EngineLevel(*key, now.get(key, 0)) for key in {**self._held, **now}]
        return [each for each in levels if each.size != self._held.get((each.is_bid, each.price), 0)]

    @staticmethod
    def _whole(book: Book) -> Sequence[EngineLevel]:
        sides = (("yes", book.yes_ladder), ("no", book.no_ladder))
        levels = [engine_level(side, *level) for side, ladder in sides for level in best(ladder)]
        return [each for each in levels if each.size]


class TradeCount:
    """Passes trades on; counts them, and the block trades that it leaves out: no order of the book meets those."""

    def __init__(self, trades: Iterable[EngineTrade], *, block_trades: bool) -> None:
        """Take whether block trades are passed on, too."""
        self._trades, self._block_trades = trades, block_trades
        self.passed = self.left_out = 0

    def __iter__(self) -> Iterator[EngineTrade]:
        """Yield the trades that count."""
        for each in self._trades:
            is_left_out = each.is_block and not self._block_trades
            self.left_out += is_left_out
            self.passed += not is_left_out
            if not is_left_out:
                yield each


def engine_level(side: str, price: int, size: int) -> EngineLevel:
    """Return a level of one side as one of the ladder that engines have.

    A size below 0, to which only changes without the exchange's clock can lead, is written as none.

    Example:
        >>> engine_level("no", 550_000, 80_000_000)
        EngineLevel(is_bid=False, price=450000, size=80000000)
    """
    return EngineLevel(side == "yes", price if side == "yes" else DOLLAR - price, max(size, 0))
