"""Rows on their way to the database, and the one transaction that writes a batch of them."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from kalshi_data.database import Connection, query
from kalshi_data.kalshi.rows import Row


class Item(NamedTuple):
    """One row of a capture table, and the frame it came from, for when the database refuses the row."""

    stream: str
    row: Row
    frame: bytes
    connection_id: int
    received_at: datetime


def write_batch(connection: Connection, items: Sequence[Item], run_id: UUID, flush_number: int) -> None:
    """Write items to their tables and the flush position with them, in one transaction.

    Raises:
        psycopg.DataError, psycopg.IntegrityError: a row is refused; nothing is written.
        psycopg.OperationalError: the connection broke; whether anything is written is not known.
    """
    streams: defaultdict[str, list[Row]] = defaultdict(list)
    for item in items:
        streams[item.stream].append(item.row)
    with connection.transaction(), connection.cursor() as cursor:
        for stream, rows in streams.items():
            with cursor.copy(query(f"capture/copy_{stream}")) as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.execute(query("capture/advance_flush_position"), {"run_id": run_id, "flush_number": flush_number})


def is_written(connection: Connection, run_id: UUID, flush_number: int) -> bool:
    """Tell whether a flush was committed although its connection broke."""
    position = {"run_id": run_id, "flush_number": flush_number}
    return connection.execute(query("capture/is_flushed"), position).fetchone() == (True,)


def quarantine_item(frame: bytes, reason: str, connection_id: int, received_at: datetime, frame_bytes_max: int) -> Item:
    """Return the quarantine row of a frame: verbatim up to `frame_bytes_max`, the digest and length of all of it."""
    digest = hashlib.sha256(frame).digest()
    row = (connection_id, received_at, reason, frame[:frame_bytes_max], len(frame), digest)
    return Item("quarantine", row, b"", connection_id, received_at)


def refusal_reason(error: psycopg.Error) -> str:
    """Return the database's own words, without the values it names in its details."""
    return f"refused by the database: {error.diag.message_primary or type(error).__name__}"
