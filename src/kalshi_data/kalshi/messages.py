"""Message bodies of the feed as typed structs, every era of them.

Source: the exchange's AsyncAPI description 3.34.0 and recordings since 2025. The newest form of a field comes first;
`price`, `count` and `delta` in whole cents and contracts, `ts` and `taker_side` are what older messages hold instead.
Amounts stay the strings that were sent. A missing amount is None, which is not zero.
"""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# Plain decimals only: no sign but minus, no exponent, no infinity, and digits that are ASCII.
AMOUNT_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?\Z"
Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN)]
Ticker = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Identifier = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Count = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Sid = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Side = Literal["yes", "no"]


class Envelope(msgspec.Struct, frozen=True):
    """What every frame is wrapped in; `msg` is decoded when the type is known."""

    type: str
    id: int | None = None
    sid: Sid | None = None
    seq: Number | None = None
    sending_ts_ms: Number | None = None
    msg: msgspec.Raw = msgspec.Raw(b"null")


class Acknowledgement(msgspec.Struct, frozen=True):
    """Body of `subscribed`: the subscription id stands inside, not beside it."""

    channel: Identifier
    sid: Sid


class Refusal(msgspec.Struct, frozen=True):
    """Body of `error`."""

    code: int
    msg: str = ""


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
    """Body of `orderbook_delta`: a change of one level, not its new total."""

    # Deltas are nearly all there is, so what may be in these strings is checked once per string, where rows are made.
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
    """Body of `orderbook_snapshot`: whole ladders of bids; an absent side is an empty one."""

    market_ticker: Ticker
    market_id: Identifier = ""
    # A market that never changed has the clock 0, which is not the same as none.
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
    """What is read of an average that comes with an index value."""

    value: Amount


class IndexFrame(msgspec.Struct, frozen=True):
    """What is read of the upstream frame inside an index value: a number or a string, and when it was computed."""

    value: Decimal
    time: int | None = None


class IndexValue(msgspec.Struct, frozen=True):
    """Body of `cfbenchmarks_value`: `data` is the upstream frame, JSON within JSON; the body is stored whole."""

    index_id: Ticker
    received_at: int
    data: str
    avg_60s_data: IndexAverage | None = None
    last_60s_windowed_average_15min: IndexAverage | None = None
