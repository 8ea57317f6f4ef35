"""Checks of strings that come again and again, made once for each."""

import re
from decimal import Decimal
from functools import lru_cache

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.messages import AMOUNT_PATTERN, Ticker

_AMOUNT = re.compile(AMOUNT_PATTERN)


@lru_cache(maxsize=65_536)
def plain(amount: str) -> str:
    """Return an amount in one form: equal amounts are equal however many zeros they were sent with.

    Raises:
        BadFrame: it is no amount.
    """
    if _AMOUNT.match(amount) is None:
        raise BadFrame("bad orderbook_delta: not an amount")
    return format(Decimal(amount).normalize(), "f")


@lru_cache(maxsize=1 << 20)
def checked_ticker(ticker: str) -> str:
    """Return a market's ticker, one object for all its messages.

    Raises:
        BadFrame: it is none.
    """
    try:
        return msgspec.convert(ticker, Ticker)
    except msgspec.ValidationError as error:
        raise BadFrame(f"bad orderbook_delta: market_ticker: {error}") from error
