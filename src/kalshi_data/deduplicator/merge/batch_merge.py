"""Writes polled batches to production: each row once, with cursors, counts and marks, in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import errors

from kalshi_data.database.connection import Connection, query
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.deduplicator.merge.copy_format import POSITION_OF_ROW, join_rows, split_rows
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
    """Rows by gatherer that were new to production, and rows that it rejected."""

    new: Counter[int]
    rejected: Counter[int]


class BatchMerge:
    """Merges batches of one stream on the connection that holds the stream's lock and stage."""

    def __init__(self, stream: Stream, settings: MergingSettings, shard: Shard, lock: SessionLock) -> None:
        """Prepare to write; a transaction commits only while `lock` is held."""
        self._stream = stream
        self._settings = settings
        self._shard = shard
        self._lock = lock

    def write(self, production: Connection, polled: Polled) -> None:
        """Merge batches together, and move their cursors.

        Raises:
            LockLost: another deduplicator merges this stream.
            psycopg.Error: nothing is merged; its SQLSTATE says why.
        """
        counts = Counts(Counter(), Counter())
        with production.transaction(), production.cursor() as cursor:
            self._lock.confirm(production)
            self._merge(cursor, [batch.received for _, batch in polled], counts)
            self._advance(cursor, polled, counts)

    def write_divided(self, production: Connection, source: StreamSource, batch: Batch) -> None:
        """Merge the rows of one batch that production takes, and put each of the others into quarantine.

        Raises:
            LockLost: another deduplicator merges this stream.
            psycopg.Error: nothing is merged, and no division helps.
        """
        counts = Counts(Counter(), Counter())
        header, rows = split_rows(batch.received)
        waiting = [rows]
        with production.transaction(), production.cursor() as cursor:
            self._lock.confirm(production)
            while waiting:
                part = waiting.pop()
                error = self._try_part(cursor, join_rows(header, part), counts)
                if error is not None and len(part) == 1:
                    self._quarantine(cursor, source.gatherer_id, join_rows(header, part), error)
                    counts.rejected[source.gatherer_id] += 1
                elif error is not None:
                    half = len(part) // 2
                    waiting += (part[half:], part[:half])
            self._advance(cursor, [(source, batch)], counts)
        if counts.rejected:
            log.warning("rows put into quarantine, see ops.rejected_rows", stream=self._stream.name, **counts._asdict())

    def _try_part(self, cursor: psycopg.Cursor[Any], received: bytes, counts: Counts) -> psycopg.Error | None:
        """Merge some rows; return the error by which production refuses one of them."""
        tried = Counts(Counter(), Counter())
        try:
            with cursor.connection.transaction():
                self._merge(cursor, [received], tried)
                cursor.execute(query("production/quarantine/empty_stage"))
        except OTHER_COLUMNS:
            raise
        except psycopg.Error as error:
            if cursor.connection.closed or failure_of(error) is not Failure.ROW_REFUSED:
                raise
            return error
        counts.new.update(tried.new)
        counts.rejected.update(tried.rejected)
        return None

    def _quarantine(self, cursor: psycopg.Cursor[Any], gatherer_id: int, received: bytes, error: psycopg.Error) -> None:
        """Record a refused row in the columns of the stage, or as received if it cannot be staged."""
        parameters = {"stream": self._stream.name, "reason": describe(error)}
        try:
            with cursor.connection.transaction():
                self._stage(cursor, received)
                cursor.execute(query("production/quarantine/staged_rows"), parameters)
                cursor.execute(query("production/quarantine/empty_stage"))
        except psycopg.Error as second:
            if cursor.connection.closed or failure_of(second) is Failure.AWAY:
                raise
            position = str(int.from_bytes(received[:-2][POSITION_OF_ROW]))
            raw = {"gatherer_id": gatherer_id, "ingest_xid": position, "received": received}
            limit = {"bytes_max": RECEIVED_BYTES_MAX}
            cursor.execute(query("production/quarantine/received_row"), {**parameters, **raw, **limit})

    def _merge(self, cursor: psycopg.Cursor[Any], received: Sequence[bytes], counts: Counts) -> None:
        for each in received:
            self._stage(cursor, each)
        counts.rejected.update(self._reject(cursor))
        merged = cursor.execute(query(f"production/merge/{self._stream.name}")).fetchall()
        hours = {hour for _, hour, _ in merged if hour is not None}
        self._mark_hours(cursor, hours)
        record_sightings(cursor, self._stream, hours, self._settings)
        for gatherer_id, _, new_rows in merged:
            counts.new[gatherer_id] += new_rows

    @staticmethod
    def _stage(cursor: psycopg.Cursor[Any], received: bytes) -> None:
        with cursor.copy(query("production/stage/copy")) as copy:
            copy.write(received)

    def _reject(self, cursor: psycopg.Cursor[Any]) -> Mapping[int, int]:
        """Move bad rows out of the stage, make partitions for the others, and return the bad ones by gatherer."""
        stream = self._stream
        asked = {"stream": stream.name, "target": stream.target, "late_days_max": self._settings.late_days_max}
        rejected = Counter[int](dict(cursor.execute(query("production/reject/misfits"), asked).fetchall()))
        if stream.has_times:
            rejected.update(dict(cursor.execute(query(f"production/reject/{self._stream.name}"), asked).fetchall()))
        if stream.time_column:
            partition = {"target": stream.target, "time_column": stream.time_column}
            cursor.execute(query("production/stage/prepare_partitions"), partition)
        return rejected

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
