"""Rows for the database, and the transaction that writes a batch of them."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import msgspec
import psycopg

from kalshi_data.database.connection import Connection, query
from kalshi_data.kalshi.rows import Row

# Tables that hold states, with their columns: a statement for each writes its rows, in the order of the frames.
STATE_COLUMNS = {
    "connections_opened": ("connection_id", "name", "url", "opened_at"),
    "connections_closed": ("connection_id", "closed_at", "close_reason", "frames_received"),
    "coverage_begun": ("connection_id", "sid", "channel", "market_ticker", "began_at"),
    "coverage_ended": ("connection_id", "sid", "market_ticker", "ended_at", "end_reason"),
    "gaps_found": (
        *("frame_number", "connection_id", "sid", "channel", "seq_expected", "seq_received"),
        *("began_at", "detected_at"),
    ),
    "gaps_repaired": ("frame_number", "ended_at", "repair"),
}


class Item(msgspec.Struct, frozen=True, gc=False):
    """One row of a capture table, and the frame that it came from, which goes to quarantine if the row is refused."""

    stream: str
    row: Row
    frame: bytes
    number: int
    connection_id: int
    received_at: datetime


def write_batch(connection: Connection, items: Sequence[Item], frame_number: int) -> None:
    """Write items to their tables, and their position in the frame log, in one transaction.

    Raises:
        psycopg.DataError, psycopg.IntegrityError: a row is refused; nothing is written.
        psycopg.OperationalError: the connection broke; the rows may be written or not.
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
            columns = STATE_COLUMNS[stream]
            rows_of_group = [dict(zip(columns, item.row, strict=True)) for item in group]
            cursor.execute(query(f"capture/coverage/{stream}"), {"rows": msgspec.json.encode(rows_of_group).decode()})
        cursor.execute(query("capture/record/advance_flush_position"), {"frame_number": frame_number})


def is_written(connection: Connection, frame_number: int) -> bool:
    """Return whether a batch was committed although its connection broke."""
    return read_position(connection) >= frame_number


def read_position(connection: Connection) -> int:
    """Return the number of the last frame that is committed, 0 if there is none."""
    row = connection.execute(query("capture/record/read_flush_position")).fetchone()
    return int(row[0]) if row else 0


def quarantine_item(
    frame: bytes, reason: str, number: int, connection_id: int, received_at: datetime, frame_bytes_max: int
) -> Item:
    """Return the quarantine row of a frame: its first `frame_bytes_max` bytes, its whole length and its digest."""
    digest = hashlib.sha256(frame).digest()
    row = (connection_id, received_at, reason, frame[:frame_bytes_max], len(frame), digest, number)
    return Item("quarantine", row, b"", number, connection_id, received_at)


def error_reason(error: psycopg.Error) -> str:
    """Return the database's message without its details, which hold values."""
    return f"refused by the database: {error.diag.message_primary or type(error).__name__}"
