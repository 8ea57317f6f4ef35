"""Plays a recording to every client, at its own pace or faster, and keeps a journal of what was published."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.simulator.books import Books
from kalshi_data.simulator.recording import Fields, RecordedFrame
from kalshi_data.simulator.session import CHANNELS, Session

PROGRESS_SECONDS = 0.25
Announce = Callable[[dict[str, Any]], None]


class Replay:
    """The exchange's side of a recording: its clients, its books and its journal."""

    def __init__(self, frames: Sequence[RecordedFrame], journal: Path | None, announce: Announce) -> None:
        """Prepare to play `frames`; `journal` gets each published frame, `announce` what people may want to know."""
        self.frames = frames
        self.sessions: set[Session] = set()
        self._books: Books | None = None
        self._journal = journal.open("wb") if journal else None
        self._announce = announce

    async def run(self, clients: int, seconds_max: float) -> None:
        """Wait until `clients` clients subscribed everything recorded, then play within `seconds_max`."""
        while not self._covered(clients):
            await asyncio.sleep(0.02)
        self._announce({"event": "started", "frames": len(self.frames)})
        self._books = Books()
        began = told = time.monotonic()
        for number, (due_seconds, frame) in enumerate(schedule(self.frames, seconds_max), start=1):
            wait_seconds = began + due_seconds - time.monotonic()
            if wait_seconds > 0:
                await asyncio.sleep(wait_seconds)
            await self._publish(frame)
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self._announce({"event": "progress", "frames": number})
        self.close()
        self._announce({"event": "finished", "frames": len(self.frames)})

    def close(self) -> None:
        """Bring the journal to the disk."""
        if self._journal:
            self._journal.flush()

    def snapshot(self, market_ticker: str) -> Fields | None:
        """Return a snapshot frame of a market's book as it is now, None before the recording began to play."""
        if self._books is None:
            return None
        body = msgspec.Raw(msgspec.json.encode(self._books.snapshot(market_ticker)))
        fields = {"type": msgspec.Raw(b'"orderbook_snapshot"'), "msg": body}
        self._record(fields)
        return fields

    async def _publish(self, frame: RecordedFrame) -> None:
        if self._books is not None:
            self._books.apply(frame)
        self._record(frame.fields)
        for session in tuple(self.sessions):
            try:
                await session.deliver(frame)
            except ConnectionError:
                # The client is gone; its own task notices and takes it off the list.
                continue

    def _record(self, fields: Fields) -> None:
        if self._journal:
            published_ns = time.time_ns()
            line = msgspec.json.encode({"published_ms": published_ns // 1_000_000, "frame": fields})
            self._journal.write(line + b"\n")

    def _covered(self, clients: int) -> bool:
        """Tell whether every recorded channel and market has enough different clients."""
        wanted = {(frame.channel, frame.market_ticker) for frame in self.frames if frame.channel in CHANNELS}
        return all(len(self._clients(channel, ticker)) >= clients for channel, ticker in wanted)

    def _clients(self, channel: str, market_ticker: str | None) -> set[str]:
        return {
            session.client
            for session in self.sessions
            if channel in session.subscriptions and session.subscriptions[channel].covers(market_ticker)
        }


def schedule(frames: Sequence[RecordedFrame], seconds_max: float) -> Iterator[tuple[float, RecordedFrame]]:
    """Yield each frame with the second it is due; recordings that are longer than `seconds_max` are compressed.

    The order of the recording is kept even where its times go back; a frame without a time follows at once.
    """
    times = [frame.received_ns for frame in frames if frame.received_ns is not None]
    first, length_ns = (min(times), max(times) - min(times)) if times else (0, 0)
    factor = min(1.0, seconds_max * 1e9 / length_ns) if length_ns else 0.0
    due_seconds = 0.0
    for frame in frames:
        if frame.received_ns is not None:
            due_seconds = max(due_seconds, (frame.received_ns - first) * factor / 1e9)
        yield due_seconds, frame
