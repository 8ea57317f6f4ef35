"""A session with an exchange: signed connections, bad frames, gaps, unknown fields, and the rows in the database."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, WSMsgType, web
from aiolimiter import AsyncLimiter
from websockets.exceptions import InvalidStatus

from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.gatherer.connections.allocation import SubscriptionAllocator
from kalshi_data.gatherer.connections.readiness import Readiness
from kalshi_data.gatherer.connections.session import FeedSession
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.subscriber import Subscriber
from kalshi_data.gatherer.connections.trade_outage import TradeOutage
from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.feed import FeedConnection, open_feed
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.server import FEED
from kalshi_data.simulator.server import ExchangeServer as LocalExchange
from kalshi_data.simulator.venue.recording import RecordedFrame
from tests.support.engines import Database
from tests.support.receiving import fetch, station

DELTA: dict[str, Any] = {
    "market_ticker": "KXA-1",
    "price_dollars": "0.4100",
    "delta_fp": "1.00",
    "side": "yes",
    "ts_ms": 1793109600447,
}
SUBSCRIBED = msgspec.json.encode({"type": "subscribed", "id": 1, "msg": {"channel": "orderbook_delta", "sid": 1}})


def delta(seq: int, sid: int = 1, **others: object) -> bytes:
    return msgspec.json.encode({"type": "orderbook_delta", "sid": sid, "seq": seq, "msg": {**DELTA, **others}})


async def serve(handler: Any, use: Any) -> Any:
    """Serve one WebSocket handler on a free port and use its address."""
    application = web.Application()
    application.add_routes([web.get(FEED, handler)])
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        return await use(f"ws://127.0.0.1:{runner.addresses[0][1]}{FEED}")
    finally:
        await runner.cleanup()


class Gathered:
    """The result of a session."""

    def __init__(self, counters: Counters, reason: str, missed: list[Any], allocator: SubscriptionAllocator) -> None:
        self.counters = counters
        self.reason = reason
        self.missed = missed
        self.books = list(allocator.specs[-1].tickers)
        self.refused = dict(counters.refused_markets)


def ignore(kind: str, subject: str, payload: bytes) -> None:
    """Take a lifecycle message and do nothing about it."""


async def follow(database: Database, key: KeyFiles, url: str, books: Sequence[str], **settings: Any) -> Gathered:
    """Follow one connection to its end with the gatherer's own session and writer."""
    chosen = SubscriptionSettings(audit_seconds=0, **settings)
    missed: list[Any] = []
    async with station(database, key.private.parent / "frames") as running:
        allocator = SubscriptionAllocator(chosen, running.counters)
        allocator.assign(books)

        def fetch_trades(since: datetime, frame_number: int | None) -> None:
            missed.append((since, frame_number))

        spec = allocator.specs[-1 if books else 0]
        async with open_feed(url, load_signer(key.key_id, key.private)) as websocket:
            assert isinstance(websocket, FeedConnection)
            recorder = running.recorder.open(spec.name, url)
            readiness, outage = Readiness(allocator, running.counters), TradeOutage(fetch_trades, None)
            shared = (allocator, readiness, outage, chosen, AsyncLimiter(1000, 1.0))
            subscriber = Subscriber(spec, websocket, recorder, *shared)
            limit = chosen.silence_seconds_max
            session = FeedSession(spec.name, websocket, recorder, subscriber, ignore, asyncio.Event(), limit)
            reason = await session.run()
    return Gathered(running.counters, reason, missed, allocator)


def gather(
    database: Database, folder: Path, frames: Sequence[bytes], books: Sequence[str] = ("KXA-1",), **settings: Any
) -> Gathered:
    """Follow an exchange that sends frames after the first command and then closes the connection."""
    key = make_key(folder, 2)

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await socket.receive()
        for each in frames:
            await socket.send_bytes(each) if b"\x00" in each[:1] else await socket.send_frame(each, WSMsgType.TEXT)
        await socket.close()
        return socket

    def use(url: str) -> Any:
        return follow(database, key, url, books, **settings)

    return asyncio.run(serve(handler, use))


