"""The rows that come from the frame log are the rows of the live frames, wherever the reading begins."""

import random
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.batch_writer import BatchWriter
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder, Recorder
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.settings import WritingSettings

MARKETS = ("KXA", "KXB", "KXC")
STEPS = 100
STATE_FRAMES = 10
NUMBERING_FRAMES = 5


class ItemList:
    """Takes rows instead of the writer."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def put(self, item: Item) -> None:
        self.items.append(item)


class RandomFeed:
    """One connection with a subscription of trades and one of order books that misses frames now and then."""

    def __init__(self, choices: random.Random, connection: ConnectionRecorder) -> None:
        self._choices = choices
        self._connection = connection
        self._seq: dict[int, int] = {}
        self._command = 0
        self._subscribe()

    def step(self) -> None:
        choice = self._choices.choice((*"tttttddddssssgGceu",))
        sid = 1 if choice in "tg" else 2
        if choice in "gG":
            self._seq[sid] += self._choices.randint(1, 3)
        elif choice in "tds":
            body = {"t": self._trade, "d": self._delta, "s": self._snapshot}[choice]()
            types = {"t": "trade", "d": "orderbook_delta", "s": "orderbook_snapshot"}
            self._frame(types[choice], sid=sid, seq=self._next(sid), msg=body)
        elif choice == "c":
            self._delete_markets()
        elif choice == "e":
            self._frame("error", sid=sid, msg={"code": 25, "msg": "over"})
            self._subscribe()

    def close(self) -> None:
        self._connection.closed("nothing arrived")

    def _subscribe(self) -> None:
        for sid, channel in ((1, "trade"), (2, "orderbook_delta")):
            self._frame("subscribed", id=sid, msg={"channel": channel, "sid": sid})
            self._seq[sid] = 0

    def _delete_markets(self) -> None:
        self._command += 1
        tickers = self._choices.sample(MARKETS, 2)
        params = {"sid": 2, "action": "delete_markets", "market_tickers": tickers}
        self._connection.sent(
            msgspec.json.encode({"id": self._command, "cmd": "update_subscription", "params": params})
        )
        if self._choices.random() < 0.5:
            self._frame("ok", id=self._command, sid=2, seq=self._next(2), msg={})

    def _next(self, sid: int) -> int:
        self._seq[sid] += 1
        return self._seq[sid]

    def _trade(self) -> dict[str, Any]:
        prices = {"yes_price_dollars": "0.4", "no_price_dollars": "0.6", "count_fp": "1.00"}
        identity = {"trade_id": str(self._choices.random()), "market_ticker": "KXA"}
        return {**identity, **prices, "taker_outcome_side": "yes", "ts_ms": 1_790_000_000_000}

    def _delta(self) -> dict[str, Any]:
        change = {"price_dollars": "0.41", "delta_fp": f"{self._choices.randint(1, 10**6)}.00", "side": "yes"}
        clock = {"clock": self._choices.randint(1, 10**9), "ts_ms": 1_790_000_000_000}
        return {"market_ticker": self._choices.choice(MARKETS), "market_id": "m", **change, **clock}

    def _snapshot(self) -> dict[str, Any]:
        levels = {"yes_dollars_fp": [["0.41", f"{self._choices.randint(1, 10**6)}.00"]]}
        return {"market_ticker": self._choices.choice(MARKETS), "market_id": "m", "clock": 1, **levels}

    def _frame(self, kind: str, **rest: Any) -> None:
        self._connection.frame(msgspec.json.encode({"type": kind, **rest}))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replayed_rows_are_the_live_rows_wherever_the_reading_begins(seed: int, tmp_path: Path) -> None:
    choices, rows = random.Random(seed), ItemList()
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path), Counters())
    log.open()
    recorder = Recorder(log, cast("BatchWriter", rows), Counters(), WritingSettings(), STATE_FRAMES)
    feeds = [RandomFeed(choices, recorder.open(f"books-{number}", "ws://")) for number in range(2)]
    for _ in range(STEPS):
        choices.choice(feeds).step()
    feeds[0].close()
    log.close()

    assert {item.stream for item in rows.items} >= {"gaps_found", "gaps_repaired", "coverage_begun", "coverage_ended"}
    for begin in range(log.first_number + 1, log.next_number):
        assert replayed(tmp_path, begin, log.next_number) == [item for item in rows.items if item.number >= begin]


def replayed(folder: Path, begin: int, until: int) -> list[Item]:
    items: list[Item] = []
    warm_up = (STATE_FRAMES, NUMBERING_FRAMES)
    FrameLogReplay(folder, begin, WritingSettings(), lambda batch, _: items.extend(batch), *warm_up).read(until)
    return items
