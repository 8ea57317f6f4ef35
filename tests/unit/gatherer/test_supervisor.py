"""A connection that is refused or fails is opened again, and its reason is reported in the exchange's words."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from kalshi_data.demo.keys import make_key
from kalshi_data.gatherer.connections.allocation import ConnectionSpec
from kalshi_data.gatherer.connections.supervisor import ConnectionSupervisor, Follow
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import CLOCK_REFUSED, KEY_REFUSED, Incidents
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.service import retry

SECONDS_MAX = 30


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses between attempts."""

    def pause(attempts: int, seconds_max: float) -> float:
        del attempts, seconds_max
        return 0.01

    monkeypatch.setattr(retry, "delay_seconds", pause)


def supervise(
    folder: Path, handler: Any, is_reached: Callable[[Counters], bool], follow: Follow | None = None
) -> tuple[Counters, list[Any]]:
    """Keep a connection to a server until a condition holds; return the counters and what was logged."""
    key, counters, stopping = make_key(folder, 1), Counters(), asyncio.Event()

    async def nothing(spec: ConnectionSpec, websocket: FeedConnection) -> str:
        del spec
        await websocket.wait_closed()
        return "closed"

    async def run() -> None:
        application = web.Application()
        application.add_routes([web.get("/feed", handler)])
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"ws://127.0.0.1:{runner.addresses[0][1]}/feed"
        spec = ConnectionSpec("books-1", (), counters)
        signer = load_signer(key.key_id, key.private)
        one = ConnectionSupervisor(spec, follow or nothing, url, signer, counters, Incidents(), stopping)
        running = asyncio.ensure_future(one.run())
        async with asyncio.timeout(SECONDS_MAX):
            while not is_reached(counters):
                await asyncio.sleep(0.01)
            stopping.set()
            await running
        await runner.cleanup()

    with capture_logs() as lines:
        asyncio.run(run())
    return counters, lines


def refuse(status: int, body: bytes, **headers: str) -> Any:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return handler


@pytest.mark.parametrize(
    ("status", "body", "event", "reason"),
    [
        (401, b'{"code":"authentication_error"}', KEY_REFUSED, f"{KEY_REFUSED} (HTTP 401): authentication_error"),
        (
            401,
            b'{"error":{"message":"header timestamp expired"}}',
            CLOCK_REFUSED,
            f"{CLOCK_REFUSED} (HTTP 401): header timestamp expired",
        ),
        (
            401,
            b"API has been moved to https://api.example.test/.",
            "connection refused, trying again",
            "refused (HTTP 401): API has been moved to https://api.example.test/.",
        ),
        (
            403,
            b"<html>\x00\r\nblocked" + b"x" * 500 + b"</html>",
            "connection refused, trying again",
            f"refused (HTTP 403): <html> blocked{'x' * 186}",
        ),
        (
            429,
            b'{"error":"too many requests"}',
            "connection refused, trying again",
            "refused (HTTP 429): too many requests",
        ),
        (503, b"", "connection refused, trying again", "refused (HTTP 503)"),
    ],
)
def test_a_refused_handshake_is_reported_once_in_the_words_of_the_exchange(
    tmp_path: Path, status: int, body: bytes, event: str, reason: str
) -> None:
    asked = [0]

    def is_reached(counters: Counters) -> bool:
        return counters.refused.get("books-1") == reason and asked[0] >= 2

    async def handler(request: web.Request) -> web.Response:
        asked[0] += 1
        return await refuse(status, body)(request)

    _, lines = supervise(tmp_path, handler, is_reached)
    assert [line["event"] for line in lines] == [event]
    assert lines[0]["status"] == status
    assert len(lines[0]["answer"]) <= 200


def test_a_redirect_is_a_refusal_and_the_signature_goes_nowhere_else(tmp_path: Path) -> None:
    handler = refuse(301, b"", Location="wss://elsewhere.example.test/feed")
    counters, _ = supervise(tmp_path, handler, lambda counters: bool(counters.refused))
    assert counters.refused == {"books-1": "refused (HTTP 301): wss://elsewhere.example.test/feed"}


async def accept(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    return socket


def test_an_error_of_this_program_ends_one_connection_and_is_reported(tmp_path: Path) -> None:
    async def broken(spec: ConnectionSpec, websocket: FeedConnection) -> str:
        del spec, websocket
        raise KeyError("a\x00b")

    counters, lines = supervise(tmp_path, accept, lambda counters: counters.reconnects["books-1"] >= 5, broken)
    assert counters.failing == {"books-1": "KeyError: 'a\\x00b'"}
    assert counters.connection_errors["KeyError"] >= 5
    assert [line["event"] for line in lines] == ["connection failed"]


def test_a_connection_that_the_exchange_closes_each_time_is_reported(tmp_path: Path) -> None:
    async def close(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    counters, _ = supervise(tmp_path, close, lambda counters: bool(counters.failing))
    assert counters.failing == {"books-1": "closed"}
