"""Trades of REST as rows with the same values as those of the feed.

Source: Kalshi OpenAPI 3.34.0, Trade. `created_time` has microseconds; cut off to milliseconds it is the feed's `ts_ms`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec
import structlog

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.messages import Amount, Side, Ticker
from kalshi_data.kalshi.timestamps import from_rfc3339

log = structlog.get_logger()


class FetchedTrade(NamedTuple):
    """One trade for capture.trades, without the columns that describe a frame. Amounts are as they were sent."""

    received_at: datetime
    exchange_ts: datetime
    trade_id: str
    market_ticker: str
    yes_price: str
    no_price: str
    size: str
    taker_side: str
    is_block_trade: bool | None


class RestTrade(msgspec.Struct, frozen=True):
    """A trade as REST sends it."""

    trade_id: Ticker
    ticker: Ticker
    count_fp: Amount
    yes_price_dollars: Amount
    no_price_dollars: Amount
    created_time: str
    taker_outcome_side: Side | None = None
    taker_book_side: Literal["bid", "ask"] | None = None
    taker_side: Side | None = None
    is_block_trade: bool | None = None


def to_trade(encoded: bytes, received_at: datetime) -> FetchedTrade:
    """Return the row of one trade.

    Raises:
        BadFrame: a field is missing or has a bad value.
    """
    try:
        trade = msgspec.json.decode(encoded, type=RestTrade)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFrame(f"bad trade: {error}") from error
    from_book_side = {"bid": "yes", "ask": "no", None: None}[trade.taker_book_side]
    taker_side = trade.taker_outcome_side or from_book_side or trade.taker_side
    if taker_side is None:
        raise BadFrame("missing field taker_outcome_side")
    created_at = from_rfc3339(trade.created_time)
    exchange_ts = created_at.replace(microsecond=created_at.microsecond // 1000 * 1000)
    prices = (trade.yes_price_dollars, trade.no_price_dollars)
    columns = (trade.trade_id, trade.ticker, *prices, trade.count_fp, taker_side, trade.is_block_trade)
    return FetchedTrade(received_at, exchange_ts, *columns)


def to_trades(page: bytes, received_at: datetime) -> Iterator[FetchedTrade]:
    """Yield the rows of a page of trades; log a trade that cannot be decoded and leave it out."""
    for encoded in msgspec.json.decode(page, type=list[msgspec.Raw]):
        try:
            yield to_trade(bytes(encoded), received_at)
        except BadFrame as error:
            log.error("trade of REST cannot be decoded", reason=str(error))