def test_bad_frames_are_kept_verbatim_and_the_connection_goes_on(kalshi_ts: Database, tmp_path: Path) -> None:
    huge = msgspec.json.encode({"type": "orderbook_delta", "sid": 1, "seq": 6, "msg": {"padding": "x" * 20_000_000}})
    bad = {
        b"not json": "not JSON",
        b'{"type":"weather","sid":1,"seq":2,"msg":{}}': "unknown message type",
        delta(3, price_dollars=None): "missing field price_dollars",
        delta(4, price_dollars="0.4I"): "bad orderbook_delta",
        delta(1, sid=99): "unknown sid",
        b'{"sid":1,"seq":5}': "bad envelope",
        huge: "frame too long",
    }
    # The number of the frame without a type cannot be read, so this frame is a gap as well.
    gathered = gather(kalshi_ts, tmp_path, [SUBSCRIBED, delta(1), *bad, delta(7), delta(8)])
    assert fetch(kalshi_ts, "select seq from capture.orderbook_deltas order by seq") == [(1,), (7,), (8,)]
    kept = fetch(kalshi_ts, "select frame, reason, frame_bytes, frame_sha256 from capture.quarantine order by 1")
    assert {frame[:100]: reason.partition(":")[0] for frame, reason, *_ in kept} == {
        frame[:100]: reason for frame, reason in bad.items()
    }
    by_frame = {frame[:100]: rest for frame, *rest in kept}
    assert by_frame[huge[:100]][1:] == [len(huge), hashlib.sha256(huge).digest()]
    assert max(len(frame) for frame, *_ in kept) == 1 << 20
    assert gathered.counters.quarantined.total() == len(bad)
    assert fetch(kalshi_ts, "select frames_received from capture.connections") == [(len(bad) + 4,)]


def test_every_frame_with_a_number_is_checked(kalshi_ts: Database, tmp_path: Path) -> None:
    acknowledged = b'{"type":"ok","id":9,"sid":1,"seq":2}'
    unknown = b'{"type":"weather","sid":1,"seq":3,"msg":{}}'
    gathered = gather(kalshi_ts, tmp_path, [SUBSCRIBED, delta(1), acknowledged, unknown, delta(4), delta(7), delta(8)])
    assert fetch(kalshi_ts, "select sid, seq_expected, seq_received from capture.gaps") == [(1, 5, 7)]
    assert gathered.counters.gaps == {"orderbook_delta": 1}


def test_a_repeated_frame_makes_no_second_row(kalshi_ts: Database, tmp_path: Path) -> None:
    gathered = gather(kalshi_ts, tmp_path, [SUBSCRIBED, delta(1), delta(2), delta(2), delta(1), delta(3)])
    assert fetch(kalshi_ts, "select seq from capture.orderbook_deltas order by seq") == [(1,), (2,), (3,)]
    assert gathered.counters.quarantined == {"repeated sequence number": 2}
    assert fetch(kalshi_ts, "select seq_expected, seq_received from capture.gaps order by frame_number") == [
        (3, 2),
        (3, 1),
    ]


def test_unknown_fields_are_counted_and_the_row_is_stored(kalshi_ts: Database, tmp_path: Path) -> None:
    frames = [SUBSCRIBED, *(delta(seq, moon="full") for seq in range(1, 4))]
    gathered = gather(kalshi_ts, tmp_path, frames)
    assert gathered.counters.unknown_fields == {("orderbook_delta", "moon"): 3}
    assert not gathered.counters.quarantined
    assert fetch(kalshi_ts, "select count(*) from capture.orderbook_deltas") == [(3,)]


def test_a_refused_market_is_counted_and_asked_for_again_later(kalshi_ts: Database, tmp_path: Path) -> None:
    refused = b'{"type":"error","id":1,"msg":{"code":14,"msg":"Market Ticker required"}}'
    gathered = gather(kalshi_ts, tmp_path, [refused])
    assert (gathered.books, gathered.counters.exchange_errors) == (["KXA-1"], {14: 1})
    assert gathered.refused == {"KXA-1": "error 14, Market Ticker required"}


def test_a_connection_ends_if_the_exchange_refuses_order_books(kalshi_ts: Database, tmp_path: Path) -> None:
    refused = b'{"type":"error","id":1,"msg":{"code":9,"msg":"Authentication required"}}'
    gathered = gather(kalshi_ts, tmp_path, [refused])
    assert gathered.reason == "the exchange refused order books: error 9, Authentication required"


def test_a_refused_channel_of_all_markets_leaves_the_others(kalshi_ts: Database, tmp_path: Path) -> None:
    refused = b'{"type":"error","id":1,"msg":{"code":8,"msg":"Unknown channel name"}}'
    acknowledged = b'{"type":"subscribed","id":2,"msg":{"channel":"trade","sid":1}}'
    gathered = gather(kalshi_ts, tmp_path, [refused, acknowledged], ())
    assert gathered.counters.refused == {"all-markets-1 ticker": "error 8, Unknown channel name"}
    assert fetch(kalshi_ts, "select channel from capture.subscriptions") == [("trade",)]


