"""The local exchange as an HTTP server: REST, the WebSocket feed and the admin endpoint on one loopback port."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from aiohttp import WSMsgType, web

from kalshi_data.simulator.faults.injector import FaultInjector
from kalshi_data.simulator.faults.scenarios import SCENARIOS, Fault
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.session import ServerSession
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import TokenBucket, account_limits, read_bucket
from kalshi_data.simulator.rest.events import EventPaths
from kalshi_data.simulator.rest.exchange import ExchangePaths
from kalshi_data.simulator.rest.markets import Handler, MarketPaths, RestVenue
from kalshi_data.simulator.venue.filters import BadRequest, NotFound

API = "/trade-api/v2"
FEED = "/trade-api/ws/v2"
ADMIN = "/admin/faults"
# Paths about the client itself, of which only a signed request may ask.
PRIVATE = tuple(f"{API}/{name}" for name in ("portfolio/", "communications/", "api_keys", "account/"))
HEARTBEAT_SECONDS = 10
# Codes of the WebSocket close handshake: a normal end, and one that goes away.
CLOSED = (1000, 1001)
# Source: the exchange's changelog of 2026-09-24.
MESSAGE_BYTES_MAX = 64 << 20
SIGNATURE = "KALSHI-ACCESS-SIGNATURE"
UNAUTHENTICATED = {"code": "authentication_error", "message": "authentication_error", "details": "NOT_FOUND"}
TOO_MANY = {"error": "too many requests"}
CACHED_ANSWERS_MAX = 10_000


class PublishingVenue(RestVenue, Protocol):
    """A venue with its publisher."""

    publisher: Publisher


class ExchangeServer:
    """Answers REST requests, and serves the feed and the admin endpoint."""

    def __init__(self, venue: PublishingVenue, keys: KeyRing) -> None:
        """Serve a venue's markets to the clients of a key ring."""
        self._publisher = venue.publisher
        self._limits = venue.publisher.limits
        self._keys = keys
        self._venue = venue
        self._buckets: dict[str | None, TokenBucket] = {}
        self._cached: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._connections_opened = 0
        self.faults = FaultInjector(venue.publisher)
        venue.publisher.is_halted = self.faults.is_halted

    def application(self) -> web.Application:
        """Return the application with all routes."""
        application = web.Application()
        events = EventPaths(self._venue, self._publisher.now_ms)
        exchange = ExchangePaths(self._publisher.now_ms, self.faults.is_halted, self._publisher.journal)
        markets = MarketPaths(self._venue, self._publisher.now_ms, self._limits.live_seconds)
        markets.hidden_seconds = lambda: self.faults.not_found_seconds
        paths: dict[str, Handler] = {**exchange.routes(), **events.routes(), **markets.routes()}
        routes = [web.get(f"{API}{path}", self._checked(handler)) for path, handler in paths.items()]
        application.add_routes([web.get(FEED, self._feed), *routes])
        application.router.add_get(f"{API}/account/limits", self._account)
        application.router.add_get(f"{API}/api_keys", self._api_keys)
        application.router.add_get(ADMIN, self._list_faults)
        application.router.add_post(ADMIN, self._start_fault)
        application.router.add_get("/trade-api/{rest:.*}", self._not_found)
        return application

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        client = self._client(request)
        if client is None:
            return _json(UNAUTHENTICATED, 401)
        used = sum(session.client == client for session in self._publisher.sessions)
        if used >= self._limits.connections_max or self.faults.active("refuse_connections"):
            return _json(TOO_MANY, 429)
        if self.faults.active("maintenance"):
            return _json({"code": "unavailable", "message": "maintenance"}, 503)
        # The library would answer a close frame before the frames that wait in the wire.
        socket = web.WebSocketResponse(autoclose=False, max_msg_size=MESSAGE_BYTES_MAX, compress=self._limits.deflate)
        await socket.prepare(request)
        self._connections_opened += 1
        # `compress` is the window size agreed on, 0 for no compression.
        wire = Wire(request.transport, int(socket.compress or 0))
        session = ServerSession(client, wire, self._publisher, self._connections_opened)
        await self._serve(session, socket)
        return socket

    async def _serve(self, session: ServerSession, socket: web.WebSocketResponse) -> None:
        self._record(session, "connected")
        self._publisher.sessions.add(session)
        heartbeat = asyncio.ensure_future(_heartbeat(session, socket))
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    session.command(message.data)
            session.wire.end()
            await socket.close()
        finally:
            heartbeat.cancel()
            self._publisher.sessions.discard(session)
            self._publisher.subscriptions_changed()
            # What was sent last may not have arrived if the client did not close the connection.
            self._record(session, "disconnected" if socket.close_code in CLOSED else "broken")

    def _record(self, session: ServerSession, what: str) -> None:
        details = {"number": session.number, "client": session.client, "event": what}
        self._publisher.journal.record(self._publisher.now_ms(), connection=details)

    def _client(self, request: web.Request) -> str | None:
        return self._keys.client(request.headers, request.method, request.path, self._publisher.skew_ms)

    def _checked(self, handler: Handler) -> Any:
        """Return a handler that checks the signature and the token bucket before it answers."""

        async def answer(request: web.Request) -> web.Response:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            try:
                return self._page(request, self._body(request, handler))
            except BadRequest as error:
                return _json({"code": "bad_request", "message": "bad request", "details": str(error)}, 400)
            except NotFound:
                return _json({"code": "not_found", "message": "not found"}, 404)

        return answer

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Return an error answer if the request is not allowed now, otherwise None."""
        client = self._client(request)
        if SIGNATURE in request.headers and client is None:
            return _json(UNAUTHENTICATED, 401)
        if self.faults.active("rest_500"):
            return _json({"code": "internal_server_error", "message": "internal server error"}, 500)
        bucket = self._buckets.setdefault(client, read_bucket(self._limits.tier))
        if self.faults.active("rest_429") or not bucket.take():
            return _json(TOO_MANY, 429)
        return None

    def _body(self, request: web.Request, handler: Handler) -> Mapping[str, Any]:
        """Return the answer; for an unsigned request it may be some seconds old, as from the exchange's cache."""
        self._hide_created(request)
        if self.faults.active("repeated_pages"):
            request = request.clone(rel_url=request.rel_url.without_query_params("cursor"))
        if not self._limits.stale_seconds or SIGNATURE in request.headers:
            return handler(request)
        made_at, body = self._cached.get(request.path_qs, (0.0, {}))
        if not made_at or time.monotonic() - made_at > self._limits.stale_seconds:
            if len(self._cached) >= CACHED_ANSWERS_MAX:
                self._cached.clear()
            made_at, body = time.monotonic(), handler(request)
            self._cached[request.path_qs] = made_at, body
        return body

    def _hide_created(self, request: web.Request) -> None:
        """Raise NotFound for a market created just now, while that fault is active."""
        market = self._venue.listings.markets.get(request.match_info.get("ticker", ""))
        hidden_s = self.faults.not_found_seconds
        if market is not None and self._publisher.now_ms() / 1000 - market.created_s < hidden_s:
            raise NotFound

    def _page(self, request: web.Request, body: Mapping[str, Any]) -> web.Response:
        answer = _json(body)
        if "cursor" in body and self.faults.active("truncated_pages") and isinstance(answer.body, bytes):
            answer.body = answer.body[: len(answer.body) // 2]
        return answer

    async def _account(self, request: web.Request) -> web.Response:
        if self._client(request) is None:
            return _json(UNAUTHENTICATED, 401)
        return self._refusal(request) or _json(account_limits(self._limits.tier))

    async def _api_keys(self, request: web.Request) -> web.Response:
        if self._client(request) is None:
            return _json(UNAUTHENTICATED, 401)
        return self._refusal(request) or _json(self._keys.listed())

    async def _not_found(self, request: web.Request) -> web.Response:
        """Answer an unknown path with 404; redirect a path with a slash at its end to the path without."""
        if request.path.endswith("/"):
            return web.Response(status=301, headers={"Location": request.path.rstrip("/")})
        if request.path.startswith(PRIVATE) and self._client(request) is None:
            return _json(UNAUTHENTICATED, 401)
        return _json({"code": "not_found", "message": "not found"}, 404)

    async def _list_faults(self, _: web.Request) -> web.Response:
        return _json(SCENARIOS)

    async def _start_fault(self, request: web.Request) -> web.Response:
        try:
            fault = msgspec.json.decode(await request.read(), type=Fault)
            return _json({"connection": self.faults.start(fault)})
        except msgspec.DecodeError as error:
            return _json({"message": str(error)}, 400)
        except LookupError as error:
            return _json({"message": str(error)}, 409)


def _json(body: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def _heartbeat(session: ServerSession, socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        if not session.silent:
            await socket.ping(b"heartbeat")
