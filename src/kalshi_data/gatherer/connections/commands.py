"""Sends the commands of a connection one after the other, and waits for the answer to each."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from aiolimiter import AsyncLimiter
from websockets.exceptions import ConnectionClosed

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.error_policy import NO_ANSWER
from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.commands import Command
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.kalshi.messages import ErrorBody


class PendingCommand(NamedTuple):
    """A command without an answer yet: its number, the markets whose snapshots it still awaits, and the answer."""

    number: int
    tickers: set[str]
    answer: asyncio.Future[ErrorBody | None]


class CommandSender:
    """Sends the commands of one connection; at most one is pending."""

    def __init__(
        self,
        websocket: FeedConnection,
        record: Callable[[bytes], None],
        limiter: AsyncLimiter,
        counters: Counters,
        seconds_max: float,
        frames_received: Callable[[], int] = lambda: 0,
    ) -> None:
        """Send on `websocket` at the pace of `limiter`; call `record` with each command before it is sent.

        An answer is awaited for `seconds_max`; `frames_received` then shows whether anything else arrived.
        """
        self._websocket = websocket
        self._record = record
        self._limiter = limiter
        self._counters = counters
        self._seconds_max = seconds_max
        self._frames_received = frames_received
        self._number = 0
        self._pending: PendingCommand | None = None
        self.snapshots_missing: set[str] = set()

    async def send(self, command: Command, snapshots_of: Sequence[str] = ()) -> ErrorBody | None:
        """Send a command; return None once it was carried out, or the exchange's error.

        If other frames arrive but no answer, the error has the code NO_ANSWER, and `snapshots_missing` names the
        markets whose snapshots did not come.

        Raises:
            ExchangeError: nothing at all arrived in time.
        """
        await self._limiter.acquire()
        self._number += 1
        pending = PendingCommand(self._number, set(snapshots_of), asyncio.get_running_loop().create_future())
        self._pending = pending
        received = self._frames_received()
        encoded = msgspec.json.encode({"id": pending.number, **command})
        self._record(encoded)
        self._counters.commands += 1
        try:
            async with asyncio.timeout(self._seconds_max):
                # If the connection has just closed, no answer comes; the session cancels this wait.
                with contextlib.suppress(ConnectionClosed):
                    await self._websocket.send(encoded, text=True)
                return await pending.answer
        except TimeoutError as error:
            what = f"command {pending.number} was not acknowledged in {self._seconds_max} s"
            if self._frames_received() == received:
                raise ExchangeError(what) from error
            self.snapshots_missing = pending.tickers
            return ErrorBody(NO_ANSWER, f"no answer to a command in {self._seconds_max} s")
        finally:
            self._pending = None

    def acknowledged(self, number: int | None) -> None:
        """Record that a command was carried out."""
        self._answer(number, None)

    def refused(self, number: int | None, error: ErrorBody, sid: int | None = None) -> bool:
        """Record the error that answers a command; return whether that command was pending.

        An error that names neither command nor subscription answers the pending command, since a command that the
        exchange cannot read has no number.
        """
        if number is None and sid is None and self._pending is not None:
            number = self._pending.number
        return self._answer(number, error)

    def snapshot(self, number: int | None, ticker: str) -> None:
        """Record one of the snapshots that a command requested."""
        pending = self._pending
        if pending is not None and pending.number == number:
            pending.tickers.discard(ticker)
            if not pending.tickers:
                self._answer(number, None)

    def frames_lost(self) -> None:
        """Stop waiting for snapshots, since they may be among the frames that were lost."""
        pending = self._pending
        if pending is not None and pending.tickers:
            self._answer(pending.number, None)

    def _answer(self, number: int | None, answer: ErrorBody | None) -> bool:
        pending = self._pending
        if pending is None or number is None or pending.number != number:
            return False
        if not pending.answer.done():
            pending.answer.set_result(answer)
        return True
