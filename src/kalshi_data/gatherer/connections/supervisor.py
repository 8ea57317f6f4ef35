"""Keeps one connection open: connects, follows the session to its end, and connects again after a pause."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.http11 import Response

from kalshi_data.gatherer.connections.allocation import ConnectionSpec
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import CLOCK_REFUSED, KEY_REFUSED, UNREACHABLE, Incidents
from kalshi_data.kalshi.auth import Signer
from kalshi_data.kalshi.error_messages import clean, words_of
from kalshi_data.kalshi.feed import FeedConnection, open_feed
from kalshi_data.kalshi.refusals import Refusal, refusal_of
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# After a connection that lasted this long, the next attempt starts with the shortest pause again.
GOOD_CONNECTION_SECONDS_MIN = 60.0
# After a refused signature the pauses are those of this attempt: only a person can provide another key.
REFUSED_ATTEMPTS = 8
KEY_POLL_SECONDS = 1.0
# Health reports a connection that has ended this often in a row, each time soon after it was opened.
FAILURES_REPORTED_MIN = 3
REFUSALS = {Refusal.KEY: KEY_REFUSED, Refusal.CLOCK: CLOCK_REFUSED}

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
        # Why the last connection ended, and the status that was logged last.
        self._reason = ""
        self._status_logged = 0
        self._was_open = False

    async def run(self) -> None:
        """Connect again whenever the connection ends, for whatever reason, until the gatherer stops."""
        backoff, name = Backoff(), self._spec.name
        while not self._stopping.is_set():
            began = time.monotonic()
            key_refused = await self._connect_once()
            lasted = time.monotonic() - began
            if lasted > GOOD_CONNECTION_SECONDS_MIN:
                backoff.reset()
            seconds = backoff.next_seconds(REFUSED_ATTEMPTS if key_refused else 1)
            if backoff.attempts >= FAILURES_REPORTED_MIN and name not in self._counters.refused:
                self._counters.failing[name] = self._reason
            await (self._pause_for_key(seconds) if key_refused else self._pause(seconds))
            self._counters.reconnects[name] += 1

    async def _connect_once(self) -> bool:
        """Follow one connection to its end; return whether the exchange refused the key."""
        name = self._spec.name
        try:
            self._reason = str(await self._connect())
        except InvalidStatus as error:
            return self._refused(error.response)
        except (OSError, TimeoutError) as error:
            self._reason = clean(str(error)) or type(error).__name__
            self._was_open = False
            self._incidents.report(UNREACHABLE, name, connection=name, error=self._reason)
        except WebSocketException as error:
            self._failed(error, is_expected=True)
        except Exception as error:
            self._counters.connection_errors[type(error).__name__] += 1
            self._failed(error, is_expected=False)
        return False

    def _failed(self, error: Exception, *, is_expected: bool) -> None:
        """Log why a connection failed, unless it failed for the same reason before."""
        reason = clean(f"{type(error).__name__}: {error}")
        if reason != self._reason:
            details = {"connection": self._spec.name, "error": reason}
            log.warning("connection failed", **details, exc_info=None if is_expected else error)
        self._reason = reason

    def _refused(self, response: Response) -> bool:
        """Report a refused handshake in the exchange's words; return whether it refused the key."""
        refused, name, status = self._counters.refused, self._spec.name, response.status_code
        words = words_of(bytes(response.body)) or clean(response.headers.get("Location", ""))
        refusal = refusal_of(status, words)
        what = REFUSALS.get(refusal, "refused")
        details = {"connection": name, "status": status, "answer": words}
        if refusal in REFUSALS:
            self._incidents.report(what, name, **details)
        elif self._status_logged != status:
            log.warning("connection refused, trying again", **details)
        self._status_logged = status
        self._counters.failing.pop(name, None)
        refused[name] = f"{what} (HTTP {status})" + (f": {words}" if words else "")
        return refusal is Refusal.KEY

    async def _connect(self) -> object:
        async with open_feed(self._url, self._signer) as websocket:
            assert isinstance(websocket, FeedConnection)  # noqa: S101 - the library's type does not carry the class
            self._counters.refused.pop(self._spec.name, None)
            self._status_logged = 0
            if not self._was_open:
                self._counters.failing.pop(self._spec.name, None)
            self._was_open = True
            self._incidents.resolve(self._spec.name)
            closer = asyncio.ensure_future(self._close_on_stop(websocket))
            lasts = asyncio.get_running_loop().call_later(GOOD_CONNECTION_SECONDS_MIN, self._lasts)
            try:
                return await self._follow(self._spec, websocket)
            finally:
                closer.cancel()
                lasts.cancel()

    def _lasts(self) -> None:
        """Record that a connection does not end soon."""
        self._reason = ""
        self._counters.failing.pop(self._spec.name, None)

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
