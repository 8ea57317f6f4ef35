"""What clients of a replay get over the network: candlesticks, earlier trades, and books in the middle of play."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from kalshi_data.demo.keys import make_key
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.reader import open_archive
from kalshi_data.reader.times import microseconds
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.replay.archive_replay import ArchiveReplay
from kalshi_data.simulator.replay.archive_source import ArchiveSource, ReplayWindow
from kalshi_data.simulator.replay.play_clock import PlayClock
from kalshi_data.simulator.server import API, FEED, ExchangeServer
from tests.support.sample_archive import HEAT, after, write_rows
from tests.unit.simulator.test_archive_windows import listed, place

__all__ = ["place"]
SECONDS_MAX = 60
# The two changes of the window are a minute apart, or 0.1 s as it is played.
SPEED = 600.0
SIDES = ("yes", "no")


class Exchange(NamedTuple):
    """An exchange that plays 100 s of the sample archive, and a client of it."""

    replay: ArchiveReplay
    client: TestClient[web.Request, web.Application]
    signer: Signer

    async def get(self, path: str, status: int = 200, /, **parameters: Any) -> dict[str, Any]:
        """Return the answer of a path of REST, which has a status."""
        async with self.client.get(f"{API}{path}", params=parameters) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def books(self) -> ClientWebSocketResponse:
        """Return a connection that has subscribed the book of one market."""
        socket = await self.client.ws_connect(FEED, headers=self.signer.headers("GET", FEED))
        params = {"channels": ["orderbook_delta"], "market_tickers": [HEAT]}
        await socket.send_json({"id": 1, "cmd": "subscribe", "params": params})
        return socket


@asynccontextmanager
async def exchange(place: Path, folder: Path) -> AsyncGenerator[Exchange]:
    window = ReplayWindow(microseconds(after(100)), microseconds(after(200)))
    source = ArchiveSource(open_archive(place), window)
    key = make_key(folder, 2)
    try:
        replay = ArchiveReplay(source, PlayClock(window.from_us, SPEED), None, lambda _: None, Limits())
        application = ExchangeServer(replay, KeyRing({key.key_id: key.public})).application()
        async with TestClient(TestServer(application)) as client, asyncio.timeout(SECONDS_MAX):
            yield Exchange(replay, client, load_signer(key.key_id, key.private))
    finally:
        source.close()


async def message(socket: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """Return the body of the next message of a kind."""
    while True:
        found = await socket.receive_json()
        if found["type"] == kind:
            return found["msg"]


def ladders(sides: dict[str, list[list[str]]]) -> dict[str, dict[Decimal, Decimal]]:
    return {side: {Decimal(price): Decimal(size) for price, size in sides.get(side, [])} for side in SIDES}


def test_candlesticks_and_earlier_trades_are_answered(place: Path, tmp_path: Path) -> None:
    async def asked() -> tuple[dict[str, Any], dict[str, Any]]:
        async with exchange(place, tmp_path) as served:
            await served.replay.run(StartCondition(0))
            start_s = served.replay.publisher.now_ms() // 1_000 - 3_600
            times = {"start_ts": str(start_s), "end_ts": str(start_s + 7_200), "period_interval": "1"}
            trades = await served.get("/markets/trades", ticker=HEAT)
            return trades, await served.get(f"/series/KXHIGHNY/markets/{HEAT}/candlesticks", **times)

    trades, candles = asyncio.run(asked())
    # One trade is from before the window, one is of it.
    assert [each["count_fp"] for each in trades["trades"]] == ["2.00", "5.00"]
    assert sum(Decimal(each["volume_fp"]) for each in candles["candlesticks"]) == 2


def test_a_book_that_is_not_known_is_not_answered_as_an_empty_one(place: Path, tmp_path: Path) -> None:
    unknown = "KXHIGHNY-26NOV02-T58"
    write_rows(place, "markets", [{**listed(each), "fetched_at": after(-50_000)} for each in (HEAT, unknown)])

    async def asked() -> tuple[list[dict[str, Any]], dict[str, Any]]:
        async with exchange(place, tmp_path) as served:
            await served.get(f"/markets/{unknown}/orderbook", 404)
            books = await served.get("/markets/orderbooks", tickers=[unknown, HEAT])
            return books["orderbooks"], await served.get(f"/markets/{HEAT}/orderbook")

    books, book = asyncio.run(asked())
    assert books == [{"ticker": HEAT, **book}]
    assert book["orderbook_fp"]["no_dollars"] == [["0.5500", "80.00"]]


def test_a_client_that_subscribes_during_play_gets_the_book_as_of_then(place: Path, tmp_path: Path) -> None:
    async def followed() -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, list[list[str]]] | None]:
        async with exchange(place, tmp_path) as served:
            first = await served.books()
            assert (await message(first, "orderbook_snapshot"))["clock"] == 11
            playing = asyncio.ensure_future(served.replay.run(StartCondition(0)))
            assert (await message(first, "orderbook_delta"))["clock"] == 12
            second = await served.books()
            book = await message(second, "orderbook_snapshot")
            changes = [] if book["clock"] == 13 else [await message(second, "orderbook_delta")]
            await playing
            return book, changes, served.replay.levels(HEAT)

    book, changes, last = asyncio.run(followed())
    assert last
    assert book["clock"] in {12, 13}
    assert [each["clock"] for each in changes] == list(range(book["clock"] + 1, 14))
    held = ladders({side: book.get(f"{side}_dollars_fp", []) for side in SIDES})
    assert held["no"] == {Decimal("0.55"): Decimal(50)}
    for each in changes:
        side, price = held[each["side"]], Decimal(each["price_dollars"])
        side[price] += Decimal(each["delta_fp"])
    assert {side: {price: size for price, size in levels.items() if size} for side, levels in held.items()} == ladders(
        last
    )
