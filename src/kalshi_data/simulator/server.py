"""The local exchange as an HTTP server: REST, the WebSocket feed and the admin endpoint on one loopback port."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from aiohttp import WSMsgType, web

from kalshi_data.simulator.faults.injector import Faults
from kalshi_data.simulator.faults.scenarios import SCENARIOS, Fault
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.session import Session
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import Bucket, account_limits, read_bucket
from kalshi_data.simulator.rest.events import EventPaths
from kalshi_data.simulator.rest.markets import Handler, MarketPaths, Source
from kalshi_data.simulator.venue.filters import BadRequest, NotFound

API = "/trade-api/v2"
FEED = "/trade-api/ws/v2"
ADMIN = "/admin/faults"
HEARTBEAT_SECONDS = 10
# Source: the exchange's changelog of 2026-09-24.
MESSAGE_BYTES_MAX = 64 << 20
SIGNATURE = "KALSHI-ACCESS-SIGNATURE"
UNAUTHENTICATED = {"code": "authentication_error", "message": "authentication_error", "details": "NOT_FOUND"}
TOO_MANY = {"error": "too many requests"}
STALE_ANSWERS_MAX = 10_000


class Trading(Source, Protocol):
    """A venue with the publisher it publishes through."""

    publisher: Publisher


class Exchange:
    """Answers REST requests and serves the feed."""

    def __init__(self, venue: Trading, keys: KeyRing) -> None:
        """Offer a venue's markets to the clients of a key ring."""
        self._publisher = venue.publisher
        self._limits = venue.publisher.limits
        self._keys = keys
        self._venue = venue
        self._buckets: dict[str | None, Bucket] = {}
        self._stale: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._numbers = 0
        self.faults = Faults(venue.publisher)

    def application(self) -> web.Application:
        """Return the routes of all interfaces."""
        application = web.Application()
        events = EventPaths(self._venue, self._publisher.now_ms)
        events.is_active = lambda: not self.faults.active("maintenance")
        markets = MarketPaths(self._venue, self._publisher.now_ms, self._limits.live_seconds)
        markets.hidden_seconds = lambda: self.faults.not_found_seconds
        paths: dict[str, Handler] = {**events.routes(), **markets.routes()}
        routes = [web.get(f"{API}{path}", self._answering(handler)) for path, handler in paths.items()]
        application.add_routes([web.get(FEED, self._feed), *routes])
        application.router.add_get(f"{API}/account/limits", self._account)
        application.router.add_get(ADMIN, self._known_faults)
        application.router.add_post(ADMIN, self._start_fault)
        application.router.add_get("/trade-api/{rest:.*}", self._elsewhere)
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
        socket = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_MAX, compress=self._limits.deflate)
        await socket.prepare(request)
        self._numbers += 1
        # The library's name for the window it agreed on: 0 where the client wants no compression.
        wire = Wire(request.transport, int(socket.compress or 0))
        session = Session(client, wire, self._publisher, self._numbers)
        await self._serve(session, socket)
        return socket

    async def _serve(self, session: Session, socket: web.WebSocketResponse) -> None:
        self._note(session, "connected")
        self._publisher.sessions.add(session)
        heartbeat = asyncio.ensure_future(_heartbeat(session, socket))
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    session.command(message.data)
        finally:
            heartbeat.cancel()
            self._publisher.sessions.discard(session)
            self._publisher.changed()
            self._note(session, "disconnected")

    def _note(self, session: Session, what: str) -> None:
        noted = {"number": session.number, "client": session.client, "event": what}
        self._publisher.journal.noted(self._publisher.now_ms(), connection=noted)

    def _client(self, request: web.Request) -> str | None:
        return self._keys.client(request.headers, request.method, request.path, self._publisher.skew_ms)

    def _answering(self, handler: Handler) -> Any:
        """Return a handler that checks signature and budget, then answers or says what is wrong."""

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
        """Return the answer to who may not ask now, None for who may."""
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
        """Return an answer; one to an unsigned request may be some seconds old, as from the exchange's cache."""
        self._hide_created(request)
        if self.faults.active("repeated_pages"):
            request = request.clone(rel_url=request.rel_url.without_query_params("cursor"))
        if not self._limits.stale_seconds or SIGNATURE in request.headers:
            return handler(request)
        made, body = self._stale.get(request.path_qs, (0.0, {}))
        if not made or time.monotonic() - made > self._limits.stale_seconds:
            if len(self._stale) >= STALE_ANSWERS_MAX:
                self._stale.clear()
            made, body = time.monotonic(), handler(request)
            self._stale[request.path_qs] = made, body
        return body

    def _hide_created(self, request: web.Request) -> None:
        """Pretend, where that fault is on, that REST does not know a market that was created just now."""
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

    async def _elsewhere(self, request: web.Request) -> web.Response:
        """Answer a path that is none: with a slash at its end it is one without."""
        if request.path.endswith("/"):
            return web.Response(status=301, headers={"Location": request.path.rstrip("/")})
        return _json({"code": "not_found", "message": "not found"}, 404)

    async def _known_faults(self, _: web.Request) -> web.Response:
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


async def _heartbeat(session: Session, socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        if not session.silent:
            await socket.ping(b"heartbeat")
