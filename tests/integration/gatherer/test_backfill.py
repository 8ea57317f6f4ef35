"""Trades fetched by REST: both tiers, nothing twice, and a killed backfill that goes on."""

import asyncio
import os
import pty
import re
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from kalshi_data.demo.keys import make_key
from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.cli import main
from kalshi_data.gatherer.markets.store import save_page
from kalshi_data.gatherer.repair.backfill import Range, windows
from kalshi_data.gatherer.repair.trade_history import FetchedTotals, TradeSource, add_trades, decode_trades
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.bodies import to_page
from kalshi_data.kalshi.rest import Rest
from kalshi_data.kalshi.trades import FetchedTrade
from kalshi_data.simulator.server import API
from tests.conftest import MakeDatabase
from tests.integration.simulator.test_faults import STARTED_US, Running
from tests.integration.simulator.test_faults import serve as serve_simulator
from tests.support.engines import Database
from tests.support.listing_server import Listed, event, market, serve, serve_at, trade
from tests.support.staging import NOW, frame, merge, receive
from tests.support.waiting import wait_until_async

BEGIN = datetime(2026, 8, 31, 20, tzinfo=UTC)
CUTOFF = datetime(2026, 9, 1, tzinfo=UTC)
LIVE, HISTORICAL = "markets/trades", "historical/trades"
HOUR = timedelta(hours=1)
PIPE = asyncio.subprocess.PIPE


def created(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def exchange(trades: int = 48, ticker: str = "KXA-1-T1") -> Listed:
    """Return an exchange with a trade every ten minutes, newest first, in the tier that holds its time."""
    listed = Listed(page_rows=5)
    for number in reversed(range(trades)):
        moment = BEGIN + number * HOUR / 6
        name = HISTORICAL if moment < CUTOFF else LIVE
        listed.lists[name].append(trade(number, created(moment), ticker))
    listed.cutoff = created(CUTOFF)
    return listed


def held(database: Database) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute("select trade_id from capture.trades order by 1").fetchall()
    return [trade_id for (trade_id,) in rows]


def names(numbers: range) -> list[str]:
    return [f"trade-{number:04}" for number in numbers]


def fetch(listed: Listed, begin: datetime, end: datetime, ticker: str | None = None) -> list[str]:
    """Return the trades that were handed over, and check how many that were said to be."""
    found: list[str] = []

    async def write(trades: list[FetchedTrade]) -> int:
        found.extend(each.trade_id for each in trades)
        return 0

    async def use(rest: Rest) -> FetchedTotals:
        return await TradeSource(rest).fetch(write, begin, end, ticker)

    assert serve(listed, use) == (len(found), 0)
    return found


def test_both_tiers_are_asked_around_the_cutoff() -> None:
    listed = exchange()
    assert sorted(fetch(listed, BEGIN, BEGIN + 8 * HOUR)) == names(range(48))
    # What moves to the historical tier meanwhile is found there, so that one is asked last.
    tiers = [each["list"] for each in listed.requests if each["list"] != "historical/cutoff"]
    assert tiers == sorted(tiers, reverse=True)
    assert {*tiers} == {LIVE, HISTORICAL}


@pytest.mark.parametrize(
    ("days", "tiers"), [(-3, {HISTORICAL}), (-1, {LIVE, HISTORICAL}), (1, {LIVE, HISTORICAL}), (3, {LIVE})]
)
def test_far_from_the_cutoff_one_tier_is_enough(days: int, tiers: set[str]) -> None:
    listed = exchange(0)
    begin = CUTOFF + timedelta(days=days)
    fetch(listed, begin, begin + HOUR)
    assert {each["list"] for each in listed.requests} == {"historical/cutoff", *tiers}


def test_a_range_holds_its_first_moment_and_not_its_last() -> None:
    assert sorted(fetch(exchange(), BEGIN + HOUR, BEGIN + 2 * HOUR)) == names(range(6, 12))


def test_trades_of_one_market_alone() -> None:
    listed = exchange()
    listed.lists[LIVE].append(trade(100, created(CUTOFF), "KXB-1-T1"))
    assert fetch(listed, BEGIN, BEGIN + 8 * HOUR, "KXB-1-T1") == names(range(100, 101))


def test_a_cutoff_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 1)
    listed = exchange()
    listed.cutoff = "never"
    with pytest.raises(ExchangeError, match="trades_created_ts is not a time"):
        fetch(listed, BEGIN, BEGIN + HOUR)


