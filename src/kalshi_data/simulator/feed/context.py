"""What all connections of the feed share: the journal, the limits, the clock, and the venue behind them."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.messages import Message


class FeedVenue(Protocol):
    """The books and markets behind the feed: those of the market model, or of a recording being played."""

    def snapshot(self, market_ticker: str) -> Message | None:
        """Return a market's order book as a message, or None before there are books."""
        ...

    def ticker_message(self, market_ticker: str) -> Message | None:
        """Return a market's ticker message as of now, or None if the market is unknown."""
        ...

    def restart_clocks(self) -> None:
        """Set the clock of every market back, as the exchange may during maintenance."""
        ...

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty if the market is unknown."""
        ...

    def ticker_of(self, market_id: str) -> str | None:
        """Return the ticker of a market's id, or None if it is unknown."""
        ...


class FeedContext(ABC):
    """The state of the feed that is not about one connection."""

    def __init__(self, journal: Journal, limits: Limits) -> None:
        """Write every published message to `journal`."""
        self.journal = journal
        self.limits = limits
        self.venue: FeedVenue | None = None
        self.index_ids: tuple[str, ...] = ()
        self.skew_ms = 0
        # The time by the exchange's clock, in microseconds since 1970; a replay may play it as it was.
        self.wall_clock_us: Callable[[], int] = lambda: time.time_ns() // 1_000
        # The fields that new connections lack; the fault `rollout` changes them.
        self.without = limits.without

    def now_ms(self) -> int:
        """Return the exchange's wall clock in ms since 1970; a fault may set it wrong."""
        return self.wall_clock_us() // 1_000 + self.skew_ms

    @abstractmethod
    def subscriptions_changed(self) -> None:
        """React to a change of any connection's subscriptions."""
