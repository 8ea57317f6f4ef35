"""Reads one stream from one gatherer's database, only whole transactions at a time."""

import time
from typing import NamedTuple
from uuid import UUID

import structlog
from psycopg.errors import InsufficientPrivilege, UndefinedFunction

from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.deduplicator.merge.clocks import SourceClock
from kalshi_data.deduplicator.merge.copy_format import POSITION
from kalshi_data.deduplicator.settings import GathererSource, MergingSettings
from kalshi_data.errors import KalshiDataError
from kalshi_data.service.failures import FailureLog
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import Shard
from kalshi_data.streams import Stream

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0
REFUSED_SECONDS_MAX = 30.0
# A batch with a row that production refuses is divided, which takes a statement or two for each row at worst.
DIVIDED_ROWS_MAX = 1_000


class Batch(NamedTuple):
    """Polled rows in binary COPY format: those after the position `after`, up to the position `watermark`.

    Without rows, the watermark is still beyond `after` if rows of other shards lie between them.
    """

    epoch: UUID
    after: str
    watermark: str
    rows: int
    received: bytes


class StreamSource:
    """Keeps a connection to one gatherer for one stream; one thread at a time uses it."""

    def __init__(self, gatherer: GathererSource, stream: Stream, settings: MergingSettings, shard: Shard) -> None:
        """Prepare to read; the gatherer cancels a poll that takes longer than `gatherer_seconds_max`."""
        self.gatherer_id = gatherer.id
        self.epoch: UUID | None = None
        self.after: str | None = None
        self.passed: Batch | None = None
        self.batch_rows = settings.batch_rows_min
        self.acknowledged: str | None = None
        self.error: str | None = None
        self.clock = SourceClock()
        self._database = ReconnectingConnection(
            gatherer.conninfo(stream.source),
            application_name="deduplicator",
            statement_seconds_max=settings.gatherer_seconds_max,
        )
        self._stream = stream
        self._shard = {"shard": shard.number, "shards": shard.parts}
        self._is_open = False
        self._backoff = Backoff(RETRY_SECONDS_MAX)
        self._retry_at = 0.0
        self._acknowledges = True
        self._refusal: str | None = None
        self._refusal_backoff = Backoff(REFUSED_SECONDS_MAX)
        self._refused_until = 0.0
        self._is_small = False
        key = {"gatherer_id": gatherer.id, "stream": stream.name}
        self._failures = FailureLog("gatherer does not answer", "gatherer answers again", **key)
        self._refusals = FailureLog("rows of a gatherer cannot be merged", "rows of a gatherer are merged again", **key)

    @property
    def can_be_polled(self) -> bool:
        """Whether to poll now: it is connected, and production has not just refused its rows."""
        return self._is_open and time.monotonic() >= self._refused_until

    @property
    def problem(self) -> str | None:
        """Why this gatherer's rows are not merged."""
        return self._refusal or self.error

    @property
    def is_due(self) -> bool:
        """Whether to connect now; after a failure it waits for a while."""
        return not self._is_open and time.monotonic() >= self._retry_at

    def open(self) -> UUID | None:
        """Connect and return the epoch; None if the gatherer does not answer or has no epoch yet."""
        try:
            row = self._database.get().execute(query(f"{self._stream.source}/poll/read_epoch")).fetchone()
            if row is None or not isinstance(row[0], UUID):
                raise KalshiDataError("the database has no epoch: run gatherer migrate there, and start the gatherer")
        except Exception as error:
            self._disconnect_after(error)
            return None
        self.rewind()
        self.epoch = row[0]
        # Only now: another thread reads the cursor of an open source by its epoch.
        self._is_open = True
        return self.epoch

    def poll(self, after: str) -> Batch | None:
        """Return the rows after `after`, perhaps none; return None if the gatherer does not answer.

        There may be more rows than `batch_rows`, since the last transaction is always complete.
        """
        epoch = self.epoch
        if not self._is_open or epoch is None:
            return None
        try:
            connection, rows_max = self._database.get(), self.batch_rows
            self._acknowledge(connection)
            self.clock.read(connection)
            readable = self._read_readable(connection, after)
            rows, received = self._copy(connection, after, rows_max)
        except Exception as error:
            # A smaller batch may be read in time.
            self.batch_rows = max(self.batch_rows // 2, 1)
            self._disconnect_after(error)
            return None
        self._note_answer()
        last = str(int.from_bytes(received[POSITION])) if rows else after
        return Batch(epoch, after, last if rows >= rows_max else max(last, readable, key=int), rows, received)

    def close(self) -> None:
        """Close the connection; the next open() makes a new one."""
        self._is_open = False
        self._database.close()

    def _read_readable(self, connection: Connection, after: str) -> str:
        """Return the last position that a poll can read now, for a shard: rows up to it may all be of other shards."""
        if self._shard["shards"] == 1:
            return after
        row = connection.execute(query("sessions/read_readable")).fetchone()
        return row[0] if row else after

    def _copy(self, connection: Connection, after: str, rows_max: int) -> tuple[int, bytes]:
        parameters = {"gatherer_id": self.gatherer_id, "after": after, "rows_max": rows_max, **self._shard}
        with connection.cursor() as cursor:
            with cursor.copy(query(f"{self._stream.source}/poll/{self._stream.name}"), parameters) as copy:
                received = b"".join(bytes(part) for part in copy)
            return cursor.rowcount, received

    def _acknowledge(self, connection: Connection) -> None:
        """Report to the gatherer up to which position production holds its rows, so that it may delete them."""
        position, self.acknowledged = self.acknowledged, None
        if position is None or not self._acknowledges or self._stream.source != "capture":
            return
        try:
            connection.execute(query("capture/poll/acknowledge"), {"stream": self._stream.name, "ingest_xid": position})
        except (UndefinedFunction, InsufficientPrivilege) as error:
            self._acknowledges = False
            log.info("gatherer accepts no acknowledgements", gatherer_id=self.gatherer_id, error=str(error).strip())

    def takes_fewer_rows(self, batch: Batch) -> bool:
        """Let the next batch be small, unless this one is; production refused a row of it, so it is to be divided."""
        if self._is_small or batch.rows <= DIVIDED_ROWS_MAX:
            return False
        self._is_small, self.batch_rows = True, DIVIDED_ROWS_MAX
        return True

    def refuse(self, error: Exception) -> None:
        """Poll no more for a while, since production cannot merge these rows."""
        self._refusal = self._refusals.failed(error)
        self._refused_until = time.monotonic() + self._refusal_backoff.next_seconds()

    def rewind(self) -> None:
        """Forget the position: it is read from production before the next poll."""
        self.after = self.passed = None

    def skip(self, batch: Batch) -> None:
        """Continue after a batch without rows; production does not know this position yet."""
        if batch.watermark != batch.after:
            self.after, self.passed = batch.watermark, batch

    def merged(self, batch: Batch) -> None:
        """Continue after a batch that production holds now."""
        self.after, self.passed = batch.watermark, None
        self._is_small, self._refusal = False, None
        self._refusal_backoff.reset()
        self._refusals.succeeded()

    def _note_answer(self) -> None:
        self._failures.succeeded()
        self._backoff.reset()
        self.error = None

    def _disconnect_after(self, error: Exception) -> None:
        """Close the connection, and wait for a while before the next attempt."""
        self.close()
        self.error = self._failures.failed(error)
        self._retry_at = time.monotonic() + self._backoff.next_seconds()
