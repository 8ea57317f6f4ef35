"""The schemas of the archive's files: the streams, their columns, and the version of each.

A column is never removed or renamed, and its type never changes. A new column is nullable and stands at the end of its
stream, with the new version as its `since`. Older files lack it; readers that match columns by name find null there.
"""

from collections.abc import Sequence

import pyarrow as pa

from kalshi_data.archive.streams.columns import (
    DECIMAL,
    DIGEST,
    LEVELS,
    MARKET,
    NAME,
    RECEIVED,
    TIME,
    WIDE_DECIMAL,
    ArchiveStream,
    Column,
    amount,
    exchange_time,
)
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.archive.streams.exchange_status import EXCHANGE_STATUS
from kalshi_data.archive.streams.listings import LISTED

__all__ = [
    "ARCHIVED",
    "DECIMAL",
    "LEVELS",
    "TIME",
    "ArchiveStream",
    "Column",
    "arrow_schema",
    "file_schema",
    "file_type",
]


ARCHIVED = (
    ArchiveStream(
        "trades",
        "market_data.hot_trades",
        "exchange_ts",
        ("market_ticker", "exchange_ts", "received_at", "trade_id"),
        (
            MARKET,
            exchange_time(),
            Column("trade_id", pa.string(), "identity at the exchange"),
            amount("yes_price", "US dollars"),
            amount("no_price", "US dollars"),
            amount("size", "contracts"),
            Column("taker_side", NAME, "yes or no", nullable=True),
            Column("is_block_trade", pa.bool_(), "true or false", nullable=True),
            *RECEIVED,
            Column("time_digits", pa.int16(), "decimal places of the second", nullable=True),
        ),
    ),
    ArchiveStream(
        "orderbook_deltas",
        "market_data.hot_orderbook_deltas",
        "exchange_ts",
        ("market_ticker", "exchange_ts", "clock", "side", "price", "size_delta", "occurrence"),
        (
            MARKET,
            exchange_time(),
            Column("clock", pa.int64(), "logical clock of the market"),
            Column("side", NAME, "yes or no"),
            amount("price", "US dollars"),
            amount("size_delta", "contracts"),
            Column("occurrence", pa.int32(), "number from 0"),
            *RECEIVED,
            Column("time_digits", pa.int16(), "decimal places of the second", nullable=True),
        ),
    ),
    ArchiveStream(
        "orderbook_snapshots",
        "market_data.hot_orderbook_snapshots",
        "received_at",
        ("market_ticker", "received_at", "clock", "levels_sha256", "occurrence"),
        (
            MARKET,
            RECEIVED[0],
            Column("market_id", NAME, "identity at the exchange"),
            Column("clock", pa.int64(), "logical clock of the market"),
            Column("levels_sha256", DIGEST, "SHA-256"),
            Column("occurrence", pa.int32(), "number from 0"),
            Column("yes_levels", LEVELS, "US dollars and contracts"),
            Column("no_levels", LEVELS, "US dollars and contracts"),
            RECEIVED[1],
            Column("last_change_at", TIME, "UTC milliseconds, clock of the exchange", nullable=True),
        ),
        group_rows_max=1 << 12,
    ),
    ArchiveStream(
        "tickers",
        "market_data.hot_tickers",
        "exchange_ts",
        ("market_ticker", "exchange_ts", "received_at", "values_sha256"),
        (
            MARKET,
            exchange_time(),
            Column("values_sha256", DIGEST, "SHA-256"),
            Column("market_id", NAME, "identity at the exchange", nullable=True),
            amount("last_price", "US dollars", nullable=True),
            amount("yes_bid", "US dollars", nullable=True),
            amount("yes_ask", "US dollars", nullable=True),
            amount("yes_bid_size", "contracts", nullable=True),
            amount("yes_ask_size", "contracts", nullable=True),
            amount("last_trade_size", "contracts", nullable=True),
            amount("volume", "contracts", nullable=True),
            amount("open_interest", "contracts", nullable=True),
            Column("dollar_volume", pa.int64(), "US dollars", nullable=True),
            Column("dollar_open_interest", pa.int64(), "US dollars", nullable=True),
            *RECEIVED,
            Column("time_digits", pa.int16(), "decimal places of the second", nullable=True),
        ),
    ),
    ArchiveStream(
        "lifecycle_events",
        "market_data.lifecycle_events",
        "seen_at",
        ("subject_ticker", "seen_at", "received_at", "kind", "payload_sha256", "occurrence"),
        (
            Column("subject_ticker", NAME, "name at the exchange"),
            Column("seen_at", TIME, "UTC microseconds, clock of the exchange, else of the gatherer"),
            Column("kind", NAME, "type of message"),
            Column("payload_sha256", DIGEST, "SHA-256"),
            Column("occurrence", pa.int32(), "number from 0"),
            Column("payload", pa.string(), "JSON"),
            *RECEIVED,
        ),
    ),
    ArchiveStream(
        "index_values",
        "market_data.index_values",
        "source_ts",
        ("index_id", "source_ts"),
        (
            Column("index_id", NAME, "name at the exchange"),
            exchange_time("source_ts"),
            exchange_time("published_at"),
            Column("value", WIDE_DECIMAL, "unit of the index"),
            Column("average_60s", WIDE_DECIMAL, "unit of the index", nullable=True),
            Column("average_15min", WIDE_DECIMAL, "unit of the index", nullable=True),
            Column("payload", pa.string(), "JSON"),
            *RECEIVED,
        ),
    ),
    *LISTED,
    EXCHANGE_STATUS,
    *DERIVED,
)


def arrow_schema(stream: ArchiveStream) -> pa.Schema:
    """Return the schema of a stream's rows in memory; each column's metadata holds its unit and its first version."""
    return _schema(stream.columns)


def file_schema(stream: ArchiveStream) -> pa.Schema:
    """Return the schema of a stream's files, which differs from that in memory in texts that repeat."""
    return _schema([column._replace(type=file_type(column.type)) for column in stream.columns])


def _schema(columns: Sequence[Column]) -> pa.Schema:
    described = [(each, {"unit": each.unit, "since": str(each.since)}) for each in columns]
    return pa.schema([pa.field(each.name, each.type, each.nullable, metadata) for each, metadata in described])


def file_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that a column of a type has in files."""
    return pa.string() if pa.types.is_dictionary(kind) else kind
