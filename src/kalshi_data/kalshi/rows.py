"""Frames of the feed as rows of the capture tables: pure functions, exact amounts, one row per message.

Each row is a tuple in the column order of capture/record/<stream>.sql. Amounts are the strings that were sent. Times
are datetimes; in the streams with the most rows they are text, because formatting times is most of a row's cost.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.decoding import BodyDecoder, UnknownField, canonical, checked_ticker
from kalshi_data.kalshi.messages import (
    Envelope,
    EventLifecycle,
    IndexAverage,
    IndexFrame,
    IndexValue,
    MarketLifecycle,
    MarketSummary,
    OrderbookDelta,
    OrderbookSnapshot,
    Trade,
)
from kalshi_data.kalshi.occurrences import DELTA_KEYS_MAX, Burst, Occurrences
from kalshi_data.kalshi.timestamps import engine_time, from_ms, from_seconds, to_text, to_unique_text

Row = tuple[Any, ...]
Levels = Sequence[tuple[str | int, str | int]]
# Lifecycle messages have no key. Equal messages on several connections within this time are copies of one message, and
# production/merge/lifecycle_events.sql merges them so. Equal messages on one connection are numbered.
LIFECYCLE_PAUSE = timedelta(seconds=5)


class Arrival(msgspec.Struct):
    """On which connection and when a frame arrived, what that connection received before, and unknown fields."""

    connection_id: int
    received_at: datetime
    occurrences: Occurrences
    unknown_fields: list[UnknownField] = msgspec.field(default_factory=list[UnknownField])
    # The same time as received_at, for callers that can format it faster.
    received_text: str = ""
    delta_occurrences: Occurrences = msgspec.field(default_factory=lambda: Occurrences(DELTA_KEYS_MAX))
    lifecycle_burst: Burst = msgspec.field(default_factory=lambda: Burst(LIFECYCLE_PAUSE))

    def __post_init__(self) -> None:
        """Format the time of receipt if its text is not given."""
        self.received_text = self.received_text or self.received_at.isoformat(" ")


def decode_envelope(raw: bytes) -> Envelope:
    """Decode the envelope of a frame.

    Raises:
        BadFrame: the frame is not JSON, or not an envelope.
    """
    try:
        return _ENVELOPE.decode(raw)
    except msgspec.ValidationError as error:
        raise BadFrame(f"bad envelope: {error}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadFrame(f"not JSON: {error}") from error


def to_row(envelope: Envelope, arrival: Arrival) -> tuple[str, Row]:
    """Return the stream of a data frame, and its row.

    Raises:
        BadFrame: the type is unknown, a field is missing or has a bad value.
    """
    parse = _PARSERS.get(envelope.type)
    if parse is None:
        raise BadFrame("unknown message type")
    if envelope.sid is None:
        raise BadFrame("missing field sid")
    sent_at = None if envelope.sending_ts_ms is None else from_ms(envelope.sending_ts_ms)
    try:
        return parse(envelope, sent_at, arrival)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"bad {envelope.type}: {error}") from error


def _trade(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _TRADE.decode(envelope, arrival.unknown_fields)
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    prices = (
        _require("yes_price_dollars", msg.yes_price_dollars, _dollars(msg.yes_price)),
        _require("no_price_dollars", msg.no_price_dollars, _dollars(msg.no_price)),
    )
    size = _require("count_fp", msg.count_fp, msg.count)
    from_book_side = {"bid": "yes", "ask": "no", None: None}[msg.taker_book_side]
    taker_side = _require("taker_outcome_side", msg.taker_outcome_side, from_book_side, msg.taker_side)
    times = (arrival.received_at, sent_at, _summary_time(msg))
    return "trades", (*times, *place, msg.trade_id, msg.market_ticker, *prices, size, taker_side, msg.is_block_trade)


def _orderbook_delta(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _DELTA.decode(envelope, arrival.unknown_fields)
    price = msg.price_dollars or str(_require("price_dollars", _dollars(msg.price)))
    size_delta = msg.delta_fp or str(_require("delta_fp", msg.delta))
    ticker = checked_ticker(msg.market_ticker)
    exchange_ts = to_unique_text(engine_time(msg.ts, msg.ts_ms))
    # One string, because a string caches its hash and takes less memory than a tuple. No part can hold a tab.
    key = f"{ticker}\t{exchange_ts}\t{msg.clock}\t{msg.side}\t{canonical(price)}\t{canonical(size_delta)}"
    occurrence = arrival.delta_occurrences.number(key)
    times = (arrival.received_text, sent_at and to_text(sent_at), exchange_ts)
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    return "orderbook_deltas", (*times, *place, ticker, msg.clock, msg.side, price, size_delta, occurrence)


def _orderbook_snapshot(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _SNAPSHOT.decode(envelope, arrival.unknown_fields)
    levels = (
        *_ladder(msg.yes_dollars_fp or msg.yes_dollars or _in_dollars(msg.yes)),
        *_ladder(msg.no_dollars_fp or msg.no_dollars or _in_dollars(msg.no)),
    )
    # Equal states differ by their clock; without a clock, by their number on the connection, which starts with 1.
    occurrence = 0 if msg.clock is not None else 1 + arrival.occurrences.number((msg.market_ticker, levels))
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    row = (arrival.received_at, sent_at, *place, msg.market_ticker, msg.market_id, msg.clock or 0, *levels, occurrence)
    return "orderbook_snapshots", row


def _ticker(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _SUMMARY.decode(envelope, arrival.unknown_fields)
    values = (
        _first(msg.price_dollars, _dollars(msg.price)),
        _first(msg.yes_bid_dollars, _dollars(msg.yes_bid)),
        _first(msg.yes_ask_dollars, _dollars(msg.yes_ask)),
        msg.yes_bid_size_fp,
        msg.yes_ask_size_fp,
        msg.last_trade_size_fp,
        _first(msg.volume_fp, msg.volume),
        _first(msg.open_interest_fp, msg.open_interest),
        msg.dollar_volume,
        msg.dollar_open_interest,
    )
    times = (arrival.received_text, sent_at and to_text(sent_at), to_text(_summary_time(msg)))
    return "tickers", (*times, arrival.connection_id, envelope.sid, msg.market_ticker, msg.market_id, *values)


def _market_lifecycle(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _MARKET_LIFECYCLE.decode(envelope.msg)
    return _lifecycle(envelope, sent_at, arrival, msg.market_ticker, msg.event_type)


def _event_lifecycle(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _EVENT_LIFECYCLE.decode(envelope.msg)
    return _lifecycle(envelope, sent_at, arrival, msg.event_ticker, envelope.type)


def _lifecycle(
    envelope: Envelope, sent_at: datetime | None, arrival: Arrival, subject: str, kind: str
) -> tuple[str, Row]:
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    payload = bytes(envelope.msg).decode()
    occurrence = arrival.lifecycle_burst.number((subject, kind, payload), sent_at or arrival.received_at)
    return "lifecycle_events", (arrival.received_at, sent_at, *place, subject, kind, payload, occurrence)


def _index_value(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _INDEX_VALUE.decode(envelope.msg)
    upstream = _INDEX_FRAME.decode(msg.data)
    if not upstream.value.is_finite():
        raise BadFrame("bad cfbenchmarks_value: the value is not a number")
    published_at = from_ms(msg.received_at)
    times = (arrival.received_at, sent_at, published_at if upstream.time is None else from_ms(upstream.time))
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    averages = (_average(msg.avg_60s_data), _average(msg.last_60s_windowed_average_15min))
    values = (published_at, str(upstream.value), *averages, bytes(envelope.msg).decode())
    return "index_values", (*times, *place, msg.index_id, *values)


def _average(average: IndexAverage | None) -> str | None:
    return None if average is None else average.value


def _summary_time(msg: Trade | MarketSummary) -> datetime:
    """Return the exchange's time: milliseconds, in older messages seconds."""
    if msg.ts_ms is not None:
        return from_ms(msg.ts_ms)
    if msg.ts is not None:
        return from_seconds(msg.ts)
    raise BadFrame("missing field ts_ms")


