"""Makes an engine of NautilusTrader that has the markets of a window and is ready to run."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.engines.market_events import BookEvent, TradeCount
from kalshi_data.reader.engines.nautilus_objects import VENUE, DeltaMaker, Nautilus, TickMaker, loaded
from kalshi_data.reader.listings import Settlement


class EngineMaker:
    """Collects markets, and makes an engine of them."""

    def __init__(self, window_us: tuple[int, int]) -> None:
        """Load the engine.

        Raises:
            ArchiveError: NautilusTrader is not installed.
        """
        self._nautilus = Nautilus()
        self._engines, self._actors = loaded("backtest.engine"), loaded("common.actor")
        self._logging = loaded("config").LoggingConfig
        self._begin_us, self._last_ns = window_us[0], window_us[1] * 1_000 - 1
        self._instruments: list[Any] = []
        self._data: list[list[Any]] = []
        self._paid: dict[Any, float] = {}

    def add(
        self,
        market: str,
        events: Iterable[BookEvent],
        trades: TradeCount,
        settled: Settlement | None,
        listed: Mapping[str, Any],
    ) -> None:
        """Add what happened to a market.

        Raises:
            ArchiveError: its book is never known, or what is written cannot be read.
        """
        nautilus = self._nautilus
        identity = nautilus.instrument_id(market)
        deltas = list(DeltaMaker(nautilus, identity).deltas(events))
        if not deltas:
            raise ArchiveError(f"{market}: the book is not known in that time: choose another time or market")
        ticks = list(map(TickMaker(nautilus, identity).tick, trades))
        self._instruments.append(nautilus.binary_option(market, listed, self._begin_us))
        # Trades come first: an engine that counts queues must meet a trade before the change that it causes.
        self._data += [ticks, nautilus.data.OrderBookDeltas.batch(deltas)]
        last = max(rows[-1].ts_init for rows in (deltas, ticks) if rows)
        if settled and (close := nautilus.close(settled, last, self._last_ns)):
            self._data.append([close])
            self._paid[identity] = float(close.close_price)

    def engine(self, balance_dollars: Decimal | float) -> Any:
        """Return an engine with the markets, an account, and a book of each market."""
        nautilus, enums = self._nautilus, self._nautilus.enums
        config = self._engines.BacktestEngineConfig(logging=self._logging(log_level="WARNING"))
        engine = self._engines.BacktestEngine(config)
        engine.add_venue(
            nautilus.identifiers.Venue(VENUE),
            enums.OmsType.NETTING,
            enums.AccountType.CASH,
            [nautilus.objects.Money(balance_dollars, nautilus.usd)],
            base_currency=nautilus.usd,
            book_type=enums.BookType.L2_MBP,
            settlement_prices=self._paid,
        )
        for each in self._instruments:
            engine.add_instrument(each)
        for rows in filter(None, self._data):
            engine.add_data(rows, sort=False)
        engine.sort_data()
        engine.add_actor(self._subscriber())
        return engine

    def _subscriber(self) -> Any:
        """Return an actor that asks for each book: the engine's cache has no book for which nothing asks."""
        names, kind = [each.id for each in self._instruments], self._nautilus.enums.BookType.L2_MBP

        def on_start(actor: Any) -> None:
            for each in names:
                actor.subscribe_order_book_deltas(each, kind)

        def on_stop(_: Any) -> None:
            """Keep the books; the engine warns of an actor without this."""

        return type("BookSubscriber", (self._actors.Actor,), {"on_start": on_start, "on_stop": on_stop})()
