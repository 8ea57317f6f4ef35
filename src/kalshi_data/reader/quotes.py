"""Best prices, sampled books and candles of one market."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pyarrow as pa

from kalshi_data.archive.schemas import LEVELS, TIME
from kalshi_data.reader.amounts import DOLLAR, decimal, decimals, millionths
from kalshi_data.reader.book import Book, Ladder, best, require_depth
from kalshi_data.reader.books import BookReader
from kalshi_data.reader.candles import TRADE_COLUMNS, QuotedCandles, Traded
from kalshi_data.reader.fold import MarketFold, Turn
from kalshi_data.reader.holes import NEVER
from kalshi_data.reader.market_reader import one_market
from kalshi_data.reader.market_rows import Change, whole
from kalshi_data.reader.times import Moment, bucket, length, span

# A table of more rows would not fit into memory.
SAMPLES_MAX = 10_000_000
# Less than any price: every change may be the best of a side without orders.
NO_PRICE = -1 << 62


class Quote(NamedTuple):
    """The best prices of a book with their sizes, in millionths; None for a side without orders."""

    bid: int | None
    bid_size: int | None
    ask: int | None
    ask_size: int | None
    is_known: bool


class QuoteReader(BookReader):
    """Reads prices by time."""

    def bbo(self, market: str, start: Moment, end: Moment, *, over_gaps: bool = False) -> pa.Table:
        """Return the best bid and ask in dollars of YES, with their sizes, at `start` and after each change of any.

        A side without orders is null. Where the book is not known, `is_known` is false and all of it is null: also from
        a gap in `coverage` to the next snapshot, unless `over_gaps`.

        Columns: at (by the exchange's clock), received_at, clock, bid, bid_size, ask, ask_size, is_known.

        Example:
            >>> found = archive.bbo("KXHIGHNY-26NOV02-T56", "2026-11-02T15:00:30", "2026-11-02T16:00")
            >>> [(f"{row['at']:%H:%M:%S}", str(row["bid"]), str(row["ask"])) for row in found.to_pylist()][-2:]
            [('15:03:00', '0.420000', '0.450000'), ('15:20:00', '0.420000', '0.440000')]
        """
        begin, until = span(start, end)
        rows = list(self._quotes(market, begin, until, over_gaps=over_gaps))
        columns: list[Any] = [list(each) for each in zip(*rows, strict=True)] or [[] for _ in range(8)]
        return pa.table(
            {
                "at": pa.array(columns[0], TIME),
                "received_at": pa.array(columns[1], TIME),
                "clock": pa.array(columns[2], pa.int64()),
                **{name: decimals(columns[3 + number]) for number, name in enumerate(Quote._fields[:4])},
                "is_known": pa.array(columns[7], pa.bool_()),
            }
        )

    def books(
        self,
        market: str,
        start: Moment,
        end: Moment,
        depth: int = 10,
        every: str | timedelta = "1s",
        *,
        over_gaps: bool = False,
    ) -> pa.Table:
        """Return the book at each whole multiple of `every` in [start, end): the best `depth` levels of both sides.

        Multiples count from Monday, 2000-01-03, 00:00 UTC, as those of `candles` do.

        Columns: at, bids and asks (lists of price in dollars of YES and size in contracts, the best first). Both are
        null at a moment at which the book is not known: also from a gap in `coverage` to the next snapshot, unless
        `over_gaps`.

        Example:
            >>> found = archive.books("KXHIGHNY-26NOV02-T56", "2026-11-02T15:00", "2026-11-02T15:03", every="1m")
            >>> [row["bids"] and str(row["bids"][0]["price"]) for row in found.to_pylist()]
            [None, '0.430000', '0.430000']
        """
        require_depth(depth)
        begin, until = span(start, end)
        step = length(every)
        grid = range(bucket(begin - 1, step) + step, until, step)
        if len(grid) > SAMPLES_MAX:
            raise ValueError(f"{len(grid):,} books are too many for one table: choose a shorter range or a longer step")
        bids, asks = list[Any](), list[Any]()
        held: Sequence[Any] = (None, None)
        moments = iter(grid)
        at_us = next(moments, None)
        for turn, book in self._turns(market, begin, until, over_gaps=over_gaps):
            while at_us is not None and at_us < turn:
                bids.append(held[0])
                asks.append(held[1])
                at_us = next(moments, None)
            held = _shown(book, depth)
        rest = len(grid) - len(bids)
        columns = [pa.array(each + [last] * rest, LEVELS) for each, last in zip((bids, asks), held, strict=True)]
        return pa.table({"at": pa.array(list(grid), TIME), "bids": columns[0], "asks": columns[1]})

    def candles(
        self, market: str, start: Moment, end: Moment, every: str | timedelta = "1m", *, over_gaps: bool = False
    ) -> pa.Table:
        """Return trades and best prices by time, one row per `every`, with or without trades.

        Candles begin at whole multiples of `every`, counted from Monday, 2000-01-03, 00:00 UTC, as production's do. The
        first is the one that `start` is in: it may begin before `start`, and has only what happened from `start` on.

        Columns: at (the beginning in UTC); open, high, low, close of the trades in dollars of YES, volume in contracts
        and the number of trades; open, high, low, close of bid and of ask (bid_open and so on). A price is null if
        there was none. `is_known` is false if the book at the candle's end is not known, also because of a gap in
        `coverage`, unless `over_gaps`. Trades are summed up exactly as by production's market_data.candles; a candle's
        bid opens with the bid that it begins with.

        Example:
            >>> found = archive.candles("KXHIGHNY-26NOV02-T56", "2026-11-02T15:01", "2026-11-02T15:04")
            >>> [(row["trades"], str(row["close"]), str(row["bid_close"])) for row in found.to_pylist()]
            [(1, '0.450000', '0.430000'), (1, '0.430000', '0.430000'), (0, 'None', '0.420000')]
        """
        begin, until = span(start, end)
        width_us = length(every)
        if (until - begin) // width_us > SAMPLES_MAX:
            raise ValueError(f"{every} candles of this range are too many: choose a shorter range or longer candles")
        made = QuotedCandles(begin, until, width_us)
        for at_us, _, _, bid, _, ask, _, is_known in self._quotes(market, begin, until, over_gaps=over_gaps):
            made.quote(at_us, bid, ask, is_known=is_known)
        for each in self._traded(market, begin, until):
            made.trade(each)
        return made.table()

    def is_recorded(self, market: str, start: Moment, end: Moment) -> bool:
        """Return whether the archive has anything of a market's book or trades in [start, end), or its book before.

        Example:
            >>> hour = ("2026-11-02T15:00", "2026-11-02T16:00")
            >>> [archive.is_recorded(market, *hour) for market in ("KXHIGHNY-26NOV02-T56", "KXTYPO-1")]
            [True, False]
        """
        begin, until = span(start, end)
        base, _, later, changes, _ = self._market_rows(one_market(market), begin, until)
        files, _ = self._folder.files("trades", begin, until)
        traded = self.read("trades", files, (begin, until), [market], TRADE_COLUMNS[:1])
        return bool(base or later or changes or traded.num_rows)

    def _traded(self, market: str, begin: int, until: int) -> list[Traded]:
        files = self._present("trades", begin, until)
        table = self.read("trades", files, (begin, until), [market], TRADE_COLUMNS)
        columns: list[Any] = [
            whole(table["exchange_ts"]),
            whole(table["received_at"]),
            table["trade_id"].to_pylist(),
            millionths(table["yes_price"]),
            millionths(table["size"]),
        ]
        return sorted(map(Traded._make, zip(*columns, strict=True)))

    def _turns(self, market: str, begin: int, until: int, *, over_gaps: bool) -> Iterator[tuple[int, Book]]:
        fold = self._fold(MarketFold, one_market(market), begin, until, over_gaps=over_gaps)
        return ((turn.at_us, fold.book) for turn in fold.turns() if turn.at_us < until)

    def _quotes(self, market: str, begin: int, until: int, *, over_gaps: bool) -> Iterator[tuple[Any, ...]]:
        """Yield at, received_at and clock of each change of the best prices, and the prices."""
        fold = self._fold(QuoteFold, one_market(market), begin, until, over_gaps=over_gaps)
        last: Quote | None = None
        received_us = 0
        for turn in fold.turns():
            received_us = max(received_us, turn.received_us, fold.received_us)
            if turn.at_us < until and (quote := fold.quote()) != last:
                last = quote
                yield turn.at_us, received_us, turn.clock, *quote


class QuoteFold(MarketFold):
    """Follows a book, and has no turns for changes of levels that are worse than the best prices, which most are.

    `received_us` is when the last of these changes was received.
    """

    received_us = 0
    _seen: tuple[Ladder, Ladder] | None = None
    _yes_best = _no_best = NO_PRICE

    def quote(self) -> Quote:
        """Return the best prices."""
        book = self.book
        yes, no = self._seen = book.yes_ladder, book.no_ladder
        bid, no_bid = max(yes, default=None), max(no, default=None)
        self._yes_best, self._no_best = (NO_PRICE if each is None else each for each in (bid, no_bid))
        bid_size = None if bid is None else yes[bid]
        ask = (None, None) if no_bid is None else (DOLLAR - no_bid, no[no_bid])
        return Quote(bid, bid_size, *ask, is_known=book.is_known)

    def _add(self, together: Sequence[Change], at_us: int) -> Turn:
        self._seen = None
        return super()._add(together, at_us)

    def _pass_over(self, changes: Sequence[Change], first: int, earliest: int, hole: int) -> int:
        # Neither a missing hour nor the beginning may divide what happened at once.
        if hole < NEVER or not self._is_open:
            return first
        yes, no = self.book.yes_ladder, self.book.no_ladder
        # A snapshot replaces both ladders.
        if self._seen is None or self._seen[0] is not yes or self._seen[1] is not no:
            self.quote()
        yes_best, no_best = self._yes_best, self._no_best
        place, latest_us, latest_clock, latest_received_us = first, earliest, 0, 0
        while place < len(changes):
            at_us, clock, side, price, size_delta, received_us, _, _ = changes[place]
            ladder, best_price = (yes, yes_best) if side == "yes" else (no, no_best)
            if price >= best_price:
                break
            if size := ladder.get(price, 0) + size_delta:
                ladder[price] = size
            else:
                ladder.pop(price, None)
            place += 1
            latest_us = at_us if at_us > latest_us else latest_us
            latest_clock = clock if clock > latest_clock else latest_clock
            latest_received_us = received_us if received_us > latest_received_us else latest_received_us
        if place > first:
            self.book.clock = max(self.book.clock, latest_clock)
            self._reach(latest_us)
            self.received_us = max(self.received_us, latest_received_us)
        return place


def _shown(book: Book, depth: int) -> tuple[list[Any] | None, list[Any] | None]:
    if not book.is_known:
        return None, None
    bids = [{"price": decimal(price), "size": decimal(size)} for price, size in best(book.yes_ladder, depth)]
    asks = [{"price": decimal(DOLLAR - price), "size": decimal(size)} for price, size in best(book.no_ladder, depth)]
    return bids, asks
