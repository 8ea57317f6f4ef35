"""The truth journal: everything the exchange did, in order, one JSON object a line; written once, never changed.

A published message is {"published_ms", "sent", ..., "frame": {"type", "msg", ...}}: `sent` is to how many connections.
A delta's line also holds its `occurrence` among equal deltas of one clock and `after`, the size of its level then, so
that with the `book` a market began with the book after each clock is known. A fault is {"published_ms", "fault": ...}.
"""

from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.simulator.published import Fact

BUFFER_BYTES = 1 << 20


class Journal:
    """An append-only file, or nothing where nobody wants one."""

    def __init__(self, path: Path | None) -> None:
        """Write to a new file at `path`."""
        self._file = path.open("wb", buffering=BUFFER_BYTES) if path else None

    def published(self, fact: Fact, sent: int, published_ms: int) -> None:
        """Write a message that was published to `sent` connections."""
        if self._file is not None:
            envelope = fact.envelope if fact.envelope is not None else b'"sending_ts_ms":%d,' % published_ms
            self._file.write(
                b'{"published_ms":%d,"sent":%d,%b"frame":{"type":"%b",%b"msg":%b}}\n'
                % (published_ms, sent, fact.note, fact.type.encode(), envelope, fact.body)
            )

    def noted(self, published_ms: int, **what: Any) -> None:
        """Write anything else: a fault, a connection, a book."""
        if self._file is not None:
            self._file.write(msgspec.json.encode({"published_ms": published_ms, **what}) + b"\n")

    def flush(self) -> None:
        """Bring what was written to the disk."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Bring it to the disk and write no more."""
        if self._file is not None:
            self._file.close()
            self._file = None
