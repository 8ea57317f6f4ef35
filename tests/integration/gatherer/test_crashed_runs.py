"""What a run that crashed had covered ends with the last frame that it logged, whatever later runs did since."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from kalshi_data.gatherer.recording.recorder import ConnectionRecorder
from tests.support.engines import Database
from tests.support.receiving import Station, delta, fetch, snapshot, station
from tests.support.waiting import wait_until_async

SUBSCRIBED = b'{"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}'
HEARTBEAT = "insert into capture.heartbeat (beat_at, status) values (now() + interval '10 s', '{}')"
ENDED = "select market_ticker, ended_at, end_reason from capture.subscriptions where market_ticker <> '' order by 1"
MOMENT_SECONDS = 0.05


async def cover(running: Station, ticker: str) -> ConnectionRecorder:
    """Cover a market on a connection of its own."""
    line = running.connect()
    line.frame(SUBSCRIBED)
    line.frame(snapshot(1, ticker))
    await asyncio.sleep(MOMENT_SECONDS)
    return line


async def crash(running: Station) -> None:
    """End a run so that the log has all frames, and the database nothing of what was not committed yet."""
    running.running.cancel()
    running.committer.disconnect()
    running.log.close()


def last_frames(database: Database, tickers: Sequence[str]) -> list[tuple[str, datetime, str]]:
    received = dict(
        fetch(database, "select market_ticker, max(received_at) from capture.orderbook_deltas group by market_ticker")
    )
    return [(ticker, received[ticker], "crashed") for ticker in tickers]


@pytest.mark.parametrize("is_committed", [True, False])
def test_each_connection_ends_at_its_own_last_frame(kalshi_ts: Database, tmp_path: Path, is_committed: bool) -> None:
    """A later heartbeat is one of a later run, which began before the database answered."""

    async def run() -> None:
        first = Station(kalshi_ts, tmp_path)
        first.start()
        await wait_until_async(lambda: first.writer.takes_rows)
        for ticker in ("KXA-1", "KXB-1", "KXC-1"):
            line = await cover(first, ticker)
            line.frame(delta(2, ticker))
        if is_committed:
            await wait_until_async(lambda: first.counters.committed_rows["orderbook_deltas"] == 3)
        await crash(first)
        with kalshi_ts.connect() as connection:
            connection.execute(HEARTBEAT.encode())
        async with station(kalshi_ts, tmp_path) as again:
            await wait_until_async(lambda: again.writer.takes_rows)

    asyncio.run(run())
    assert fetch(kalshi_ts, ENDED) == last_frames(kalshi_ts, ["KXA-1", "KXB-1", "KXC-1"])
    assert fetch(kalshi_ts, "select distinct close_reason from capture.connections") == [("crashed",)]


def test_each_of_several_runs_ends_with_its_own_frames(kalshi_ts: Database, tmp_path: Path) -> None:
    """The second run logs frames, but is killed before it commits what the first one left."""

    async def run() -> None:
        for ticker in ("KXA-1", "KXB-1"):
            running = Station(kalshi_ts, tmp_path)
            running.log.open()
            running.running = asyncio.ensure_future(asyncio.sleep(0))
            line = await cover(running, ticker)
            line.frame(delta(2, ticker))
            await crash(running)
        async with station(kalshi_ts, tmp_path) as again:
            await wait_until_async(lambda: again.writer.takes_rows)

    asyncio.run(run())
    assert fetch(kalshi_ts, ENDED) == last_frames(kalshi_ts, ["KXA-1", "KXB-1"])


def test_without_a_log_what_was_open_ends_where_it_was_committed(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        first = Station(kalshi_ts, tmp_path / "lost")
        first.start()
        await wait_until_async(lambda: first.writer.takes_rows)
        line = await cover(first, "KXA-1")
        line.frame(delta(2))
        await wait_until_async(lambda: first.counters.committed_rows["orderbook_deltas"] == 1)
        await crash(first)
        with kalshi_ts.connect() as connection:
            connection.execute(HEARTBEAT.encode())
        async with station(kalshi_ts, tmp_path / "new") as again:
            await wait_until_async(lambda: again.writer.takes_rows)

    asyncio.run(run())
    ((ticker, ended_at, reason),) = fetch(kalshi_ts, ENDED)
    ((received_at,),) = fetch(kalshi_ts, "select received_at from capture.orderbook_deltas")
    assert (ticker, reason) == ("KXA-1", "crashed")
    assert ended_at <= received_at
