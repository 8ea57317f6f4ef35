"""An exchange without a network: it answers the commands of a session as documented, or as a test decides."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
from aiolimiter import AsyncLimiter

from kalshi_data.gatherer.connections import pace, refused_markets, subscriber
from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.readiness import Readiness
from kalshi_data.gatherer.connections.session import FeedSession
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.subscriber import Subscriber
from kalshi_data.gatherer.connections.trade_outage import TradeOutage
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder, Recorder
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.feed import BOOK_CHANNEL

Command = dict[str, Any]
# Decides about a command: takes it and returns whether the exchange shall answer it as documented.
Decide = Callable[["PlayedExchange", Command], bool]
PAUSE_SECONDS = 0.002
SECONDS_MAX = 30


def as_documented(exchange: "PlayedExchange", command: Command) -> bool:
    """Answer every command as documented."""
    del exchange, command
    return True


class PlayedExchange:
    """Holds the subscriptions of one connection: sids by channel, numbers by sid, and the markets of order books."""

    def __init__(self, decide: Decide = as_documented) -> None:
        self.decide = decide
        self.commands: list[Command] = []
        self.take: Callable[[bytes], None] = lambda _: None
        self.close: Callable[[], None] = lambda: None
        self.opened()

    def opened(self) -> None:
        """Begin a connection."""
        self.sids: dict[str, int] = {}
        self.numbers: dict[int, int] = {}
        self.books: set[str] = set()
        # The contracts of each book's only level.
        self.sizes: dict[str, int] = {}
        self.sids_made = 0

    def received(self, command: Command) -> None:
        self.commands.append(command)
        if self.decide(self, command):
            self.answer(command)

    def answer(self, command: Command) -> None:
        """Answer a command as documented."""
        params = command["params"]
        if command["cmd"] == "subscribe":
            self._subscribe(command, params["channels"][0], params.get("market_tickers", ()))
            return
        sid = params["sids"][0] if command["cmd"] == "unsubscribe" else params["sid"]
        channel = next((name for name, number in self.sids.items() if number == sid), None)
        if channel is None:
            self.error(command["id"], None, {"code": 7, "msg": "Unknown subscription ID"})
        elif command["cmd"] == "unsubscribe":
            self.sequenced("unsubscribed", sid, id=command["id"])
            self.forget(channel)
        else:
            self._update(command, sid, params["action"], params["market_tickers"])

    def _subscribe(self, command: Command, channel: str, tickers: Iterable[str]) -> None:
        sid = self.sids.get(channel)
        if sid is not None:
            self.sequenced("ok", sid, id=command["id"])
        else:
            self.sids_made += 1
            sid = self.sids[channel] = self.sids_made
            self.frame({"type": "subscribed", "id": command["id"], "msg": {"channel": channel, "sid": sid}})
        self._add(sid, tickers)

    def _update(self, command: Command, sid: int, action: str, tickers: list[str]) -> None:
        if action == "get_snapshot":
            for ticker in tickers:
                self.snapshot(sid, ticker, id=command["id"])
            return
        self.sequenced("ok", sid, id=command["id"])
        if action == "delete_markets":
            self.books -= set(tickers)
        else:
            self._add(sid, tickers)

    def _add(self, sid: int, tickers: Iterable[str]) -> None:
        for ticker in [each for each in tickers if each not in self.books]:
            self.books.add(ticker)
            self.snapshot(sid, ticker)

    def snapshot(self, sid: int, ticker: str, **envelope: Any) -> None:
        levels = [["0.4100", f"{self.sizes.get(ticker, 5)}.00"]]
        body = {"market_ticker": ticker, "market_id": f"m-{ticker}", "clock": 1, "yes_dollars_fp": levels}
        self.sequenced("orderbook_snapshot", sid, body, **envelope)

    def change(self, ticker: str, *, is_sent: bool = True) -> None:
        """Add a contract to a book; if it is not sent, no sequence number shows that."""
        self.sizes[ticker] = self.sizes.get(ticker, 5) + 1
        if is_sent:
            body = {"market_ticker": ticker, "side": "yes", "price_dollars": "0.4100", "delta_fp": "1.00"}
            self.sequenced("orderbook_delta", self.sids[BOOK_CHANNEL], body | {"clock": 2, "ts_ms": 1_793_109_600_447})

    def sequenced(self, kind: str, sid: int, body: Any = None, **envelope: Any) -> None:
        self.numbers[sid] = self.numbers.get(sid, 0) + 1
        self.frame({"type": kind, "sid": sid, "seq": self.numbers[sid], **envelope, **({"msg": body} if body else {})})

    def error(self, number: int | None, sid: int | None, body: Any) -> None:
        names = {"id": number, "sid": sid}
        envelope = {name: value for name, value in names.items() if value is not None}
        if sid in self.numbers:
            self.numbers[sid] += 1
            envelope["seq"] = self.numbers[sid]
        self.frame({"type": "error", **envelope, "msg": body})

    def forget(self, channel: str) -> None:
        """End a subscription without a word."""
        if self.sids.pop(channel, None) is not None and channel == BOOK_CHANNEL:
            self.books.clear()

    def frame(self, frame: Any) -> None:
        self.take(frame if isinstance(frame, bytes) else msgspec.json.encode(frame))


class PlayedWebsocket:
    """The connection that a session sees."""

    def __init__(self, exchange: PlayedExchange) -> None:
        self._exchange = exchange
        self._closed = asyncio.Event()
        self.take: Callable[[bytes], None] | None = None
        self.received_at_seconds = 0.0
        self.close_code = 1000
        self.close_reason = ""
        self.last_received_at = datetime.now(UTC)
        exchange.opened()
        exchange.take, exchange.close = self._deliver, self._closed.set

    async def send(self, encoded: bytes, *, text: bool) -> None:
        assert text
        asyncio.get_running_loop().call_soon(self._exchange.received, msgspec.json.decode(encoded))

    async def wait_closed(self) -> None:
        await self._closed.wait()

    def _deliver(self, frame: bytes) -> None:
        if self.take is not None and not self._closed.is_set():
            self.take(frame)


class MemoryLog:
    """A frame log that numbers records and keeps none."""

    def __init__(self) -> None:
        self.next_number = 1
        self.segments_begun = 0

    def append(self, kind: Kind, connection_id: int, received_ns: int, payload: bytes) -> int:
        del kind, connection_id, received_ns, payload
        self.next_number += 1
        return self.next_number - 1


class PlayedGatherer:
    """Sessions of one connection, one after the other, with the gatherer's own subscriber, recorder and decoder."""

    def __init__(self, exchange: PlayedExchange, books: Iterable[str], **settings: Any) -> None:
        self.exchange = exchange
        self.counters = Counters()
        self.items: list[Item] = []
        self.reasons: list[str] = []
        # The failures in a row before each pause.
        self.attempts: list[int] = []
        limits: dict[str, Any] = {"audit_seconds": 0, "acknowledgement_seconds_max": 0.1, "index_values": False}
        self.settings = SubscriptionSettings(**{**limits, **settings})
        self.allocator = SubscriptionAllocator(self.settings, self.counters)
        self.allocator.assign(books)
        self.books: ConnectionSpec = self.allocator.specs[-1]
        self.readiness = Readiness(self.allocator, self.counters)
        self.missed: list[Any] = []
        self._connections: list[ConnectionRecorder] = []
        writer: Any = SimpleNamespace(put=self.items.append, queue_full=asyncio.Event())
        log: Any = MemoryLog()
        self._recorder = Recorder(log, writer, self.counters, WritingSettings())

    @property
    def covered(self) -> set[str]:
        return self._connections[-1].books_covered() if self._connections else set()

    async def follow(self, spec: ConnectionSpec) -> None:
        """Connect again whenever a session ends."""
        outage = TradeOutage(lambda began_at, frame_number: self.missed.append((began_at, frame_number)), None)
        while True:
            websocket: Any = PlayedWebsocket(self.exchange)
            recorder = self._recorder.open(spec.name, "ws://exchange")
            self._connections.append(recorder)
            shared = (self.allocator, self.readiness, outage, self.settings, AsyncLimiter(10_000, 1.0))
            one = Subscriber(spec, websocket, recorder, *shared)
            session = FeedSession(spec.name, websocket, recorder, one, ignore_lifecycle, asyncio.Event(), 30.0)
            self.reasons.append(await session.run())
            await asyncio.sleep(PAUSE_SECONDS)

    async def until(self, is_reached: Callable[[], bool], spec: ConnectionSpec | None = None) -> None:
        """Follow a connection, with pauses of milliseconds, until a condition holds."""
        following = asyncio.ensure_future(self.follow(spec or self.books))

        def soon(attempts: int, seconds_max: float = 0.0) -> float:
            del seconds_max
            self.attempts.append(attempts)
            return PAUSE_SECONDS

        try:
            with (
                patch.object(pace, "delay_seconds", soon),
                patch.object(refused_markets, "delay_seconds", soon),
                patch.object(subscriber, "POLL_SECONDS", PAUSE_SECONDS),
            ):
                async with asyncio.timeout(SECONDS_MAX):
                    while not is_reached():
                        await asyncio.sleep(PAUSE_SECONDS / 2)
                        assert not following.done(), following.result()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def ignore_lifecycle(kind: str, subject: str, payload: bytes) -> None:
    """Take a lifecycle message and do nothing about it."""
    del kind, subject, payload
