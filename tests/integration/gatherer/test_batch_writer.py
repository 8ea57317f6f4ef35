"""The gatherer's writer: batches, refused rows, broken connections, and rows from the frame log."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import structs

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.reader import segments
from kalshi_data.gatherer.recording import committer as committer_module
from kalshi_data.gatherer.recording import refused_rows
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.batch_writer import WORTHWHILE_ROWS
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.settings import WritingSettings
from tests.support.engines import Database
from tests.support.receiving import BOOKS_SUBSCRIBED, Station, delta, fetch, snapshot, station
from tests.support.staging import NOW
from tests.support.waiting import STILL_SECONDS_MAX, wait_until_async

SEQS = "select seq from capture.orderbook_deltas order by frame_number"


def trade(trade_id: str, number: int, frame: bytes = b"{}", **changes: Any) -> Item:
    values: dict[str, Any] = {
        "received_at": NOW,
        "sent_at": None,
        "exchange_ts": NOW,
        "connection_id": 1,
        "sid": 1,
        "seq": 1,
        "trade_id": trade_id,
        "market_ticker": "KXA-1",
        "yes_price": "0.4300",
        "no_price": "0.5700",
        "size": "3.50",
        "taker_side": "yes",
        "is_block_trade": None,
        "time_digits": 3,
        "frame_number": number,
    }
    values |= changes
    return Item("trades", tuple(values.values()), frame, number, 1, values["received_at"])


def write(database: Database, folder: Path, items: list[Item], **settings: Any) -> Station:
    """Put all items at once and stop."""

    async def run() -> Station:
        async with station(database, folder, **settings) as running:
            await wait_until_async(lambda: running.writer.takes_rows)
            for item in items:
                number = running.log.append(Kind.FRAME, 1, 0, b"{}")
                running.writer.put(structs.replace(item, number=number))
        return running

    return asyncio.run(run())


def receive(database: Database, folder: Path, frames: list[bytes], **settings: Any) -> Station:
    """Record frames of one connection, close it and stop."""

    async def run() -> Station:
        async with station(database, folder, **settings) as running:
            connection = running.connect()
            for each in frames:
                connection.frame(each)
            connection.closed("stopped")
        return running

    return asyncio.run(run())


def held(database: Database) -> list[str]:
    return [trade_id for (trade_id,) in fetch(database, "select trade_id from capture.trades order by trade_id")]


def test_amounts_are_stored_as_they_were_sent(kalshi_ts: Database, tmp_path: Path) -> None:
    frames = [BOOKS_SUBSCRIBED, delta(1, price_dollars="0.430000", delta_fp="0.10")]
    receive(kalshi_ts, tmp_path, frames)
    stored = fetch(
        kalshi_ts, "select price::text, size_delta::text, frame_number > connection_id from capture.orderbook_deltas"
    )
    assert stored == [("0.430000", "0.10", True)]


def test_no_batch_has_more_rows_than_the_limit(kalshi_ts: Database, tmp_path: Path) -> None:
    items = [trade(f"{number:03}", number) for number in range(100)]
    running = write(kalshi_ts, tmp_path, items, batch_rows_max=30)
    assert held(kalshi_ts) == [f"{number:03}" for number in range(100)]
    assert running.counters.committed_rows["trades"] == 100
    assert max(n for (n,) in fetch(kalshi_ts, "select count(*) from capture.trades group by ingest_xid")) <= 30


def test_a_batch_waits_for_its_age_unless_many_rows_arrive(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        async with station(kalshi_ts, tmp_path, batch_age_seconds_max=300.0) as running:
            await wait_until_async(lambda: running.writer.takes_rows)
            for number in range(WORTHWHILE_ROWS):
                running.writer.put(trade(f"{number:03}", running.log.append(Kind.FRAME, 1, 0, b"{}")))
                await asyncio.sleep(0.001)
            await wait_until_async(lambda: running.counters.committed_rows["trades"] == WORTHWHILE_ROWS)

    asyncio.run(run())
    counted = "select count(*), count(distinct ingest_xid) from capture.trades"
    assert fetch(kalshi_ts, counted) == [(WORTHWHILE_ROWS, 1)]


def test_a_row_that_the_database_refuses_is_quarantined_alone(kalshi_ts: Database, tmp_path: Path) -> None:
    bad = [
        trade("bad side", 0, b"frame with a bad side", taker_side="both"),
        trade("bad text", 0, b"frame with a NUL", market_ticker="KX\u0000"),
    ]
    items = [trade(f"{number:02}", number) for number in range(20)]
    late = trade("from long ago", 0, received_at=NOW - timedelta(days=700))
    write(kalshi_ts, tmp_path, [*items[:7], *bad, late, *items[7:]])
    assert held(kalshi_ts) == [*(f"{number:02}" for number in range(20)), "from long ago"]
    quarantined = fetch(kalshi_ts, "select frame, reason from capture.quarantine order by quarantine_id")
    assert [frame for frame, _ in quarantined] == [b"frame with a bad side", b"frame with a NUL"]
    assert all(reason.startswith("refused by the database: ") for _, reason in quarantined)


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
def test_a_connection_that_breaks_while_rows_of_a_frame_are_refused_loses_and_repeats_nothing(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    monkeypatch.setattr(committer_module, "RETRY_SECONDS_MAX", 0.0)
    original = refused_rows.write_batch
    breaks_at = calls = 0

    def break_once(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if committed or calls != breaks_at:
            original(*arguments)
        if calls == breaks_at:
            raise psycopg.OperationalError("the connection broke")

    for module in (committer_module, refused_rows):
        monkeypatch.setattr(module, "write_batch", break_once)
    committer = Committer(kalshi_ts.conninfo("gatherer"), WritingSettings(), Counters())
    committer.start()
    for number in range(1, 13):
        breaks_at, calls = number, 0
        names = [f"{number:02}{letter}" for letter in "abcdef"]
        items = [trade(name, number) for name in names]
        items[3] = trade("bad side", number, b"frame with a bad side", taker_side="both")
        committer.commit(items, number)
        kept = [name for name in names if not name.endswith("d")]
        assert fetch(kalshi_ts, f"select trade_id from capture.trades where frame_number = {number} order by 1") == [
            (name,) for name in kept
        ]
        assert fetch(kalshi_ts, f"select count(*) from capture.quarantine where frame_number = {number}") == [(1,)]
    committer.disconnect()
    # Each write was broken once, the last one too.
    assert calls < breaks_at


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
def test_a_connection_that_breaks_around_a_commit_loses_and_repeats_nothing(
    kalshi_ts: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    original, broken = committer_module.write_batch, [False]

    def break_once(*arguments: Any) -> None:
        if not broken[0] and arguments[1]:
            broken[0] = True
            if committed:
                original(*arguments)
            raise psycopg.OperationalError("the connection broke")
        original(*arguments)

    monkeypatch.setattr(committer_module, "write_batch", break_once)
    monkeypatch.setattr(committer_module, "RETRY_SECONDS_MAX", 0.2)
    write(kalshi_ts, tmp_path, [trade("a", 1), trade("b", 2)])
    assert broken[0]
    assert held(kalshi_ts) == ["a", "b"]


def test_the_next_start_commits_what_a_stop_could_not(
    kalshi_ts: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer_module, "RETRY_SECONDS_MAX", 0.1)
    away = Database(kalshi_ts.server, "no_such_database")
    frames = [BOOKS_SUBSCRIBED, snapshot(1), *(delta(seq) for seq in range(2, 10))]
    running = receive(away, tmp_path, frames, stop_seconds_max=0.3)
    assert "no_such_database" in running.counters.database_failure
    receive(kalshi_ts, tmp_path, [])
    assert fetch(kalshi_ts, SEQS) == [(seq,) for seq in range(2, 10)]
    assert fetch(kalshi_ts, "select distinct close_reason from capture.connections") == [("stopped",)]


def test_rows_beyond_the_queue_come_from_the_frame_log_in_order(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> Station:
        async with station(kalshi_ts, tmp_path, batch_rows_max=10, queued_rows_max=25) as running:
            await wait_until_async(lambda: running.writer.takes_rows)
            connection = running.connect()
            connection.frame(BOOKS_SUBSCRIBED)
            with kalshi_ts.connect() as blocker, blocker.transaction():
                blocker.execute("lock table capture.orderbook_deltas in access exclusive mode")
                for seq in range(1, 201):
                    connection.frame(delta(seq))
                    await asyncio.sleep(0)
                await wait_until_async(lambda: not running.writer.takes_rows)
                for seq in range(201, 301):
                    connection.frame(delta(seq))
            await wait_until_async(lambda: running.counters.committed_rows["orderbook_deltas"] >= 300)
            connection.frame(delta(301))
            connection.closed("stopped")
        return running

    running = asyncio.run(run())
    assert fetch(kalshi_ts, SEQS) == [(seq,) for seq in range(1, 302)]
    assert running.counters.committed_rows["orderbook_deltas"] == 301
    assert fetch(kalshi_ts, "select count(*) from capture.gaps") == [(0,)]


def test_an_overflow_while_logged_rows_are_still_read_repeats_nothing(
    kalshi_ts: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay, may_read = FrameLogReplay.read, threading.Event()

    async def run() -> None:
        async with station(kalshi_ts, tmp_path, batch_rows_max=10, queued_rows_max=25) as running:

            def replay_late(*arguments: Any) -> None:
                if running.writer.takes_rows:
                    may_read.wait(STILL_SECONDS_MAX)
                replay(*arguments)

            monkeypatch.setattr(FrameLogReplay, "read", replay_late)
            await wait_until_async(lambda: running.writer.takes_rows)
            line = running.connect()
            line.frame(BOOKS_SUBSCRIBED)
            for seq in range(1, 61):
                line.frame(delta(seq))
            assert not running.writer.takes_rows
            may_read.set()
            await wait_until_async(lambda: running.counters.committed_rows["orderbook_deltas"] >= 60)
            line.closed("stopped")

    asyncio.run(run())
    assert fetch(kalshi_ts, SEQS) == [(seq,) for seq in range(1, 61)]


def test_a_crash_loses_nothing_that_was_logged_and_closes_what_it_left_open(
    kalshi_ts: Database, tmp_path: Path
) -> None:
    equal = [delta(seq, clock=7) for seq in range(2, 8)]

    async def crash() -> None:
        running = Station(kalshi_ts, tmp_path)
        running.start()
        await wait_until_async(lambda: running.writer.takes_rows)
        connection = running.connect()
        for each in (BOOKS_SUBSCRIBED, snapshot(1), *equal[:3]):
            connection.frame(each)
        await wait_until_async(lambda: running.counters.committed_rows["orderbook_deltas"] == 3)
        running.running.cancel()
        running.committer.disconnect()
        for each in equal[3:]:
            connection.frame(each)
        running.log.close()

    asyncio.run(crash())
    assert fetch(kalshi_ts, "select count(closed_at) from capture.connections") == [(0,)]
    receive(kalshi_ts, tmp_path, [])
    # The numbers of equal changes continue after the crash.
    assert fetch(kalshi_ts, "select seq, occurrence from capture.orderbook_deltas order by seq") == [
        (seq, seq - 2) for seq in range(2, 8)
    ]
    assert fetch(kalshi_ts, "select close_reason from capture.connections order by opened_at") == [
        ("crashed",),
        ("stopped",),
    ]
    (last,) = fetch(kalshi_ts, "select max(received_at) from capture.orderbook_deltas")
    assert fetch(kalshi_ts, "select end_reason, ended_at from capture.subscriptions") == [("crashed", *last)]


def test_an_empty_database_gets_every_row_that_the_log_still_holds(
    kalshi_ts: Database, tmp_path: Path, make_database: Any
) -> None:
    frames = [BOOKS_SUBSCRIBED, snapshot(1), *(delta(seq) for seq in range(2, 50))]
    receive(kalshi_ts, tmp_path, frames)
    rebuilt: Database = make_database("kalshi_ts")
    receive(rebuilt, tmp_path, [])
    coverage = "select channel, market_ticker, began_at, ended_at, end_reason from capture.subscriptions"
    connections = "select name, opened_at, closed_at from capture.connections where frames_received > 0"
    for statement in (SEQS, coverage, connections):
        assert fetch(rebuilt, statement) == fetch(kalshi_ts, statement) != []


def test_frames_missing_in_the_log_are_not_covered(kalshi_ts: Database, tmp_path: Path, make_database: Any) -> None:
    frames = [BOOKS_SUBSCRIBED, snapshot(1), *(delta(seq) for seq in range(2, 400))]
    receive(kalshi_ts, tmp_path, frames)
    (segment,) = segments(tmp_path)
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 0xFF
    segment.write_bytes(content)
    rebuilt: Database = make_database("kalshi_ts")
    receive(rebuilt, tmp_path, [])
    left = [seq for (seq,) in fetch(rebuilt, SEQS)]
    missing = sorted(set(range(2, 400)) - set(left))
    assert missing
    assert fetch(rebuilt, "select seq_expected, seq_received from capture.gaps") == [(missing[0], missing[-1] + 1)]
    covered = "select s.end_reason, s.ended_at < g.detected_at from capture.subscriptions as s, capture.gaps as g"
    assert fetch(rebuilt, covered) == [("gap", True)]
