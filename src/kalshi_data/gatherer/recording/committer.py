"""Commits batches to the capture database, and repeats that until the database takes them."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import psycopg
import structlog

from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.errors import NotCommitted
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.recording.batch import Item, error_reason, is_written, quarantine_item, write_batch
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

Result = TypeVar("Result")
RETRY_SECONDS_MAX = 5.0
# The delay to the commit is measured in one of this many rows.
DELAY_SAMPLE = 16


class Committer:
    """Owns the connection to the capture database; one thread at a time calls it."""

    def __init__(self, conninfo: str, settings: WritingSettings, counters: Counters) -> None:
        """Prepare to commit to the database at `conninfo`."""
        self._settings = settings
        self._counters = counters
        self._database = ReconnectingConnection(conninfo, application_name="gatherer")
        self._days: set[date] = set()
        # Until when to wait for a database that is away, by the monotonic clock.
        self.give_up_at = float("inf")

    def commit(self, items: Sequence[Item], frame_number: int) -> None:
        """Commit items and their position; rows that the database refuses go to quarantine.

        Raises:
            NotCommitted: the database did not come back before `give_up_at`.
        """
        attempts = 0

        def write(connection: Connection) -> None:
            nonlocal attempts
            attempts += 1
            self._ensure_partitions(connection, items)
            if attempts == 1 or not is_written(connection, frame_number):
                write_batch(connection, items, frame_number)

        try:
            self.call(write)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._divide(items, frame_number, error)
        else:
            self._count(items)

    def call(self, function: Callable[[Connection], Result]) -> Result:
        """Call with a connection; while the database is away, call again with a new connection.

        Raises:
            NotCommitted: the database did not come back before `give_up_at`.
        """
        backoff = Backoff(RETRY_SECONDS_MAX)
        while True:
            try:
                result = function(self._database.get())
            except psycopg.OperationalError as error:
                seconds = backoff.next_seconds()
                self._failed(error, backoff.attempts)
                if time.monotonic() > self.give_up_at:
                    raise NotCommitted(f"the database is away: {error}") from error
                time.sleep(seconds)
            else:
                self._counters.database_failure = ""
                return result

    def close_crashed(self, before: int, ended_at: datetime | None) -> None:
        """Close the connections that earlier runs left open; `before` is the first record number of this run."""
        parameters = {"before": before, "ended_at": ended_at}
        row = self.call(
            lambda connection: connection.execute(query("capture/coverage/close_crashed"), parameters).fetchone()
        )
        if row and row[0]:
            log.warning("an earlier run crashed, its connections are closed now", connections=row[0])

    def disconnect(self) -> None:
        """Close the connection; the next call makes a new one."""
        self._database.close()

    def _failed(self, error: psycopg.Error, attempt: int) -> None:
        """Count a failure, and log the first one of an outage."""
        self.disconnect()
        reason = str(error).strip()
        self._counters.database_failures += 1
        if not self._counters.database_failure:
            log.warning("database away, trying again; frames are kept in the frame log", attempt=attempt, error=reason)
        self._counters.database_failure = reason

    def _divide(self, items: Sequence[Item], frame_number: int, error: psycopg.Error) -> None:
        """Commit both halves of a refused batch; replace a single refused row by its quarantine row."""
        if len(items) > 1:
            half = len(items) // 2
            # A frame can have several rows, and its number is committed with the last of them.
            self.commit(items[:half], min(items[half - 1].number, items[half].number - 1))
            self.commit(items[half:], frame_number)
            return
        (item,) = items
        if not item.frame:
            raise error
        reason = error_reason(error)
        log.warning("row quarantined", stream=item.stream, reason=reason)
        limit = self._settings.quarantined_frame_bytes_max
        place = (item.number, item.connection_id, item.received_at)
        self.commit([quarantine_item(item.frame, reason, *place, limit)], frame_number)

    def _count(self, items: Sequence[Item]) -> None:
        now = datetime.now(UTC)
        self._counters.commits += 1
        self._counters.committed_rows.update(item.stream for item in items)
        for item in items[::DELAY_SAMPLE]:
            self._counters.commit_delays.observe((now - item.received_at).total_seconds())

    def _ensure_partitions(self, connection: Connection, items: Sequence[Item]) -> None:
        """Make the partitions of all days in a batch, and tomorrow's in advance."""
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        moments = {moment.date(): moment for moment in (tomorrow, *(item.received_at for item in items))}
        for day in moments.keys() - self._days:
            connection.execute(query("capture/record/ensure_partitions"), {"moment": moments[day]})
            self._days.add(day)
