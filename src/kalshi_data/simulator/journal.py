"""The journal of everything the exchange did, in order, one JSON object per line; lines are never changed.

A published message is {"published_ms", "sent", "on", ..., "frame": {"type", "msg", ...}}; `sent` is the number of
connections that it was sent to, and `on` are those that got it undamaged, by their numbers in {..., "connection": ...}.
The frame has all its fields: `unsent` names those that no connection got, `lacking` those that at least one connection
did not get, and `lacked` lists {"fields", "connections"}: the connections that lacked exactly these fields. The
`receiver` of a snapshot that one client asked for is its connection and subscription. The line of a delta also holds
its `occurrence` among equal deltas of one clock, and `after`, the size of its level after it. With the `book` that each
market started with, this gives the book after each clock. A fault is {"published_ms", "fault": ...}, a change of the
fields of connections {..., "rollout": ...}.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.simulator.feed.field_sets import NO_FIELDS, FieldSet
from kalshi_data.simulator.messages import Message

BUFFER_BYTES = 1 << 20


class Journal:
    """An append-only file; without a path it writes nothing."""

    def __init__(self, path: Path | None) -> None:
        """Write to a new file at `path`."""
        self._file = path.open("wb", buffering=BUFFER_BYTES) if path else None

    def record_message(
        self, message: Message, lacked: Sequence[FieldSet], published_ms: int, connections: Sequence[int] = ()
    ) -> None:
        """Write a message with the fields that each connection to which it was sent did not get.

        `connections` are their numbers in the same order, 0 for one that may have got a damaged message.
        """
        if self._file is not None:
            envelope = message.envelope if message.envelope is not None else b'"sending_ts_ms":%d,' % published_ms
            kind = msgspec.json.encode(message.type)
            self._file.write(
                b'{"published_ms":%d,"sent":%d,%b%b%b"frame":{"type":%b,%b"msg":%b}}\n'
                % (
                    published_ms,
                    len(lacked),
                    _numbers(connections),
                    _fields(lacked, connections),
                    message.journal_fields,
                    kind,
                    envelope,
                    message.body,
                )
            )

    def record(self, published_ms: int, **fields: Any) -> None:
        """Write a line about a fault, a connection or a book."""
        if self._file is not None:
            self._file.write(msgspec.json.encode({"published_ms": published_ms, **fields}) + b"\n")

    def flush(self) -> None:
        """Write buffered lines to the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write buffered lines and close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _numbers(connections: Sequence[int]) -> bytes:
    """Return the connections that got a whole message, encoded."""
    return b'"on":[%b],' % ",".join(str(number) for number in connections if number).encode()


def _fields(lacked: Sequence[FieldSet], connections: Sequence[int]) -> bytes:
    """Return which fields which connections did not get, encoded; nothing if all got all."""
    lacking = NO_FIELDS.union(*lacked)
    if not lacking:
        return b""
    groups: dict[FieldSet, list[int]] = {}
    for fields, number in zip(lacked, connections, strict=False):
        groups.setdefault(fields, []).extend([number] if number else [])
    forms = [{"fields": sorted(fields), "connections": numbers} for fields, numbers in groups.items()]
    named = {"unsent": sorted(lacking.intersection(*lacked)), "lacking": sorted(lacking), "lacked": forms}
    return msgspec.json.encode(named)[1:-1] + b","
