"""Candlesticks of all markets from what was played, the newest minutes within a bound of memory."""

from collections import OrderedDict

from kalshi_data.simulator.replay.played_books import PlayedBook
from kalshi_data.simulator.venue.price_grids import WHOLE
from kalshi_data.simulator.venue.trade_history import Candlesticks

# Candlesticks of one minute, some 600 bytes each, in a market of its own each.
MINUTES_MAX = 150_000
# Millionths in the units of candlesticks: 0.0001 dollars and 0.01 contracts.
PRICE_UNIT, SIZE_UNIT = 100, 10_000


class CandleStore:
    """The candlesticks of markets; those of the market that was quiet the longest are forgotten first."""

    def __init__(self, minutes_max: int = MINUTES_MAX) -> None:
        """Keep at most this many candlesticks of all markets together."""
        self._minutes_max = minutes_max
        self._markets: OrderedDict[str, Candlesticks] = OrderedDict()
        self._quotes: dict[str, tuple[int, int]] = {}
        self._interests: dict[str, int] = {}
        self._count = 0

    def of(self, market: str) -> Candlesticks:
        """Return the candlesticks of a market, none if nothing was played of it."""
        return self._markets.get(market) or Candlesticks()

    def quote(self, market: str, at_us: int, book: PlayedBook) -> None:
        """Add the best prices of a book if they changed."""
        quote = book.best_yes // PRICE_UNIT, WHOLE - book.best_no // PRICE_UNIT
        if self._quotes.get(market) != quote:
            self._quotes[market] = quote
            candles, before = self._open(market)
            candles.quote(at_us // 1_000_000, *quote, self._interests.get(market, 0))
            self._added(candles, before)

    def trade(self, market: str, at_us: int, price: int, size: int) -> None:
        """Add a trade, beside the best prices of that moment."""
        bid, ask = self._quotes.get(market, (0, WHOLE))
        candles, before = self._open(market)
        candles.trade(at_us // 1_000_000, price // PRICE_UNIT, size // SIZE_UNIT, bid, ask)
        self._added(candles, before)

    def interest(self, market: str, contracts: int | None) -> None:
        """Take over how many contracts are open, as a ticker message says."""
        if contracts is not None:
            self._interests[market] = contracts // SIZE_UNIT

    def _open(self, market: str) -> tuple[Candlesticks, int]:
        candles = self._markets.pop(market, None) or Candlesticks()
        self._markets[market] = candles
        return candles, len(candles.minutes)

    def _added(self, candles: Candlesticks, before: int) -> None:
        self._count += len(candles.minutes) - before
        while self._count > self._minutes_max and len(self._markets) > 1:
            _, oldest = self._markets.popitem(last=False)
            self._count -= len(oldest.minutes)
