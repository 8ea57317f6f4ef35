"""Trades and candlesticks for REST."""

from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from kalshi_data.simulator.venue.filters import Query, boolean, integer
from kalshi_data.simulator.venue.listings import rfc3339

TRADES_MAX = 200_000
CANDLES_MAX = 1_500
Object = dict[str, Any]


class TradeRecord(NamedTuple):
    """One trade: its time in µs since 1970, its market, and its message body."""

    created_us: int
    ticker: str
    body: bytes

    def object(self) -> Object:
        """Return the trade in the format of REST: ticker for market_ticker, created_time for ts_ms."""
        # The values stay as they were recorded, whatever they are.
        fields: Object = {**msgspec.json.decode(self.body, type=dict[str, msgspec.Raw])}
        whole, micro = divmod(self.created_us, 1_000_000)
        created = rfc3339(whole).removesuffix("Z") + f".{micro:06d}Z"
        for name in ("market_ticker", "ts", "ts_ms"):
            fields.pop(name, None)
        return {**fields, "ticker": self.ticker, "created_time": created}


class TradeHistory:
    """The newest TRADES_MAX trades of all markets."""

    def __init__(self) -> None:
        """Start empty."""
        self._trades: deque[TradeRecord] = deque(maxlen=TRADES_MAX)

    def add(self, created_us: int, ticker: str, body: bytes) -> None:
        """Add a trade."""
        self._trades.append(TradeRecord(created_us, ticker, body))

    def select(self, query: Query, live_from_s: int, *, historical: bool) -> list[TradeRecord]:
        """Return the trades of one tier that match a query, newest first.

        Raises:
            BadRequest: if a filter is invalid.
        """
        after, until = integer(query, "min_ts", 0), integer(query, "max_ts", 1 << 40)
        block, ticker = boolean(query, "is_block_trade"), query.get("ticker")
        blocks = {None: b"", True: b'"is_block_trade":true', False: b'"is_block_trade":false'}[block]
        return [
            each
            for each in reversed(self._trades)
            if (not ticker or each.ticker == ticker)
            and after <= each.created_us / 1e6 <= until
            and (each.created_us < live_from_s * 1_000_000) == historical
            and blocks in each.body
        ]


class MinuteCandle(msgspec.Struct):
    """The candlestick of one minute: prices (open, low, high, close) in 0.0001 dollars, sizes in 0.01 contracts."""

    bids: list[int]
    asks: list[int]
    trades: list[int]
    volume: int = 0
    value: int = 0
    open_interest: int = 0


class Candlesticks:
    """The newest one-minute candlesticks of one market, by the end of the minute."""

    def __init__(self) -> None:
        """Start without candlesticks."""
        self.minutes: dict[int, MinuteCandle] = {}

    def quote(self, time_s: int, bid: int, ask: int, open_interest: int) -> None:
        """Add the best prices at a time."""
        minute = self._candle(time_s, bid, ask)
        _extend(minute.bids, bid)
        _extend(minute.asks, ask)
        minute.open_interest = open_interest

    def trade(self, time_s: int, price: int, size: int, bid: int, ask: int) -> None:
        """Add a trade."""
        minute = self._candle(time_s, bid, ask)
        _extend(minute.trades, price)
        minute.volume += size
        minute.value += price * size

    def _candle(self, time_s: int, bid: int, ask: int) -> MinuteCandle:
        end_s = -(-time_s // 60) * 60
        minute = self.minutes.get(end_s)
        if minute is None:
            minute = self.minutes[end_s] = MinuteCandle([bid] * 4, [ask] * 4, [])
            if len(self.minutes) > CANDLES_MAX:
                del self.minutes[next(iter(self.minutes))]
        return minute


def _extend(prices: list[int], price: int) -> None:
    """Add a price to open, low, high and close."""
    if prices:
        prices[1:] = min(prices[1], price), max(prices[2], price), price
    else:
        prices[:] = [price] * 4


def merge_minutes(minutes: Iterable[tuple[int, MinuteCandle]], period_s: int) -> dict[int, MinuteCandle]:
    """Return candlesticks of a longer period by their end, in s since 1970."""
    merged: dict[int, MinuteCandle] = {}
    for end_s, minute in minutes:
        end = -(-end_s // period_s) * period_s
        found = merged.get(end)
        if found is None:
            merged[end] = MinuteCandle([*minute.bids], [*minute.asks], [*minute.trades], minute.volume, minute.value)
        else:
            for prices, added in ((found.bids, minute.bids), (found.asks, minute.asks), (found.trades, minute.trades)):
                for price in added:
                    _extend(prices, price)
            found.volume += minute.volume
            found.value += minute.value
        merged[end].open_interest = minute.open_interest
    return merged
