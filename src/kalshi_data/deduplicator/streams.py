"""The stream catalogue.

Each line stands for SQL files of its name: the gatherer's sync view and poll, production's stage, copy and merge.
"""

from typing import NamedTuple


class Stream(NamedTuple):
    """One stream: the table it goes to, the column that places its rows there in time, and where it comes from.

    `source` is the folder of SQL of the gatherer's database that holds it; with nothing waiting it is polled no more
    often than each `poll_seconds_min`.
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
