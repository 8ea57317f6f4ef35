"""Commits batches to the capture database, and repeats that until the database takes them."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import psycopg
import structlog

from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.errors import LockHeld, MigrationError, NoRoom, NotCommitted
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.databases import LockedConnection
from kalshi_data.gatherer.frame_log.shards import first_number_of
from kalshi_data.gatherer.recording.batch import (
    Item,
    PositionLost,
    lower_position,
    read_position,
    write_batch,
    write_states,
)
from kalshi_data.gatherer.recording.refused_rows import ROW_ERRORS, RefusedRows, middle_frame
from kalshi_data.gatherer.recording.stored_snapshots import STREAM_OF, StoredSnapshots, hours_of
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import EVERYTHING, Shard

log = structlog.get_logger()

Result = TypeVar("Result")
RETRY_SECONDS_MAX = 5.0
# Another process may end at any time, and its lock is wanted soon after.
LOCK_SECONDS_MAX = 1.0
# The delay to the commit is measured in one of this many rows.
DELAY_SAMPLE = 16


class Committer:
    """Owns the connection to the capture database; one thread at a time calls it."""

    def __init__(
        self,
        conninfo: str,
        settings: WritingSettings,
        counters: Counters,
        shard: Shard = EVERYTHING,
        database: ReconnectingConnection | None = None,
        remedy: str = "gatherer migrate",
        why_full: Callable[[], str] = str,
    ) -> None:
        """Prepare to commit, as the only one, to `conninfo` or `database`, unless `why_full` returns a reason."""
        self._why_full = why_full
        self._settings = settings
        self._counters = counters
        self._shard = shard
        self._database = database or LockedConnection(conninfo, remedy, shard)
        self._hours: set[datetime] = set()
        self._snapshots = StoredSnapshots()
        self._refused = RefusedRows(self.call, counters, settings.quarantined_frame_bytes_max)
        # The last frame whose commit this process knows of, and the last that it tried to commit; None before that.
        self._committed: int | None = None
        self._attempted = 0
        # Until when to wait for a database that is away, by the monotonic clock.
        self.give_up_at = float("inf")

    def start(self) -> int:
        """Connect once and return the number of the last committed frame.

        Raises:
            psycopg.Error: the database is away.
            MigrationError: its schema is older than this program.
            LockHeld: another process writes this shard's rows.
        """
        try:
            position = read_position(self._database.get(), self._shard.number)
        except (psycopg.Error, MigrationError, LockHeld):
            self.disconnect()
            raise
        self._counters.awaits_database = False
        return position

    def first_position(self, uncommitted_from: int | None) -> int:
        """Return the last committed frame, from which the caller goes on; frames from `uncommitted_from` on are not.

        Raises:
            NotCommitted: the database did not come back before `give_up_at`.
        """
        limit = self._attempted if self._committed is not None else None
        if limit is None and uncommitted_from is not None:
            limit = uncommitted_from - 1
        self._committed = None
        position = self.call(lambda connection: read_position(connection, self._shard.number))
        if limit is not None and position > limit:
            log.error("the database is ahead of the frame log, which goes on from here", position=position, to=limit)
            self.call(lambda connection: lower_position(connection, self._shard.number, limit))
            position = limit
        self._committed = self._attempted = position
        return position

    def commit(self, items: Sequence[Item], frame_number: int) -> None:
        """Commit items and their position; rows that the database refuses go to quarantine.

        Raises:
            NotCommitted: the database did not come back before `give_up_at`.
            PositionLost: the database lost rows that were committed before, or another process moved its position.
        """
        try:
            stored = self._write(items, frame_number)
        except (psycopg.Error, *ROW_ERRORS) as error:
            if not items:
                raise  # the position alone is refused, which no division mends
            self._divide(items, frame_number, error)
        else:
            self._counters.snapshots_repeated += len(items) - len(stored)
            self._count(stored)

    def call(self, function: Callable[[Connection], Result]) -> Result:
        """Call with a connection; while the database is away, call again with a new connection.

        Raises:
            NotCommitted: the database did not come back before `give_up_at`.
        """
        backoff = Backoff(RETRY_SECONDS_MAX)
        while True:
            try:
                if reason := self._why_full():
                    raise NoRoom(reason)
                result = function(self._database.get())
            except (psycopg.Error, MigrationError, LockHeld, NoRoom) as error:
                if isinstance(error, psycopg.Error) and failure_of(error) is Failure.ROW_REFUSED:
                    raise
                seconds = backoff.next_seconds()
                self._failed(error)
                if time.monotonic() > self.give_up_at:
                    raise NotCommitted(f"the database takes no rows: {error}") from error
                time.sleep(min(seconds, LOCK_SECONDS_MAX) if isinstance(error, LockHeld) else seconds)
            else:
                self._worked()
                return result

    def close_crashed(self, before: int, ended_at: datetime | None) -> None:
        """Close what the log did not say that earlier runs left open; `before` is this run's first record number."""
        rows = [(first_number_of(self._shard.number), before, ended_at)]
        row = self.call(lambda connection: write_states(connection.cursor(), "connections_crashed", rows).fetchone())
        if row and row[0]:
            log.warning("an earlier run crashed, its connections are closed now", connections=row[0])

    def disconnect(self) -> None:
        """Close the connection; the next call makes a new one, perhaps to a server that has lost rows."""
        self._database.close()
        self._snapshots.clear()

    def _write(self, items: Sequence[Item], frame_number: int) -> Sequence[Item]:
        attempts = 0

        def write(connection: Connection) -> None:
            nonlocal attempts
            attempts += 1
            if attempts > 1 and self._is_written(connection, frame_number):
                return
            self._attempted = max(self._attempted, frame_number)
            self._ensure_partitions(connection, items)
            write_batch(connection, self._snapshots.select(items), frame_number, self._shard.number)

        try:
            self.call(write)
        except psycopg.errors.CheckViolation as error:
            if error.diag.constraint_name is not None:
                raise
            # A partition was dropped to make room, although older frames still go there.
            self._hours.clear()
            self._snapshots.clear()
            self.call(write)
        self._committed = frame_number
        return self._snapshots.keep()

    def _is_written(self, connection: Connection, frame_number: int) -> bool:
        """Return whether a batch was committed although its connection broke."""
        position = read_position(connection, self._shard.number)
        if self._committed is not None and not self._committed <= position <= self._attempted:
            raise PositionLost(f"the database's position is {position}, rows are read from the frame log again")
        return position >= frame_number

    def _failed(self, error: Exception) -> None:
        """Count a failure, and log the first one of an outage, and each other reason."""
        if not isinstance(error, NoRoom):
            self.disconnect()
        counters, reason = self._counters, str(error).strip()
        counters.database_failures += 1
        if isinstance(error, LockHeld):
            self._wait_for_lock(reason)
            return
        if not isinstance(error, psycopg.Error) or failure_of(error) is Failure.OUR_FAULT:
            if counters.database_failure != reason:
                log.error("database takes no rows, trying again; frames are kept in the frame log", error=reason)
        elif not counters.database_failure:
            log.warning("database away, trying again; frames are kept in the frame log", error=reason)
        counters.database_failure = reason

    def _wait_for_lock(self, reason: str) -> None:
        counters = self._counters
        if counters.held_by != reason:
            log.warning("another gatherer writes this database, waiting for its end", reason=reason)
        counters.held_by, counters.awaits_database = reason, True
        # Whoever holds the lock may move the position, so it no longer shows whether the last attempt was committed.
        self._attempted = self._committed or 0

    def _worked(self) -> None:
        counters = self._counters
        if counters.database_failure or counters.held_by:
            log.info("database takes rows again")
        counters.database_failure, counters.held_by, counters.awaits_database = "", "", False

    def _divide(self, items: Sequence[Item], frame_number: int, error: Exception) -> None:
        """Commit both halves of a refused batch; of a single frame, commit all rows with the refused ones replaced.

        A frame is committed whole. The position is its number, and shows whether the rows of a broken connection are
        committed; that of a part of a frame would be the one before, which was there already.
        """
        if half := middle_frame(items):
            self.commit(items[:half], max(item.number for item in items[:half]))
            self.commit(items[half:], frame_number)
        else:
            self.commit(self._refused.replaced(items, error), frame_number)

    def _count(self, items: Sequence[Item]) -> None:
        now = datetime.now(UTC)
        self._counters.commits += 1
        self._counters.committed_rows.update(Counter(map(STREAM_OF, items)))
        for item in items[::DELAY_SAMPLE]:
            self._counters.commit_delays.observe((now - item.received_at).total_seconds())

    def _ensure_partitions(self, connection: Connection, items: Sequence[Item]) -> None:
        """Make the partitions of a batch's hours, and of the next hour in advance; remember the hours of one batch."""
        next_hour = datetime.now(UTC) + timedelta(hours=1)
        hours = hours_of((next_hour,)) | hours_of([item.received_at for item in items])
        for hour in hours - self._hours:
            connection.execute(query("capture/record/ensure_partitions"), {"moment": hour})
        self._hours = hours
