"""Message bodies of the feed as typed structs, in their present form and in all earlier ones.

Source: Kalshi AsyncAPI 3.34.0, and recordings since 2025. In each struct the present form of a field comes first. Older
messages hold `price`, `count` and `delta` in whole cents and contracts, `ts` and `taker_side` instead. Amounts stay the
strings that were sent. A missing amount is None, which is not zero.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from kalshi_data.kalshi.timestamps import SentTime

# Plain decimals of ASCII digits only: a minus is allowed, a plus, an exponent or infinity is not. Prices and sizes have
# at most 12 digits before the point and, beside zeros, 6 after it: that is what the archive holds (archive/schemas.py).
AMOUNT_PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,6}0{0,12})?\Z"
Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN)]
# Amounts in whole cents or whole contracts, with the same bound.
WholeAmount = Annotated[int, Meta(gt=-(10**12), lt=10**12)]
Ticker = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Identifier = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Count = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
# The number that is expected next must fit into a bigint too.
SequenceNumber = Annotated[int, Meta(ge=0, le=2**63 - 2)]
Sid = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Side = Literal["yes", "no"]


class Envelope(msgspec.Struct, frozen=True):
    """The fields that surround every message; `msg` is decoded when the type is known."""

    type: str
    id: int | None = None
    sid: Sid | None = None
    seq: SequenceNumber | None = None
    sending_ts_ms: SentTime = None
    msg: msgspec.Raw = msgspec.Raw(b"null")


# The fields of an envelope that a row can do without: a bad value reads as absent.
DISPENSABLE = frozenset({"id", "sending_ts_ms"})


class MessageBody(msgspec.Struct, frozen=True):
    """The body of a message.

    A bad value of a field in REPLACEABLE is ignored if the message has the field's successor, or if None stands for it:
    then a row can do without both. A whole number in a field of NUMBERS is read in any form: 7, 7.0, "7". Few messages
    have equal values in a field of UNIQUE.
    """

    REPLACEABLE: ClassVar[Mapping[str, str | None]] = MappingProxyType({})
    NUMBERS: ClassVar[frozenset[str]] = frozenset()
    UNIQUE: ClassVar[frozenset[str]] = frozenset()


class Acknowledgement(msgspec.Struct, frozen=True):
    """Body of `subscribed`: it holds the subscription id, which other frames have in the envelope."""

    channel: Identifier
    sid: Sid


class ErrorBody(msgspec.Struct, frozen=True):
    """Body of `error`, as error_messages.py reads it; it may name the markets that it is about."""

    code: int
    msg: str = ""
    market_tickers: tuple[str, ...] = ()


class Trade(MessageBody, frozen=True):
    """Body of `trade`."""

    REPLACEABLE = MappingProxyType(
        {
            **dict.fromkeys(("ts", "ts_ms", "taker_side", "is_block_trade")),
            "taker_book_side": "taker_outcome_side",
            "taker_outcome_side": "taker_side",
            "count": "count_fp",
            "yes_price": "yes_price_dollars",
            "no_price": "no_price_dollars",
        }
    )
    UNIQUE = frozenset({"trade_id"})

    trade_id: Ticker
    market_ticker: Ticker
    yes_price_dollars: Amount | None = None
    no_price_dollars: Amount | None = None
    count_fp: Amount | None = None
    taker_outcome_side: Side | None = None
    taker_book_side: Literal["bid", "ask"] | None = None
    is_block_trade: bool | None = None
    ts_ms: SentTime = None
    ts: SentTime = None
    taker_side: Side | None = None
    yes_price: WholeAmount | None = None
    no_price: WholeAmount | None = None
    count: WholeAmount | None = None


class OrderbookDelta(MessageBody, frozen=True):
    """Body of `orderbook_delta`: the change of one level, not its new total."""

    REPLACEABLE = MappingProxyType(
        {
            **dict.fromkeys(("ts", "ts_ms", "clock", "market_id", "client_order_id", "subaccount")),
            "price": "price_dollars",
            "delta": "delta_fp",
        }
    )
    NUMBERS = frozenset({"clock"})

    # Nearly all messages are deltas, so rows.py checks the contents of these strings, and each different string once.
    market_ticker: str
    side: Side
    market_id: str | None = None
    clock: Number | None = None
    price_dollars: str | None = None
    delta_fp: str | None = None
    ts_ms: SentTime = None
    ts: SentTime = None
    client_order_id: str | None = None
    subaccount: int | None = None
    price: WholeAmount | None = None
    delta: WholeAmount | None = None


class OrderbookSnapshot(MessageBody, frozen=True):
    """Body of `orderbook_snapshot`: all bids of both sides; a side without bids is absent."""

    REPLACEABLE = MappingProxyType(
        {
            **dict.fromkeys(("market_id", "clock")),
            **{name: f"{side}_dollars_fp" for side in ("yes", "no") for name in (side, f"{side}_dollars")},
        }
    )
    NUMBERS = frozenset({"clock"})

    market_ticker: Ticker
    # Empty if the exchange does not know the ticker.
    market_id: Identifier | None = None
    # A market that never changed has clock 0, which differs from no clock.
    clock: Number | None = None
    yes_dollars_fp: list[tuple[Amount, Amount]] | None = None
    no_dollars_fp: list[tuple[Amount, Amount]] | None = None
    yes_dollars: list[tuple[Amount, Amount | WholeAmount]] | None = None
    no_dollars: list[tuple[Amount, Amount | WholeAmount]] | None = None
    yes: list[tuple[WholeAmount, WholeAmount]] | None = None
    no: list[tuple[WholeAmount, WholeAmount]] | None = None


class MarketSummary(MessageBody, frozen=True):
    """Body of `ticker`."""

    REPLACEABLE = MappingProxyType(
        {
            **dict.fromkeys(("ts", "ts_ms", "time", "Clock", "market_id", "dollar_volume", "dollar_open_interest")),
            **{name: f"{name}_dollars" for name in ("price", "yes_bid", "yes_ask")},
            **{name: f"{name}_fp" for name in ("volume", "open_interest")},
        }
    )

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
    ts_ms: SentTime = None
    ts: SentTime = None
    time: SentTime = None
    price: WholeAmount | None = None
    yes_bid: WholeAmount | None = None
    yes_ask: WholeAmount | None = None
    volume: WholeAmount | None = None
    open_interest: WholeAmount | None = None
    clock: int | None = msgspec.field(name="Clock", default=None)


class MarketLifecycle(msgspec.Struct, frozen=True):
    """What is read of `market_lifecycle_v2` and `multivariate_market_lifecycle`; the body is stored whole."""

    market_ticker: Ticker
    event_type: Ticker


class EventLifecycle(msgspec.Struct, frozen=True):
    """What is read of `event_lifecycle` and `event_fee_update`; the body is stored whole."""

    event_ticker: Ticker


# Wider than other amounts, because an index may be in any unit. The archive holds that many digits.
IndexAmount = Annotated[str, Meta(pattern=r"^-?[0-9]{1,20}(\.[0-9]{1,18})?\Z")]


class IndexAverage(msgspec.Struct, frozen=True):
    """The field that is read of an average that comes with an index value."""

    value: IndexAmount | None = None


class IndexFrame(MessageBody, frozen=True):
    """The fields that are read of the upstream frame in an index value: number or string, and when it was computed."""

    REPLACEABLE = MappingProxyType({"time": None})

    value: msgspec.Raw
    time: SentTime = None


class IndexValue(MessageBody, frozen=True):
    """Body of `cfbenchmarks_value`: `data` is the upstream frame, JSON in a JSON string; the body is stored whole."""

    REPLACEABLE = MappingProxyType(dict.fromkeys(("avg_60s_data", "last_60s_windowed_average_15min")))

    index_id: Ticker
    received_at: SentTime
    data: str
    avg_60s_data: IndexAverage | None = None
    last_60s_windowed_average_15min: IndexAverage | None = None
