"""A clock that is set while a gatherer runs, or was wrong when it started, harms nothing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.repair.export_frames import export_frames
from kalshi_data.gatherer.repair.reparse import reparse
from kalshi_data.gatherer.retention import RetentionJob
from kalshi_data.kalshi.timestamps import from_ns
from tests.integration.gatherer.test_batch_writer import receive
from tests.integration.gatherer.test_health import settings
from tests.integration.gatherer.test_retention import WEEK, acknowledge, held, trade
from tests.integration.gatherer.test_retention import fill as fill_days
from tests.support import staging
from tests.support.engines import Database
from tests.support.receiving import BOOKS_SUBSCRIBED, Station, delta, fetch, snapshot
from tests.support.waiting import wait_until_async

SECOND_NS = 1_000_000_000
YEARS_NS = 31_556_952 * SECOND_NS
# How far the clock is off before it is set right, and after it was right.
WRONG = {
    "0.6 s ahead": 6 * SECOND_NS // 10,
    "6 s ahead": 6 * SECOND_NS,
    "6 min ahead": 360 * SECOND_NS,
    "6 min behind": -360 * SECOND_NS,
    "in 1970": -56 * YEARS_NS,
    "in 2100": 74 * YEARS_NS,
}
TIMES = {
    "gaps": ("began_at", "detected_at"),
    "subscriptions": ("began_at", "ended_at"),
    "connections": ("opened_at", "closed_at"),
}


class WrongClock:
    """A clock that is off by a time that can be changed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.off_ns = 0
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + self.off_ns)


def run_through(database: Database, folder: Path, clock: WrongClock, off_ns: int) -> None:
    """Receive with a wrong clock, a right one, and a wrong one again; frames are missing at each change."""

    async def run() -> None:
        clock.off_ns = off_ns
        running = Station(database, folder)
        running.start()
        await wait_until_async(lambda: running.writer.takes_rows)
        line = running.connect()
        line.frame(BOOKS_SUBSCRIBED)
        for begin, off in ((1, off_ns), (11, 0), (21, off_ns)):
            clock.off_ns = off
            for each in (snapshot(begin), delta(begin + 1), delta(begin + 2)):
                line.frame(each)
        line.closed("stopped")
        await running.stop()

    asyncio.run(run())


@pytest.mark.parametrize("off_ns", WRONG.values(), ids=WRONG)
def test_a_clock_that_is_set_loses_no_row_and_ends_nothing_before_its_beginning(
    kalshi_ts: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off_ns: int
) -> None:
    run_through(kalshi_ts, tmp_path, WrongClock(monkeypatch), off_ns)
    seqs = "select seq from capture.orderbook_deltas order by frame_number"
    assert fetch(kalshi_ts, seqs) == [(seq,) for seq in (2, 3, 12, 13, 22, 23)]
    assert fetch(kalshi_ts, "select count(*) from capture.gaps") == [(2,)]
    for table, (begins, ends) in TIMES.items():
        backwards = f"select count(*), count(*) filter (where {ends} < {begins}) from capture.{table}"
        ((rows, wrong),) = fetch(kalshi_ts, f"{backwards} where {ends} is not null")
        assert rows
        assert not wrong, table
    assert fetch(kalshi_ts, "select count(*) from capture.subscriptions where ended_at is null") == [(0,)]


@pytest.mark.parametrize("off_ns", WRONG.values(), ids=WRONG)
def test_frames_are_found_by_the_time_they_have(
    kalshi_ts: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off_ns: int
) -> None:
    run_through(kalshi_ts, tmp_path, WrongClock(monkeypatch), off_ns)
    rows = fetch(kalshi_ts, "select received_at, seq from capture.orderbook_deltas order by frame_number")
    for received_at, seq in rows:
        found = export_frames(tmp_path, received_at, received_at + timedelta(microseconds=1), None)
        assert any(f'\\"seq\\":{seq},' in line for line in found)
    chosen = settings(kalshi_ts)
    chosen.frame_log.folder = tmp_path
    everything = (min(rows)[0] - timedelta(hours=1), max(rows)[0] + timedelta(hours=1))
    assert reparse(chosen, *everything, lambda _: None).added == 0
    with kalshi_ts.connect() as connection:
        connection.execute("delete from capture.orderbook_deltas where seq in (3, 12, 23)")
    assert reparse(chosen, *everything, lambda _: None).added == 3
    assert fetch(kalshi_ts, "select received_at, seq from capture.orderbook_deltas order by frame_number") == rows


@pytest.mark.parametrize("beat", ["now() + interval '74 years'", "now() - interval '56 years'", "now()"])
def test_a_crash_ends_coverage_at_a_time_that_can_be(kalshi_ts: Database, tmp_path: Path, beat: str) -> None:
    async def crash() -> None:
        running = Station(kalshi_ts, tmp_path)
        running.start()
        await wait_until_async(lambda: running.writer.takes_rows)
        line = running.connect()
        line.frame(BOOKS_SUBSCRIBED)
        line.frame(snapshot(1))
        await wait_until_async(lambda: running.counters.committed_rows["orderbook_snapshots"] == 1)
        running.running.cancel()
        running.committer.disconnect()
        running.log.close()

    asyncio.run(crash())
    with kalshi_ts.connect() as connection:
        connection.execute(f"insert into capture.heartbeat (beat_at, status) values ({beat}, '{{}}')".encode())
    receive(kalshi_ts, tmp_path, [])
    (last,) = fetch(kalshi_ts, "select max(received_at) from capture.orderbook_snapshots")
    assert fetch(kalshi_ts, "select end_reason, ended_at from capture.subscriptions") == [("crashed", *last)]


def fill(database: Database) -> datetime:
    """Receive trades with a right clock and with wrong ones, and acknowledge all of them."""
    now = datetime.now(UTC)
    fill_days(database, (1, 0))
    for number, (name, years) in enumerate((("1970", -56), ("2100", 74)), start=10):
        staging.receive(database, [trade(name)], now + timedelta(days=365 * years), number)
    acknowledge(database)
    return now


def test_rows_of_wrong_clocks_go_once_they_are_merged_and_no_others_with_them(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    counters = Counters()
    counters.exchange_clock.is_known = True
    RetentionJob(settings(kalshi_ts, WEEK), counters).run_once()
    assert held(kalshi_ts) == ["1", "0"]


@pytest.mark.parametrize("years", [-56, 74])
def test_a_clock_that_is_wrong_now_drops_nothing_of_today(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    now = fill(kalshi_ts) + timedelta(days=365 * years)

    class WrongNow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return now

    monkeypatch.setattr("kalshi_data.gatherer.retention.datetime", WrongNow)
    counters = Counters()
    counters.exchange_clock.is_known = True
    RetentionJob(settings(kalshi_ts, WEEK), counters).run_once()
    assert {"1", "0"} <= set(held(kalshi_ts))


@pytest.mark.parametrize("off_ns", [74 * YEARS_NS, -56 * YEARS_NS])
def test_the_last_time_of_earlier_runs_is_one_that_can_be(
    kalshi_ts: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off_ns: int
) -> None:
    receive(kalshi_ts, tmp_path, [BOOKS_SUBSCRIBED, snapshot(1)])
    (right,) = fetch(kalshi_ts, "select closed_at from capture.connections")
    clock = WrongClock(monkeypatch)
    clock.off_ns = off_ns
    receive(kalshi_ts, tmp_path, [BOOKS_SUBSCRIBED, snapshot(1)])
    clock.off_ns = 0
    station = Station(kalshi_ts, tmp_path)
    station.log.open()
    station.log.close()
    assert from_ns(station.log.previous_ns) == right[0]
