"""The commands that a client sends over the feed.

Source: Kalshi AsyncAPI 3.34.0, `subscribe` and `update_subscription`.
"""

from collections.abc import Sequence
from typing import Any

from kalshi_data.kalshi.feed import BOOK_CHANNEL, INDEX_CHANNEL

Command = dict[str, Any]


def subscribe(channel: str, tickers: Sequence[str] = ()) -> Command:
    """Return the command that subscribes one channel, so that an error concerns this channel alone."""
    params: dict[str, Any] = {"channels": [channel], "skip_ticker_ack": True}
    if channel == BOOK_CHANNEL:
        # The exchange has announced another default for use_yes_price, so the command always names a value.
        params |= {"use_yes_price": False, "market_tickers": list(tickers)}
    elif channel == INDEX_CHANNEL:
        params["index_ids"] = ["all"]
    return {"cmd": "subscribe", "params": params}


def update(sid: int, action: str, tickers: Sequence[str]) -> Command:
    """Return the command that adds markets to a subscription, deletes them, or requests their snapshots."""
    return {"cmd": "update_subscription", "params": {"sid": sid, "action": action, "market_tickers": list(tickers)}}


def unsubscribe(sid: int) -> Command:
    """Return the command that ends a subscription."""
    return {"cmd": "unsubscribe", "params": {"sids": [sid]}}
