"""What all connections of a gatherer share: where frames go, who places books, and who fetches what was missed."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import Incidents
from kalshi_data.gatherer.recording.recorder import Recorder
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.kalshi.messages import Refusal

log = structlog.get_logger()

TRADES = "trade"
# Asks for trades executed since a time; the number is that of the frame that showed a gap, if one did.
FetchTrades = Callable[[datetime, int | None], None]
TakeLifecycle = Callable[[str, str, bytes], None]


class Desk:
    """Keeps account of all connections; everything is called on the event loop."""

    def __init__(
        self,
        recorder: Recorder,
        allocator: SubscriptionAllocator,
        stopping: asyncio.Event,
        fetch_trades: FetchTrades,
        take_lifecycle: TakeLifecycle,
        incidents: Incidents | None = None,
    ) -> None:
        """Begin with no connection up; `stopping` is set when they are to be closed."""
        self.recorder = recorder
        self.allocator = allocator
        self.counters: Counters = recorder.counters
        self.stopping = stopping
        self.lifecycle = take_lifecycle
        self.incidents = Incidents() if incidents is None else incidents
        self._fetch_trades = fetch_trades
        self._covered: dict[str, int] = {}
        self._settled: set[str] = set()
        self._loaded = False
        self._trades_on: set[str] = set()
        # Since when no connection has received trades.
        self._trades_lost_at: datetime | None = None

    @property
    def no_room(self) -> bool:
        """Whether there is nowhere to keep frames."""
        return self.recorder.writer.no_room.is_set()

    def begin(self, last_received_at: datetime | None) -> None:
        """Take note when the last run received its last frame: trades since then are fetched."""
        self._trades_lost_at = last_received_at

    def settled(self, spec: ConnectionSpec, markets_covered: int, *, done: bool) -> None:
        """Take note of how far a connection is with its subscriptions; all being done is told once."""
        self._covered[spec.name] = markets_covered
        if done and spec.name not in self._settled:
            self._settled.add(spec.name)
            log.info("subscribed", connection=spec.name, markets=len(spec.tickers))
        self._count()
        self._see_whether_subscribed()

    def loaded(self) -> None:
        """Take note that all markets are known, so that what is wanted is all there is."""
        self._loaded = True
        self._see_whether_subscribed()

    def left(self, name: str, last_received_at: datetime) -> None:
        """Take note that a connection ended, on which nothing arrived after `last_received_at`."""
        self._covered.pop(name, None)
        self._settled.discard(name)
        self.channel_lost(name, TRADES, last_received_at)
        self._count()

    def channel_subscribed(self, name: str, channel: str) -> None:
        """Take note of a channel, and fetch the trades that nobody received before."""
        self.counters.refused.pop(f"{name} {channel}", None)
        if channel != TRADES:
            return
        if self._trades_lost_at is not None and not self._trades_on:
            self._fetch_trades(self._trades_lost_at, None)
            self._trades_lost_at = None
        self._trades_on.add(name)

    def channel_lost(self, name: str, channel: str, last_received_at: datetime) -> None:
        """Take note that a channel is not received on a connection any more."""
        if channel == TRADES and name in self._trades_on:
            self._trades_on.discard(name)
            if not self._trades_on:
                self._trades_lost_at = last_received_at

    def channel_refused(self, name: str, channel: str, refusal: Refusal) -> None:
        """Say that a channel is not to be had."""
        log.error("channel refused, going on without it", channel=channel, code=refusal.code, error=refusal.msg)
        self.counters.refused[f"{name} {channel}"] = f"error {refusal.code}, {refusal.msg}"

    def missed(self, channel: str, frame_number: int, began_at: datetime) -> None:
        """Fetch what a gap lost, where REST has it."""
        if channel == TRADES:
            self._fetch_trades(began_at, frame_number)

    def why_closed(self, websocket: FeedConnection) -> str:
        """Return why a connection ended."""
        if self.stopping.is_set():
            return "stopped"
        if websocket.close_code == 1006:
            return "the connection broke"
        said = (websocket.close_reason or "").replace("\x00", "")
        return f"closed by the exchange: {websocket.close_code} {said}".rstrip()

    def _see_whether_subscribed(self) -> None:
        if self._loaded and {each.name for each in self.allocator.specs} <= self._settled:
            self.counters.subscribed = True

    def _count(self) -> None:
        self.counters.connections_up = len(self._covered)
        self.counters.markets_subscribed = sum(self._covered.values())
