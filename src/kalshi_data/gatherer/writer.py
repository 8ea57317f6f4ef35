"""Commits received rows in batches, in a thread of its own, so that reading sockets never waits for the database."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import structlog

from kalshi_data.database import Connection, connect, query
from kalshi_data.errors import KalshiDataError
from kalshi_data.gatherer.batch import Item, is_written, quarantine_item, refusal_reason, write_batch
from kalshi_data.gatherer.configuration import Writing
from kalshi_data.retry import delay_seconds

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0


class Writer:
    """Takes rows at once and writes them in order, each batch in one transaction."""

    def __init__(self, conninfo: str, settings: Writing) -> None:
        """Prepare to write to the database at `conninfo`; run() does the work."""
        self._conninfo = conninfo
        self._settings = settings
        self._items: list[Item] = []
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._connection: Connection | None = None
        self._run_id = uuid4()
        self._flush_number = 0
        self._partitions_until = date.min
        self._give_up_at = float("inf")
        self._stopping = False
        self.committed: Counter[str] = Counter()

    def put(self, item: Item) -> None:
        """Take one row; it is committed within the batch age unless the database is away."""
        self._items.append(item)
        self._arrived.set()
        if len(self._items) >= self._settings.batch_rows_max:
            self._full.set()
        if len(self._items) >= self._settings.queued_rows_max:
            self._room.clear()

    async def room(self) -> None:
        """Wait while as many rows are queued as may be; whoever reads a socket awaits this between frames."""
        await self._room.wait()

    def stop(self) -> None:
        """Let run() write what is queued and return."""
        self._stopping = True
        self._give_up_at = time.monotonic() + self._settings.stop_seconds_max
        self._arrived.set()
        self._full.set()

    async def run(self) -> None:
        """Write batches until stop() and the queue is empty.

        Raises:
            KalshiDataError: the database did not come back before the time to stop was over.
        """
        while self._items or not self._stopping:
            await self._arrived.wait()
            await self._wait_until_due()
            batch = self._items[: self._settings.batch_rows_max]
            del self._items[: len(batch)]
            self._full.clear()
            if not self._items:
                self._arrived.clear()
            if len(self._items) < self._settings.queued_rows_max:
                self._room.set()
            await self._in_thread(self._flush, batch)
            if self._stopping:
                self._arrived.set()
        await self._in_thread(self._disconnect)

    async def execute(self, name: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one capture query between batches and return its first row, if it gives any."""

        def call(connection: Connection) -> tuple[Any, ...] | None:
            cursor = connection.execute(query(f"capture/{name}"), parameters)
            return cursor.fetchone() if cursor.description else None

        return await self._in_thread(self._persist, call)

    async def _wait_until_due(self) -> None:
        """Wait until a batch is full or its first row has the age to be written."""
        if len(self._items) >= self._settings.batch_rows_max or self._stopping:
            return
        try:
            await asyncio.wait_for(self._full.wait(), self._settings.batch_age_seconds_max)
        except TimeoutError:
            return

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def _flush(self, batch: list[Item]) -> None:
        """Commit a batch; rows that the database refuses go to quarantine, found by halving."""
        if not batch:
            return
        self._flush_number += 1
        number = self._flush_number
        attempts = 0

        def write(connection: Connection) -> None:
            nonlocal attempts
            attempts += 1
            self._ensure_partitions(connection)
            if attempts == 1 or not is_written(connection, self._run_id, number):
                write_batch(connection, batch, self._run_id, number)

        try:
            self._persist(write)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._divide(batch, error)
        else:
            self.committed.update(item.stream for item in batch)

    def _divide(self, batch: list[Item], error: psycopg.Error) -> None:
        """Write the halves of a refused batch; a single refused row becomes a quarantine row."""
        if len(batch) > 1:
            self._flush(batch[: len(batch) // 2])
            self._flush(batch[len(batch) // 2 :])
            return
        (item,) = batch
        if item.stream == "quarantine":
            raise error
        reason = refusal_reason(error)
        log.warning("row quarantined", stream=item.stream, reason=reason)
        limit = self._settings.quarantined_frame_bytes_max
        self._flush([quarantine_item(item.frame, reason, item.connection_id, item.received_at, limit)])

    def _persist(self, call: Callable[[Connection], Any]) -> Any:
        """Call with a connection, and again with a new one for as long as the database is away."""
        attempt = 0
        while True:
            try:
                self._connection = self._connection or connect(self._conninfo, application_name="gatherer")
                return call(self._connection)
            except psycopg.OperationalError as error:
                attempt += 1
                self._disconnect()
                if time.monotonic() > self._give_up_at:
                    raise KalshiDataError(f"stopped with rows not written, the database is away: {error}") from error
                log.warning("database away, trying again", attempt=attempt, error=str(error).strip())
                time.sleep(delay_seconds(attempt, random.uniform, RETRY_SECONDS_MAX))

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ensure_partitions(self, connection: Connection) -> None:
        """Make the partitions of today and tomorrow, once a day."""
        now = datetime.now(UTC)
        if now.date() >= self._partitions_until:
            for moment in (now, now + timedelta(days=1)):
                connection.execute(query("capture/ensure_partitions"), {"moment": moment})
            self._partitions_until = now.date() + timedelta(days=1)
