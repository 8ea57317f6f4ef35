"""The simulator over the network: its faults, REST and limits, each as a client sees it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from aiohttp import ClientSession, web
from click.testing import CliRunner
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.feed import ClientConnection, open_feed
from kalshi_data.simulator.cli import main
from kalshi_data.simulator.faults.scenarios import OF_EXCHANGE, SCENARIOS, Fault, read_scenario
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import Limits, TokenBucket
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings
from kalshi_data.simulator.server import ADMIN, API, FEED, ExchangeServer

Frame = dict[str, Any]
SILENT_SECONDS = 0.3
# Longer than a busy machine needs until it looks whether a frame is held.
HELD_SECONDS = 3.0
STARTED_US = 1_793_109_600_000_000
# The runs start at a fixed time; this keeps their trades live in later years.
FOR_EVER_SECONDS = 10**9


class Running:
    """A served exchange whose ticks the test plays."""

    def __init__(self, address: str, key: KeyFiles, model: MarketModel, rest: ClientSession) -> None:
        self.address = address
        self.key = key
        self.model = model
        self.rest = rest
        self.tick = model.tick_publisher(STARTED_US)

    def connect(self) -> Any:
        return open_feed(f"ws://{self.address}{FEED}", load_signer(self.key.key_id, self.key.private))

    async def books(self, websocket: ClientConnection) -> None:
        """Subscribe every book and take acknowledgement and snapshots."""
        tickers = list(self.model.markets)
        await command(websocket, "subscribe", channels=["orderbook_delta"], market_tickers=tickers)
        for _ in range(len(tickers) + 1):
            await websocket.recv()

    async def fault(self, name: str, **more: Any) -> int:
        async with self.rest.post(ADMIN, json={"name": name, **more}) as response:
            return response.status

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        async with self.rest.get(f"{API}{path}", params=query) as response:
            body = await response.read()
            return response.status, msgspec.json.decode(body)

    async def play(self, websocket: ClientConnection, ticks: int = 100) -> list[Frame]:
        """Play some ticks and return the frames that come of them, undecodable ones as {}."""
        for _ in range(ticks):
            self.tick()
        return await received(websocket)


Use = Callable[[Running], Awaitable[None]]


async def command(websocket: ClientConnection, name: str, **params: Any) -> None:
    await websocket.send(msgspec.json.encode({"id": 1, "cmd": name, "params": params}), text=True)


async def to_the_end(websocket: ClientConnection) -> list[Frame]:
    """Return what comes until the connection breaks."""
    frames: list[Frame] = []
    try:
        while True:
            frames.append(msgspec.json.decode(await asyncio.wait_for(websocket.recv(), 5)))
    except ConnectionClosedError:
        return frames


async def received(websocket: ClientConnection) -> list[Frame]:
    frames: list[Frame] = []
    while True:
        try:
            frame = await asyncio.wait_for(websocket.recv(), SILENT_SECONDS)
        except TimeoutError:
            return frames
        try:
            frames.append(msgspec.json.decode(frame))
        except msgspec.DecodeError:
            frames.append({})


def serve(folder: Path, use: Use, *, scopes: tuple[str, ...] = ("read",), **limits: Any) -> list[Frame]:
    """Serve an exchange to `use`, whose key has these scopes, and return its journal."""
    key, journal = make_key(folder, 2), folder / "journal"
    limits.setdefault("live_seconds", FOR_EVER_SECONDS)

    async def run() -> None:
        plan = ModelSettings(markets=10, deltas_per_second=1_000, lifecycles_per_second=2)
        model = MarketModel(plan, Publisher(Journal(journal), Limits(**limits)), lambda _: None)
        exchange = ExchangeServer(model, KeyRing({key.key_id: key.public}, {key.key_id: scopes}))
        runner = web.AppRunner(exchange.application(), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with ClientSession(f"http://{address}") as rest:
                await use(Running(address, key, model, rest))
        finally:
            exchange.faults.close()
            await runner.cleanup()
            model.close()

    asyncio.run(run())
    return [msgspec.json.decode(line) for line in journal.read_bytes().splitlines()]


def gap(frames: list[Frame]) -> int:
    """Return how many numbers are missing."""
    numbers = [frame["seq"] for frame in frames if "seq" in frame]
    return numbers[-1] - numbers[0] + 1 - len(numbers)


FRAME_FAULTS: dict[str, Callable[[list[Frame]], object]] = {
    "malformed_json": lambda frames: frames.count({}) == 2,
    "no_deprecated_fields": lambda frames: sum("ts" not in frame["msg"] for frame in frames) == 2,
    "missing_fields": lambda frames: sum("ts" not in frame["msg"] for frame in frames) == 2,
    "unknown_fields": lambda frames: sum("undocumented_field" in frame["msg"] for frame in frames) == 2,
    "unknown_type": lambda frames: sum(frame["type"] == "undocumented_message" for frame in frames) == 2,
    "empty_market_id": lambda frames: sum(frame["msg"]["market_id"] == "" for frame in frames) == 2,
    "wrong_decimals": lambda frames: sum(len(frame["msg"]["price_dollars"]) == 8 for frame in frames) == 2,
}


@pytest.mark.parametrize("name", FRAME_FAULTS)
def test_frames_are_changed_and_the_journal_records_it(tmp_path: Path, name: str) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            assert await running.fault(name, count=2) == 200
            frames = await running.play(websocket)
            assert len(frames) > 20
            assert FRAME_FAULTS[name](frames)

    journal = serve(tmp_path, use)
    (entry,) = [line for line in journal if "fault" in line]
    assert (entry["fault"]["name"], entry["fault"]["connection"], entry["published_ms"] > 0) == (name, 1, True)


def test_fields_leave_a_client_first_and_later_all_and_come_back(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as first, running.connect() as second:
            for websocket in (first, second):
                await running.books(websocket)
            for is_sent in (False, True):
                fault = {"fields": ["clock", "ts"], "connection": 2, "seconds": SILENT_SECONDS * 3}
                assert await running.fault("rollout", **fault) == 200
                for _ in range(50):
                    running.tick()
                assert has_clocks(await received(second)) == {is_sent}
                assert has_clocks(await received(first)) == {not is_sent}
                await asyncio.sleep(SILENT_SECONDS * 3)
                assert has_clocks(await running.play(first)) == has_clocks(await received(second)) == {is_sent}
                async with running.connect() as third:
                    await running.books(third)
                    assert has_clocks(await running.play(third)) == {is_sent}
                    await received(first)
                    await received(second)

    journal = serve(tmp_path, use)
    faults = [line["fault"] for line in journal if "fault" in line]
    assert [(each["name"], each["connection"], each["fields"]) for each in faults] == [
        ("rollout", 2, ["clock", "ts"])
    ] * 2


def has_clocks(frames: list[Frame]) -> set[bool]:
    """Return whether some frames have clocks, and whether some have none."""
    assert frames
    return {"clock" in frame["msg"] for frame in frames}


def test_dropped_frames_leave_a_gap_and_are_recorded_as_not_sent(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            before = await running.play(websocket)
            await running.fault("drop_frames", count=3)
            # The first frames after the fault are missing, none of the others.
            assert gap([before[-1], *await running.play(websocket)]) == 3

    journal = serve(tmp_path, use)
    deltas = [line["sent"] for line in journal if "after" in line]
    assert deltas.count(0) == 3


def test_a_second_is_dropped_and_silence_ends(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            for name in ("drop_seconds", "silence"):
                before = await running.play(websocket)
                await running.fault(name, seconds=0.2)
                assert await running.play(websocket) == []
                await asyncio.sleep(0.2)
                assert gap([before[-1], *await running.play(websocket)]) > 10

    serve(tmp_path, use)


def test_one_connection_gets_everything_later(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as late, running.connect() as prompt:
            await running.books(late)
            await running.books(prompt)
            await running.fault("reorder", connection=1, seconds=HELD_SECONDS)
            assert await running.play(prompt)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(late.recv(), SILENT_SECONDS / 10)
            first = msgspec.json.decode(await asyncio.wait_for(late.recv(), HELD_SECONDS * 10))
            assert gap([first, *await received(late)]) == 0

    serve(tmp_path, use)


def test_connections_end(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            await running.fault("disconnect")
            with pytest.raises(ConnectionClosedError):
                await websocket.recv()
        async with running.connect() as websocket:
            assert await running.fault("disconnect_in_snapshots", connection=2, count=3) == 200
            tickers = list(running.model.markets)
            await command(websocket, "subscribe", channels=["orderbook_delta"], market_tickers=tickers)
            assert [frame["type"] for frame in await to_the_end(websocket)] == [
                "subscribed",
                *["orderbook_snapshot"] * 3,
            ]

    serve(tmp_path, use)


def test_what_counts_as_sent_arrives_although_the_client_closes_at_once(tmp_path: Path) -> None:
    frames: list[bytes] = []

    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            websocket.take = frames.append
            wanted = {"sids": [1], "action": "get_snapshot", "market_tickers": list(running.model.markets)}
            asked = msgspec.json.encode({"id": 2, "cmd": "update_subscription", "params": wanted})
            websocket.protocol.send_text(asked)
            websocket.protocol.send_close(1000)
            websocket.transport.write(b"".join(websocket.protocol.data_to_send()))
            await websocket.wait_closed()

    journal = serve(tmp_path, use)
    sent = [line for line in journal if "receiver" in line]
    assert (len(sent), len(frames), journal[-1]["connection"]["event"]) == (20, 10, "disconnected")


def test_errors_that_only_a_fault_brings(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            for name, code in (("command_timeout", 18), ("market_limit", 26), ("command_limit", 27)):
                await running.fault(name)
                await command(websocket, "subscribe", channels=["ticker"])
                assert msgspec.json.decode(await websocket.recv())["msg"]["code"] == code
            for name, code in (("overflow", 25), ("channel_error", 10)):
                await running.fault(name)
                assert msgspec.json.decode(await websocket.recv())["msg"]["code"] == code
                assert await running.play(websocket) == []
                await running.books(websocket)

    serve(tmp_path, use)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_fault_is_in_the_journal_with_its_connection(tmp_path: Path, name: str) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            assert await running.fault(name, seconds=0.1) == 200

    entries = [line["fault"] for line in serve(tmp_path, use) if "fault" in line]
    connection = None if name in OF_EXCHANGE else 1
    assert [(fault["name"], fault["connection"]) for fault in entries] == [(name, connection)]


def test_maintenance_disconnects_and_turns_clocks_back(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            for _ in range(100):
                running.tick()
            clocks = {ticker: market.clock for ticker, market in running.model.markets.items()}
            await running.fault("maintenance", seconds=600)
            await to_the_end(websocket)
            with pytest.raises(InvalidStatus, match="503"):
                await running.connect()
            assert any(market.clock < clocks[ticker] for ticker, market in running.model.markets.items())
            assert (await running.get("/exchange/status"))[1]["exchange_active"] is False
        await running.fault("maintenance", seconds=0)
        async with running.connect() as websocket:
            await running.books(websocket)
        assert (await running.get("/exchange/status"))[1]["exchange_active"] is True

    serve(tmp_path, use)


def test_connections_are_limited(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect(), running.connect():
            with pytest.raises(InvalidStatus, match="429"):
                await running.connect()
        await running.fault("refuse_connections")
        with pytest.raises(InvalidStatus, match="429"):
            await running.connect()

    serve(tmp_path, use, connections_max=2)


def test_rest_storms_and_broken_pages(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        _, first = await running.get("/markets", limit="3")
        await running.fault("repeated_pages")
        assert (await running.get("/markets", limit="3", cursor=first["cursor"]))[1] == first
        await running.fault("truncated_pages")
        with pytest.raises(msgspec.DecodeError):
            await running.get("/markets", limit="3")
        await running.fault("rest_500")
        assert (await running.get("/markets"))[0] == 500
        await running.fault("rest_500", seconds=0)
        await running.fault("rest_429")
        assert await running.get("/markets") == (429, {"error": "too many requests"})

    serve(tmp_path, use)


def test_created_markets_are_not_found_for_a_while(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        ticker = next(iter(running.model.markets))
        assert (await running.get(f"/markets/{ticker}"))[0] == 200
        await running.fault("not_found_after_created", seconds=10**9)
        assert (await running.get(f"/markets/{ticker}"))[0] == 404
        assert (await running.get("/markets", tickers=ticker))[1]["markets"] == []
        await running.fault("not_found_after_created", seconds=0)
        assert len((await running.get("/markets", tickers=ticker))[1]["markets"]) == 1

    serve(tmp_path, use)


def test_the_wall_clock_can_be_wrong(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        before = running.model.publisher.now_ms()
        await running.fault("clock_skew", seconds=3_600)
        assert running.model.publisher.now_ms() - before >= 3_600_000
        # Who signs by the host's clock is turned away.
        with pytest.raises(InvalidStatus, match="401"):
            await running.connect()

    serve(tmp_path, use)


def test_frames_are_compressed_if_both_sides_want_it(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        signer = load_signer(running.key.key_id, running.key.private)
        url, headers = f"http://{running.address}{FEED}", signer.headers("GET", FEED)
        async with running.rest.ws_connect(url, headers=headers, compress=15) as socket:
            await socket.send_str('{"id":1,"cmd":"subscribe","params":{"channels":["ticker"]}}')
            assert (await socket.receive_json())["type"] == "subscribed"
            assert socket.compress

    serve(tmp_path, use, deflate=True)


def test_admin_errors_have_a_status(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        assert await running.fault("earthquake") == 400
        assert await running.fault("disconnect", count=0) == 400
        assert await running.fault("rollout", fields=["colour"]) == 400
        assert await running.fault("disconnect") == 409
        async with running.rest.get(ADMIN) as response:
            assert await response.json() == SCENARIOS

    serve(tmp_path, use)


def test_a_scenario_file_names_faults(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[faults]]\nname = "silence"\nafter_seconds = 2\nseconds = 30\nclient = "me"\n')
    assert read_scenario(path) == [Fault(name="silence", after_seconds=2, seconds=30, client="me")]


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["replay", "--help"]])
def test_help_shows_the_whole_of_each_scenario_on_a_narrow_terminal(arguments: list[str]) -> None:
    shown = CliRunner().invoke(main, arguments).output
    assert max(map(len, shown.splitlines())) <= 80
    words = " ".join([*shown.split(), ""])
    for name, text in SCENARIOS.items():
        assert words.count(f" {name} {' '.join(text.split())} ") == 1


def test_buckets_refill_without_windows() -> None:
    now = [0.0]
    bucket = TokenBucket(200, 400, lambda: now[0])
    assert [bucket.take() for _ in range(41)] == [True] * 40 + [False]
    now[0] += 0.05
    assert (bucket.take(), bucket.take()) == (True, False)


def test_a_pause_of_a_shard_is_answered_and_stops_its_trading(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.connect() as websocket:
            await running.books(websocket)
            await running.get("/exchange/status")
            await running.fault("trading_pause", seconds=600, shard=0)
            status = (await running.get("/exchange/status"))[1]
            flags = [(each["exchange_active"], each["trading_active"]) for each in status["exchange_index_statuses"]]
            assert (flags, status["trading_active"]) == ([(True, False), (True, True)], False)
            await running.play(websocket, 25)
            frames = await running.play(websocket)
            books = {frame["msg"]["market_ticker"] for frame in frames if frame["type"] == "orderbook_delta"}
            assert all(ticker.startswith("KXMVE") for ticker in books)
            await running.fault("exchange_halt", seconds=600)
            assert await running.play(websocket) == []
            await running.fault("exchange_halt", seconds=0)
            await running.fault("trading_pause", seconds=0, shard=0)
            await running.get("/exchange/status")
            await running.play(websocket, 25)
            assert await running.play(websocket)

    lines = [line["exchange"] for line in serve(tmp_path, use) if "exchange" in line]
    assert [[shard["trading_active"] for shard in shards] for shards in lines] == [
        [True, True],
        [False, True],
        [True, True],
    ]


def test_the_schedule_lists_maintenance_on_thursdays_in_new_york(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        windows = (await running.get("/exchange/schedule"))[1]["schedule"]["maintenance_windows"]
        for window in windows:
            times = [datetime.fromisoformat(window[name]) for name in ("start_datetime", "end_datetime")]
            local = [each.astimezone(ZoneInfo("America/New_York")) for each in times]
            assert [(each.isoweekday(), each.hour, each.minute) for each in local] == [(4, 3, 0), (4, 5, 0)]
        assert len(windows) == 5

    serve(tmp_path, use)
