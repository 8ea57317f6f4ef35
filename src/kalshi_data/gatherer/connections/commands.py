"""The commands a connection sends, one after the other, and what the exchange answers."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from aiolimiter import AsyncLimiter
from websockets.exceptions import ConnectionClosed

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.commands import Command
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.kalshi.messages import Refusal


class PendingCommand(NamedTuple):
    """A command under way: its number, the markets whose snapshots are its answer, and the answer."""

    number: int
    tickers: set[str]
    answer: asyncio.Future[Refusal | None]


class CommandSender:
    """Sends the commands of one connection; at most one is under way."""

    def __init__(
        self,
        websocket: FeedConnection,
        note: Callable[[bytes], None],
        limiter: AsyncLimiter,
        counters: Counters,
        seconds_max: float,
    ) -> None:
        """Send on `websocket` at the pace of `limiter`; `note` gets each command before it goes."""
        self._websocket = websocket
        self._note = note
        self._limiter = limiter
        self._counters = counters
        self._seconds_max = seconds_max
        self._number = 0
        self._pending: PendingCommand | None = None

    async def send(self, command: Command, snapshots_of: Sequence[str] = ()) -> Refusal | None:
        """Send a command and return None when it was carried out, or the exchange's error.

        Raises:
            ExchangeError: there was no answer in time.
        """
        await self._limiter.acquire()
        self._number += 1
        pending = PendingCommand(self._number, set(snapshots_of), asyncio.get_running_loop().create_future())
        self._pending = pending
        encoded = msgspec.json.encode({"id": pending.number, **command})
        self._note(encoded)
        self._counters.commands += 1
        # Where the connection has just closed, no answer comes; who follows it ends the wait.
        with contextlib.suppress(ConnectionClosed):
            await self._websocket.send(encoded, text=True)
        try:
            return await asyncio.wait_for(pending.answer, self._seconds_max)
        except TimeoutError as error:
            what = f"command {pending.number} was not acknowledged in {self._seconds_max} s"
            raise ExchangeError(what) from error
        finally:
            self._pending = None

    def acknowledged(self, number: int | None) -> None:
        """Take the answer that a command was carried out."""
        self._answer(number, None)

    def refused(self, number: int | None, refusal: Refusal) -> bool:
        """Take the answer that it was not; return whether it was pending."""
        return self._answer(number, refusal)

    def snapshot(self, number: int | None, ticker: str) -> None:
        """Take one of the snapshots that a command asked for."""
        pending = self._pending
        if pending is not None and pending.number == number:
            pending.tickers.discard(ticker)
            if not pending.tickers:
                self._answer(number, None)

    def frames_lost(self) -> None:
        """Take note that frames were lost, and maybe snapshots with them: wait no longer for those that are missing."""
        pending = self._pending
        if pending is not None and pending.tickers:
            self._answer(pending.number, None)

    def _answer(self, number: int | None, answer: Refusal | None) -> bool:
        pending = self._pending
        if pending is None or number is None or pending.number != number:
            return False
        if not pending.answer.done():
            pending.answer.set_result(answer)
        return True


def halves(tickers: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return both halves of the markets of a command, to find out which of them is not accepted."""
    half = len(tickers) // 2
    return tickers[:half], tickers[half:]
