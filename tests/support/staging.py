"""Puts rows into gatherers' databases and merges them, for tests of the merge."""

import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg import sql

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.gatherer.recording.batch import Item, write_batch
from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.decoding import decode_envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import to_row
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import STREAMS
from tests.support.engines import Database
from tests.support.waiting import wait_until

# Noon of yesterday: no sample of a test lies on both sides of midnight, and nothing of it is of the future.
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
Frame = dict[str, Any]


def frame(kind: str, body: Frame, sent_at: datetime | None = None) -> Frame:
    sent = {} if sent_at is None else {"sending_ts_ms": int(sent_at.timestamp() * 1000)}
    return {"type": kind, "sid": 1, "seq": 1, **sent, "msg": body}


def receive(
    database: Database, frames: Iterable[Frame], received_at: datetime = NOW, number: int = 1, connection_id: int = 1
) -> None:
    """Write frames as a gatherer would that received them on one connection, in one transaction."""
    receive_apart(database, [(received_at, each) for each in frames], number, connection_id)


def receive_apart(
    database: Database, frames: Sequence[tuple[datetime, Frame]], number: int = 1, connection_id: int = 1
) -> None:
    """Write frames as a gatherer would that received each at a time of its own."""
    arrival = Arrival(connection_id, NOW, Occurrences())
    with database.connect("gatherer") as connection:
        items: list[Item] = []
        for received_at, each in frames:
            connection.execute(query("capture/record/ensure_partitions"), {"moment": received_at})
            arrival.received_at, arrival.received_text = received_at, received_at.isoformat(" ")
            stream, row = to_row(decode_envelope(msgspec.json.encode(each)), arrival)
            items.append(Item(stream, (*row, None), b"", 0, 1, received_at))
        write_batch(connection, items, number)


def settings(production: Database, gatherers: Sequence[Database], **merging: object) -> DeduplicatorSettings:
    """Return settings for gatherers of which only one database is at hand, whichever it is."""
    conninfo = {"conninfo": production.conninfo("deduplicator")}
    listed = [
        {"id": number, "kalshi_ts": {"conninfo": reader}, "kalshi_meta": {"conninfo": reader}}
        for number, reader in enumerate((gatherer.conninfo("dedup_reader") for gatherer in gatherers), start=1)
    ]
    databases = {"production": {"runtime": conninfo, "owner": conninfo}, "gatherers": listed}
    sections = {**databases, "merging": merging, "health": {"port": 0}}
    return msgspec.convert(sections, DeduplicatorSettings)


def merge(
    production: Database,
    gatherers: Sequence[Database],
    ticks: int = 1,
    source: str = "capture",
    shard: Shard = EVERYTHING,
    **merging: object,
) -> None:
    """Merge every stream of a source by a number of ticks, with a new deduplicator."""
    chosen = settings(production, gatherers, **merging)
    for stream in (each for each in STREAMS if each.source == source):
        merging_stream = StreamMerge(stream, chosen, threading.Event(), shard)
        with closing(merging_stream), production.connect("deduplicator") as connection:
            claim(merging_stream, connection)
            for _ in range(ticks):
                merging_stream.tick(connection)


def claim(merging_stream: StreamMerge, connection: Connection) -> None:
    """Take over a stream; the server notices a little late that the connection before is gone."""
    wait_until(lambda: merging_stream.prepare(connection))


def rows(production: Database, table: str, columns: str) -> list[tuple[Any, ...]]:
    """Return the sorted rows of a table in market_data."""
    statement = sql.SQL("select {} from market_data.{} order by 1, 2, 3").format(
        sql.SQL(", ").join(sql.SQL(name) for name in columns.split()),  # pyright: ignore[reportArgumentType]
        sql.Identifier(table),
    )
    with production.connect("reader") as connection:
        return connection.execute(statement).fetchall()


def counts(production: Database, stream: str) -> list[tuple[Any, ...]]:
    """Return polled, new, duplicate and rejected by gatherer."""
    with production.connect() as connection:
        merged = connection.execute(query("production/status/read_progress")).fetchall()
    return [row[1:] for row in merged if row[0] == stream]


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