@pytest.mark.parametrize("lacking", ["ts_ms", "taker_", "is_block_trade"])
def test_a_copy_that_knows_more_than_the_feed_sent_reaches_production(
    production: Database, kalshi_ts: Database, lacking: str
) -> None:
    body = {**trade(0, created(NOW + timedelta(milliseconds=447))), "taker_side": "yes", "is_block_trade": False}
    (known, *_) = decode_trades(to_page(msgspec.json.encode([body])), NOW)[0]
    message = {key: value for key, value in body.items() if key not in ("ticker", "created_time")}
    times = {"ts": int(NOW.timestamp()), "ts_ms": int(known.exchange_ts.timestamp() * 1000)}
    message = {**message, **times, "market_ticker": known.market_ticker}
    receive(kalshi_ts, [frame("trade", {key: value for key, value in message.items() if not key.startswith(lacking)})])
    merge(production, [kalshi_ts])
    with kalshi_ts.connect("gatherer") as connection:
        assert [add_trades(connection, [known]).added for _ in range(2)] == [1, 0]
    merge(production, [kalshi_ts])
    with production.connect() as connection:
        stored = connection.execute(
            "select exchange_ts, taker_side, is_block_trade, time_digits from market_data.trades"
        ).fetchall()
    assert stored == [(known.exchange_ts, "yes", False, 3)]


def test_only_trades_that_were_not_captured_are_added(kalshi_ts: Database) -> None:
    bodies = [trade(number, created(NOW + timedelta(microseconds=number * 1_000_999))) for number in range(3)]
    (first, *_) = rows = decode_trades(to_page(msgspec.json.encode(bodies)), NOW)[0]
    captured = {key: value for key, value in bodies[0].items() if key not in ("ticker", "created_time")}
    message = {**captured, "market_ticker": first.market_ticker, "ts_ms": int(first.exchange_ts.timestamp() * 1000)}
    receive(kalshi_ts, [frame("trade", message)])
    with kalshi_ts.connect("gatherer") as connection:
        assert add_trades(connection, []).added == 0
        assert add_trades(connection, [*rows, *rows]).added == 2
        assert add_trades(connection, rows).added == 0
    assert held(kalshi_ts) == names(range(3))
    with kalshi_ts.connect() as connection:
        stored = connection.execute(
            "select connection_id, sid, seq, frame_number, sent_at, exchange_ts, yes_price::text, size::text"
            " from capture.trades where trade_id = 'trade-0002'"
        ).fetchone()
    assert stored == (None, None, None, None, None, NOW + timedelta(milliseconds=2001), "0.4300", "3.50")


def test_what_the_simulator_lists_is_what_its_feed_published(tmp_path: Path) -> None:
    found: dict[str, FetchedTrade] = {}

    async def write(trades: list[FetchedTrade]) -> int:
        found.update({each.trade_id: each for each in trades})
        return 0

    async def use(running: Running) -> None:
        for _ in range(300):
            running.tick()
        began = datetime.fromtimestamp(STARTED_US / 1e6, UTC)
        rest = Rest(running.rest, f"http://{running.address}{API}")
        await TradeSource(rest).fetch(write, began - HOUR, began + HOUR)

    journal = serve_simulator(tmp_path, use)
    published = [each["frame"]["msg"] for each in journal if each.get("frame", {}).get("type") == "trade"]
    assert {each["trade_id"] for each in published} == {*found}
    for each in published:
        assert int(found[each["trade_id"]].exchange_ts.timestamp() * 1000) == each["ts_ms"]


