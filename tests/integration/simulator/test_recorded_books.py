"""A gatherer that follows the books of a recording, of any era, gets from the player the snapshots that it expects."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.gatherer.frame_log.format import FRAME, LogRecord
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.simulator.feed.session import ServerSession
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.venue.recording import RecordedFrame, read_recording
from tests.conftest import RECORDINGS

BOOKS = "orderbook_delta"
ASKED_EVERY_FRAMES = 10
NOW_NS = 1_790_000_000_000_000_000
IS_EQUAL, CHANGE_COUNT = 14, 11
# Sizes in it fall below zero, which no book can do, so a gatherer stops following those books.
BELOW_ZERO = "cents_2025.jsonl"


class AuditingWire(Wire):
    """The wire of a client that asks for all books again and again while it receives."""

    def __init__(self, replay: Replay, tickers: list[str]) -> None:
        super().__init__(None)
        self.frames: list[bytes] = []
        self._tickers = tickers
        self._session = ServerSession("key", self, replay.publisher)
        replay.publisher.sessions.add(self._session)

    def send(self, payload: bytes) -> bool:
        self.frames.append(payload)
        if b'"orderbook_delta"' in payload and len(self.frames) % ASKED_EVERY_FRAMES == 0:
            asyncio.get_running_loop().call_soon(self.ask, "update_subscription", {"sid": 1, "action": "get_snapshot"})
        return True

    def ask(self, command: str, params: dict[str, Any]) -> None:
        asked = {"id": 1, "cmd": command, "params": {**params, "market_tickers": self._tickers}}
        self._session.command(msgspec.json.encode(asked))


def receive(recorded: list[RecordedFrame]) -> list[bytes]:
    """Return the frames that a client receives which subscribes all books of a recording and audits them."""

    async def run() -> list[bytes]:
        replay = Replay(recorded, None, lambda _: None)
        wire = AuditingWire(replay, sorted({each.market_ticker for each in recorded if each.market_ticker}))
        wire.ask("subscribe", {"channels": [BOOKS]})
        await replay.run(StartCondition(1), 0)
        wire.ask("update_subscription", {"sid": 1, "action": "get_snapshot"})
        return wire.frames

    return asyncio.run(run())


@pytest.mark.parametrize("recording", sorted(RECORDINGS.iterdir()), ids=lambda path: path.name)
def test_each_snapshot_of_a_recording_proves_the_changes_before_it(recording: Path) -> None:
    recorded = [each for each in read_recording(recording) if each.channel == BOOKS]
    decoder = FrameDecoder(1, WritingSettings())
    items = [
        item
        for number, frame in enumerate(receive(recorded), start=1)
        for item in decoder.decode(LogRecord(number, NOW_NS + number, 1, FRAME, frame)).items
    ]
    assert not [item for item in items if item.stream == "quarantine"]
    checks = [item.row for item in items if item.stream == "book_checks"]
    assert checks
    assert {row[IS_EQUAL] for row in checks} == {True}
    # Nothing was received after the last snapshots, so each change lies in exactly one interval.
    changes = sum(each.type == BOOKS for each in recorded)
    assert sum(row[CHANGE_COUNT] for row in checks) == changes or recording.name == BELOW_ZERO
