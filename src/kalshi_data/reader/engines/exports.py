"""Exports windows of the archive for backtest engines."""

from pathlib import Path

from kalshi_data.reader.engines.event_reader import LIFECYCLE, TRADES, EventReader
from kalshi_data.reader.engines.export_nautilus import CatalogedMarket, NautilusWriter
from kalshi_data.reader.engines.export_tardis import TardisFiles, TardisWriter
from kalshi_data.reader.engines.market_events import TradeCount
from kalshi_data.reader.files.selection import Names
from kalshi_data.reader.market_reader import DELTAS
from kalshi_data.reader.times import Moment, span


class EngineExporter(EventReader):
    """Exports to backtest engines."""

    def export_tardis(
        self,
        folder: str | Path,
        markets: Names,
        start: Moment,
        end: Moment,
        *,
        exchange: str = "kalshi",
        over_gaps: bool = False,
        block_trades: bool = False,
    ) -> list[TardisFiles]:
        """Write two files per market as Tardis does: incremental_book_L2 and trades, for hftbacktest and others.

        A bid of YES is a bid; a bid of NO is an ask at 1 minus its price. `timestamp` is the exchange's time and
        `local_timestamp` that of receipt, in microseconds. Files of the same window are replaced.

        Memory does not grow with the window: some 200,000 changes are held, and those since the snapshot before them.

        Args:
            folder: Where the files are written; it is made if it is missing.
            markets: Tickers, or patterns such as "KXFED-*".
            start: The first moment, at which the book of each market is written whole; later if it is known later.
            end: The moment after the last one.
            exchange: The name in each row. NautilusTrader's loader takes only exchanges of Tardis, such as "binance".
            over_gaps: Go on at gaps: a book is then empty from a gap until the next snapshot.
            block_trades: Write block trades, too, which are agreed on outside of the book.

        Raises:
            ArchiveError: the archive has no such market, the window has a gap, or a file cannot be read or written.

        Example:
            >>> window = ("2026-11-02T15:00:30", "2026-11-02T16:00")
            >>> (found,) = archive.export_tardis(folder.parent / "tardis", "KXHIGHNY-26NOV02-T56", *window)
            >>> found.book.name, found.book_rows, found.trade_rows
            ('kalshi_incremental_book_L2_20261102T150030Z_20261102T160000Z_KXHIGHNY-26NOV02-T56.csv.gz', 8, 3)
        """
        window = span(start, end)
        writer = TardisWriter(Path(folder), exchange, window)
        tickers = self._tickers_of(markets, *window)
        if not over_gaps:
            self._refuse_gaps(tickers, *window, (DELTAS, TRADES))
        with self._progress_of_hours(*window, len(tickers)):
            return [
                writer.write(
                    market,
                    self._book_events(market, *window, over_gaps=over_gaps),
                    TradeCount(self._engine_trades(market, *window), block_trades=block_trades),
                )
                for market in tickers
            ]

    def export_nautilus(
        self,
        catalog: str | Path,
        markets: Names,
        start: Moment,
        end: Moment,
        *,
        over_gaps: bool = False,
        block_trades: bool = False,
    ) -> list[CatalogedMarket]:
        """Write markets into a ParquetDataCatalog of NautilusTrader: what its BacktestEngine needs.

        Each market is a BinaryOption of the venue KALSHI in dollars of YES, with OrderBookDelta (F_LAST on the last of
        a moment), TradeTick, and InstrumentClose if it was settled in the window. `ts_event` is the exchange's time,
        `ts_init` that of receipt. What the catalog holds of the window is replaced. It needs kalshi-data[nautilus].

        The arguments are those of `export_tardis`. A dot in a ticker is an underscore in the instrument's identity.

        Raises:
            ArchiveError: NautilusTrader is not installed, the archive has no such market, the window has a gap, or a
                file cannot be read or written.

        Example:
            >>> window = ("2026-11-02T15:00:30", "2026-11-02T16:00")
            >>> archive.export_nautilus("catalog", "KXHIGHNY-26NOV02-T56", *window)  # doctest: +SKIP
        """
        window = span(start, end)
        writer = NautilusWriter(catalog, window)
        tickers = self._tickers_of(markets, *window)
        if not over_gaps:
            self._refuse_gaps(tickers, *window, (DELTAS, TRADES, LIFECYCLE))
        listed = self._listed(tickers, window[1])
        with self._progress_of_hours(*window, len(tickers)):
            return [
                writer.write(
                    market,
                    self._book_events(market, *window, over_gaps=over_gaps),
                    TradeCount(self._engine_trades(market, *window), block_trades=block_trades),
                    self._settled(market, *window),
                    listed.get(market, {}),
                )
                for market in tickers
            ]