CONFIG = """
[exchange]
rest_url = "{url}"
websocket_url = "ws://nowhere"
key_id = "key"
private_key_file = "{key}"
[databases.kalshi_ts]
conninfo = "{kalshi_ts}"
[databases.kalshi_meta]
conninfo = "{kalshi_meta}"
[requests]
tokens_per_second = 100000
tokens_max = 100000
"""


class Command:
    """`gatherer backfill trades` as a process, for one database."""

    def __init__(self, folder: Path, kalshi_ts: Database, kalshi_meta: Database) -> None:
        self._path = folder / "gatherer.toml"
        self._values = {
            "key": str(make_key(folder, 2).private),
            "kalshi_ts": kalshi_ts.conninfo("gatherer"),
            "kalshi_meta": kalshi_meta.conninfo("gatherer"),
        }

    async def start(self, url: str, *more: str, hours: int = 8, stderr: int = PIPE) -> asyncio.subprocess.Process:
        self._path.write_text(CONFIG.format(url=url, **self._values))
        times = (f"--from={created(BEGIN)}", f"--to={created(BEGIN + hours * HOUR)}")
        arguments = ("backfill", "trades", "--config", str(self._path), *times, *more)
        command = (sys.executable, "-m", "kalshi_data.gatherer", *arguments)
        return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=stderr)

    async def run(self, url: str, *more: str) -> tuple[int | None, str, str]:
        process = await self.start(url, *more)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, out.decode(), err.decode()


@pytest.fixture
def backfill(tmp_path: Path, kalshi_ts: Database, make_database: MakeDatabase) -> Command:
    kalshi_meta = make_database("kalshi_meta")
    with kalshi_meta.connect("gatherer") as connection:
        for table, objects in {
            "events": [event("KXA-1", "KXA"), event("KXB-1", "KXB")],
            "markets": [market("KXA-1-T1", open_time="2026-08-01T00:00:00Z"), market("KXA-1-T2"), market("KXB-1-T1")],
        }.items():
            save_page(connection, table, msgspec.json.encode(objects))
    return Command(tmp_path, kalshi_ts, kalshi_meta)


