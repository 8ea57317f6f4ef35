"""Makes backtests of windows of the archive that are ready to run."""

from decimal import Decimal
from functools import partial
from typing import Any

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.engines import hftbacktest_engine
from kalshi_data.reader.engines.event_reader import LIFECYCLE, TRADES
from kalshi_data.reader.engines.export_tardis import TardisFiles
from kalshi_data.reader.engines.exports import EngineExporter
from kalshi_data.reader.engines.market_events import TradeCount
from kalshi_data.reader.engines.nautilus_engine import EngineMaker
from kalshi_data.reader.files.selection import WILDCARDS, Names
from kalshi_data.reader.market_reader import DELTAS
from kalshi_data.reader.times import Moment, span


class BacktestReader(EngineExporter):
    """Reads markets into backtest engines."""

    def hftbacktest_engine(
        self,
        market: str,
        start: Moment,
        end: Moment,
        *,
        order_latency_seconds: float = 0.01,
        over_gaps: bool = False,
    ) -> Any:
        """Return a HashMapMarketDepthBacktest of hftbacktest over the book and the trades of a market in [start, end).

        It stands where the book begins to be known, and `elapse` moves it by nanoseconds: what it shows was received
        by then; `last_trades` grows until `clear_last_trades`. Its times are nanoseconds of UTC, prices dollars of YES,
        sizes contracts; prices and sizes are floats. The engine holds its events itself until `close`. It has no fees,
        and no model for those of the exchange; with other models than here, make an asset of `export_tardis`. It needs
        kalshi-data[hftbacktest].

        Args:
            market: The ticker.
            start: The first moment; the book is whole from here on, or from where it is known.
            end: The moment after the last one.
            order_latency_seconds: How long an order takes to the exchange, and its answer back.
            over_gaps: Go on at gaps: the book is then empty from a gap until the next snapshot.

        Raises:
            ArchiveError: hftbacktest is not installed, the window has a gap or no book, or a file cannot be read.

        Example:
            >>> engine = archive.hftbacktest_engine("KXFED-26DEC-T4", "2026-11-02", "2026-11-03")  # doctest: +SKIP
        """
        if WILDCARDS.search(market):
            raise ArchiveError(f"{market}: hftbacktest follows one market here: give a ticker without wildcards")
        if order_latency_seconds < 0:
            raise ValueError(f"order_latency_seconds is {order_latency_seconds}: give 0 or more")
        export = partial(self._tardis_files, market, start, end, over_gaps=over_gaps)
        return hftbacktest_engine.engine_of(export, order_latency_seconds)

    def _tardis_files(self, market: str, start: Moment, end: Moment, folder: str, *, over_gaps: bool) -> TardisFiles:
        return self.export_tardis(folder, market, start, end, over_gaps=over_gaps)[0]

    def nautilus_engine(
        self,
        markets: Names,
        start: Moment,
        end: Moment,
        *,
        balance_dollars: Decimal | float = 1_000,
        over_gaps: bool = False,
    ) -> Any:
        """Return a BacktestEngine of NautilusTrader with markets of [start, end): add strategies and run it.

        The venue KALSHI has a cash account in dollars. Each market is a BinaryOption of YES whose identity has
        underscores for dots; `raw_symbol` is the ticker and `info` has the close. It has OrderBookDeltas, in which what
        happened at once is together, and TradeTick. A market that was settled pays its outcome when that was received;
        one that was not stays open. `engine.cache.order_book` has each book as received by the time that the run has
        reached. All data is in memory, and there are no fees; for others, see `export_nautilus`. It needs
        kalshi-data[nautilus].

        Args:
            markets: Tickers, or patterns such as "KXFED-*".
            start: The first moment, at which the book of each market is whole; later if it is known later.
            end: The moment after the last one.
            balance_dollars: What the account holds in the beginning.
            over_gaps: Go on at gaps: a book is then empty from a gap until the next snapshot.

        Raises:
            ArchiveError: NautilusTrader is not installed, the window has a gap or a market without a book, or a file
                cannot be read.

        Example:
            >>> archive.nautilus_engine("KXFED-*", "2026-11-02", "2026-11-03").run()  # doctest: +SKIP
        """
        window = span(start, end)
        maker = EngineMaker(window)
        tickers = self._tickers_of(markets, *window)
        if not over_gaps:
            self._refuse_gaps(tickers, *window, (DELTAS, TRADES, LIFECYCLE))
        listed = self._listed(tickers, window[1])
        with self._progress_of_hours(*window, len(tickers)):
            for market in tickers:
                maker.add(
                    market,
                    self._book_events(market, *window, over_gaps=over_gaps),
                    TradeCount(self._engine_trades(market, *window), block_trades=False),
                    self._settled(market, *window),
                    listed.get(market, {}),
                )
        return maker.engine(balance_dollars)
