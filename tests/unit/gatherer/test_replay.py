"""The rows that come from the frame log are the rows of the live frames, wherever the reading begins."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.reader import first_number, segments
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.batch_writer import BatchWriter
from kalshi_data.gatherer.recording.recorder import ConnectionRecorder, Recorder
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.settings import WritingSettings
from tests.support.waiting import wait_until

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
        # The exchange's books: the size of their only level.
        self._sizes = dict.fromkeys(MARKETS, 0)
        self._subscribe()

    def step(self) -> None:
        choice = self._choices.choice((*"tttttddddssssgGceu",))
        sid = 1 if choice in "tg" else 2
        if choice in "gG":
            for _ in range(self._choices.randint(1, 3)):
                self._seq[sid] += 1
                body = self._delta() if sid == 2 else self._trade()
                assert body  # It is never sent.
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
        ticker, size = self._choices.choice(MARKETS), self._choices.randint(1, 10**6)
        self._sizes[ticker] += size
        change = {"price_dollars": "0.41", "delta_fp": f"{size}.00", "side": "yes"}
        clock = {"clock": self._choices.randint(1, 10**9), "ts_ms": 1_790_000_000_000 + self._seq[2]}
        return {"market_ticker": ticker, "market_id": "m", **change, **clock}

    def _snapshot(self) -> dict[str, Any]:
        ticker = self._choices.choice(MARKETS)
        levels = {"yes_dollars_fp": [["0.41", f"{self._sizes[ticker]}.00"]]}
        return {"market_ticker": ticker, "market_id": "m", "clock": 1, **levels}

    def _frame(self, kind: str, **rest: Any) -> None:
        self._connection.frame(msgspec.json.encode({"type": kind, **rest}))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replayed_rows_are_the_live_rows_wherever_the_reading_begins(seed: int, tmp_path: Path) -> None:
    choices, rows = random.Random(seed), ItemList()
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path), Counters())
    log.open()
    recorder = Recorder(log, cast("BatchWriter", rows), Counters(), WritingSettings(), STATE_FRAMES)
    feeds = [RandomFeed(choices, recorder.open(f"books-{number}", "ws://")) for number in range(2)]
    for _ in range(STEPS + 50):
        choices.choice(feeds).step()
    feeds[0].close()
    log.close()

    assert {item.stream for item in rows.items} >= {"gaps_found", "gaps_repaired", "coverage_begun", "coverage_ended"}
    checks = [item for item in rows.items if item.stream == "book_checks"]
    assert len(checks) > 3
    assert all(item.row[14] for item in checks)
    for begin in range(log.first_number + 1, log.next_number):
        got = replayed(tmp_path, begin, log.next_number)
        live = [item for item in rows.items if item.number >= begin]
        assert without_checks(got) == without_checks(live)
        found = [item for item in got if item.stream == "book_checks"]
        assert found[-1:] == checks[-1:] or begin > first_snapshot(rows.items, checks[-1])
        assert [
            item for item in live if item.stream == "book_checks" and first_snapshot(rows.items, item) >= begin
        ] == [item for item in found if first_snapshot(rows.items, item) >= begin]


def without_checks(items: list[Item]) -> list[Item]:
    return [item for item in items if item.stream != "book_checks"]


def first_snapshot(items: list[Item], check: Item) -> int:
    """Return the number of the earlier snapshot of a comparison."""
    snapshots = (item for item in items if item.stream == "orderbook_snapshots")
    return next(
        item.number
        for item in snapshots
        if (item.connection_id, item.received_at, item.row[5]) == (check.connection_id, check.row[3], check.row[2])
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_loss_is_covered_whatever_the_log_has_lost(seed: int, tmp_path: Path) -> None:
    choices, rows, counters = random.Random(seed), ItemList(), Counters()
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path, segment_bytes=1), counters)
    log.open()
    recorder = Recorder(log, cast("BatchWriter", rows), counters, WritingSettings(), state_frames=10**9)
    feeds = [RandomFeed(choices, recorder.open(f"books-{number}", "ws://")) for number in range(2)]
    for step in range(STEPS + 50):
        choices.choice(feeds).step()
        if step % 5 == 0:
            log.seal()
            wait_until(lambda: log.written_before == log.next_number)
    log.close()
    paths = segments(tmp_path)

    for index in range(1, len(paths) - 1):
        taken_away = paths[: index + 1] if index % 2 else [paths[index]]
        for path in taken_away:
            path.rename(path.with_suffix(".gone"))
        for begin in range(first_number(paths[index]), first_number(paths[index + 1]) + 8):
            got = replayed(tmp_path, begin, log.next_number)
            assert_no_loss_is_covered(rows.items, got, begin)
        for path in taken_away:
            path.with_suffix(".gone").rename(path)


def assert_no_loss_is_covered(live: list[Item], got: list[Item], begin: int) -> None:
    """Check that what the database calls covered after a replay was covered, and that its frames are there."""
    merged = [item for item in live if item.number < begin] + got
    lost = {item.number for item in live if item.frame} - {item.number for item in merged}
    truly_lost = [item for item in live if item.stream == "gaps_found" and item.row[4] < item.row[5]]
    for spell in spells(merged):
        connection_id, sid = spell.key[:2]
        frames = [item for item in live if item.frame and item.number in lost and item.connection_id == connection_id]
        inside = [item for item in frames if sid_of(item) == sid and spell.covers(item.received_at)]
        assert inside == [], (begin, spell)
        gaps = [item for item in truly_lost if item.row[1:3] == (connection_id, sid)]
        assert [item for item in gaps if spell.covers(item.received_at)] == [], (begin, spell)


def sid_of(item: Item) -> int:
    return int(msgspec.json.decode(item.frame)["sid"])


class Spell(NamedTuple):
    """A stretch of coverage: connection, subscription and market, and when it began and ended."""

    key: tuple[int, int, str]
    began_at: datetime
    ended_at: datetime

    def covers(self, at: datetime) -> bool:
        return self.began_at < at < self.ended_at


def spells(items: list[Item]) -> list[Spell]:
    """Return the stretches of coverage as the statements of the database would leave them."""
    found: list[Spell] = []
    begun: dict[tuple[int, int, str], datetime] = {}
    for item in items:
        row = item.row
        if item.stream == "coverage_begun":
            begun.setdefault((row[0], row[1], row[3]), row[4])
            continue
        ending = [
            key
            for key in begun
            if (item.stream == "coverage_ended" and row[:2] == key[:2] and row[2] in (None, key[2]))
            or (item.stream == "coverage_lost" and row[0] <= key[0] < row[1])
        ]
        ended_at = row[3] if item.stream == "coverage_ended" else row[2] if ending else None
        found += [Spell(key, begun[key], ended_at or begun[key]) for key in ending]
        begun = {key: at for key, at in begun.items() if key not in ending}
    return found + [Spell(key, at, datetime.max.replace(tzinfo=UTC)) for key, at in begun.items()]


def test_connections_without_earlier_records_are_not_believed(tmp_path: Path) -> None:
    rows = ItemList()
    log = FrameLogWriter(FrameLogSettings(folder=tmp_path, segment_bytes=1), Counters())
    log.open()
    recorder = Recorder(log, cast("BatchWriter", rows), Counters(), WritingSettings(), state_frames=10**9)
    connection = recorder.open("books-1", "ws://")
    recorder.segments_known = 10**9  # As an earlier version, which recorded no state.
    RandomFeed(random.Random(1), connection)
    log.seal()
    wait_until(lambda: log.written_before == log.next_number)
    begin = log.next_number
    connection.frame(b'{"type":"trade","sid":1,"seq":7,"msg":{}}')
    log.close()
    segments(tmp_path)[0].unlink()

    got = replayed(tmp_path, begin, log.next_number)
    ended = [item.row[:2] for item in got if item.stream == "coverage_lost"]
    assert ended == [(connection.connection_id, connection.connection_id + 1)]
    assert [item.row[1:4] for item in got if item.stream == "coverage_begun"] == [(1, "trade", "")]


def replayed(folder: Path, begin: int, until: int) -> list[Item]:
    items: list[Item] = []
    warm_up = (STATE_FRAMES, NUMBERING_FRAMES)
    FrameLogReplay(folder, begin, WritingSettings(), lambda batch, _: items.extend(batch), *warm_up).read(until)
    return items
