"""Rows of the archive as the exchange's messages: each value as it was sent, each time as it is played."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from kalshi_data.simulator.messages import CHANNEL_OF_TYPE, Message
from kalshi_data.simulator.replay.play_clock import SECOND_US, PlayClock
from kalshi_data.simulator.venue.listings import COMBO_PREFIX, rfc3339

PRICE_PLACES, SIZE_PLACES = 4, 2
UNIT_PLACES = 6
UNIT = 10**UNIT_PLACES
MARKET_CHANNEL, COMBO_CHANNEL = "market_lifecycle_v2", "multivariate_market_lifecycle"
# What the columns of a ticker from its last price on are called in its message.
TICKER_FIELDS = (
    ("price_dollars", PRICE_PLACES),
    ("yes_bid_dollars", PRICE_PLACES),
    ("yes_ask_dollars", PRICE_PLACES),
    ("yes_bid_size_fp", SIZE_PLACES),
    ("yes_ask_size_fp", SIZE_PLACES),
    ("last_trade_size_fp", SIZE_PLACES),
    ("volume_fp", SIZE_PLACES),
    ("open_interest_fp", SIZE_PLACES),
)
BOOK_SIDES = {"yes": "bid", "no": "ask"}


class FactMessages:
    """Makes the messages of one replay."""

    def __init__(self, clock: PlayClock, ids: Mapping[str, str]) -> None:
        """Use the times of a clock, and the ids of markets as far as they are known."""
        self._clock = clock
        self._ids = ids
        self._names: dict[str, str] = {}

    def change(self, row: Sequence[Any]) -> Message:
        """Return the message of a change of an order book."""
        at_us, market, clock, side, price, delta, digits = row
        numbered = f'"clock":{clock},' if clock else ""
        body = (
            f'{{{self._named(market)},{numbered}"price_dollars":"{amount_text(price, PRICE_PLACES)}",'
            f'"delta_fp":"{amount_text(delta, SIZE_PLACES)}","side":"{side}"'
            f"{change_times(self._clock.moved(at_us), digits)}}}"
        )
        return Message("orderbook_delta", "orderbook_delta", market, body.encode())

    def trade(self, row: Sequence[Any]) -> Message:
        """Return the message of a trade."""
        at_us, market, trade_id, yes, no, size, taker, is_block, digits = row
        # Clients still require the older name beside the newer ones.
        named = f'"taker_side":"{taker}","taker_outcome_side":"{taker}"'
        sides = "" if taker is None else f',{named},"taker_book_side":"{BOOK_SIDES[taker]}"'
        block = "" if is_block is None else f',"is_block_trade":{"true" if is_block else "false"}'
        body = (
            f'{{"trade_id":{json_text(trade_id)},"market_ticker":{json_text(market)},'
            f'"yes_price_dollars":"{amount_text(yes, PRICE_PLACES)}",'
            f'"no_price_dollars":"{amount_text(no, PRICE_PLACES)}","count_fp":"{amount_text(size, SIZE_PLACES)}"'
            f"{sides}{block}{summary_times(self._clock.moved(at_us), digits)}}}"
        )
        return Message("trade", "trade", market, body.encode())

    def ticker(self, row: Sequence[Any]) -> Message:
        """Return the message of a market's summary."""
        at_us, market, market_id, *amounts, volume, interest, digits = row
        parts = [f'"market_ticker":{json_text(market)}']
        parts += [] if market_id is None else [f'"market_id":{json_text(market_id)}']
        for (name, places), amount in zip(TICKER_FIELDS, amounts, strict=True):
            parts += [] if amount is None else [f'"{name}":"{amount_text(amount, places)}"']
        for name, dollars in (("dollar_volume", volume), ("dollar_open_interest", interest)):
            parts += [] if dollars is None else [f'"{name}":{dollars}']
        moved_us = self._clock.moved(at_us)
        body = f"{{{','.join(parts)}{summary_times(moved_us, digits)}{ticker_time(moved_us, digits)}}}"
        return Message("ticker", "ticker", market, body.encode())

    def lifecycle(self, row: Sequence[Any]) -> Message:
        """Return the message of an event in the life of a market or of an event."""
        _, subject, kind, payload = row
        channel = COMBO_CHANNEL if subject.startswith(COMBO_PREFIX) else MARKET_CHANNEL
        body = self._clock.moved_body(payload.encode())
        if CHANNEL_OF_TYPE.get(kind) == MARKET_CHANNEL:
            return Message(kind, channel, None, body)
        return Message(channel, channel, subject, body)

    def index_value(self, row: Sequence[Any]) -> Message:
        """Return the message of the value of an index."""
        _, index, payload = row
        return Message("cfbenchmarks_value", "cfbenchmarks_value", index, self._clock.moved_body(payload.encode()))

    def _named(self, market: str) -> str:
        """Return the fields that name a market."""
        found = self._names.get(market)
        if found is None:
            market_id = self._ids.get(market)
            identified = f',"market_id":{json_text(market_id)}' if market_id else ""
            found = self._names[market] = f'"market_ticker":{json_text(market)}{identified}'
        return found


@lru_cache(maxsize=1 << 16)
def amount_text(millionths: int, places: int) -> str:
    """Return an exact amount with at least some decimal places, and more if it has them.

    Example:
        >>> amount_text(430_000, 4), amount_text(-2_500_000, 2), amount_text(123_456, 4)
        ('0.4300', '-2.50', '0.123456')
    """
    whole, part = divmod(abs(millionths), UNIT)
    digits = f"{part:06d}"
    kept = max(places, len(digits.rstrip("0")))
    return f"{'-' if millionths < 0 else ''}{whole}.{digits[:kept]}"


@lru_cache(maxsize=1 << 16)
def json_text(text: str) -> str:
    """Return a text as JSON."""
    return msgspec.json.encode(text).decode()


@lru_cache(maxsize=64)
def second_text(seconds: int) -> str:
    """Return a whole second without its zone."""
    return rfc3339(seconds).removesuffix("Z")


def change_times(at_us: int, digits: int | None) -> str:
    """Return the fields that hold the time of a change, with as many digits as are known of it."""
    seconds, micros = divmod(at_us, SECOND_US)
    if digits is None:
        return ""
    if not digits:
        return f',"ts":"{second_text(seconds)}Z"'
    fraction = f"{micros:06d}"[:digits]
    return f',"ts":"{second_text(seconds)}.{fraction}Z","ts_ms":{at_us // 1_000}'


def summary_times(at_us: int, digits: int | None) -> str:
    """Return the fields that hold the time of a trade or ticker, with as many digits as are known of it."""
    seconds, micros = divmod(at_us, SECOND_US)
    if digits is None:
        return ""
    if digits > 3:
        return f',"ts":"{second_text(seconds)}.{micros:06d}Z"'
    return f',"ts":{seconds}' + (f',"ts_ms":{at_us // 1_000}' if digits else "")


def ticker_time(at_us: int, digits: int | None) -> str:
    """Return the field that repeats a ticker's time as text."""
    seconds, micros = divmod(at_us, SECOND_US)
    if digits is None:
        return ""
    fraction = f".{micros:06d}"[: digits + 1] if digits else ""
    return f',"time":"{second_text(seconds)}{fraction}Z"'