def _first(*values: str | int | None) -> str | int | None:
    """Return the first value that is not None; 0 is a value."""
    for value in values:
        if value is not None:
            return value
    return None


def _require(name: str, *values: str | int | None) -> str | int:
    """Return the first value that is not None, or reject the frame."""
    value = _first(*values)
    if value is None:
        raise BadFrame(f"missing field {name}")
    return value


def _dollars(cents: int | None) -> str | None:
    """Return whole cents as dollars."""
    return None if cents is None else str(Decimal(cents).scaleb(-2))


def _in_dollars(levels: Sequence[tuple[int, int]] | None) -> Levels:
    """Return levels in cents as levels in dollars."""
    return [(str(Decimal(price).scaleb(-2)), size) for price, size in levels or ()]


def _ladder(levels: Levels) -> tuple[str, str]:
    """Return prices and sizes as two PostgreSQL array literals, in the order sent."""
    prices = ",".join([str(price) for price, _ in levels])
    sizes = ",".join([str(size) for _, size in levels])
    return f"{{{prices}}}", f"{{{sizes}}}"


_ENVELOPE = msgspec.json.Decoder(Envelope)
_TRADE = BodyDecoder(Trade)
_DELTA = BodyDecoder(OrderbookDelta)
_SNAPSHOT = BodyDecoder(OrderbookSnapshot)
_SUMMARY = BodyDecoder(MarketSummary)
# Bodies of lifecycle messages and index values are stored whole, so nothing in them can be unknown.
_MARKET_LIFECYCLE = msgspec.json.Decoder(MarketLifecycle)
_EVENT_LIFECYCLE = msgspec.json.Decoder(EventLifecycle)
_INDEX_VALUE = msgspec.json.Decoder(IndexValue)
_INDEX_FRAME = msgspec.json.Decoder(IndexFrame)

_PARSERS: dict[str, Callable[[Envelope, datetime | None, Arrival], tuple[str, Row]]] = {
    "trade": _trade,
    "orderbook_delta": _orderbook_delta,
    "orderbook_snapshot": _orderbook_snapshot,
    "ticker": _ticker,
    "market_lifecycle_v2": _market_lifecycle,
    "multivariate_market_lifecycle": _market_lifecycle,
    "event_lifecycle": _event_lifecycle,
    "event_fee_update": _event_lifecycle,
    "cfbenchmarks_value": _index_value,
}
