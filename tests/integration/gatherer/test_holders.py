"""Two gatherers on one configuration: one works and the other waits; shards work beside each other."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.database import connection as connection_module
from kalshi_data.errors import LockHeld, MigrationError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.databases import LockedConnection
from kalshi_data.gatherer.former_shards import drain_once
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.retention import measure
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.shards import first_number_of, shard_folder
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.shard import EVERYTHING, Shard
from tests.integration.gatherer.test_batch_writer import receive
from tests.integration.gatherer.test_health import settings
from tests.support.engines import Database
from tests.support.receiving import BOOKS_SUBSCRIBED, Station, delta, fetch, snapshot, station
from tests.support.waiting import wait_until_async

OPEN = "select count(*) from capture.subscriptions where ended_at is null"
DELTAS = "select market_ticker, count(*) from capture.orderbook_deltas group by 1 order by 1"
HOUR_NS = 3_600_000_000_000


async def cover(running: Station, ticker: str = "KXA-1") -> Any:
    """Open a connection that covers one book, and wait until that is stored."""
    await wait_until_async(lambda: running.writer.takes_rows)
    line = running.connect()
    line.frame(BOOKS_SUBSCRIBED)
    line.frame(snapshot(1, ticker=ticker))
    await wait_until_async(lambda: running.counters.committed_rows["orderbook_snapshots"] == 1)
    return line


def test_one_process_at_a_time_writes_a_frame_log(tmp_path: Path) -> None:
    first, second = (FrameLogWriter(FrameLogSettings(folder=tmp_path), Counters()) for _ in range(2))
    first.open()
    assert second.try_lock().startswith("pid ")
    with pytest.raises(LockHeld, match=r"is held by pid \d+ on .+: stop that one first"):
        second.open()
    first.close()
    assert second.try_lock() == ""
    second.open()
    second.close()


def test_a_second_gatherer_on_a_database_waits_and_leaves_the_firsts_coverage_alone(
    kalshi_ts: Database, tmp_path: Path
) -> None:
    async def run() -> None:
        async with station(kalshi_ts, tmp_path / "first") as first:
            line = await cover(first)
            second = Station(kalshi_ts, tmp_path / "second")
            second.start()
            await wait_until_async(lambda: second.counters.held_by)
            assert "is held by gatherer, pid " in second.counters.held_by
            assert second.counters.awaits_database
            other = second.connect()
            other.frame(BOOKS_SUBSCRIBED)
            other.frame(snapshot(1, ticker="KXB-1"))
            line.frame(delta(2))
            await wait_until_async(lambda: first.counters.committed_rows["orderbook_deltas"] == 1)
            assert fetch(kalshi_ts, OPEN) == [(1,)]
            line.closed("stopped")
        await wait_until_async(lambda: second.writer.takes_rows)
        assert second.counters.held_by == ""
        assert not second.counters.awaits_database
        other.closed("stopped")
        await second.stop()

    asyncio.run(run())
    # What the second one received while it waited is stored afterwards.
    ended = "select market_ticker, end_reason from capture.subscriptions order by 1"
    assert fetch(kalshi_ts, ended) == [("KXA-1", "stopped"), ("KXB-1", "stopped")]


def test_a_connection_that_holds_the_lock_is_not_renewed(kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (LockedConnection(kalshi_ts.conninfo(), "migrate", EVERYTHING) for _ in range(2))
    session = first.get()
    now = time.monotonic()
    monkeypatch.setattr(connection_module.time, "monotonic", lambda: now + 2 * connection_module.RENEW_SECONDS_MAX)
    assert first.get() is session
    with pytest.raises(LockHeld):
        second.get()
    # A lost session is opened again with the lock.
    first.close()
    first.get()
    with pytest.raises(LockHeld):
        second.get()
    first.close()


def test_no_shard_loses_frames_because_another_one_commits_later_ones(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        first = Station(kalshi_ts, tmp_path, Shard(1, 2))
        first.start()
        line = await cover(first)
        async with station(kalshi_ts, tmp_path, shard=Shard(2, 2)) as second:
            # The first shard logs frames that it cannot commit any more, and is killed.
            first.running.cancel()
            first.committer.disconnect()
            for seq in range(2, 102):
                line.frame(delta(seq))
            first.log.seal()
            await wait_until_async(lambda: first.log.written_before >= first.log.next_number)
            other = await cover(second, "KXB-1")
            other.frame(delta(2, ticker="KXB-1"))
            await wait_until_async(lambda: second.counters.committed_rows["orderbook_deltas"] == 1)
            first.log.close()
            async with station(kalshi_ts, tmp_path, shard=Shard(1, 2)) as again:
                await wait_until_async(lambda: again.writer.takes_rows)
                await wait_until_async(lambda: fetch(kalshi_ts, OPEN) == [(1,)])
            # The restart closed the connections of its own shard only.
            crashed = "select market_ticker from capture.subscriptions where end_reason = 'crashed'"
            assert fetch(kalshi_ts, crashed) == [("KXA-1",)]
            other.closed("stopped")

    asyncio.run(run())
    assert fetch(kalshi_ts, DELTAS) == [("KXA-1", 100), ("KXB-1", 1)]
    shards = "select shard, frame_number >= (shard - 1) * 9007199254740992 from capture.flush_position order by 1"
    assert fetch(kalshi_ts, shards) == [(1, True), (2, True)]
    assert first_number_of(2) == 9007199254740992


def test_a_shard_and_a_whole_gatherer_are_the_same_first_one(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        async with station(kalshi_ts, tmp_path, shard=Shard(1, 3)):
            with pytest.raises(LockHeld):
                Station(kalshi_ts, tmp_path).log.open()

    asyncio.run(run())


def set_clock_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - HOUR_NS)


def lose(folder: Path) -> None:
    shutil.rmtree(folder)


def cut(folder: Path) -> None:
    for segment in list(folder.glob("frames-*"))[1:]:
        segment.unlink()


@pytest.mark.parametrize("damage", [lose, cut])
@pytest.mark.parametrize("is_away", [False, True], ids=["database there", "database away at first"])
def test_rows_of_a_damaged_log_after_a_clock_was_set_back_are_not_taken_for_committed(
    kalshi_ts: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    is_away: bool,
) -> None:
    folder = tmp_path / "frames"
    receive(kalshi_ts, folder, [BOOKS_SUBSCRIBED, snapshot(1), delta(2)])
    with kalshi_ts.connect() as connection:
        connection.execute("update capture.flush_position set frame_number = frame_number + 1000000000")
    damage(folder)
    set_clock_back(monkeypatch)
    frames = [BOOKS_SUBSCRIBED, snapshot(1, ticker="KXB-1"), *(delta(seq, ticker="KXB-1") for seq in range(2, 9))]
    if is_away:
        away = Database(kalshi_ts.server, "no_such_database")
        receive(away, folder, frames, stop_seconds_max=0.0)
        receive(away, folder, [], stop_seconds_max=0.0)
        frames = []
    receive(kalshi_ts, folder, frames)
    receive(kalshi_ts, folder, [])
    assert fetch(kalshi_ts, DELTAS) == [("KXA-1", 1), ("KXB-1", 7)]
    assert fetch(kalshi_ts, "select count(*) from capture.connections where closed_at is null") == [(0,)]


def test_an_old_schema_that_turns_up_later_keeps_frames_waiting_and_says_why(
    kalshi_ts: Database, tmp_path: Path
) -> None:
    with kalshi_ts.connect() as connection:
        last = "delete from capture.migration where name like '0015%' returning name, sha256"
        ledger = connection.execute(last.encode()).fetchone()

    async def run() -> None:
        async with station(kalshi_ts, tmp_path) as running:
            line = running.connect()
            line.frame(BOOKS_SUBSCRIBED)
            line.frame(snapshot(1))
            await wait_until_async(lambda: running.counters.database_failure)
            assert running.counters.database_failure.endswith("is not applied yet: run gatherer migrate")
            assert running.counters.awaits_database is False
            assert fetch(kalshi_ts, "select count(*) from capture.orderbook_snapshots") == [(0,)]
            with kalshi_ts.connect() as connection:
                connection.execute("insert into capture.migration (name, sha256) values (%s, %s)", ledger)
            await wait_until_async(lambda: running.writer.takes_rows)
            assert running.counters.database_failure == ""
            line.closed("stopped")

    asyncio.run(run())
    assert fetch(kalshi_ts, "select count(*) from capture.orderbook_snapshots") == [(1,)]


def test_a_start_on_an_old_schema_that_answers_is_an_error(kalshi_ts: Database, tmp_path: Path) -> None:
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.migration where name like '0015%'")
    with pytest.raises(MigrationError, match="is not applied yet: run gatherer migrate"):
        Station(kalshi_ts, tmp_path).committer.start()


def test_what_a_former_shard_logged_is_committed_by_the_first_one(kalshi_ts: Database, tmp_path: Path) -> None:
    async def crash() -> None:
        async with station(kalshi_ts, tmp_path, shard=Shard(2, 2)) as second:
            line = await cover(second, "KXB-1")
            second.running.cancel()
            second.committer.disconnect()
            for seq in range(2, 12):
                line.frame(delta(seq, ticker="KXB-1"))
            second.log.close()
            second.running = asyncio.ensure_future(asyncio.sleep(0))
            second.log.close = lambda: None

    asyncio.run(crash())
    with kalshi_ts.connect() as connection:
        connection.execute("insert into capture.heartbeat (shard, beat_at, status) values (2, now(), '{}')")
    chosen = settings(kalshi_ts)
    chosen.frame_log.folder = tmp_path
    drain_once(chosen, Shard(2, 2), "")
    assert fetch(kalshi_ts, DELTAS) == []
    for _ in range(2):
        drain_once(chosen, Shard(1, 1), "")
    assert fetch(kalshi_ts, DELTAS) == [("KXB-1", 10)]
    assert fetch(kalshi_ts, "select end_reason from capture.subscriptions") == [("crashed",)]
    assert fetch(kalshi_ts, "select count(*) from capture.heartbeat") == [(0,)]


def test_logs_of_former_and_present_shards_share_the_bound(kalshi_ts: Database, tmp_path: Path) -> None:
    chosen = settings(kalshi_ts)
    chosen.frame_log = FrameLogSettings(folder=tmp_path, segment_bytes=1, block_bytes=1)
    for shard in (Shard(1, 2), Shard(2, 2)):
        log = FrameLogWriter(chosen.frame_log, Counters(), shard)
        log.open()
        for seq in range(1, 9):
            log.append(Kind.FRAME, 1, time.time_ns(), delta(seq))
            log.seal()
        log.close()
    first, second = (measure(shard_folder(tmp_path, number))[0] for number in (1, 2))
    left: list[int] = []
    for missing in (0, 1):
        chosen.frame_log.bytes_max = first + second - missing
        drain_once(chosen, EVERYTHING, "")
        left.append(measure(shard_folder(tmp_path, 2))[0])
    assert left[0] == second > left[1] > 0
    assert measure(tmp_path)[0] == first
