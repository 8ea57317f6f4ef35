"""Which channels and order books each connection subscribes."""

import asyncio
import math
import time
from collections.abc import Iterable

import structlog

from kalshi_data.gatherer.connections.refused_markets import RefusedMarkets
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.feed import BOOK_CHANNEL, CHANNELS_OF_ALL_MARKETS, INDEX_CHANNEL

log = structlog.get_logger()


class ConnectionSpec:
    """What one connection subscribes: its channels, and the markets of its order books; it outlives the connection."""

    def __init__(self, name: str, channels: tuple[str, ...], counters: Counters, markets_max: int = 0) -> None:
        """Start without markets; count those that the exchange refuses in `counters`."""
        self.name = name
        self.channels = channels
        self.tickers: dict[str, None] = {}
        self.refused = RefusedMarkets(counters)
        self.markets_max = markets_max
        # Until when the exchange's limit of markets is believed.
        self.limited_until_seconds = math.inf
        self.changed = asyncio.Event()

    @property
    def has_books(self) -> bool:
        """Whether the connection is for order books."""
        return BOOK_CHANNEL in self.channels


class SubscriptionAllocator:
    """Assigns each order book to the connection that has the fewest, and adds specs up to the limit of connections."""

    def __init__(self, settings: SubscriptionSettings, counters: Counters) -> None:
        """Start with the connections for channels of all markets, each channel on `connections_per_channel` of them."""
        self._settings = settings
        self._counters = counters
        self._assigned: dict[str, ConnectionSpec] = {}
        self._wanted: dict[str, None] = {}
        self._unassigned = 0
        channels = (*CHANNELS_OF_ALL_MARKETS, *((INDEX_CHANNEL,) if settings.index_values else ()))
        numbers = range(1, settings.connections_per_channel + 1)
        self.specs = [ConnectionSpec(f"all-markets-{number}", channels, counters) for number in numbers]
        self.grown = asyncio.Event()

    def assign(self, wanted: Iterable[str]) -> None:
        """Assign the books that are wanted now, and drop all others."""
        self._wanted = wanted = dict.fromkeys(wanted)
        touched = {self._remove(ticker) for ticker in [each for each in self._assigned if each not in wanted]}
        missing = [ticker for ticker in wanted if ticker not in self._assigned]
        touched |= self._add(missing)
        self._counters.markets_wanted = len(wanted)
        self._counters.books_room = self._room()
        for spec in touched:
            spec.changed.set()

    def limit(self, spec: ConnectionSpec, markets_max: int) -> None:
        """Limit a connection to `markets_max` books, and assign the rest to other connections."""
        spec.markets_max = max(1, markets_max)
        self._counters.books_room = self._room()
        spec.limited_until_seconds = time.monotonic() + self._settings.refused_channel_seconds
        for ticker in list(spec.tickers)[spec.markets_max :]:
            self._remove(ticker)
            for other in self._add([ticker]):
                other.changed.set()

    def lift_limit(self, spec: ConnectionSpec) -> None:
        """Assign markets to a connection up to the configured limit again, once its limit has stood for a while."""
        if time.monotonic() > spec.limited_until_seconds:
            spec.markets_max, spec.limited_until_seconds = self._settings.markets_per_connection_max, math.inf
            self.assign(self._wanted)

    def _remove(self, ticker: str) -> ConnectionSpec:
        spec = self._assigned.pop(ticker)
        del spec.tickers[ticker]
        spec.refused.forget(ticker)
        return spec

    def _add(self, tickers: list[str]) -> set[ConnectionSpec]:
        """Assign tickers to connections below their limit, and count those that find none; return the changed specs."""
        touched: set[ConnectionSpec] = set()
        unassigned = 0
        self._make_room(len(tickers))
        for ticker in tickers:
            books = [spec for spec in self.specs if spec.has_books and len(spec.tickers) < spec.markets_max]
            if not books:
                unassigned += 1
                continue
            spec = min(books, key=lambda spec: len(spec.tickers))
            spec.tickers[ticker] = None
            self._assigned[ticker] = spec
            touched.add(spec)
        if unassigned and unassigned != self._unassigned:
            log.error("no connection has room for markets: raise connections_max", markets=unassigned)
        self._unassigned = self._counters.markets_unassigned = unassigned
        return touched

    def _room(self) -> int:
        """Return how many books fit if all connections that may be opened are."""
        more = max(0, self._settings.connections_max - len(self.specs))
        return sum(spec.markets_max for spec in self.specs) + more * self._settings.markets_per_connection_max

    def _make_room(self, markets: int) -> None:
        """Add specs until all markets fit, or until `connections_max` is reached."""
        books = [spec for spec in self.specs if spec.has_books]
        room = sum(max(0, spec.markets_max - len(spec.tickers)) for spec in books)
        limit = self._settings.markets_per_connection_max
        while room < markets and len(self.specs) < self._settings.connections_max:
            books.append(ConnectionSpec(f"books-{len(books) + 1}", (BOOK_CHANNEL,), self._counters, limit))
            self.specs.append(books[-1])
            room += limit
            self.grown.set()
