"""Order books: at a moment, all of them at a moment, change by change, and compared with every snapshot."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar

from kalshi_data.reader.amounts import decimal
from kalshi_data.reader.book import BEFORE_FIRST, GAP, NO_HOUR, NOT_RECORDED, Absent, Book, PriceLevel
from kalshi_data.reader.files.missing_hours import report_missing
from kalshi_data.reader.fold import MarketFold, Turn
from kalshi_data.reader.holes import Hole, first_hole
from kalshi_data.reader.market_reader import DELTAS, SNAPSHOTS, MarketReader, one_market
from kalshi_data.reader.times import HOUR, Moment, instant, microseconds, span

Fold = TypeVar("Fold", bound=MarketFold)


class Step(NamedTuple):
    """One turn of a book: what changed, when, and whether a snapshot proved it.

    `turn` has it in microseconds and millionths.
    """

    turn: Turn

    @property
    def at(self) -> datetime:
        """When it happened by the exchange's clock, in UTC; steps never go back in time."""
        return instant(self.turn.at_us)

    @property
    def received_at(self) -> datetime:
        """When a gatherer received the last of it, in UTC."""
        return instant(self.turn.received_us)

    @property
    def clock(self) -> int:
        """The exchange's logical clock of the market, 0 without one."""
        return self.turn.clock

    @property
    def changes(self) -> list[tuple[str, PriceLevel]]:
        """Each level that changed: its side, its price on the scale of that side, and its size afterwards."""
        return [(side, PriceLevel(decimal(price), decimal(size))) for side, price, size in self.turn.changes]

    @property
    def is_snapshot(self) -> bool:
        """Whether the exchange sent the whole book then."""
        return self.turn.snapshot is not None

    @property
    def proven(self) -> bool | None:
        """For a snapshot: whether the book was already equal to it; None if that cannot be known."""
        return self.turn.proven


class Interval(NamedTuple):
    """The time from one snapshot of a market to the next, and what the second says of the changes in between.

    `state` is "proven" if they lead exactly to it, "wrong" if `wrong_levels` levels differ, and "unproven" if it cannot
    be known: without the exchange's clock, without the files, or after the last snapshot.
    """

    from_at: datetime
    to_at: datetime
    state: str
    wrong_levels: int


class BookReader(MarketReader):
    """Reads order books."""

    def book(self, market: str, at: Moment, *, over_gaps: bool = False) -> Book | Absent:
        """Return a market's order book at a moment: exactly what production's market_data.book_at returns.

        The book is the last snapshot that was received by then, and the changes after it. Prices are US dollars, sizes
        contracts. If changes since the snapshot are known to be lost (the stream `coverage` has a gap), the book is
        absent, unless `over_gaps`.

        Raises:
            ArchiveError: a file cannot be read.

        Example:
            >>> book = archive.book("KXHIGHNY-26NOV02-T56", "2026-11-02T15:30")
            >>> [(f"{price:.2f}", f"{size:.0f}") for price, size in book.asks()]
            [('0.44', '10'), ('0.45', '50')]
        """
        at_us = microseconds(at)
        base, since_us, _, changes, missing = self._rows_at(one_market(market), at_us)
        if base is None:
            return Absent(market, at_us, self._why_absent(market, at_us))
        if missing:
            return Absent(market, at_us, NO_HOUR)
        if not over_gaps and first_hole(self._gaps_of(market, since_us, at_us + 1), since_us)[0] <= at_us:
            return Absent(market, at_us, GAP)
        book = Book(market, at_us, base.clock, {**base.yes}, {**base.no})
        if base.has_clock or base.received_us < at_us:
            for each in filter(base.precedes, changes):
                book.add(each.side, each.price, each.size_delta)
                book.clock = max(book.clock, each.clock)
        return book

    def walk(self, market: str, start: Moment, end: Moment, *, over_gaps: bool = False) -> Iterator[tuple[Step, Book]]:
        """Yield each change of a market's book in [start, end), with the book after it; first the book at `start`.

        The book is one object that changes; `copy()` keeps a state. Where nothing is known `is_known` is false: also
        from a gap in `coverage` to the next snapshot, unless `over_gaps`. Steps are in the order of the exchange's
        clock. A snapshot is a step of its own that says whether it was `proven`.

        Raises:
            ArchiveError: the archive has no hour of the range, or a file cannot be read.

        Example:
            >>> for step, book in archive.walk("KXHIGHNY-26NOV02-T56", "2026-11-02T15:02", "2026-11-02T16:00"):
            ...     print(f"{step.at:%H:%M:%S}", step.clock, len(step.changes), step.proven, book.bids(1)[0].price)
            15:02:00 12 4 None 0.430000
            15:03:00 13 1 None 0.420000
            15:20:00 14 1 None 0.420000
            15:30:00 14 0 True 0.420000
        """
        begin, until = span(start, end)
        fold = self._fold(MarketFold, market, begin, until, over_gaps=over_gaps)
        return ((Step(turn), fold.book) for turn in fold.turns() if turn.at_us < until)

    def prove(self, market: str, start: Moment, end: Moment) -> list[Interval]:
        """Compare each snapshot of [start, end) with the book that the changes before it lead to.

        Raises:
            ArchiveError: the archive has no hour of the range, or a file cannot be read.

        Example:
            >>> for each in archive.prove("KXHIGHNY-26NOV02-T56", "2026-11-02T15:00", "2026-11-02T16:00"):
            ...     print(f"{each.from_at:%H:%M:%S} {each.to_at:%H:%M:%S} {each.state}")
            15:00:00 15:00:10 unproven
            15:00:10 15:30:00 proven
            15:30:00 16:00:00 unproven
        """
        begin, until = span(start, end)
        found: list[Interval] = []
        from_us = begin
        for turn in self._fold(MarketFold, market, begin, until, over_gaps=True).turns():
            if turn.snapshot and turn.received_us > from_us:
                state = {True: "proven", False: "wrong", None: "unproven"}[turn.proven]
                wrong = len(turn.changes) if turn.proven is False else 0
                found.append(Interval(instant(from_us), instant(turn.received_us), state, wrong))
                from_us = turn.received_us
        return [*found, Interval(instant(from_us), instant(until), "unproven", 0)]

    def _fold(self, kind: type[Fold], market: str, begin: int, until: int, *, over_gaps: bool) -> Fold:
        base, since_us, later, changes, missing = self._market_rows(one_market(market), begin, until)
        hours = range(begin - begin % HOUR, until, HOUR)
        if all(any(first <= each < last for first, last in missing) for each in hours):
            report_missing(DELTAS, hours, has_files=False)
        holes = [Hole(*each, NO_HOUR) for each in missing]
        if not over_gaps:
            holes += self._gaps_of(market, since_us, until)
        # The book at an hour's beginning is not known either if changes before it are lost.
        if base and first_hole(holes, since_us)[0] <= base.received_us:
            holes.append(Hole(base.received_us, base.received_us + 1, GAP))
        return kind(market, begin, [*([base] if base else []), *later], changes, holes)

    def _why_absent(self, market: str, at_us: int) -> str:
        hour = at_us - at_us % HOUR
        if self._folder.files(SNAPSHOTS, hour, hour + HOUR)[1] or self._folder.files(DELTAS, hour, hour + HOUR)[1]:
            return NO_HOUR
        return BEFORE_FIRST if self._snapshots(market, at_us, hour + HOUR) else NOT_RECORDED
