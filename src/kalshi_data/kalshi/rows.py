"""Frames of the feed as rows of the capture tables: pure functions, exact amounts, one row per message.

Each row is a tuple in the column order of capture/record/<stream>.sql. Amounts are the strings that were sent. Times
are datetimes; in the streams with the most rows they are text, because formatting times is most of a row's cost.
"""

import contextlib
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.amounts import (
    SIDE_OF_BOOK_SIDE,
    both_prices,
    canonical,
    checked_ticker,
    dollars,
    first,
    in_dollars,
    index_amount,
    ladder,
    require,
)
from kalshi_data.kalshi.arrival import Arrival, change_time, summary_time
from kalshi_data.kalshi.decoding import BodyDecoder, OddField, plausible_sending_time
from kalshi_data.kalshi.messages import (
    Envelope,
    EventLifecycle,
    IndexFrame,
    IndexValue,
    MarketLifecycle,
    MarketSummary,
    OrderbookDelta,
    OrderbookSnapshot,
    Trade,
)
from kalshi_data.kalshi.payloads import checked_payload
from kalshi_data.kalshi.timestamps import (
    MILLISECOND_US,
    exchange_time,
    plausible_time,
    to_millisecond,
    to_text,
    usual_time,
)

Row = tuple[Any, ...]

# Why a frame of another type than the known ones is no row.
UNKNOWN_TYPE = "unknown message type"


def to_row(envelope: Envelope, arrival: Arrival) -> tuple[str, Row]:
    """Return the stream of a data frame, and its row.

    Raises:
        BadFrame: the type is unknown, a field is missing or has a bad value.
    """
    parse = _PARSERS.get(envelope.type)
    if parse is None:
        raise BadFrame(UNKNOWN_TYPE)
    if envelope.sid is None:
        raise BadFrame("missing field sid")
    try:
        return parse(envelope, plausible_sending_time(envelope, arrival.received_at), arrival)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"bad {envelope.type}: {error}") from error


