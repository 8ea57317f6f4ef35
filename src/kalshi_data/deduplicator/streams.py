"""The stream catalogue.

Each line stands for SQL files of its name: the gatherer's sync view and poll, production's stage, copy and merge.
"""

from typing import NamedTuple


class Stream(NamedTuple):
    """One stream, and the column that its rows are placed by in production."""

    name: str
    time_column: str


STREAMS = (
    Stream("trades", "exchange_ts"),
    Stream("orderbook_deltas", "exchange_ts"),
    Stream("orderbook_snapshots", "received_at"),
    Stream("tickers", "exchange_ts"),
    Stream("lifecycle_events", "seen_at"),
)
