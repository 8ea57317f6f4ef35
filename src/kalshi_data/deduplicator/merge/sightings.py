"""Records about merged rows for upkeep: which rows came late, and which gatherer received which row."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import psycopg

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.settings import MergingSettings
from kalshi_data.streams import Stream


def record_sightings(
    cursor: psycopg.Cursor[Any], stream: Stream, hours: Collection[datetime], settings: MergingSettings
) -> None:
    """Record late rows and sightings in the transaction that merged them; `hours` are the hours that got new rows."""
    if stream.marks_late_rows and hours:
        staged = {"time_column": stream.time_column, "stream": stream.name}
        touched = {"first_hour": min(hours), "last_hour": max(hours)}
        cursor.execute(query("production/sightings/record_late_rows"), {**staged, **touched})
    if stream.has_sightings:
        sample = {"sightings_one_in": settings.sightings_one_in}
        cursor.execute(query(f"production/sightings/{stream.name}"), sample)
