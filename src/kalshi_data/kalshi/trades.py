"""Trades of REST as rows with the same values as those of the feed.

Source: Kalshi OpenAPI 3.34.0, Trade. `created_time` has microseconds; cut off to milliseconds it is the feed's `ts_ms`.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.amounts import SIDE_OF_BOOK_SIDE, both_prices, dollars, require
from kalshi_data.kalshi.decoding import BodyDecoder
from kalshi_data.kalshi.messages import Amount, Envelope, MessageBody, Side, Ticker, WholeAmount
from kalshi_data.kalshi.timestamps import SentTime, exchange_time


class FetchedTrade(NamedTuple):
    """One trade for capture.trades, without the columns that describe a frame. Amounts are as they were sent."""

    received_at: datetime
    exchange_ts: datetime
    trade_id: str
    market_ticker: str
    yes_price: str
    no_price: str
    size: str
    taker_side: str | None
    is_block_trade: bool | None
    time_digits: int = 3


class RestTrade(MessageBody, frozen=True):
    """A trade as REST sends it, in its present form and in earlier ones."""

    REPLACEABLE = MappingProxyType(
        {
            **dict.fromkeys(("taker_side", "is_block_trade")),
            "taker_book_side": "taker_outcome_side",
            "taker_outcome_side": "taker_side",
            "count": "count_fp",
            "yes_price": "yes_price_dollars",
            "no_price": "no_price_dollars",
        }
    )

    trade_id: Ticker
    ticker: Ticker
    created_time: SentTime
    count_fp: Amount | None = None
    yes_price_dollars: Amount | None = None
    no_price_dollars: Amount | None = None
    taker_outcome_side: Side | None = None
    taker_book_side: Literal["bid", "ask"] | None = None
    taker_side: Side | None = None
    is_block_trade: bool | None = None
    yes_price: WholeAmount | None = None
    no_price: WholeAmount | None = None
    count: WholeAmount | None = None


_TRADE = BodyDecoder(RestTrade)


def to_trade(encoded: bytes, received_at: datetime) -> FetchedTrade:
    """Return the row of one trade.

    Raises:
        BadFrame: a field is missing or has a bad value.
    """
    try:
        trade = _TRADE.decode(Envelope("trade", msg=msgspec.Raw(encoded)), [])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"bad trade: {error}") from error
    created_at = exchange_time(trade.created_time)
    if created_at is None:
        raise BadFrame("missing field created_time")
    exchange_ts = created_at.replace(microsecond=created_at.microsecond // 1000 * 1000)
    yes = trade.yes_price_dollars or dollars(trade.yes_price)
    no = trade.no_price_dollars or dollars(trade.no_price)
    size = str(require("count_fp", trade.count_fp, trade.count))
    taker_side = trade.taker_outcome_side or SIDE_OF_BOOK_SIDE.get(trade.taker_book_side or "") or trade.taker_side
    columns = (trade.trade_id, trade.ticker, *both_prices(yes, no), size, taker_side, trade.is_block_trade)
    return FetchedTrade(received_at, exchange_ts, *columns)
