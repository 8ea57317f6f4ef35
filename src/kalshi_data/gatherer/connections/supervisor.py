"""Keeps one connection open: connects, follows the session to its end, and connects again after a pause."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from websockets.exceptions import InvalidStatus, WebSocketException

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.allocation import ConnectionSpec
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import KEY_REFUSED, UNREACHABLE, Incidents
from kalshi_data.kalshi.auth import Signer
from kalshi_data.kalshi.feed import FeedConnection, open_feed
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# After a connection that lasted this long, the next attempt starts with the shortest pause again.
GOOD_CONNECTION_SECONDS_MIN = 60.0
# After a refused signature the pauses are those of this attempt: only a person can provide another key.
REFUSED_ATTEMPTS = 8
KEY_POLL_SECONDS = 1.0
STATUSES_REFUSED = frozenset({401, 403})

# Follows an open connection until it closes.
Follow = Callable[[ConnectionSpec, FeedConnection], Awaitable[object]]


class ConnectionSupervisor:
    """Keeps the connection of one spec open until the gatherer stops."""

    def __init__(
        self,
        spec: ConnectionSpec,
        follow: Follow,
        websocket_url: str,
        signer: Signer,
        counters: Counters,
        incidents: Incidents,
        stopping: asyncio.Event,
    ) -> None:
        """Prepare to connect; each open connection is given to `follow`."""
        self._spec = spec
        self._follow = follow
        self._url = websocket_url
        self._signer = signer
        self._counters = counters
        self._incidents = incidents
        self._stopping = stopping

    async def run(self) -> None:
        """Connect again whenever the connection ends, until the gatherer stops."""
        backoff = Backoff()
        while not self._stopping.is_set():
            began = time.monotonic()
            refused = await self._connect_once()
            lasted = time.monotonic() - began
            if lasted > GOOD_CONNECTION_SECONDS_MIN:
                backoff.reset()
            seconds = backoff.next_seconds(REFUSED_ATTEMPTS if refused else 1)
            await (self._pause_for_key(seconds) if refused else self._pause(seconds))
            self._counters.reconnects[self._spec.name] += 1

    async def _connect_once(self) -> bool:
        """Follow one connection to its end; return whether the exchange refused the key."""
        name = self._spec.name
        try:
            await self._connect()
        except InvalidStatus as error:
            return self._refused(error.response.status_code)
        except (OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            self._incidents.report(UNREACHABLE, name, connection=name, error=reason)
        except (ExchangeError, WebSocketException) as error:
            log.warning("connection failed", connection=name, error=str(error) or type(error).__name__)
        return False

    def _refused(self, status: int) -> bool:
        """Log a refused handshake once; return whether the exchange refused the key."""
        refused, name = self._counters.refused, self._spec.name
        key_refused = status in STATUSES_REFUSED
        reason = f"{KEY_REFUSED if key_refused else 'refused'} (HTTP {status})"
        if key_refused:
            self._incidents.report(KEY_REFUSED, name, connection=name, status=status)
        elif refused.get(name) != reason:
            log.warning("connection refused, trying again", connection=name, status=status)
        refused[name] = reason
        return key_refused

    async def _connect(self) -> None:
        async with open_feed(self._url, self._signer) as websocket:
            assert isinstance(websocket, FeedConnection)  # noqa: S101 - the library's type does not carry the class
            self._counters.refused.pop(self._spec.name, None)
            self._incidents.resolve(self._spec.name)
            closer = asyncio.ensure_future(self._close_on_stop(websocket))
            try:
                await self._follow(self._spec, websocket)
            finally:
                closer.cancel()

    async def _close_on_stop(self, websocket: FeedConnection) -> None:
        await self._stopping.wait()
        await websocket.close()

    async def _pause_for_key(self, seconds: float) -> None:
        """Wait for `seconds`, or until the key file holds another key."""
        until, keys_read = time.monotonic() + seconds, self._signer.keys_read
        while time.monotonic() < until and self._signer.keys_read == keys_read and not self._stopping.is_set():
            await self._pause(KEY_POLL_SECONDS)
            self._signer.renew()

    async def _pause(self, seconds: float) -> None:
        """Wait for `seconds`, or until the gatherer stops."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