def _trade(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _TRADE.decode(envelope, arrival.odd_fields)
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    yes, no = msg.yes_price_dollars or dollars(msg.yes_price), msg.no_price_dollars or dollars(msg.no_price)
    values = (*both_prices(yes, no), require("count_fp", msg.count_fp, msg.count))
    # A trade that bypassed the book has no taker.
    taker_side = first(msg.taker_outcome_side, SIDE_OF_BOOK_SIDE.get(msg.taker_book_side or ""), msg.taker_side)
    exchange_ts, digits = summary_time("trade", msg, arrival) or (sent_at or arrival.received_at, None)
    times = (arrival.received_at, sent_at, exchange_ts)
    return "trades", (*times, *place, msg.trade_id, msg.market_ticker, *values, taker_side, msg.is_block_trade, digits)


def _orderbook_delta(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _DELTA.decode(envelope, arrival.odd_fields)
    price = msg.price_dollars or str(require("price_dollars", dollars(msg.price)))
    size_delta = msg.delta_fp or str(require("delta_fp", msg.delta))
    ticker, clock = checked_ticker(msg.market_ticker), msg.clock or 0
    changed_at, exchange_ts, digits = usual_time(msg.ts_ms, msg.ts) or change_time(msg, arrival)
    if changed_at is not None and digits:
        arrival.last_changes[ticker] = to_millisecond(changed_at)
    else:
        # A time of a whole second may have lost its milliseconds.
        arrival.last_changes.pop(ticker, None)
    # No part can hold a tab.
    kind = f"{ticker}\t{msg.side}\t{canonical(price)}\t{canonical(size_delta)}"
    at = sent_at or arrival.received_at
    if changed_at is None or digits is None:
        exchange_ts = to_text(sent_at) if sent_at else arrival.received_text
        numbers = arrival.delta_numbering.undated(kind, clock, at)
    else:
        numbers = arrival.delta_numbering.dated(kind, exchange_ts, digits, clock, changed_at, at)
    occurrence, ordinal, ordinal_of_clock, ordinal_digits, burst_began_at = numbers
    # One tuple at once: most rows are deltas.
    row = (
        arrival.received_text,
        sent_at and to_text(sent_at),
        exchange_ts,
        arrival.connection_id,
        envelope.sid,
        envelope.seq,
        ticker,
        clock,
        msg.side,
        price,
        size_delta,
        occurrence,
        digits,
        ordinal,
        ordinal_of_clock,
        ordinal_digits,
        burst_began_at,
    )
    return "orderbook_deltas", row


def _orderbook_snapshot(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _SNAPSHOT.decode(envelope, arrival.odd_fields)
    levels = (
        *ladder(msg.yes_dollars_fp or msg.yes_dollars or in_dollars(msg.yes)),
        *ladder(msg.no_dollars_fp or msg.no_dollars or in_dollars(msg.no)),
    )
    # Equal states differ by their clock; without a clock, by their number on the connection, which starts with 1.
    occurrence = 0
    if msg.clock is None:
        occurrence += 1 + arrival.occurrences.number(_digest(msg.market_ticker, *levels))
    place = (arrival.connection_id, envelope.sid, envelope.seq, msg.market_ticker, msg.market_id or "")
    values = (msg.clock or 0, *levels, occurrence, arrival.last_changes.get(msg.market_ticker))
    return "orderbook_snapshots", (arrival.received_at, sent_at, *place, *values)


def _ticker(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    msg = _SUMMARY.decode(envelope, arrival.odd_fields)
    values = (
        first(msg.price_dollars, dollars(msg.price)),
        first(msg.yes_bid_dollars, dollars(msg.yes_bid)),
        first(msg.yes_ask_dollars, dollars(msg.yes_ask)),
        msg.yes_bid_size_fp,
        msg.yes_ask_size_fp,
        msg.last_trade_size_fp,
        first(msg.volume_fp, msg.volume),
        first(msg.open_interest_fp, msg.open_interest),
        msg.dollar_volume,
        msg.dollar_open_interest,
    )
    exchange_ts, digits = summary_time("ticker", msg, arrival) or (sent_at or arrival.received_at, None)
    times = (arrival.received_text, sent_at and to_text(sent_at), to_text(exchange_ts))
    return "tickers", (
        *times,
        arrival.connection_id,
        envelope.sid,
        msg.market_ticker,
        msg.market_id or None,
        *values,
        digits,
    )


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
    payload = checked_payload(bytes(envelope.msg))
    earlier = arrival.body_numbering.number(f"{subject}\0{kind}", payload, sent_at or arrival.received_at)
    numbers = (earlier.bodies, list(earlier.times))
    return "lifecycle_events", (arrival.received_at, sent_at, *place, subject, kind, payload, *numbers)


def _index_value(envelope: Envelope, sent_at: datetime | None, arrival: Arrival) -> tuple[str, Row]:
    odd: list[OddField] = []
    msg = _INDEX_VALUE.decode(envelope, odd)
    upstream = _INDEX_FRAME.decode(Envelope(envelope.type, msg=msgspec.Raw(msg.data)), odd)
    arrival.odd_fields.extend(each for each in odd if each.is_known)
    published_at = exchange_time(msg.received_at, MILLISECOND_US)
    if published_at is None:
        raise BadFrame("missing field received_at")
    computed_at = None
    with contextlib.suppress(BadFrame):
        computed_at = plausible_time(upstream.time, MILLISECOND_US)
    times = (arrival.received_at, sent_at, computed_at or published_at)
    place = (arrival.connection_id, envelope.sid, envelope.seq)
    averages = (each and each.value for each in (msg.avg_60s_data, msg.last_60s_windowed_average_15min))
    values = (published_at, index_amount(bytes(upstream.value).decode().strip('"')), *averages)
    return "index_values", (*times, *place, msg.index_id, *values, checked_payload(bytes(envelope.msg)))


def _digest(*parts: str) -> bytes:
    """Return what equal messages have in common, in few bytes: bodies may be long, and many are remembered."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()


_TRADE = BodyDecoder(Trade)
_DELTA = BodyDecoder(OrderbookDelta)
_SNAPSHOT = BodyDecoder(OrderbookSnapshot)
_SUMMARY = BodyDecoder(MarketSummary)
# Bodies of lifecycle messages and index values are stored whole, so nothing in them can be unknown.
_MARKET_LIFECYCLE = msgspec.json.Decoder(MarketLifecycle)
_EVENT_LIFECYCLE = msgspec.json.Decoder(EventLifecycle)
_INDEX_VALUE = BodyDecoder(IndexValue)
_INDEX_FRAME = BodyDecoder(IndexFrame)

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
DATA_TYPES = frozenset(_PARSERS)
