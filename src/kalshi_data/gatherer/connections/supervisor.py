"""Keeps a connection: opens it, follows it, and opens it again whenever it ends."""

import asyncio
import random
import time

import structlog
from aiolimiter import AsyncLimiter
from websockets.exceptions import InvalidStatus, WebSocketException

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.allocation import ConnectionSpec
from kalshi_data.gatherer.connections.coordinator import Desk
from kalshi_data.gatherer.connections.session import FeedSession
from kalshi_data.gatherer.incidents import KEY_REFUSED, UNREACHABLE
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.auth import Signer
from kalshi_data.kalshi.feed import FeedConnection, open_feed
from kalshi_data.service.retry import delay_seconds

log = structlog.get_logger()

# A connection that lasted this long was a good one: the next attempt starts with the shortest wait again.
GOOD_CONNECTION_SECONDS_MIN = 60.0
# Waits after a refused signature: nothing but a person can change that.
REFUSED_ATTEMPTS = 8
KEY_LOOK_SECONDS = 1.0
STATUSES_REFUSED = frozenset({401, 403})


class ConnectionSupervisor:
    """One spec's connection, for as long as the gatherer runs."""

    def __init__(
        self, spec: ConnectionSpec, desk: Desk, settings: GathererSettings, signer: Signer, limiter: AsyncLimiter
    ) -> None:
        """Prepare to keep `spec` connected."""
        self._spec = spec
        self._desk = desk
        self._settings = settings
        self._signer = signer
        self._limiter = limiter

    async def run(self) -> None:
        """Connect, and connect again whenever a connection ends, until the desk is stopping."""
        attempt = 0
        while not self._desk.stopping.is_set():
            began = time.monotonic()
            refused = await self._connect_once()
            lasted = time.monotonic() - began
            attempt = 1 if lasted > GOOD_CONNECTION_SECONDS_MIN else attempt + 1
            attempt = max(attempt, REFUSED_ATTEMPTS) if refused else attempt
            seconds = delay_seconds(attempt, random.uniform)
            await (self._pause_for_key(seconds) if refused else self._pause(seconds))
            self._desk.counters.reconnects[self._spec.name] += 1

    async def _connect_once(self) -> bool:
        """Follow one connection to its end; return whether the exchange refused the key."""
        name = self._spec.name
        try:
            await self._follow()
        except InvalidStatus as error:
            return self._refused(error.response.status_code)
        except (OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            self._desk.incidents.report(UNREACHABLE, name, connection=name, error=reason)
        except (ExchangeError, WebSocketException) as error:
            log.warning("connection failed", connection=name, error=str(error) or type(error).__name__)
        return False

    def _refused(self, status: int) -> bool:
        """Say once that the exchange refuses; return whether it refused the key."""
        counters, name = self._desk.counters, self._spec.name
        refused = status in STATUSES_REFUSED
        what = f"{KEY_REFUSED if refused else 'refused'} (HTTP {status})"
        if refused:
            self._desk.incidents.report(KEY_REFUSED, name, connection=name, status=status)
        elif counters.refused.get(name) != what:
            log.warning("connection refused, trying again", connection=name, status=status)
        counters.refused[name] = what
        return refused

    async def _follow(self) -> None:
        url = self._settings.exchange.websocket_url
        async with open_feed(url, self._signer) as websocket:
            assert isinstance(websocket, FeedConnection)  # noqa: S101 - open_feed says so, its type cannot
            self._desk.counters.refused.pop(self._spec.name, None)
            self._desk.incidents.resolve(self._spec.name)
            closer = asyncio.ensure_future(self._close_on_stop(websocket))
            try:
                await FeedSession(self._spec, self._desk, self._settings.subscriptions, self._limiter).run(
                    websocket, url
                )
            finally:
                closer.cancel()

    async def _close_on_stop(self, websocket: FeedConnection) -> None:
        await self._desk.stopping.wait()
        await websocket.close()

    async def _pause_for_key(self, seconds: float) -> None:
        """Wait, but no longer than until there is another key in the file."""
        until, keys_read = time.monotonic() + seconds, self._signer.keys_read
        while time.monotonic() < until and self._signer.keys_read == keys_read and not self._desk.stopping.is_set():
            await self._pause(KEY_LOOK_SECONDS)
            self._signer.renew()

    async def _pause(self, seconds: float) -> None:
        """Wait, but no longer than until the stop."""
        try:
            await asyncio.wait_for(self._desk.stopping.wait(), seconds)
        except TimeoutError:
            return