def test_missed_trades_are_fetched(kalshi_ts: Database, tmp_path: Path) -> None:
    subscribed = b'{"type":"subscribed","id":1,"msg":{"channel":"trade","sid":1}}'
    acknowledged = b'{"type":"ok","id":9,"sid":1,"seq":%d}'
    gathered = gather(kalshi_ts, tmp_path, [subscribed, acknowledged % 1, acknowledged % 4], ())
    assert len(gathered.missed) == 1
    gap = fetch(kalshi_ts, "select began_at, frame_number, channel from capture.gaps")
    assert [(*gathered.missed[0], "trade")] == gap


def book(seq: int, ticker: str) -> bytes:
    body = {"market_ticker": ticker, "market_id": "1", "clock": seq, "yes_dollars_fp": [["0.4100", "1.00"]]}
    return msgspec.json.encode({"type": "orderbook_snapshot", "sid": 1, "seq": seq, "msg": body})


def test_snapshots_that_are_lost_in_a_gap_are_requested_again_at_once(kalshi_ts: Database, tmp_path: Path) -> None:
    key = make_key(tmp_path, 2)
    asked: list[Any] = []

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        # A gap, after which snapshots are requested; of those, the snapshot of KXB-1 is lost.
        for frames in (
            [SUBSCRIBED, book(1, "KXA-1"), book(2, "KXB-1"), delta(5)],
            [book(6, "KXA-1"), delta(8)],
            [book(9, "KXA-1"), book(10, "KXB-1")],
        ):
            for each in frames:
                await socket.send_frame(each, WSMsgType.TEXT)
            asked.append((await socket.receive(timeout=2)).data if len(asked) < 2 else None)
        await socket.close()
        return socket

    def use(url: str) -> Any:
        return follow(kalshi_ts, key, url, ["KXA-1", "KXB-1"])

    asyncio.run(serve(handler, use))
    commands = [msgspec.json.decode(each)["params"] for each in asked if each]
    assert [sorted(each["market_tickers"]) for each in commands] == [["KXA-1", "KXB-1"]] * 2
    assert fetch(kalshi_ts, "select seq_expected, seq_received, repair from capture.gaps order by frame_number") == [
        (3, 5, "snapshot"),
        (7, 8, "snapshot"),
    ]


def test_a_command_without_an_acknowledgement_ends_the_connection(kalshi_ts: Database, tmp_path: Path) -> None:
    key = make_key(tmp_path, 2)

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            continue
        return socket

    def use(url: str) -> Any:
        return follow(kalshi_ts, key, url, ["KXA-1"], acknowledgement_seconds_max=0.1)

    gathered = asyncio.run(serve(handler, use))
    assert gathered.reason == "command 1 was not acknowledged in 0.1 s"
    assert fetch(kalshi_ts, "select close_reason from capture.connections") == [(gathered.reason,)]


def test_a_connection_on_which_nothing_arrives_is_closed(kalshi_ts: Database, tmp_path: Path) -> None:
    key = make_key(tmp_path, 2)

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_frame(SUBSCRIBED, WSMsgType.TEXT)
        await socket.receive()
        return socket

    def use(url: str) -> Any:
        return follow(kalshi_ts, key, url, ["KXA-1"], silence_seconds_max=0.5)

    assert asyncio.run(serve(handler, use)).reason == "nothing arrived for 0.5 s"


def test_a_message_in_parts_is_one_message(kalshi_ts: Database, tmp_path: Path) -> None:
    key, whole = make_key(tmp_path, 2), delta(1)

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_frame(SUBSCRIBED, WSMsgType.TEXT)
        transport = request.transport
        assert transport is not None
        parts = (0x01, whole[:20]), (0x00, whole[20:90]), (0x80, whole[90:])
        for first_byte, part in parts:
            transport.write(bytes([first_byte, len(part)]) + part)
        await socket.send_frame(delta(2), WSMsgType.TEXT)
        await socket.close()
        return socket

    def use(url: str) -> Any:
        return follow(kalshi_ts, key, url, ["KXA-1"])

    gathered = asyncio.run(serve(handler, use))
    assert fetch(kalshi_ts, "select seq from capture.orderbook_deltas order by seq") == [(1,), (2,)]
    assert not gathered.counters.quarantined


def local_exchange(keys: dict[str, Path]) -> LocalExchange:
    body = msgspec.Raw(msgspec.json.encode(DELTA))
    frames = [RecordedFrame(None, "orderbook_delta", "KXA-1", {"type": msgspec.Raw(b'"orderbook_delta"'), "msg": body})]
    return LocalExchange(Replay(frames, None, lambda _: None), KeyRing(keys))


