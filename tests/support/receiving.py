"""A gatherer's recorder without a network: a test passes frames to it and reads rows from the database."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.batch_writer import BatchWriter
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder, Recorder
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.shard import EVERYTHING, Shard
from tests.support.engines import Database

BOOKS_SUBSCRIBED = b'{"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}'


class Station:
    """The parts of a gatherer between socket and database."""

    def __init__(self, database: Database, folder: Path, shard: Shard = EVERYTHING, **writing: Any) -> None:
        self.counters = Counters()
        self.settings = WritingSettings(**writing)
        self.log = FrameLogWriter(FrameLogSettings(folder=folder, block_bytes=2_000), self.counters, shard)
        self.committer = Committer(database.conninfo("gatherer"), self.settings, self.counters, shard)
        self.writer = BatchWriter(self.committer, self.log, self.settings, self.counters)
        self.recorder = Recorder(self.log, self.writer, self.counters, self.settings)
        self.running: asyncio.Future[None]

    def start(self) -> None:
        self.log.open()
        self.running = asyncio.ensure_future(self.writer.run())

    def connect(self) -> ConnectionRecorder:
        return self.recorder.open("books-1", "ws://exchange")

    async def stop(self) -> None:
        self.writer.stop()
        await self.running
        self.log.close()


@asynccontextmanager
async def station(database: Database, folder: Path, **writing: Any) -> AsyncGenerator[Station]:
    """Run the parts, and stop them as SIGTERM does."""
    running = Station(database, folder, **writing)
    running.start()
    yield running
    await running.stop()


def delta(seq: int, ticker: str = "KXA-1", sid: int = 1, **others: Any) -> bytes:
    body = {"market_ticker": ticker, "price_dollars": "0.4100", "delta_fp": "1.00", "side": "yes"}
    return frame("orderbook_delta", seq, sid, {**body, "ts_ms": 1793109600447, "clock": seq, **others})


def snapshot(seq: int, ticker: str = "KXA-1", sid: int = 1, **others: Any) -> bytes:
    body = {"market_ticker": ticker, "market_id": "m", "clock": seq, "yes_dollars_fp": [["0.4100", "5.00"]]}
    return frame("orderbook_snapshot", seq, sid, {**body, **others})


def trade(seq: int, trade_id: str, sid: int = 2, **others: Any) -> bytes:
    body = {"trade_id": trade_id, "market_ticker": "KXA-1", "yes_price_dollars": "0.4300", "count_fp": "3.50"}
    more = {"no_price_dollars": "0.5700", "taker_outcome_side": "yes", "ts_ms": 1793109600447}
    return frame("trade", seq, sid, {**body, **more, **others})


def frame(kind: str, seq: int, sid: int, body: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": kind, "sid": sid, "seq": seq, "msg": body})


def fetch(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(statement.encode()).fetchall()
