"""Rows for the database, and the transaction that writes a batch of them."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
import psycopg

from kalshi_data.database.connection import Connection, query
from kalshi_data.kalshi.rows import Row
from kalshi_data.shard import EVERYTHING

# Tables that hold states, with their columns: a statement for each writes its rows, in the order of the frames.
STATE_COLUMNS = {
    "connections_opened": ("connection_id", "name", "url", "opened_at"),
    "connections_closed": ("connection_id", "closed_at", "close_reason", "frames_received"),
    "coverage_begun": ("connection_id", "sid", "channel", "market_ticker", "began_at"),
    "coverage_ended": ("connection_id", "sid", "market_ticker", "ended_at", "end_reason"),
    "connections_crashed": ("connection_first", "connection_before", "ended_at"),
    "coverage_lost": ("connection_first", "connection_before", "ended_at"),
    "gaps_found": (
        *("frame_number", "connection_id", "sid", "channel", "seq_expected", "seq_received"),
        *("began_at", "detected_at"),
    ),
    "gaps_repaired": ("frame_number", "ended_at", "repair"),
}

REASON_CHARACTERS_MAX = 1_000


class Item(msgspec.Struct, frozen=True, gc=False):
    """One row of a capture table, and the frame that it came from, which goes to quarantine if the row is refused."""

    stream: str
    row: Row
    frame: bytes
    number: int
    connection_id: int
    received_at: datetime


class PositionLost(Exception):
    """The position in the database is not the one that this process left there."""


def write_batch(
    connection: Connection, items: Sequence[Item], frame_number: int, shard: int = EVERYTHING.number
) -> None:
    """Write items to their tables, and their position in a shard's frame log, in one transaction.

    Raises:
        psycopg.Error: nothing is written, unless the connection broke: then the rows may be written or not.
    """
    streams: defaultdict[str, list[Row]] = defaultdict(list)
    states: list[Item] = []
    for item in items:
        if item.stream in STATE_COLUMNS:
            states.append(item)
        else:
            streams[item.stream].append(item.row)
    with connection.transaction(), connection.cursor() as cursor:
        for stream, rows in streams.items():
            with cursor.copy(query(f"capture/record/{stream}")) as copy:
                for row in rows:
                    copy.write_row(row)
        for stream, group in groupby(states, key=lambda item: item.stream):
            write_states(cursor, stream, [item.row for item in group])
        cursor.execute(query("capture/record/advance_flush_position"), {"shard": shard, "frame_number": frame_number})


def write_states(cursor: psycopg.Cursor[tuple[Any, ...]], stream: str, rows: Sequence[Row]) -> psycopg.Cursor[Any]:
    """Write rows of a table that holds states; return the cursor with what the statement returns."""
    objects = [dict(zip(STATE_COLUMNS[stream], row, strict=True)) for row in rows]
    return cursor.execute(query(f"capture/coverage/{stream}"), {"rows": msgspec.json.encode(objects).decode()})


def read_position(connection: Connection, shard: int = EVERYTHING.number) -> int:
    """Return the number of the last frame that is committed, 0 if there is none."""
    row = connection.execute(query("capture/record/read_flush_position"), {"shard": shard}).fetchone()
    return int(row[0]) if row else 0


def lower_position(connection: Connection, shard: int, frame_number: int) -> None:
    """Set the position to `frame_number` if it is above that."""
    connection.execute(query("capture/record/lower_flush_position"), {"shard": shard, "frame_number": frame_number})


def quarantine_item(
    frame: bytes, reason: str, number: int, connection_id: int, received_at: datetime, frame_bytes_max: int
) -> Item:
    """Return the quarantine row of a frame: its first `frame_bytes_max` bytes, its whole length and its digest."""
    digest = hashlib.sha256(frame).digest()
    row = (connection_id, received_at, to_text(reason), frame[:frame_bytes_max], len(frame), digest, number)
    return Item("quarantine", row, b"", number, connection_id, received_at)


def quarantined(item: Item, reason: str, frame_bytes_max: int) -> Item:
    """Return the quarantine row of a refused row: its frame, or the row itself if it is a state, which has no frame."""
    frame = item.frame or repr((item.stream, item.row)).encode(errors="replace")
    return quarantine_item(frame, reason, item.number, item.connection_id, item.received_at, frame_bytes_max)


def error_reason(error: Exception) -> str:
    """Return the database's message without its details, which hold values; other errors by their kind only."""
    message = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"refused by the database: {message or type(error).__name__}"


def to_text(reason: str) -> str:
    """Return a reason as PostgreSQL stores it: without NUL and halves of characters, and not too long."""
    return reason.replace("\x00", "").encode(errors="replace").decode()[:REASON_CHARACTERS_MAX]
