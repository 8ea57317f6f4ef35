"""Records about merged rows for upkeep: which rows came late, and which gatherer received which row."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import psycopg

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.settings import MergingSettings
from kalshi_data.deduplicator.streams import Stream

# Streams whose late rows are noted here. The merge of order-book changes notes its own late rows: there are so many
# that this is less work.
CLASSIFIED = ("trades", "orderbook_snapshots", "tickers", "lifecycle_events")
COMPARED = ("trades", "orderbook_deltas")


def note_arrivals(
    cursor: psycopg.Cursor[Any], stream: Stream, hours: Collection[datetime], settings: MergingSettings
) -> None:
    """Note late rows and sightings in the transaction that merged them; `hours` are the hours that got new rows."""
    name = stream.name
    if name in CLASSIFIED and hours:
        staged = {"time_column": stream.time_column, "stream": name}
        touched = {"first_hour": min(hours), "last_hour": max(hours)}
        cursor.execute(query("production/sightings/record_late_rows"), {**staged, **touched})
    if name in COMPARED:
        sample = {"sightings_one_in": settings.sightings_one_in}
        cursor.execute(query(f"production/sightings/{name}"), sample)
