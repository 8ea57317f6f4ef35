"""Merges the streams of a window into one sequence of facts in the order in which the exchange published them."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from heapq import merge
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa

from kalshi_data.reader.amounts import millionths

# Of one microsecond, trades come before changes, these before tickers, and messages about lifecycles after them.
STREAMS = ("trades", "orderbook_deltas", "tickers", "lifecycle_events", "index_values")
TRADE, CHANGE, TICKER, LIFECYCLE, INDEX = range(len(STREAMS))
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "trades": (
            "exchange_ts",
            "market_ticker",
            "trade_id",
            "yes_price",
            "no_price",
            "size",
            "taker_side",
            "is_block_trade",
            "time_digits",
        ),
        "orderbook_deltas": (
            "exchange_ts",
            "market_ticker",
            "clock",
            "side",
            "price",
            "size_delta",
            "time_digits",
        ),
        "tickers": (
            "exchange_ts",
            "market_ticker",
            "market_id",
            "last_price",
            "yes_bid",
            "yes_ask",
            "yes_bid_size",
            "yes_ask_size",
            "last_trade_size",
            "volume",
            "open_interest",
            "dollar_volume",
            "dollar_open_interest",
            "time_digits",
        ),
        "lifecycle_events": ("seen_at", "subject_ticker", "kind", "payload"),
        "index_values": ("source_ts", "index_id", "payload"),
    }
)
# Rows that are Python objects at once.
ROWS_AT_ONCE = 4_096


class Fact(NamedTuple):
    """What happened at a moment: the values of a row in the order of COLUMNS; `rank` is the place of its stream."""

    at_us: int
    rank: int
    number: int
    row: tuple[Any, ...]


def facts(tables: Mapping[str, Iterable[pa.Table]]) -> Iterator[Fact]:
    """Yield the facts of all streams in order; the tables of each stream follow each other in time."""
    return merge(*(of_stream(rank, tables[name]) for rank, name in enumerate(STREAMS)))


def ahead(pool: ThreadPoolExecutor, tables: Iterator[pa.Table]) -> Generator[pa.Table]:
    """Yield tables, and begin to read the first one at once and each other one before it is asked for."""
    first = pool.submit(next, tables, None)

    def following() -> Generator[pa.Table]:
        coming = first
        while (table := coming.result()) is not None:
            coming = pool.submit(next, tables, None)
            yield table

    return following()


def of_stream(rank: int, tables: Iterable[pa.Table]) -> Iterator[Fact]:
    """Yield the rows of one stream as facts."""
    numbers = count()
    for table in tables:
        for first in range(0, table.num_rows, ROWS_AT_ONCE):
            part = table.slice(first, ROWS_AT_ONCE)
            rows = zip(*(values(column) for column in part.columns), strict=True)
            for number, row in zip(numbers, rows, strict=False):
                yield Fact(row[0], rank, number, row)


def values(column: Any) -> list[Any]:
    """Return a column as Python values: times in microseconds, amounts in millionths, null as None."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64()).to_pylist()
    if not pa.types.is_decimal(column.type):
        return column.to_pylist()
    if not column.null_count:
        return millionths(column)
    amounts: list[Any] = millionths(column.fill_null(0))
    return [each if known else None for each, known in zip(amounts, column.is_valid().to_pylist(), strict=True)]
