"""Candlesticks in the formats of REST, live and historical."""

from typing import Any, NamedTuple

from kalshi_data.simulator.model.market import count_text
from kalshi_data.simulator.venue.filters import BadRequest, Query, boolean, integer
from kalshi_data.simulator.venue.price_grids import PRICES
from kalshi_data.simulator.venue.trade_history import Candlesticks, MinuteCandle, merge_minutes

PERIODS_MIN = (1, 60, 1440)
PRICE_NAMES = ("open", "low", "high", "close")
Object = dict[str, Any]


class CandleQuery(NamedTuple):
    """A request for candlesticks that end between two times, both included, in s since 1970."""

    start_s: int
    end_s: int
    period_s: int
    with_latest_before: bool

    @classmethod
    def parse(cls, query: Query) -> "CandleQuery":
        """Read it from the query of a request.

        Raises:
            BadRequest: if a parameter is missing or invalid.
        """
        for name in ("start_ts", "end_ts", "period_interval"):
            if not query.get(name):
                raise BadRequest(f"{name} is required")
        start_s, end_s, period = (integer(query, name, 0) for name in ("start_ts", "end_ts", "period_interval"))
        if period not in PERIODS_MIN or end_s < start_s:
            raise BadRequest("period_interval must be 1, 60 or 1440, and end_ts not before start_ts")
        return cls(start_s, end_s, period * 60, bool(boolean(query, "include_latest_before_start")))


def live_candles(candles: Candlesticks, candle_query: CandleQuery) -> list[Object]:
    """Return the requested candlesticks, oldest first."""
    periods = merge_minutes(candles.minutes.items(), candle_query.period_s)
    found: list[Object] = []
    previous: int | None = None
    before: Object | None = None
    for end_s, minute in periods.items():
        candle = _candle(end_s, minute, previous)
        previous = minute.trades[3] if minute.trades else previous
        if end_s < candle_query.start_s:
            before = candle
        elif end_s <= candle_query.end_s:
            found.append(candle)
    return [before, *found] if before and candle_query.with_latest_before else found


def _candle(end_s: int, minute: MinuteCandle, previous: int | None) -> Object:
    price: Object = {f"{name}_dollars": None for name in (*PRICE_NAMES, "mean")}
    if minute.trades:
        mean = PRICES[minute.value // minute.volume]
        low, high = _named(minute.trades)["low_dollars"], _named(minute.trades)["high_dollars"]
        price = {**_named(minute.trades), "mean_dollars": mean, "min_dollars": low, "max_dollars": high}
    return {
        "end_period_ts": end_s,
        "yes_bid": _named(minute.bids),
        "yes_ask": _named(minute.asks),
        "price": {**price, "previous_dollars": None if previous is None else PRICES[previous]},
        "volume_fp": count_text(minute.volume),
        "open_interest_fp": count_text(minute.open_interest),
    }


def _named(prices: list[int]) -> dict[str, str]:
    return {f"{name}_dollars": PRICES[price] for name, price in zip(PRICE_NAMES, prices, strict=True)}


def historical_candle(candle: Object) -> Object:
    """Return a candlestick with the field names of the historical tier, which have no suffix."""
    renamed: Object = {}
    for name, inner in candle.items():
        parts: Object | None = inner if name in ("yes_bid", "yes_ask", "price") else None
        value = inner if parts is None else {key.removesuffix("_dollars"): each for key, each in parts.items()}
        renamed[name.removesuffix("_fp")] = value
    return renamed
