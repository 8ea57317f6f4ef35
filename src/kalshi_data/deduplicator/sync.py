"""The merge of one stream: polled from all gatherers at once, written to production exactly once."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import psycopg
import structlog

from kalshi_data.database import Connection, connect, query
from kalshi_data.deduplicator.configuration import DeduplicatorSettings
from kalshi_data.deduplicator.source import Source
from kalshi_data.deduplicator.streams import Stream
from kalshi_data.retry import delay_seconds

log = structlog.get_logger()

Result = TypeVar("Result")
RETRY_SECONDS_MAX = 5.0


class StreamMerge:
    """Merges one stream for as long as it is not told to stop."""

    def __init__(self, stream: Stream, settings: DeduplicatorSettings, stop: threading.Event) -> None:
        """Prepare to merge `stream`; run() does it."""
        self._stream = stream
        self._settings = settings.merging
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        seconds = settings.merging.gatherer_seconds_max
        self._sources = [Source(gatherer, stream, seconds) for gatherer in settings.gatherers]
        self._threads = ThreadPoolExecutor(len(self._sources), thread_name_prefix=stream.name)
        self._busy: dict[Source, Future[Any]] = {}
        self._batch_rows = settings.merging.batch_rows_min

    def run(self) -> None:
        """Merge until stop; whatever fails for a passing reason is tried again from the last commit."""
        attempt = 0
        while not self._stop.is_set():
            try:
                with connect(self._conninfo, application_name="deduplicator") as production:
                    if self.prepare(production):
                        attempt = 0
                        self._merge(production)
                        continue
            except psycopg.OperationalError as error:
                log.warning("production away, trying again", stream=self._stream.name, error=str(error).strip())
            attempt += 1
            self._stop.wait(delay_seconds(attempt, random.uniform, RETRY_SECONDS_MAX))
        self.close()

    def close(self) -> None:
        """Let go of the gatherers."""
        self._threads.shutdown(cancel_futures=True)
        for source in self._sources:
            source.close()

    def prepare(self, production: Connection) -> bool:
        """Become the one that merges this stream and make the stage; False where somebody else merges it."""
        claimed = production.execute(query("production/claim_stream"), {"stream": self._stream.name}).fetchone()
        if claimed != (True,):
            log.warning("another deduplicator merges this stream, waiting for it to end", stream=self._stream.name)
            return False
        production.execute(query(f"production/stage_{self._stream.name}"))
        for source in self._sources:
            source.after = None
        return True

    def _merge(self, production: Connection) -> None:
        while not self._stop.is_set():
            largest_rows = self.tick(production)
            behind = largest_rows >= self._batch_rows
            bounds = (self._settings.batch_rows_min, self._settings.batch_rows_max)
            self._batch_rows = min(self._batch_rows * 2, bounds[1]) if behind else bounds[0]
            if not behind:
                self._stop.wait(self._settings.poll_seconds)

    def tick(self, production: Connection) -> int:
        """Poll every gatherer and merge what came, with cursors and counts, in one transaction.

        Returns:
            The most rows one gatherer sent; as many as were asked for mean that more are waiting.

        Raises:
            psycopg.OperationalError: production is away or asks for a repeat; nothing moved.
        """
        ready = [source for source, is_open in self._at_once(Source.open, self._sources) if is_open]
        for source in ready:
            if source.after is None:
                source.after = self._read_cursor(production, source)
        rows_max = self._batch_rows
        polled = [pair for pair in self._at_once(lambda source: source.poll(rows_max), ready) if pair[1]]
        return self._write(production, polled) if polled else 0

    def _read_cursor(self, production: Connection, source: Source) -> str:
        key = {"gatherer_id": source.gatherer_id, "epoch": source.epoch, "stream": self._stream.name}
        production.execute(query("production/open_cursor"), key)
        row = production.execute(query("production/read_cursor"), key).fetchone()
        return str(row[0]) if row else "0"

    def _write(self, production: Connection, polled: Sequence[tuple[Source, bytes]]) -> int:
        name = self._stream.name
        late_days_max = {"late_days_max": self._settings.late_days_max}
        target = {"stage": f"stage_{name}", "target": f"market_data.{name}", "time_column": self._stream.time_column}
        with production.transaction(), production.cursor() as cursor:
            for _, received in polled:
                with cursor.copy(query(f"production/copy_{name}")) as copy:
                    copy.write(received)
            cursor.execute(query("production/prepare_partitions"), {**target, **late_days_max})
            merged = cursor.execute(query(f"production/merge_{name}"), late_days_max).fetchall()
            counts = {row[0]: row[1:] for row in merged}
            for source, _ in polled:
                self._advance(cursor, source, *counts[source.gatherer_id])
        for source, _ in polled:
            source.after = counts[source.gatherer_id][0]
        return max(rows for _, rows, *_ in counts.values())

    def _advance(
        self,
        cursor: psycopg.Cursor[tuple[object, ...]],
        source: Source,
        watermark: str,
        polled: int,
        new: int,
        bad: int,
    ) -> None:
        key = {"gatherer_id": source.gatherer_id, "epoch": source.epoch, "stream": self._stream.name}
        counts = {"watermark": watermark, "polled_rows": polled, "new_rows": new, "rejected_rows": bad}
        cursor.execute(query("production/advance_cursor"), {**key, **counts})

    def _at_once(self, call: Callable[[Source], Result], sources: Sequence[Source]) -> list[tuple[Source, Result]]:
        """Call for all sources at once and return what came in time; a late one is left out until it is done."""
        self._busy = {source: future for source, future in self._busy.items() if not future.done()}
        futures = {source: self._threads.submit(call, source) for source in sources if source not in self._busy}
        done, late = wait(futures.values(), timeout=self._settings.gatherer_seconds_max)
        for source, future in futures.items():
            if future in late:
                self._busy[source] = future
        return [(source, future.result()) for source, future in futures.items() if future in done]
