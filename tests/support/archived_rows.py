"""Inserts rows of every stream into production and reads the files the archive wrote, for tests of the archive."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from psycopg import sql
from psycopg.types.json import Jsonb

from kalshi_data.archive.parquet_writer import WrittenFile, write_partition
from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.archive.streams.columns import LEVELS, ArchiveStream
from kalshi_data.database.connection import Connection
from tests.support.engines import Database

HOUR = datetime(2026, 11, 1, 10, tzinfo=UTC)
# Streams whose rows are merged.
STREAMS = {stream.name: stream for stream in ARCHIVED if not stream.is_derived}
Row = dict[str, Any]


def after(seconds: float) -> datetime:
    return HOUR + timedelta(seconds=seconds)


def insert(connection: Connection, stream: ArchiveStream, rows: Sequence[Row]) -> None:
    """Insert rows that have the archive's columns; levels become two arrays, and JSON is given as text."""
    if stream.time_column:
        for moment in {row[stream.time_column] for row in rows}:
            connection.execute("select timeseries.ensure_partition(%s, %s)", (stream.table, moment))
    for row in rows:
        values = dict(stored(stream, row))
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(*stream.table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        )
        connection.execute(statement, list(values.values()))


def stored(stream: ArchiveStream, row: Row) -> Sequence[tuple[str, Any]]:
    """Return the columns of production for a row of the archive."""
    pairs: list[tuple[str, Any]] = []
    for column in stream.columns:
        value = row[column.name]
        if column.type == LEVELS:
            side = column.name.removesuffix("_levels")
            pairs += [(f"{side}_prices", [each["price"] for each in value])]
            pairs += [(f"{side}_sizes", [each["size"] for each in value])]
        else:
            pairs.append((column.name, Jsonb(value, lambda text: text) if column.unit == "JSON" else value))
    return pairs


def write(
    production: Database, stream: ArchiveStream, path: Path, begin: datetime = HOUR, end: datetime | None = None
) -> WrittenFile:
    """Write the current rows of production to a file, as the exporter does."""
    with production.connect("exporter") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            return write_partition(connection, stream, begin, end or begin + timedelta(hours=stream.hours), path)


def contents(path: Path) -> list[Row]:
    return pq.read_table(path).to_pylist()
