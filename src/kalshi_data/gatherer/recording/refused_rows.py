"""Find the rows of a batch that the database refuses, and put a quarantine row in the place of each."""

from collections.abc import Callable, Sequence
from itertools import accumulate

import psycopg
import structlog

from kalshi_data.database.connection import Connection
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.recording.batch import Item, error_reason, quarantined, write_batch

log = structlog.get_logger()

# What a row can raise before it reaches the database: text that is no Unicode, a number without an end.
ROW_ERRORS = (ArithmeticError, LookupError, TypeError, ValueError)

# Calls a function with a connection; while the database is away, calls it again.
Call = Callable[[Callable[[Connection], None]], None]


def middle_frame(items: Sequence[Item]) -> int:
    """Return the index nearest to the middle at which a later frame begins; 0 if no row before belongs to an earlier.

    The rows before it can be committed with their last frame's number: none of the rows after it has that number.
    """
    last_before = list(accumulate((item.number for item in items), max))
    first_after = list(accumulate((item.number for item in reversed(items)), min))[::-1]
    begins = [index for index in range(1, len(items)) if last_before[index - 1] < first_after[index]]
    return min(begins, key=lambda index: abs(index - len(items) // 2), default=0)


class RefusedRows:
    """Replaces refused rows, and counts and logs them."""

    def __init__(self, call: Call, counters: Counters, frame_bytes_max: int) -> None:
        """Try rows by `call`; a quarantine row holds at most `frame_bytes_max` bytes of its frame."""
        self._call = call
        self._counters = counters
        self._frame_bytes_max = frame_bytes_max

    def replaced(self, items: Sequence[Item], error: Exception) -> list[Item]:
        """Return the rows of a refused batch with a quarantine row for each that is refused alone.

        If each is taken alone, but not together, all are replaced. A quarantine row that is refused is left out.
        """
        kept = self._parted(items, error)
        if kept == list(items):
            return [row for item in items for row in self._quarantined(item, error)]
        return kept

    def _parted(self, items: Sequence[Item], error: Exception) -> list[Item]:
        if len(items) == 1:
            return self._quarantined(items[0], error)
        half = len(items) // 2
        return [*self._tried(items[:half]), *self._tried(items[half:])]

    def _tried(self, items: Sequence[Item]) -> Sequence[Item]:
        """Write rows and take them back; return them, or what replaces them."""

        def write(connection: Connection) -> None:
            with connection.transaction(force_rollback=True):
                write_batch(connection, items, 0)

        try:
            self._call(write)
        except (psycopg.Error, *ROW_ERRORS) as error:
            return self._parted(items, error)
        return items

    def _quarantined(self, item: Item, error: Exception) -> list[Item]:
        reason = error_reason(error)
        self._counters.rows_refused[item.stream] += 1
        if item.stream == "quarantine":
            log.error("a frame cannot be quarantined, it stays in the frame log", frame=item.number, reason=reason)
            return []
        if (rows := self._counters.repeated.due(("refused", item.stream))) is not None:
            log.warning("row quarantined", stream=item.stream, rows=rows, reason=reason)
        return [quarantined(item, reason, self._frame_bytes_max)]
