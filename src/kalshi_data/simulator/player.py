"""Play a recording to every client, at its own pace or faster, with the exchange's protocol around it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.timestamps import EPOCH, MILLISECOND_US, SentTime, exchange_time
from kalshi_data.simulator.feed.commands import CHANNELS
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.start_condition import StartCondition, wait_until_subscribed
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.messages import Message, make_message
from kalshi_data.simulator.venue.books import SIDES, OrderBooks
from kalshi_data.simulator.venue.listings import Listings
from kalshi_data.simulator.venue.market_times import moved, recorded_from_s
from kalshi_data.simulator.venue.recording import RecordedFrame
from kalshi_data.simulator.venue.trade_history import Candlesticks, TradeHistory

PROGRESS_SECONDS = 0.25
Announce = Callable[[dict[str, Any]], None]


class Replay:
    """A venue whose books and markets are those of a recording."""

    def __init__(
        self, frames: Sequence[RecordedFrame], journal: Path | None, announce: Announce, limits: Limits | None = None
    ) -> None:
        """Play `frames`; write each published frame to `journal`, and pass events to `announce`."""
        self.frames = frames
        self.publisher = Publisher(Journal(journal), limits)
        self.publisher.venue = self
        self.listings = Listings(frames, removed_fields=self.publisher.limits.removed_fields)
        self.trade_history = TradeHistory()
        self._books: OrderBooks | None = None
        self._candles: dict[str, Candlesticks] = {}
        self._announce = announce

    async def run(self, start: StartCondition, seconds_max: float) -> None:
        """Wait until what was recorded is subscribed, then play within `seconds_max`."""
        await wait_until_subscribed(self.publisher, start, lambda: self._wanted, self._announce)
        self._announce({"event": "started", "total": len(self.frames), "unit": "frames"})
        self._books = OrderBooks()
        began_s = recorded_from_s(self.frames)
        age_seconds = 0 if began_s is None else round(time.time() - began_s)
        started_at = announced_at = time.monotonic()
        for number, (due_seconds, recorded) in enumerate(schedule(self.frames, seconds_max), start=1):
            frame = moved(recorded, age_seconds)
            wait_seconds = started_at + due_seconds - time.monotonic()
            if wait_seconds > 0:
                await asyncio.sleep(wait_seconds)
            self._books.apply(frame)
            published = _to_message(frame)
            self.publisher.publish(published)
            if frame.type == "trade" and frame.market_ticker and (traded_us := _traded_us(frame)) is not None:
                self.trade_history.add(traded_us, frame.market_ticker, published.body)
            await self.publisher.wait_for_clients()
            if time.monotonic() - announced_at > PROGRESS_SECONDS:
                announced_at = time.monotonic()
                self._announce({"event": "progress", "done": number, "unit": "frames"})
        self.publisher.journal.flush()
        self._announce({"event": "finished", "total": len(self.frames)})

    def close(self) -> None:
        """Close the journal."""
        self.publisher.journal.close()

    def snapshot(self, market_ticker: str) -> Message | None:
        """Return a market's order book as of now, or None before the recording started to play."""
        if self._books is None:
            return None
        return make_message("orderbook_snapshot", market_ticker, self._books.snapshot(market_ticker))._replace(
            envelope=b""
        )

    def ticker_message(self, market_ticker: str) -> Message | None:
        """Return the last ticker message of a market that was played, or None if there was none."""
        return self._books.ticker_message(market_ticker) if self._books else None

    def restart_clocks(self) -> None:
        """Do nothing: the clocks are those of the recording."""

    def levels(self, market_ticker: str) -> dict[str, list[list[str]]]:
        """Return both sides of an order book as played so far."""
        body = self._books.snapshot(market_ticker) if self._books else {}
        return {side: body.get(f"{side}_dollars_fp", []) for side in SIDES}

    def candles(self, market_ticker: str) -> Candlesticks:
        """Return no candlesticks: they are not made from a recording's trades."""
        return self._candles.setdefault(market_ticker, Candlesticks())

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty before a frame with it was played."""
        return str(self._books.snapshot(market_ticker)["market_id"]) if self._books else ""

    def ticker_of(self, market_id: str) -> str | None:
        """Return the ticker of a market's id, or None before a frame with it was played."""
        return next((each for each in self.listings.markets if market_id == self.id_of(each)), None)

    @cached_property
    def _wanted(self) -> dict[str, set[str]]:
        """Each recorded channel with its markets."""
        wanted: dict[str, set[str]] = {}
        for frame in self.frames:
            if frame.channel in CHANNELS:
                wanted.setdefault(frame.channel, set()).update({frame.market_ticker} if frame.market_ticker else ())
        return wanted


def _to_message(frame: RecordedFrame) -> Message:
    """Return a recorded frame as a message; its other top-level fields are sent as they were recorded."""
    others = {name: value for name, value in frame.fields.items() if name not in ("type", "msg")}
    envelope = b"".join(b"%b:%b," % (msgspec.json.encode(name), bytes(value)) for name, value in others.items())
    return Message(frame.type, frame.channel, frame.market_ticker, bytes(frame.fields["msg"]), envelope)


class TradeTimes(msgspec.Struct, frozen=True):
    """The times of a trade, of which older recordings hold one only."""

    ts_ms: SentTime = None
    ts: SentTime = None


def _traded_us(frame: RecordedFrame) -> int | None:
    """Return when a trade happened, in µs since 1970, or None if the recording does not hold it."""
    try:
        times = msgspec.json.decode(frame.fields["msg"], type=TradeTimes)
        moment = exchange_time(times.ts_ms, MILLISECOND_US) or exchange_time(times.ts)
    except (msgspec.DecodeError, UnicodeDecodeError, BadFrame):
        return None
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


def schedule(frames: Sequence[RecordedFrame], seconds_max: float) -> Iterator[tuple[float, RecordedFrame]]:
    """Yield each frame with the second at which it is due; longer recordings play faster, within `seconds_max`.

    The order of the recording is kept even if its times go back. A frame without a time is due at once. If no frame has
    a time, the recording takes `seconds_max`, and each frame the same part of it.
    """
    times = [frame.received_ns for frame in frames if frame.received_ns is not None]
    if not times:
        yield from ((seconds_max * number / len(frames), frame) for number, frame in enumerate(frames))
        return
    first, length_ns = min(times), max(times) - min(times)
    factor = min(1.0, seconds_max * 1e9 / length_ns) if length_ns else 0.0
    due_seconds = 0.0
    for frame in frames:
        if frame.received_ns is not None:
            due_seconds = max(due_seconds, (frame.received_ns - first) * factor / 1e9)
        yield due_seconds, frame
