"""Writes books, trades and outcomes into a catalog of NautilusTrader."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.engines.market_events import BookEvent, TradeCount
from kalshi_data.reader.engines.nautilus_objects import DeltaMaker, Nautilus, TickMaker, loaded
from kalshi_data.reader.listings import Settlement

# A file of the catalog has about as many rows.
ROWS_OF_A_FILE = 50_000


class CatalogedMarket(NamedTuple):
    """What the catalog holds of a market for the window.

    Attributes:
        market: The ticker.
        instrument_id: The instrument's identity in the catalog: dots of the ticker are underscores.
        known_from: When the book begins to be known (UTC), None if it never is.
        deltas: Changes of levels.
        trades: Trades.
        block_trades: Trades that were agreed on outside of the book and left out.
        settlement: Dollars paid for a YES contract, None if the window does not hold it.
    """

    market: str
    instrument_id: str
    known_from: datetime | None
    deltas: int
    trades: int
    block_trades: int
    settlement: Decimal | None


class NautilusWriter:
    """Writes one market after another into a catalog, in place of what it holds of them for the window."""

    def __init__(self, catalog: str | Path, window_us: tuple[int, int]) -> None:
        """Open a catalog.

        Raises:
            ArchiveError: NautilusTrader is not installed, or the catalog cannot be opened.
        """
        self._nautilus = Nautilus()
        self._begin, self._end = window_us[0] * 1_000, window_us[1] * 1_000 - 1
        try:
            self._catalog: Any = loaded("persistence.catalog").ParquetDataCatalog(str(catalog))
        except (OSError, ValueError) as error:
            raise ArchiveError(f"{catalog} cannot be opened as a catalog: name a folder: {error}") from error

    def write(
        self,
        market: str,
        events: Iterable[BookEvent],
        trades: TradeCount,
        settled: Settlement | None,
        listed: Mapping[str, Any],
    ) -> CatalogedMarket:
        """Write a market; the instrument comes last, so that a catalog without it is not complete.

        Raises:
            ArchiveError: the catalog cannot be written, or what is written cannot be read.
        """
        data = self._nautilus.data
        identity = self._nautilus.instrument_id(market)
        book = DeltaMaker(self._nautilus, identity)
        for kind in (data.OrderBookDelta, data.TradeTick, data.InstrumentClose):
            self._catalog.delete_data_range(kind, str(identity), self._begin, self._end)
        deltas, last_book = self._write_files(book.deltas(events))
        count, last_trade = self._write_files(map(TickMaker(self._nautilus, identity).tick, trades))
        paid = settled and self._nautilus.close(settled, max(last_book, last_trade), self._end)
        if paid:
            self._catalog.write_data([paid])
        kind = self._nautilus.instruments.BinaryOption
        self._catalog.delete_data_range(kind, str(identity))
        self._catalog.write_data([self._nautilus.binary_option(market, listed, self._begin // 1_000)])
        outcome = settled.yes_value if settled else None
        return CatalogedMarket(market, str(identity), book.known_from, deltas, count, trades.left_out, outcome)

    def _write_files(self, rows: Iterable[Any]) -> tuple[int, int]:
        """Write rows in files whose times do not overlap, and return their number and the last time."""
        held: list[Any] = []
        count = last = 0
        for row in rows:
            if len(held) >= ROWS_OF_A_FILE and row.ts_init > last:
                self._catalog.write_data(held)
                held = []
            held.append(row)
            count, last = count + 1, row.ts_init
        if held:
            self._catalog.write_data(held)
        return count, last
