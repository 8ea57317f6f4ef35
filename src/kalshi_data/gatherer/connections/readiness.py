"""Whether everything that is wanted has been subscribed."""

import structlog

from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.counters import Counters

log = structlog.get_logger()


class Readiness:
    """Counts connections and subscribed markets; sets `counters.subscribed` once all are complete together."""

    def __init__(self, allocator: SubscriptionAllocator, counters: Counters) -> None:
        """Start with no connection open and no list of markets."""
        self._allocator = allocator
        self._counters = counters
        self._markets_covered: dict[str, int] = {}  # by name of the connection
        self._books_followed: dict[str, int] = {}
        self._complete: set[str] = set()
        self._is_loaded = False

    def markets_loaded(self) -> None:
        """Record that all markets are known, so that the connections' specs name everything that is wanted."""
        self._is_loaded = True
        self._evaluate()

    def progressed(self, spec: ConnectionSpec, markets_covered: int, *, is_complete: bool) -> None:
        """Record how many books a connection covers, and whether all its subscriptions are acknowledged."""
        self._markets_covered[spec.name] = markets_covered
        if is_complete and spec.name not in self._complete:
            self._complete.add(spec.name)
            log.info("subscribed", connection=spec.name, markets=len(spec.tickers))
        self._evaluate()

    def following(self, spec: ConnectionSpec, books: int) -> None:
        """Record how many books of a connection are compared with their snapshots."""
        self._books_followed[spec.name] = books
        self._counters.books_followed = sum(self._books_followed.values())

    def closed(self, name: str) -> None:
        """Record that a connection closed."""
        self._books_followed.pop(name, None)
        self._counters.books_followed = sum(self._books_followed.values())
        self._markets_covered.pop(name, None)
        self._complete.discard(name)
        self._evaluate()

    def _evaluate(self) -> None:
        self._counters.connections_up = len(self._markets_covered)
        self._counters.markets_subscribed = sum(self._markets_covered.values())
        if self._is_loaded and {spec.name for spec in self._allocator.specs} <= self._complete:
            self._counters.subscribed = True