def progress(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        statement = "select market_ticker, done_until, trades_fetched, trades_added from capture.backfills order by 1"
        return connection.execute(statement).fetchall()


def test_a_killed_backfill_goes_on_and_a_finished_one_does_nothing(kalshi_ts: Database, backfill: Command) -> None:
    listed = exchange()
    listed.pause_seconds = 0.05

    async def use(url: str) -> None:
        killed = await backfill.start(url)
        await wait_until_async(lambda: progress(kalshi_ts) and progress(kalshi_ts)[0][1] >= BEGIN + 3 * HOUR)
        killed.send_signal(signal.SIGKILL)
        await killed.communicate()
        assert names(range(18)) == held(kalshi_ts)[:18]
        assert len(held(kalshi_ts)) < 48
        (begun,) = progress(kalshi_ts)
        listed.requests.clear()
        listed.pause_seconds = 0.0
        status, out, _ = await backfill.run(url)
        assert (status, held(kalshi_ts)) == (0, names(range(48)))
        assert out.startswith("trades: ")
        earliest = min(int(each["min_ts"]) for each in listed.requests if "min_ts" in each)
        assert earliest == int(begun[1].timestamp()) - 1
        assert progress(kalshi_ts)[0][:3] == ("", BEGIN + 8 * HOUR, 48)
        listed.requests.clear()
        assert await backfill.run(url) == (0, "trades: 0 fetched, 0 added\n", "")
        assert listed.requests == []
        # Another range that holds the same trades adds none either.
        process = await backfill.start(url, hours=7)
        assert (await process.communicate())[0] == b"trades: 42 fetched, 0 added\n"

    serve_at(listed, use)


def test_series_are_fetched_market_by_market(kalshi_ts: Database, backfill: Command) -> None:
    listed = exchange()
    listed.lists["historical/markets"] = [
        market("KXA-0-T1", open_time="2026-08-01T00:00:00Z", close_time="2026-08-31T22:00:00Z"),
        market("KXA-0-T2", open_time="2026-07-01T00:00:00Z", close_time="2026-07-31T22:00:00Z"),
    ]
    listed.lists[HISTORICAL].append(trade(200, created(BEGIN + HOUR), "KXA-0-T1"))
    listed.lists[HISTORICAL].append(trade(300, created(BEGIN + HOUR), "KXB-1-T1"))

    async def use(url: str) -> None:
        assert await backfill.run(url, "--series=KXA") == (0, "trades: 49 fetched, 49 added\n", "")

    serve_at(listed, use)
    assert held(kalshi_ts) == [*names(range(48)), "trade-0200"]
    assert [row[0] for row in progress(kalshi_ts)] == ["KXA-0-T1", "KXA-1-T1"]
    assert {each.get("ticker") for each in listed.requests if "min_ts" in each} == {"KXA-0-T1", "KXA-1-T1"}


def test_one_market(kalshi_ts: Database, backfill: Command) -> None:
    listed = exchange()
    listed.lists[HISTORICAL].append(trade(300, created(BEGIN + HOUR), "KXB-1-T1"))

    async def use(url: str) -> None:
        assert await backfill.run(url, "--market=KXB-1-T1") == (0, "trades: 1 fetched, 1 added\n", "")

    serve_at(listed, use)
    assert held(kalshi_ts) == names(range(300, 301))


def test_a_terminal_shows_a_bar(backfill: Command) -> None:
    async def use(url: str) -> None:
        ours, its = pty.openpty()
        process = await backfill.start(url, stderr=its)
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        os.close(its)
        shown = os.read(ours, 1 << 16).decode()
        os.close(ours)
        assert (process.returncode, out) == (0, b"trades: 48 fetched, 48 added\n")
        assert re.search(r"trades .*100%", shown)

    serve_at(exchange(), use)


def test_what_cannot_be_fetched_is_reported(kalshi_ts: Database, backfill: Command) -> None:
    listed = exchange()

    async def use(url: str) -> None:
        status, _, err = await backfill.run(url, "--series=KXNOBODY")
        assert (status, "no market of series KXNOBODY" in err) == (2, True)
        listed.refuses = 1
        status, _, err = await backfill.run(url)
        refused = "GET /historical/cutoff: 401 Unauthorized: authentication_error"
        remedy = "run the same command to continue where this one stopped"
        # The log has the refusal, too.
        assert (status, err.splitlines()[-1].partition(": ")[2]) == (1, f"{refused}: {remedy}")

    serve_at(listed, use)
    assert held(kalshi_ts) == []


@pytest.mark.parametrize(
    ("begin", "end", "message"),
    [
        ("yesterday", "2026-11-01", "'yesterday' is no time: write 2026-11-01 or 2026-11-01T09:30:00Z"),
        ("2026-11-01", "2026-11-01", "is not before --to"),
        ("2026-11-01", "2999-01-01", "--to must be at least a minute ago"),
    ],
)
def test_times_that_cannot_be_meant_are_refused(begin: str, end: str, message: str) -> None:
    shown = CliRunner().invoke(main, ["backfill", "trades", "--from", begin, "--to", end])
    assert shown.exit_code == 2
    assert message in " ".join(shown.output.split())


def test_windows_cover_a_range_without_overlap() -> None:
    parts = list(windows(Range(BEGIN, BEGIN + 2.5 * HOUR), HOUR))
    assert [part.begin for part in parts] == [BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR]
    assert [part.end for part in parts] == [BEGIN + HOUR, BEGIN + 2 * HOUR, BEGIN + 2.5 * HOUR]
    assert list(windows(Range(BEGIN, BEGIN), HOUR)) == []
