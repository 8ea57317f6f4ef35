"""The merge of one stream: poll all gatherers at the same time, write each row to production once."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
import structlog

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.merge.sightings import record_sightings
from kalshi_data.deduplicator.merge.source import Batch, StreamSource
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import StreamState
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import Stream

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0
Polled = Sequence[tuple[StreamSource, Batch]]


class StreamMerge:
    """Merges one stream until it is stopped."""

    def __init__(
        self, stream: Stream, settings: DeduplicatorSettings, stop: threading.Event, shard: Shard = EVERYTHING
    ) -> None:
        """Prepare to merge `stream`; run() does it."""
        self._stream = stream
        self._settings = settings.merging
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._shard = shard
        self._sources = [StreamSource(gatherer, stream, settings.merging, shard) for gatherer in settings.gatherers]
        self._pool = GathererPool(self._sources, stream.name)
        self._acknowledged_at = time.monotonic()
        self.state = StreamState([source.gatherer_id for source in self._sources])

    def run(self) -> None:
        """Merge until stop; after an error of production, connect again and continue from the last commit."""
        backoff = Backoff(RETRY_SECONDS_MAX)

        def failed(error: str) -> None:
            if self.state.has_ticked:
                backoff.reset()
            self.state.failed(error)
            log.warning("tick failed, trying again", stream=self._stream.name, error=error)

        run_reconnecting(self.connect, self._work, failed, self._stop, backoff)
        self.close()

    def _work(self, production: Connection) -> bool:
        if not self.prepare(production):
            return False
        self._merge(production)
        return True

    def connect(self) -> Connection:
        """Connect to production with enough memory for a batch."""
        memory = f"{self._settings.memory_mb_max}MB"
        parameters = {"work_mem": memory, "temp_buffers": memory, "hash_mem_multiplier": "1"}
        return connect(self._conninfo, application_name="deduplicator", parameters=parameters)

    def close(self) -> None:
        """Close the connections to the gatherers."""
        self._pool.close()
        for source in self._sources:
            source.close()

    def prepare(self, production: Connection) -> bool:
        """Take this stream's advisory lock and create its stage; return False if another process holds the lock."""
        key = {"stream": self._stream.name, "shard": str(self._shard)}
        if production.execute(query("production/locks/lock_stream"), key).fetchone() != (True,):
            self.state.failed("another deduplicator merges this stream")
            log.warning("another deduplicator merges this stream, waiting for it to end", **key)
            return False
        production.execute(query(f"production/stage/{self._stream.name}"))
        for source in self._sources:
            source.after = None
        return True

    def _merge(self, production: Connection) -> None:
        every_seconds = max(self._settings.poll_seconds, self._stream.poll_seconds_min)
        while not self._stop.is_set():
            self.tick(production)
            if not self.state.is_behind:
                self._stop.wait(every_seconds - self.state.tick_seconds)

    def tick(self, production: Connection) -> int:
        """Poll every gatherer and merge the rows, with cursors, counts and marks, in one transaction.

        Returns:
            The number of rows polled.

        Raises:
            psycopg.OperationalError: production does not answer or asks to repeat; no cursor advanced.
        """
        started_at = time.monotonic()
        polled = self._poll(production)
        is_behind = self._read_ahead(polled)
        if polled:
            self._write(production, polled)
            self._acknowledge(production)
        rows = sum(batch.rows for _, batch in polled)
        self.state.ticked(
            time.monotonic() - started_at, rows, is_behind, {s.gatherer_id: s.error for s in self._sources}
        )
        return rows

    def _poll(self, production: Connection) -> list[tuple[StreamSource, Batch]]:
        """Connect to gatherers that are not connected, poll all at once, and return the batches that came in time."""
        for source in self._sources:
            if source.is_due:
                self._pool.start(source, source.open)
        answers = self._poll_connected(production, {})
        if any(not isinstance(answer, Batch) for answer in answers.values()):
            answers |= self._poll_connected(production, answers)
        # A batch that was read ahead of a failed tick does not start at the cursor; it is read again.
        return [
            (source, answer)
            for source, answer in answers.items()
            if isinstance(answer, Batch) and answer.rows and answer.after == source.after
        ]

    def _poll_connected(
        self, production: Connection, answers: Mapping[StreamSource, object]
    ) -> dict[StreamSource, object]:
        """Poll connected gatherers that sent no batch yet; return batches, and the epochs of new connections."""
        for source in self._sources:
            if source.is_open and not isinstance(answers.get(source), Batch):
                if source.after is None:
                    source.after = self._read_cursor(production, source)
                self._pool.start(source, source.poll, source.after)
        return dict(self._pool.results(time.monotonic() + self._settings.gatherer_seconds_max))

    def _read_ahead(self, polled: Polled) -> bool:
        """If a batch was full, poll a larger one while this one is written; return whether any batch was full."""
        settings = self._settings
        full = [(source, batch) for source, batch in polled if batch.rows >= source.batch_rows]
        for source, _ in polled:
            source.batch_rows = settings.batch_rows_min
        for source, batch in full:
            source.batch_rows = min(max(batch.rows, settings.batch_rows_min) * 2, settings.batch_rows_max)
            self._pool.start(source, source.poll, batch.watermark)
        return bool(full)

    def _read_cursor(self, production: Connection, source: StreamSource) -> str:
        key = self._key(source.gatherer_id, source.epoch)
        production.execute(query("production/cursors/open"), key)
        row = production.execute(query("production/cursors/read"), key).fetchone()
        return str(row[0]) if row else "0"

    def _write(self, production: Connection, polled: Polled) -> None:
        name = self._stream.name
        with production.transaction(), production.cursor() as cursor:
            for _, batch in polled:
                with cursor.copy(query("production/stage/copy")) as copy:
                    copy.write(batch.received)
            rejected = self._reject(cursor) if self._stream.time_column else {}
            merged = cursor.execute(query(f"production/merge/{name}")).fetchall()
            hours = {hour for _, hour, _ in merged if hour is not None}
            self._mark_hours(cursor, hours)
            record_sightings(cursor, self._stream, hours, self._settings)
            self._advance(cursor, polled, merged, rejected)
        for source, batch in polled:
            source.after = batch.watermark

    def _reject(self, cursor: psycopg.Cursor[Any]) -> dict[int, int]:
        """Move bad rows out of the stage, make partitions for the others, and return the bad ones by gatherer."""
        late_days_max = {"late_days_max": self._settings.late_days_max}
        rejected = cursor.execute(query(f"production/reject/{self._stream.name}"), late_days_max).fetchall()
        partition = {"target": self._stream.target, "time_column": self._stream.time_column}
        cursor.execute(query("production/stage/prepare_partitions"), partition)
        return dict(rejected)

    def _mark_hours(self, cursor: psycopg.Cursor[Any], hours: set[datetime]) -> None:
        if hours:
            cursor.execute(query("production/archive/mark_hours"), {"stream": self._stream.name, "hours": list(hours)})

    def _advance(
        self,
        cursor: psycopg.Cursor[Any],
        polled: Polled,
        merged: Sequence[tuple[Any, ...]],
        rejected: Mapping[int, int],
    ) -> None:
        new = Counter[int]()
        for gatherer_id, _, new_rows in merged:
            new[gatherer_id] += new_rows
        for source, batch in polled:
            number = source.gatherer_id
            counts = {"polled_rows": batch.rows, "new_rows": new[number], "rejected_rows": rejected.get(number, 0)}
            key = {**self._key(number, batch.epoch), "watermark": batch.watermark}
            cursor.execute(query("production/cursors/advance"), {**key, **counts})

    def _acknowledge(self, production: Connection) -> None:
        """If it is time, read what all shards have merged; the next poll reports it to each gatherer."""
        if time.monotonic() - self._acknowledged_at < self._settings.acknowledge_seconds:
            return
        self._acknowledged_at = time.monotonic()
        key = {"stream": self._stream.name, "shards": self._shard.parts}
        merged = {
            row[:2]: row[2] for row in production.execute(query("production/cursors/read_merged"), key).fetchall()
        }
        for source in self._sources:
            source.acknowledged = merged.get((source.gatherer_id, source.epoch))

    def _key(self, gatherer_id: int, epoch: object) -> dict[str, object]:
        return {"gatherer_id": gatherer_id, "epoch": epoch, "stream": self._stream.name, "shard": str(self._shard)}