async def with_exchange(exchange: LocalExchange, use: Any) -> Any:
    runner = web.AppRunner(exchange.application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        return await use(f"127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def test_the_exchange_rejects_a_signature_of_another_key(tmp_path: Path) -> None:
    known, stranger = tmp_path / "known", tmp_path / "stranger"
    for folder in (known, stranger):
        folder.mkdir()
    public, private = make_key(known, 1).public, make_key(stranger, 1).private

    async def connect(address: str) -> None:
        async with open_feed(f"ws://{address}{FEED}", load_signer("demo-gatherer-1", private)):
            pass

    with pytest.raises(InvalidStatus, match="401"):
        asyncio.run(with_exchange(local_exchange({"demo-gatherer-1": public}), connect))


def command(number: int, name: str, **params: Any) -> dict[str, Any]:
    return {"id": number, "cmd": name, "params": params}


def test_the_exchange_answers_commands_as_documented(tmp_path: Path) -> None:
    key = make_key(tmp_path, 2)
    books = {"channels": ["orderbook_delta"]}
    update = "update_subscription"
    commands: list[tuple[Any, str | int]] = [
        (command(1, "subscribe", **books, market_tickers=["KXA-1"]), "subscribed"),
        (command(2, "subscribe", **books, market_ticker="KXB-1"), "ok"),
        (command(3, "list_subscriptions"), "ok"),
        (command(4, update, sid=1, action="delete_markets", market_ticker="KXB-1"), "ok"),
        (command(5, "unsubscribe", sids=[1]), "unsubscribed"),
        (command(6, "subscribe", **books, market_ticker="KXA-1"), "subscribed"),
        ("nonsense", 1),
        (command(7, "subscribe"), 2),
        (command(8, "subscribe", channels=[]), 3),
        (command(9, "subscribe", market_ticker="KXA-1"), 3),
        (command(10, "unsubscribe", sid=1), 4),
        (command(11, "dance"), 5),
        (command(12, "unsubscribe", sids=[77]), 7),
        (command(13, "subscribe", channels=["ticker_v2"]), 8),
        (command(14, update, action="add_markets"), 12),
        (command(15, update, sid=2, action="sing"), 13),
        (command(16, "subscribe", **books), 14),
        (command(17, update, sid=2), 15),
    ]

    async def talk(address: str) -> list[dict[str, Any]]:
        async with open_feed(f"ws://{address}{FEED}", load_signer(key.key_id, key.private)) as websocket:
            replies: list[dict[str, Any]] = []
            for each, _ in commands:
                await websocket.send(each if isinstance(each, str) else msgspec.json.encode(each), text=True)
                replies.append(msgspec.json.decode(await websocket.recv()))
            return replies

    replies = asyncio.run(with_exchange(local_exchange({key.key_id: key.public}), talk))
    for (each, expected), reply in zip(commands, replies, strict=True):
        assert reply.get("id") == (None if isinstance(each, str) else each["id"])
        assert (reply["msg"]["code"] if isinstance(expected, int) else reply["type"]) == expected
    assert replies[0]["msg"] == {"channel": "orderbook_delta", "sid": 1}
    assert (replies[1]["seq"], replies[1]["msg"]) == (1, {"market_tickers": ["KXA-1", "KXB-1"]})
    assert replies[2]["msg"] == [{"channel": "orderbook_delta", "sid": 1}]
    assert (replies[3]["seq"], replies[3]["msg"]) == (2, {"market_tickers": ["KXA-1"]})
    assert (replies[4]["sid"], replies[4]["seq"]) == (1, 3)
    # A new subscription has a new sid.
    assert replies[5]["msg"]["sid"] == 2


def test_the_exchange_offers_recorded_markets_over_rest(tmp_path: Path) -> None:
    key = make_key(tmp_path, 2)

    async def ask(address: str) -> list[tuple[int, Any]]:
        answers: list[tuple[int, Any]] = []
        async with ClientSession(f"http://{address}/trade-api/v2/") as session:
            for path in (
                "exchange/status",
                "series",
                "events",
                "markets",
                "markets/KXA-1",
                "markets/KXB-1",
                "markets?limit=x",
            ):
                async with session.get(path) as response:
                    answers.append((response.status, await response.json()))
        return answers

    status, series, events, markets, market, missing, bad = asyncio.run(
        with_exchange(local_exchange({key.key_id: key.public}), ask)
    )
    assert status[1]["trading_active"]
    assert [listed["ticker"] for listed in series[1]["series"]] == ["KXA"]
    assert [event["event_ticker"] for event in events[1]["events"]] == ["KXA"]
    assert [listed["ticker"] for listed in markets[1]["markets"]] == ["KXA-1"]
    assert market[1]["market"]["status"] == "active"
    assert (missing[0], bad[0]) == (404, 400)
