"""Writes books, trades and outcomes into a catalog of NautilusTrader, by its own classes."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.amounts import decimal
from kalshi_data.reader.engines.market_events import BookEvent, EngineLevel, EngineTrade, TradeCount
from kalshi_data.reader.listings import Settlement
from kalshi_data.reader.times import instant, microseconds

VENUE = "KALSHI"
PRICE_PLACES, SIZE_PLACES = 4, 2
# A file of the catalog has about as many rows.
ROWS_OF_A_FILE = 50_000
AMOUNTS_KEPT = 1 << 16
# An engine closes positions at the expiration that it knows; of a market without a known close it should not.
NEVER_EXPIRES = datetime(2100, 1, 1, tzinfo=UTC)
INSTALL = "install it: pip install 'kalshi-data[nautilus]', which needs Python 3.12 or later"


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


class Nautilus:
    """The classes of NautilusTrader, which is loaded at its first use."""

    def __init__(self) -> None:
        """Load it.

        Raises:
            ArchiveError: it is not installed.
        """
        try:
            self.data: Any = import_module("nautilus_trader.model.data")
            self.enums: Any = import_module("nautilus_trader.model.enums")
            self.identifiers: Any = import_module("nautilus_trader.model.identifiers")
            self.instruments: Any = import_module("nautilus_trader.model.instruments")
            self.objects: Any = import_module("nautilus_trader.model.objects")
            self.usd: Any = import_module("nautilus_trader.model.currencies").USD
            self.catalogs: Any = import_module("nautilus_trader.persistence.catalog")
        except ImportError as error:
            raise ArchiveError(f"NautilusTrader cannot be loaded ({error}): {INSTALL}") from error
        # Prices and sizes repeat, and are slow to make.
        self.price = lru_cache(AMOUNTS_KEPT)(partial(exact_amount, self.objects.Price, PRICE_PLACES))
        self.size = lru_cache(AMOUNTS_KEPT)(partial(exact_amount, self.objects.Quantity, SIZE_PLACES))

    def instrument_id(self, market: str) -> Any:
        """Return the identity of a market: the engine makes no book for a symbol with a dot."""
        symbol = self.identifiers.Symbol(market.replace(".", "_"))
        return self.identifiers.InstrumentId(symbol, self.identifiers.Venue(VENUE))


def exact_amount(kind: Any, places: int, value: int) -> Any:
    """Return millionths as a price or a size of the engine.

    Raises:
        ArchiveError: the engine's instrument has too few places for it.
    """
    if value % 10 ** (6 - places):
        raise ArchiveError(f"{decimal(value)} has more than {places} places: leave out the market, or export_tardis")
    return kind.from_str(f"{decimal(value):.{places}f}")


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
            self._catalog: Any = self._nautilus.catalogs.ParquetDataCatalog(str(catalog))
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
        last = max(last_book, last_trade)
        paid = settled.yes_value if settled else None
        if settled and paid is not None:
            at = min(max(microseconds(settled.seen_at) * 1_000, last + 1), self._end)
            self._catalog.write_data([self._close(identity, paid, at)])
            last = max(last, at)
        self._define(market, identity, listed, last)
        return CatalogedMarket(market, str(identity), book.known_from, deltas, count, trades.left_out, paid)

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

    def _close(self, identity: Any, paid: Decimal, at: int) -> Any:
        kind = self._nautilus.enums.InstrumentCloseType.CONTRACT_EXPIRED
        price = self._nautilus.price(int(paid.scaleb(6)))
        return self._nautilus.data.InstrumentClose(identity, price, kind, at, at)

    def _define(self, market: str, identity: Any, listed: Mapping[str, Any], last: int) -> None:
        """Write what the instrument is, once."""
        nautilus, kind = self._nautilus, self._nautilus.instruments.BinaryOption
        self._catalog.delete_data_range(kind, str(identity))
        closes = microseconds(listed.get("close_time") or NEVER_EXPIRES) * 1_000
        made = kind(
            instrument_id=identity,
            raw_symbol=nautilus.identifiers.Symbol(market),
            asset_class=nautilus.enums.AssetClass.ALTERNATIVE,
            currency=nautilus.usd,
            price_precision=PRICE_PLACES,
            size_precision=SIZE_PLACES,
            price_increment=nautilus.price(100),
            size_increment=nautilus.size(10_000),
            activation_ns=0,
            # The exchange may have moved the close after it was listed.
            expiration_ns=closes if closes > last else microseconds(NEVER_EXPIRES) * 1_000,
            ts_event=self._begin,
            ts_init=self._begin,
            maker_fee=Decimal(0),
            taker_fee=Decimal(0),
            outcome="Yes",
            description=listed.get("title") or market,
        )
        self._catalog.write_data([made])


class DeltaMaker:
    """Makes the engine's deltas; the last of those that happen at once has the flag F_LAST."""

    def __init__(self, nautilus: Nautilus, identity: Any) -> None:
        """Take the identity of the instrument."""
        self._nautilus, self._identity = nautilus, identity
        self._flags = nautilus.enums.RecordFlag
        self._actions = nautilus.enums.BookAction
        self._sides = (nautilus.enums.OrderSide.SELL, nautilus.enums.OrderSide.BUY)
        self.known_from: datetime | None = None

    def deltas(self, events: Iterable[BookEvent]) -> Iterator[Any]:
        """Yield the deltas of events; a whole book, and one that is lost, begin with a book without levels."""
        for event in events:
            self.known_from = self.known_from or instant(event.at_us)
            is_whole = event.kind != "changes"
            levels = () if event.kind == "lost" else event.levels
            flags = int(self._flags.F_SNAPSHOT) if is_whole else 0
            if is_whole:
                yield self._delta(event, self._actions.CLEAR, None, flags if levels else flags | self._flags.F_LAST)
            for number, level in enumerate(levels, 1):
                action = self._actions.ADD if is_whole else self._actions.UPDATE if level.size else self._actions.DELETE
                yield self._delta(event, action, level, flags | (self._flags.F_LAST if number == len(levels) else 0))

    def _delta(self, event: BookEvent, action: Any, level: EngineLevel | None, flags: int) -> Any:
        nautilus, data = self._nautilus, self._nautilus.data
        order = level and data.BookOrder(
            self._sides[level.is_bid], nautilus.price(level.price), nautilus.size(level.size), 0
        )
        times = (event.at_us * 1_000, event.local_us * 1_000)
        return data.OrderBookDelta(self._identity, action, order, int(flags), event.clock, *times)


class TickMaker:
    """Makes the engine's trades."""

    def __init__(self, nautilus: Nautilus, identity: Any) -> None:
        """Take the identity of the instrument."""
        self._nautilus, self._identity = nautilus, identity
        sides = nautilus.enums.AggressorSide
        self._takers = {"yes": sides.BUYER, "no": sides.SELLER}
        self._unknown = sides.NO_AGGRESSOR

    def tick(self, trade: EngineTrade) -> Any:
        """Return a trade; the buyer of YES is the aggressor if the taker bought YES."""
        nautilus = self._nautilus
        side = self._takers.get(trade.taker_side or "", self._unknown)
        amounts = (nautilus.price(trade.price), nautilus.size(trade.size))
        identity = nautilus.identifiers.TradeId(trade.trade_id)
        times = (trade.at_us * 1_000, trade.local_us * 1_000)
        return nautilus.data.TradeTick(self._identity, *amounts, side, identity, *times)
