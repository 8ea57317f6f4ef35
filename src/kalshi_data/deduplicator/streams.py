"""The stream catalogue.

Each entry has SQL files of its name: the gatherer's sync view and poll, production's stage, copy and merge.
"""

from typing import NamedTuple


class Stream(NamedTuple):
    """One stream: its table in production, the time column of that table, and the database it is polled from.

    `source` is the SQL folder of the gatherer's database that holds the stream. If no row waits, the stream is polled
    at most once in `poll_seconds_min`.
    """

    name: str
    target: str
    time_column: str | None = None
    source: str = "capture"
    poll_seconds_min: float = 0.0


STREAMS = (
    Stream("trades", "market_data.trades", "exchange_ts"),
    Stream("orderbook_deltas", "market_data.orderbook_deltas", "exchange_ts"),
    Stream("orderbook_snapshots", "market_data.orderbook_snapshots", "received_at"),
    Stream("tickers", "market_data.tickers", "exchange_ts"),
    Stream("lifecycle_events", "market_data.lifecycle_events", "seen_at"),
    Stream("index_values", "market_data.index_values", "source_ts"),
    Stream("connections", "ops.connections", poll_seconds_min=0.5),
    Stream("subscriptions", "ops.subscriptions", poll_seconds_min=0.5),
    Stream("gaps", "ops.gaps", poll_seconds_min=0.5),
    Stream("series", "market_data.series", source="registry", poll_seconds_min=1.0),
    Stream("events", "market_data.events", source="registry", poll_seconds_min=1.0),
    Stream("markets", "market_data.markets", source="registry", poll_seconds_min=1.0),
)
