"""Commands are sent one after the other, and each waits for its answer."""

import asyncio
from typing import Any, cast

import pytest
from aiolimiter import AsyncLimiter
from websockets.exceptions import ConnectionClosedError

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.commands import CommandSender
from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.commands import update
from kalshi_data.kalshi.feed import FeedConnection


class Closed:
    """A connection that has just closed."""

    async def send(self, *_: Any, **__: Any) -> None:
        raise ConnectionClosedError(None, None)


def test_a_command_on_a_closed_connection_gets_no_answer_and_raises_nothing_else() -> None:
    async def send() -> None:
        closed = cast("FeedConnection", Closed())
        commands = CommandSender(closed, lambda _: None, AsyncLimiter(10, 1.0), Counters(), 0.05)
        await commands.send(update(1, "get_snapshot", ["KXA-1"]))

    with pytest.raises(ExchangeError, match="not acknowledged"):
        asyncio.run(send())
