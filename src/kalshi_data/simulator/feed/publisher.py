"""Brings each published message to every subscription that covers it, and into the journal."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from kalshi_data.simulator.feed.session import Session, Subscription
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.published import Fact, in_yes_prices

# Beyond this a patient publisher waits for a slow client instead of ending its subscription.
PATIENT_BYTES = 1 << 20
PATIENT_SECONDS = 0.001
BUFFER_OVERFLOW = 25

Route = list[tuple[Session, Subscription]]


class Venue(Protocol):
    """Who knows the books and the markets: a recording being played, or the market model."""

    def snapshot(self, market_ticker: str) -> Fact | None:
        """Return a market's book as a message, None before there are books."""
        ...

    def summary(self, market_ticker: str) -> Fact | None:
        """Return a market's ticker message as it is now, None for one that nobody knows."""
        ...

    def restart_clocks(self) -> None:
        """Let the clock of every market go back, as it may across maintenance."""
        ...

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty for one that nobody knows."""
        ...

    def ticker_of(self, market_id: str) -> str | None:
        """Return the ticker of a market's id."""
        ...


class Publisher:
    """All sessions, and which of their subscriptions get what."""

    def __init__(self, journal: Journal, limits: Limits | None = None) -> None:
        """Write everything published to `journal`."""
        self.sessions: set[Session] = set()
        self.journal = journal
        self.limits = limits or Limits()
        self.venue: Venue | None = None
        self.index_ids: tuple[str, ...] = ()
        self.skew_ms = 0
        self._routes: dict[tuple[str, str | None], Route] = {}

    def now_ms(self) -> int:
        """Return the exchange's wall clock, which a fault may put wrong, in ms since 1970."""
        return time.time_ns() // 1_000_000 + self.skew_ms

    def changed(self) -> None:
        """Forget who gets what: a subscription has changed."""
        self._routes.clear()

    def publish(self, fact: Fact) -> int:
        """Send a message to everybody it is for; return how many connections it was sent to."""
        route = self._routes.get((fact.channel, fact.topic))
        if route is None:
            route = self._find_route(fact.channel, fact.topic)
        published_ms = self.now_ms()
        sent = 0
        for session, subscription in route:
            sent += session.deliver(subscription, fact, published_ms)
        self.journal.published(fact, sent, published_ms)
        return sent

    def in_prices_of(self, subscription: Subscription, fact: Fact) -> Fact:
        """Return a book message in the prices that a subscription asked for."""
        if not subscription.use_yes_price or fact.channel != "orderbook_delta":
            return fact
        return fact._replace(body=in_yes_prices(fact.body))

    def end_overflowing(self) -> None:
        """End the fastest subscription of each client that takes too little: error 25, which is final."""
        for session in tuple(self.sessions):
            if session.wire.waiting_bytes > self.limits.buffer_bytes_max and session.subscriptions:
                busiest = max(session.subscriptions.values(), key=lambda each: each.seq)
                session.terminate(busiest, BUFFER_OVERFLOW)

    async def room(self) -> None:
        """Let others run, and wait until every client has taken most of what it was sent."""
        await asyncio.sleep(0)
        while any(session.wire.waiting_bytes > PATIENT_BYTES for session in self.sessions):
            await asyncio.sleep(PATIENT_SECONDS)

    def covered(self, clients: int, wanted: Callable[[], Mapping[str, set[str]]]) -> bool:
        """Tell whether enough different clients subscribed every wanted channel, and topic where it has any."""
        keys = {session.client for session in self.sessions}
        if len(keys) < clients:
            return False
        channels = wanted()
        return sum(all(self._covers(key, *each) for each in channels.items()) for key in keys) >= clients

    def _covers(self, client: str, channel: str, topics: set[str]) -> bool:
        """Tell whether one client's connections together cover a channel."""
        found = [
            session.subscriptions[channel]
            for session in self.sessions
            if session.client == client and channel in session.subscriptions
        ]
        if any(each.topics is None for each in found):
            return True
        return bool(found) and topics <= set[str]().union(*(each.topics or () for each in found))

    def _find_route(self, channel: str, topic: str | None) -> Route:
        route = [
            (session, subscription)
            for session in self.sessions
            if (subscription := session.subscriptions.get(channel)) is not None and subscription.covers(topic)
        ]
        self._routes[channel, topic] = route
        return route
