"""The local exchange as an HTTP server: REST and the WebSocket feed on one port of the loopback interface."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.listings import BadRequest, Listings
from kalshi_data.simulator.replay import Replay
from kalshi_data.simulator.session import Session

API = "/trade-api/v2"
FEED = "/trade-api/ws/v2"
HEARTBEAT_SECONDS = 10
# Source: the exchange's changelog of 2026-09-24.
MESSAGE_BYTES_MAX = 64 << 20


class Exchange:
    """Answers REST requests and serves the feed."""

    def __init__(self, replay: Replay, keys: KeyRing) -> None:
        """Offer the markets of a replay to the clients of a key ring."""
        self._replay = replay
        self._keys = keys
        self._listings = Listings(replay.frames)

    def application(self) -> web.Application:
        """Return the routes of both interfaces."""
        application = web.Application()
        application.add_routes(
            [
                web.get(FEED, self._feed),
                web.get(f"{API}/exchange/status", self._status),
                web.get(f"{API}/series", self._series),
                web.get(f"{API}/events", self._page),
                web.get(f"{API}/markets", self._page),
                web.get(f"{API}/markets/{{ticker}}", self._market),
            ]
        )
        return application

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        client = self._keys.client(request.headers, "GET", FEED)
        if client is None:
            return _json({"code": "authentication_error", "message": "authentication_error"}, 401)
        socket = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_MAX, compress=False)
        await socket.prepare(request)
        session = Session(client, socket, self._replay.snapshot)
        self._replay.sessions.add(session)
        heartbeat = asyncio.ensure_future(_heartbeat(socket))
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await session.command(message.data)
        finally:
            heartbeat.cancel()
            self._replay.sessions.discard(session)
        return socket

    async def _status(self, _: web.Request) -> web.Response:
        return _json({"exchange_active": True, "trading_active": True, "intra_exchange_transfers_active": True})

    async def _series(self, _: web.Request) -> web.Response:
        return _json({"series": list(self._listings.series.values())})

    async def _page(self, request: web.Request) -> web.Response:
        try:
            return _json(self._listings.page(request.path.rpartition("/")[2], request.query))
        except BadRequest as error:
            return _json({"code": "bad_request", "message": str(error)}, 400)

    async def _market(self, request: web.Request) -> web.Response:
        market = self._listings.markets.get(request.match_info["ticker"])
        if market is None:
            return _json({"code": "not_found", "message": "not found"}, 404)
        return _json({"market": market})


def _json(body: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def _heartbeat(socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await socket.ping(b"heartbeat")
