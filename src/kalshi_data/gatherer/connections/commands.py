"""The commands a connection sends, one after the other, and what the exchange answers."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from aiolimiter import AsyncLimiter
from websockets.exceptions import ConnectionClosed

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Figures
from kalshi_data.kalshi.feed import BOOK_CHANNEL, INDEX_CHANNEL, FeedConnection
from kalshi_data.kalshi.messages import Refusal

Command = dict[str, Any]


class Awaited(NamedTuple):
    """A command under way: its number, the markets whose snapshots are its answer, and the answer."""

    number: int
    tickers: set[str]
    answer: asyncio.Future[Refusal | None]


class Commands:
    """Sends the commands of one connection; at most one is under way."""

    def __init__(
        self,
        websocket: FeedConnection,
        note: Callable[[bytes], None],
        limiter: AsyncLimiter,
        figures: Figures,
        seconds_max: float,
    ) -> None:
        """Send on `websocket` at the pace of `limiter`; `note` gets each command before it goes."""
        self._websocket = websocket
        self._note = note
        self._limiter = limiter
        self._figures = figures
        self._seconds_max = seconds_max
        self._number = 0
        self._awaited: Awaited | None = None

    async def send(self, command: Command, snapshots_of: Sequence[str] = ()) -> Refusal | None:
        """Send a command and return None when it was carried out, or the exchange's error.

        Raises:
            ExchangeError: there was no answer in time.
        """
        await self._limiter.acquire()
        self._number += 1
        awaited = Awaited(self._number, set(snapshots_of), asyncio.get_running_loop().create_future())
        self._awaited = awaited
        encoded = msgspec.json.encode({"id": awaited.number, **command})
        self._note(encoded)
        self._figures.commands += 1
        # Where the connection has just closed, no answer comes; who follows it ends the wait.
        with contextlib.suppress(ConnectionClosed):
            await self._websocket.send(encoded, text=True)
        try:
            return await asyncio.wait_for(awaited.answer, self._seconds_max)
        except TimeoutError as error:
            what = f"command {awaited.number} was not acknowledged in {self._seconds_max} s"
            raise ExchangeError(what) from error
        finally:
            self._awaited = None

    def acknowledged(self, number: int | None) -> None:
        """Take the answer that a command was carried out."""
        self._answer(number, None)

    def refused(self, number: int | None, refusal: Refusal) -> bool:
        """Take the answer that it was not; return whether it was awaited."""
        return self._answer(number, refusal)

    def snapshot(self, number: int | None, ticker: str) -> None:
        """Take one of the snapshots that a command asked for."""
        awaited = self._awaited
        if awaited is not None and awaited.number == number:
            awaited.tickers.discard(ticker)
            if not awaited.tickers:
                self._answer(number, None)

    def interrupted(self) -> None:
        """Take note that frames were lost, and maybe snapshots with them: wait no longer for those that are missing."""
        awaited = self._awaited
        if awaited is not None and awaited.tickers:
            self._answer(awaited.number, None)

    def _answer(self, number: int | None, answer: Refusal | None) -> bool:
        awaited = self._awaited
        if awaited is None or number is None or awaited.number != number:
            return False
        if not awaited.answer.done():
            awaited.answer.set_result(answer)
        return True


def subscribe(channel: str, tickers: Sequence[str] = ()) -> Command:
    """Return the command that begins a channel; each has a command of its own, so that a refusal concerns it alone."""
    params: dict[str, Any] = {"channels": [channel], "skip_ticker_ack": True}
    if channel == BOOK_CHANNEL:
        # The default of use_yes_price will flip some day, so it is always said.
        params |= {"use_yes_price": False, "market_tickers": list(tickers)}
    elif channel == INDEX_CHANNEL:
        params["index_ids"] = ["all"]
    return {"cmd": "subscribe", "params": params}


def update(sid: int, action: str, tickers: Sequence[str]) -> Command:
    """Return the command that adds markets to a subscription, deletes them, or asks for their snapshots."""
    return {"cmd": "update_subscription", "params": {"sid": sid, "action": action, "market_tickers": list(tickers)}}


def divided(tickers: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return both halves of the markets of a command, to find out which of them is not accepted."""
    half = len(tickers) // 2
    return tickers[:half], tickers[half:]
