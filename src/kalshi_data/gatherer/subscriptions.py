"""Which connection subscribes what, and the commands that say so to the exchange."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from kalshi_data.gatherer.configuration import Subscriptions
from kalshi_data.kalshi.feed import BOOK_CHANNEL, CHANNELS_OF_ALL_MARKETS

Command = dict[str, Any]


class Plan(NamedTuple):
    """What one connection subscribes: channels of all markets, or the order books of some."""

    name: str
    channels: tuple[str, ...]
    tickers: tuple[str, ...] = ()


def plan_connections(tickers: Sequence[str], settings: Subscriptions) -> list[Plan]:
    """Spread what is to be received over connections: one for all-market channels, the others for order books."""
    books = [
        Plan(f"books-{number}", (BOOK_CHANNEL,), part)
        for number, part in enumerate(in_parts(tickers, settings.markets_per_connection_max), start=1)
    ]
    return [Plan("all-markets", CHANNELS_OF_ALL_MARKETS), *books]


class Commands:
    """The commands of one connection, each sent when the one before it was acknowledged."""

    def __init__(self, plan: Plan, settings: Subscriptions) -> None:
        """Prepare the commands of a plan."""
        self._pending = deque(enumerate(_commands(plan, settings), start=1))
        self.awaited: int | None = None

    def following(self, sid: int | None) -> bytes | None:
        """Return the next command as a frame; `sid` is the order-book subscription's once it is known.

        Returns:
            None when everything is subscribed.
        """
        if not self._pending:
            self.awaited = None
            return None
        self.awaited, command = self._pending.popleft()
        if command["cmd"] == "update_subscription":
            command["params"]["sid"] = sid
        return msgspec.json.encode({"id": self.awaited, **command})


def _commands(plan: Plan, settings: Subscriptions) -> Iterator[Command]:
    """Yield the commands: an exchange that refuses one channel then refuses no other with it."""
    if not plan.tickers:
        for channel in plan.channels:
            yield {"cmd": "subscribe", "params": {"channels": [channel], "skip_ticker_ack": True}}
        return
    for number, part in enumerate(in_parts(plan.tickers, settings.markets_per_command_max)):
        markets = {"market_tickers": list(part)}
        if number == 0:
            # The default of use_yes_price will flip some day, so it is always said.
            flags = {"use_yes_price": False, "skip_ticker_ack": True}
            yield {"cmd": "subscribe", "params": {"channels": list(plan.channels), **markets, **flags}}
        else:
            yield {"cmd": "update_subscription", "params": {"action": "add_markets", **markets}}


def in_parts(tickers: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield the tickers in parts of at most `size`."""
    for start in range(0, len(tickers), size):
        yield tuple(tickers[start : start + size])
