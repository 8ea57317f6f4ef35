"""Makes the objects of NautilusTrader, by its own classes, of what happened to a market."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from importlib import import_module
from typing import Any

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.amounts import decimal
from kalshi_data.reader.engines.market_events import BookEvent, EngineLevel, EngineTrade
from kalshi_data.reader.listings import Settlement
from kalshi_data.reader.times import instant, microseconds

VENUE = "KALSHI"
PRICE_PLACES, SIZE_PLACES = 4, 2
AMOUNTS_KEPT = 1 << 16
NEVER_EXPIRES = datetime(2100, 1, 1, tzinfo=UTC)
INSTALL = "install it: pip install 'kalshi-data[nautilus]', which needs Python 3.12 or later"


class Nautilus:
    """The classes of NautilusTrader, which is loaded at its first use."""

    def __init__(self) -> None:
        """Load it.

        Raises:
            ArchiveError: it is not installed.
        """
        self.data = loaded("model.data")
        self.enums = loaded("model.enums")
        self.identifiers = loaded("model.identifiers")
        self.instruments = loaded("model.instruments")
        self.objects = loaded("model.objects")
        self.usd = loaded("model.currencies").USD
        # Prices and sizes repeat, and are slow to make.
        self.price = lru_cache(AMOUNTS_KEPT)(partial(exact_amount, self.objects.Price, PRICE_PLACES))
        self.size = lru_cache(AMOUNTS_KEPT)(partial(exact_amount, self.objects.Quantity, SIZE_PLACES))

    def instrument_id(self, market: str) -> Any:
        """Return the identity of a market: the engine makes no book for a symbol with a dot."""
        symbol = self.identifiers.Symbol(market.replace(".", "_"))
        return self.identifiers.InstrumentId(symbol, self.identifiers.Venue(VENUE))

    def binary_option(self, market: str, listed: Mapping[str, Any], at_us: int) -> Any:
        """Return what a market is, as it was listed; `info` has its close.

        An engine closes positions at the expiration, at a price that it guesses. The close is not that time: a market
        pays once its outcome is determined.
        """
        closes = listed.get("close_time")
        return self.instruments.BinaryOption(
            instrument_id=self.instrument_id(market),
            raw_symbol=self.identifiers.Symbol(market),
            asset_class=self.enums.AssetClass.ALTERNATIVE,
            currency=self.usd,
            price_precision=PRICE_PLACES,
            size_precision=SIZE_PLACES,
            price_increment=self.price(100),
            size_increment=self.size(10_000),
            activation_ns=0,
            expiration_ns=microseconds(NEVER_EXPIRES) * 1_000,
            ts_event=at_us * 1_000,
            ts_init=at_us * 1_000,
            maker_fee=Decimal(0),
            taker_fee=Decimal(0),
            outcome="Yes",
            description=listed.get("title") or market,
            info={"close_time": closes.isoformat()} if closes else {},
        )

    def close(self, settled: Settlement, after_ns: int, last_ns: int) -> Any:
        """Return what a market paid as the engine's event, once all else has happened; None if that is not known."""
        if settled.yes_value is None:
            return None
        kind = self.enums.InstrumentCloseType.CONTRACT_EXPIRED
        at = min(max(microseconds(settled.seen_at) * 1_000, after_ns + 1), last_ns)
        price = self.price(int(settled.yes_value.scaleb(6)))
        return self.data.InstrumentClose(self.instrument_id(settled.market_ticker), price, kind, at, at)


def loaded(name: str) -> Any:
    """Return a module of NautilusTrader.

    Raises:
        ArchiveError: it is not installed.
    """
    try:
        return import_module(f"nautilus_trader.{name}")
    except ImportError as error:
        raise ArchiveError(f"NautilusTrader cannot be loaded ({error}): {INSTALL}") from error


def exact_amount(kind: Any, places: int, value: int) -> Any:
    """Return millionths as a price or a size of the engine.

    Raises:
        ArchiveError: the engine's instrument has too few places for it.
    """
    if value % 10 ** (6 - places):
        raise ArchiveError(f"{decimal(value)} has more than {places} places: leave out the market, or export_tardis")
    return kind.from_str(f"{decimal(value):.{places}f}")


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
