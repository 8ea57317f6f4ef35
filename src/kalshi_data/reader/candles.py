"""Sums up trades and best prices in buckets of time."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from kalshi_data.archive.schemas import TIME
from kalshi_data.reader.amounts import decimals
from kalshi_data.reader.times import bucket

TRADE_COLUMNS = ("exchange_ts", "received_at", "trade_id", "yes_price", "size")
PARTS = ("open", "high", "low", "close")


class Traded(NamedTuple):
    """A trade in microseconds and millionths, in the order in which trades are sorted."""

    at_us: int
    received_us: int
    trade_id: str
    price: int
    size: int


class Extent:
    """The first, highest, lowest and last of some values; a missing value ends the last one."""

    def __init__(self, carried: int | None) -> None:
        """Begin with the value that is in force at the beginning."""
        self.open = self.high = self.low = self.close = carried

    def add(self, value: int | None) -> None:
        """Take the next value."""
        self.close = value
        if value is not None:
            self.open = value if self.open is None else self.open
            self.high = value if self.high is None else max(self.high, value)
            self.low = value if self.low is None else min(self.low, value)

    def values(self) -> Sequence[int | None]:
        """Return open, high, low and close."""
        return self.open, self.high, self.low, self.close


class QuotedCandles:
    """The candles of a range, filled with quotes and with trades, each in the order of time."""

    def __init__(self, begin_us: int, until_us: int, width_us: int) -> None:
        """Prepare empty candles."""
        self._width_us = width_us
        self._begins = range(bucket(begin_us, width_us), until_us, width_us)
        number = len(self._begins)
        self._volumes, self._counts = [0] * number, [0] * number
        self._prices: list[Extent | None] = [None] * number
        self._bids, self._asks, self._known = list[Extent](), list[Extent](), list[bool]()
        self._now: tuple[int | None, int | None, bool] = (None, None, False)

    def quote(self, at_us: int, bid: int | None, ask: int | None, *, is_known: bool) -> None:
        """Take best prices that hold from a moment on."""
        place = self._place(at_us)
        # Prices that hold from the very beginning of a candle are those that it opens with.
        self._carry(place + (at_us > self._begins[place]))
        self._now = (bid, ask, is_known)
        if place < len(self._bids):
            self._bids[place].add(bid)
            self._asks[place].add(ask)
            self._known[place] = is_known

    def trade(self, traded: Traded) -> None:
        """Take a trade."""
        place = self._place(traded.at_us)
        extent = self._prices[place] or Extent(None)
        extent.add(traded.price)
        self._prices[place] = extent
        self._volumes[place] += traded.size
        self._counts[place] += 1

    def table(self) -> pa.Table:
        """Return the candles as a table."""
        self._carry(len(self._begins))
        traded = [each or Extent(None) for each in self._prices]
        columns: dict[str, Any] = {"at": pa.array(list(self._begins), TIME)}
        columns |= _columns("", traded)
        columns |= {"volume": decimals(self._volumes), "trades": pa.array(self._counts, pa.int64())}
        columns |= _columns("bid_", self._bids) | _columns("ask_", self._asks)
        return pa.table(columns | {"is_known": pa.array(self._known, pa.bool_())})

    def _place(self, at_us: int) -> int:
        return (at_us - self._begins[0]) // self._width_us

    def _carry(self, until: int) -> None:
        """Open the candles before a place with the prices in force."""
        bid, ask, is_known = self._now
        while len(self._bids) < until:
            self._bids.append(Extent(bid))
            self._asks.append(Extent(ask))
            self._known.append(is_known)


def _columns(prefix: str, extents: Sequence[Extent]) -> dict[str, Any]:
    values = [each.values() for each in extents]
    return {f"{prefix}{part}": decimals([each[number] for each in values]) for number, part in enumerate(PARTS)}
