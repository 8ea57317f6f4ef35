"""Message bodies of the feed as typed structs, in their present form and in all earlier ones.

Source: Kalshi AsyncAPI 3.34.0, and recordings since 2025. In each struct the present form of a field comes first. Older
messages hold `price`, `count` and `delta` in whole cents and contracts, `ts` and `taker_side` instead. Amounts stay the
strings that were sent. A missing amount is None, which is not zero.
"""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# Plain decimals of ASCII digits only: a minus is allowed, a plus, an exponent or infinity is not.
AMOUNT_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?\Z"
Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN)]
Ticker = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Identifier = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Count = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Sid = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Side = Literal["yes", "no"]


class Envelope(msgspec.Struct, frozen=True):
    """The fields that surround every message; `msg` is decoded when the type is known."""

    type: str
    id: int | None = None
    sid: Sid | None = None
    seq: Number | None = None
    sending_ts_ms: Number | None = None
    msg: msgspec.Raw = msgspec.Raw(b"null")


class Acknowledgement(msgspec.Struct, frozen=True):
    """Body of `subscribed`: it holds the subscription id, which other frames have in the envelope."""

    channel: Identifier
    sid: Sid


class ErrorBody(msgspec.Struct, frozen=True):
    """Body of `error`, as error_messages.py reads it; it may name the markets that it is about."""

    code: int
    msg: str = ""
    market_tickers: tuple[str, ...] = ()


class Trade(msgspec.Struct, frozen=True):
    """Body of `trade`."""

    trade_id: Ticker
    market_ticker: Ticker
    yes_price_dollars: Amount | None = None
    no_price_dollars: Amount | None = None
    count_fp: Amount | None = None
    taker_outcome_side: Side | None = None
    taker_book_side: Literal["bid", "ask"] | None = None
    is_block_trade: bool | None = None
    ts_ms: int | None = None
    ts: int | None = None
    taker_side: Side | None = None
    yes_price: Count | None = None
    no_price: Count | None = None
    count: Count | None = None


class OrderbookDelta(msgspec.Struct, frozen=True):
    """Body of `orderbook_delta`: the change of one level, not its new total."""

    # Nearly all messages are deltas, so rows.py checks the contents of these strings, and each different string once.
    market_ticker: str
    side: Side
    market_id: str = ""
    clock: Number = 0
    price_dollars: str | None = None
    delta_fp: str | None = None
    ts_ms: int | None = None
    ts: str | int | None = None
    client_order_id: str | None = None
    subaccount: int | None = None
    price: Count | None = None
    delta: Count | None = None


class OrderbookSnapshot(msgspec.Struct, frozen=True):
    """Body of `orderbook_snapshot`: all bids of both sides; a side without bids is absent."""

    market_ticker: Ticker
    market_id: Identifier = ""
    # A market that never changed has clock 0, which differs from no clock.
    clock: Number | None = None
    yes_dollars_fp: list[tuple[Amount, Amount]] | None = None
    no_dollars_fp: list[tuple[Amount, Amount]] | None = None
    yes_dollars: list[tuple[Amount, Amount | Count]] | None = None
    no_dollars: list[tuple[Amount, Amount | Count]] | None = None
    yes: list[tuple[Count, Count]] | None = None
    no: list[tuple[Count, Count]] | None = None


class MarketSummary(msgspec.Struct, frozen=True):
    """Body of `ticker`."""

    market_ticker: Ticker
    market_id: Identifier | None = None
    price_dollars: Amount | None = None
    yes_bid_dollars: Amount | None = None
    yes_ask_dollars: Amount | None = None
    yes_bid_size_fp: Amount | None = None
    yes_ask_size_fp: Amount | None = None
    last_trade_size_fp: Amount | None = None
    volume_fp: Amount | None = None
    open_interest_fp: Amount | None = None
    dollar_volume: Count | None = None
    dollar_open_interest: Count | None = None
    ts_ms: int | None = None
    ts: int | None = None
    time: str | None = None
    price: Count | None = None
    yes_bid: Count | None = None
    yes_ask: Count | None = None
    volume: Count | None = None
    open_interest: Count | None = None
    clock: int | None = msgspec.field(name="Clock", default=None)


class MarketLifecycle(msgspec.Struct, frozen=True):
    """What is read of `market_lifecycle_v2` and `multivariate_market_lifecycle`; the body is stored whole."""

    market_ticker: Ticker
    event_type: Ticker


class EventLifecycle(msgspec.Struct, frozen=True):
    """What is read of `event_lifecycle` and `event_fee_update`; the body is stored whole."""

    event_ticker: Ticker


class IndexAverage(msgspec.Struct, frozen=True):
    """The field that is read of an average that comes with an index value."""

    value: Amount


class IndexFrame(msgspec.Struct, frozen=True):
    """The fields that are read of the upstream frame in an index value: number or string, and when it was computed."""

    value: Decimal
    time: int | None = None


class IndexValue(msgspec.Struct, frozen=True):
    """Body of `cfbenchmarks_value`: `data` is the upstream frame, JSON in a JSON string; the body is stored whole."""

    index_id: Ticker
    received_at: int
    data: str
    avg_60s_data: IndexAverage | None = None
    last_60s_windowed_average_15min: IndexAverage | None = None
