"""Writes polled batches to production: each row once, with cursors, counts and marks, in one transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import errors

from kalshi_data.database.connection import Connection, query
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.deduplicator.merge.clocks import require_right_clock
from kalshi_data.deduplicator.merge.copy_format import POSITION_OF_ROW, join_rows, split_rows
from kalshi_data.deduplicator.merge.refusals import MISFIT, PROVEN_ROWS_MAX, RefusalRule, RefusedRow
from kalshi_data.deduplicator.merge.sightings import record_sightings
from kalshi_data.deduplicator.merge.source import Batch, StreamSource
from kalshi_data.deduplicator.settings import MergingSettings
from kalshi_data.service.failures import describe
from kalshi_data.shard import Shard
from kalshi_data.streams import Stream

log = structlog.get_logger()

Polled = Sequence[tuple[StreamSource, Batch]]
# The gatherer's columns differ from the stage's, so that it is not this or that row.
OTHER_COLUMNS = (errors.InvalidBinaryRepresentation, errors.BadCopyFileFormat)
# How much of a row that cannot be staged is kept.
RECEIVED_BYTES_MAX = 100_000


class Counts(NamedTuple):
    """Rows by gatherer that were new to production, rows that it rejected, and those of them that do not fit."""

    new: Counter[int]
    rejected: Counter[int]
    misfits: Counter[int]


def stage_rows(cursor: psycopg.Cursor[Any], received: bytes) -> None:
    """Put rows in binary COPY format into the stage of a session.

    Raises:
        psycopg.Error: production refuses a row, or does not answer.
    """
    with cursor.copy(query("production/stage/copy")) as copy:
        copy.write(received)


class BatchMerge:
    """Merges batches of one stream on a connection that has a stage, while the stream's lock is held."""

    def __init__(
        self,
        stream: Stream,
        settings: MergingSettings,
        shard: Shard,
        lock: SessionLock,
        clocks: Callable[[], Sequence[datetime | None]],
    ) -> None:
        """Prepare to write; a transaction commits only while `lock` is held; `clocks` returns those of gatherers."""
        self._stream = stream
        self._settings = settings
        self._shard = shard
        self._lock = lock
        self._clocks = clocks
        self._rule = RefusalRule()

    def write(
        self,
        production: Connection,
        polled: Polled,
        staged: Sequence[Batch] = (),
        rejected: Counts | None = None,
    ) -> None:
        """Merge batches together, and move their cursors.

        Those in `staged` are in the stage of `production` already; `rejected` is what reject() counted there, if it was
        called.

        Raises:
            LockLost: another deduplicator merges this stream.
            ClockWrong: production would reject rows by a wrong clock.
            RowsRefused: nothing is merged, since production refuses too many for them to be the cause.
            psycopg.Error: nothing is merged; its SQLSTATE says why.
        """
        counts = rejected or Counts(Counter(), Counter(), Counter())
        unstaged = [batch.received for _, batch in polled if all(batch is not each for each in staged)]
        with production.transaction(), production.cursor() as cursor:
            self._lock.confirm(production)
            if unstaged or not rejected:
                self._stage_all(cursor, unstaged, counts)
            self._merge(cursor, counts)
            rows = sum(batch.rows for _, batch in polled)
            self._rule.require_rows_at_fault(rows, counts.misfits.total(), MISFIT)
            self._advance(cursor, polled, counts)
        # A further session stages in a transaction that it begins itself.
        production.commit()
        self._rule.decided(rows - counts.rejected.total(), counts.misfits.total())

    def skip(self, production: Connection, passed: Polled) -> None:
        """Move cursors past rows of other shards only.

        Raises:
            LockLost: another deduplicator merges this stream.
        """
        with production.transaction(), production.cursor() as cursor:
            self._lock.confirm(production)
            self._advance(cursor, passed, Counts(Counter(), Counter(), Counter()))

    def write_divided(self, production: Connection, source: StreamSource, batch: Batch, taken_elsewhere: int) -> int:
        """Merge the rows of one batch that production takes, and put each of the others into quarantine.

        `taken_elsewhere` counts rows of other batches that it took. Returns how many it took of this one.

        Raises:
            LockLost: another deduplicator merges this stream.
            ClockWrong: production would reject rows by a wrong clock.
            RowsRefused: nothing is merged, since production refuses too many for them to be the cause.
            psycopg.Error: nothing is merged, and no division helps.
        """
        counts = Counts(Counter(), Counter(), Counter())
        header, rows = split_rows(batch.received)
        with production.transaction(), production.cursor() as cursor:
            self._lock.confirm(production)
            refused = self._merge_parts(cursor, header, rows, counts)
            at_fault = len(refused) + counts.misfits.total()
            reason = describe(refused[-1].error) if refused else MISFIT
            self._rule.require_rows_at_fault(len(rows), at_fault, reason, taken_elsewhere)
            for row, error in refused:
                self._quarantine(cursor, source.gatherer_id, join_rows(header, [row]), error)
            taken = len(rows) - len(refused) - counts.rejected.total()
            counts.rejected[source.gatherer_id] += len(refused)
            self._advance(cursor, [(source, batch)], counts)
        self._rule.decided(taken + taken_elsewhere, at_fault)
        if refused:
            log.warning("rows put into quarantine, see ops.rejected_rows", stream=self._stream.name, **counts._asdict())
        return taken

    def _merge_parts(
        self, cursor: psycopg.Cursor[Any], header: bytes, rows: list[bytes], counts: Counts
    ) -> list[RefusedRow]:
        """Merge rows, dividing them wherever production refuses some; return those it refuses, perhaps not all.

        Once it has refused too many for them to be at fault, the rest is not tried.
        """
        refused: list[RefusedRow] = []
        waiting = [rows]
        while waiting and not (len(refused) >= PROVEN_ROWS_MAX and 2 * len(refused) > len(rows)):
            part = waiting.pop()
            error = self._try_part(cursor, join_rows(header, part), counts)
            if error is not None and len(part) == 1:
                refused.append(RefusedRow(part[0], error))
            elif error is not None:
                half = len(part) // 2
                waiting += (part[half:], part[:half])
        return refused

    def _try_part(self, cursor: psycopg.Cursor[Any], received: bytes, counts: Counts) -> psycopg.Error | None:
        """Merge some rows; return the error by which production refuses one of them."""
        tried = Counts(Counter(), Counter(), Counter())
        try:
            with cursor.connection.transaction():
                self._stage_all(cursor, [received], tried)
                self._merge(cursor, tried)
                cursor.execute(query("production/quarantine/empty_stage"))
        except OTHER_COLUMNS:
            raise
        except psycopg.Error as error:
            if cursor.connection.closed or failure_of(error) is not Failure.ROW_REFUSED:
                raise
            return error
        counts.new.update(tried.new)
        counts.rejected.update(tried.rejected)
        counts.misfits.update(tried.misfits)
        return None

    def _quarantine(self, cursor: psycopg.Cursor[Any], gatherer_id: int, received: bytes, error: psycopg.Error) -> None:
        """Record a refused row in the columns of the stage, or as received if it cannot be staged."""
        parameters = {"stream": self._stream.name, "reason": describe(error)}
        try:
            with cursor.connection.transaction():
                stage_rows(cursor, received)
                cursor.execute(query("production/quarantine/staged_rows"), parameters)
                cursor.execute(query("production/quarantine/empty_stage"))
        except psycopg.Error as second:
            if cursor.connection.closed or failure_of(second) is Failure.AWAY:
                raise
            position = str(int.from_bytes(received[:-2][POSITION_OF_ROW]))
            raw = {"gatherer_id": gatherer_id, "ingest_xid": position, "received": received}
            limit = {"bytes_max": RECEIVED_BYTES_MAX}
            cursor.execute(query("production/quarantine/received_row"), {**parameters, **raw, **limit})

    def _stage_all(self, cursor: psycopg.Cursor[Any], received: Sequence[bytes], counts: Counts) -> None:
        for each in received:
            stage_rows(cursor, each)
        self.reject(cursor, counts)

    def _merge(self, cursor: psycopg.Cursor[Any], counts: Counts) -> None:
        """Merge the stage: make partitions for its rows, and insert what production lacks."""
        stream = self._stream
        if stream.time_column:
            partition = {"target": stream.target, "time_column": stream.time_column}
            cursor.execute(query("production/stage/prepare_partitions"), partition)
        chosen = {name: getattr(self._settings, name) for name in stream.settings}
        merged = cursor.execute(query(f"production/merge/{self._stream.name}"), chosen or None).fetchall()
        hours = {hour for _, hour, _ in merged if hour is not None}
        self._mark_hours(cursor, hours)
        record_sightings(cursor, stream, hours, self._settings)
        for gatherer_id, _, new_rows in merged:
            counts.new[gatherer_id] += new_rows

    def reject(self, cursor: psycopg.Cursor[Any], counts: Counts) -> None:
        """Move bad rows out of the stage, and count them.

        Raises:
            ClockWrong: production would reject rows by a wrong clock.
            psycopg.Error: production does not answer.
        """
        stream = self._stream
        asked = {"stream": stream.name, "target": stream.target, "late_days_max": self._settings.late_days_max}
        misfits = dict(cursor.execute(query("production/reject/misfits"), asked).fetchall())
        counts.misfits.update(misfits)
        counts.rejected.update(misfits)
        if stream.has_times:
            out_of_range = cursor.execute(query(f"production/reject/{self._stream.name}"), asked).fetchall()
            if out_of_range:
                require_right_clock(cursor, self._clocks())
            counts.rejected.update(dict(out_of_range))

    def _mark_hours(self, cursor: psycopg.Cursor[Any], hours: set[datetime]) -> None:
        if hours:
            cursor.execute(query("production/archive/mark_hours"), {"stream": self._stream.name, "hours": list(hours)})

    def _advance(self, cursor: psycopg.Cursor[Any], polled: Polled, counts: Counts) -> None:
        for source, batch in polled:
            number = source.gatherer_id
            rows = {"polled_rows": batch.rows, "new_rows": counts.new[number], "rejected_rows": counts.rejected[number]}
            key = {**self.cursor_key(number, batch.epoch), "watermark": batch.watermark}
            cursor.execute(query("production/cursors/advance"), {**key, **rows})

    def cursor_key(self, gatherer_id: int, epoch: object) -> dict[str, object]:
        """Return the parameters that name a gatherer's cursor of this stream in SQL."""
        return {"gatherer_id": gatherer_id, "epoch": epoch, "stream": self._stream.name, "shard": str(self._shard)}
