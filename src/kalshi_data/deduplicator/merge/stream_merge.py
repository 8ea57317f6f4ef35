"""The merge of one stream: poll all gatherers at the same time, write each row to production once."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime

import psycopg
import structlog

from kalshi_data.database.connection import Connection, connect, query, renewal_time
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.database.session_lock import CONFIRM_SECONDS, SILENCE_SECONDS_MAX, SessionLock
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.deduplicator.merge import staging_ahead
from kalshi_data.deduplicator.merge.batch_merge import BatchMerge, Polled
from kalshi_data.deduplicator.merge.poll_pace import PollPace
from kalshi_data.deduplicator.merge.polling import StreamPolls
from kalshi_data.deduplicator.merge.positions import PositionReports
from kalshi_data.deduplicator.merge.source import StreamSource
from kalshi_data.deduplicator.merge.staging_ahead import StagingAhead, StagingSession
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import ProductionSpace, StreamState
from kalshi_data.errors import ClockWrong, RowsRefused
from kalshi_data.service.failures import FailureLog
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import Stream

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0
# No step of a tick may take longer. Then, or if it needs too many locks, it fails, and the next one takes fewer rows.
STATEMENT_SECONDS_MAX = 120.0
LOCK_WAIT_MAX = "10s"
HELD_ELSEWHERE = "another deduplicator merges this stream"


class StreamMerge:
    """Merges one stream until it is stopped."""

    def __init__(
        self,
        stream: Stream,
        settings: DeduplicatorSettings,
        stop: threading.Event,
        shard: Shard = EVERYTHING,
        places: threading.Semaphore | None = None,
    ) -> None:
        """Prepare to merge `stream`; run() does it. `places` limits how many streams stage ahead at a time."""
        self.space = ProductionSpace()  # all streams of a program share one
        self._stream = stream
        self._settings = settings.merging
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._shard = shard
        self._sources = [StreamSource(gatherer, stream, settings.merging, shard) for gatherer in settings.gatherers]
        # Between two answers of production it may wait twice for gatherers.
        silence_seconds = max(SILENCE_SECONDS_MAX, 2 * (CONFIRM_SECONDS + settings.merging.gatherer_seconds_max))
        self._lock = SessionLock(f"{stream.name} {shard}", silence_seconds)
        self._writer = BatchMerge(stream, settings.merging, shard, self._lock, self._clocks)
        self._ahead = StagingAhead(
            stream.name, self._connect_ahead, self._writer.reject, self._lock.confirm, places or threading.Semaphore()
        )
        self._polls = StreamPolls(stream, self._sources, settings.merging, self._writer, self._ahead)
        self._pace = PollPace(max(settings.merging.poll_seconds, stream.poll_seconds_min))
        self._positions = PositionReports(stream, shard, self._sources, self._writer, settings.merging)
        self._confirmed_at = time.monotonic()
        self._backoff = Backoff(RETRY_SECONDS_MAX)
        self._failures = FailureLog("tick failed, trying again", "ticks succeed again", stream=stream.name)
        self.state = StreamState([source.gatherer_id for source in self._sources])

    def run(self) -> None:
        """Merge until stop; after any error, connect again and continue from the last commit."""
        run_reconnecting(self.connect, self._work, self._failed, self._stop, self._backoff)
        self.close()

    def _failed(self, error: Exception) -> None:
        self.space.failed(error)
        if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.OutOfMemory):
            self._polls.shrink()
        if self.state.has_ticked:
            self._backoff.reset()
        self.state.failed(self._failures.failed(error))

    def _work(self, production: Connection) -> bool:
        if not self.prepare(production):
            return False
        self._merge(production)
        return True

    def connect(self, parameters: Mapping[str, str] | None = None) -> Connection:
        """Connect to production with enough memory for a batch; `parameters` are settings of PostgreSQL."""
        memory = f"{self._settings.memory_mb_max}MB"
        own = {"work_mem": memory, "temp_buffers": memory, "lock_timeout": LOCK_WAIT_MAX}
        return connect(
            self._conninfo,
            application_name="deduplicator",
            statement_seconds_max=STATEMENT_SECONDS_MAX,
            parameters={**own, **(parameters or {})},
        )

    def _connect_ahead(self) -> Connection:
        connection = self.connect(staging_ahead.SETTINGS)
        try:
            self._lock.add_session(connection)
            connection.execute(query(f"production/stage/{self._stream.name}"))
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the connections to the gatherers, and the further ones to production."""
        self._polls.close()
        self._ahead.close()
        self._ahead.end_thread()

    def prepare(self, production: Connection) -> bool:
        """Take this stream's lock and create its stage; return False if another process holds the lock."""
        self._ahead.close()
        if not self._lock.take(production):
            if self.state.error != HELD_ELSEWHERE:
                log.warning(
                    f"{HELD_ELSEWHERE}, waiting for it to end", stream=self._stream.name, shard=str(self._shard)
                )
            self.state.failed(HELD_ELSEWHERE)
            return False
        if self.state.error == HELD_ELSEWHERE:
            log.info("this stream is merged here now", stream=self._stream.name, shard=str(self._shard))
        production.execute(query(f"production/stage/{self._stream.name}"))
        for source in self._sources:
            source.rewind()
        return True

    def _merge(self, production: Connection) -> None:
        """Tick until stop, or until the connection is to be renewed."""
        renew_at = renewal_time()
        while not self._stop.is_set() and time.monotonic() < renew_at:
            rows = self.tick(production)
            self._failures.succeeded()
            if self.state.is_behind:
                self._pace.hurry()
            else:
                self._stop.wait(self._pace.pause_seconds(rows, self.state.tick_seconds))
        self._positions.record_passed(production)

    def tick(self, production: Connection) -> int:
        """Poll every gatherer and merge the rows, with cursors, counts and marks, in one transaction.

        Returns:
            The number of rows polled.

        Raises:
            LockLost: another deduplicator has taken over this stream.
            psycopg.Error: production does not answer or asks to repeat; no cursor advanced.
        """
        started_at = time.monotonic()
        polled = [] if self.space.full else self._polls.poll(production)
        session = self._ahead.take([batch for _, batch in polled])
        is_behind = self._polls.read_ahead(polled)
        if polled:
            self._write(production, polled, session)
        if not is_behind:
            self._ahead.close()
        if polled or self._shard != EVERYTHING:
            self._positions.report(production)
        if (session or not polled) and started_at - self._confirmed_at >= CONFIRM_SECONDS:
            self._lock.confirm(production)
            self._confirmed_at = started_at
        rows = sum(batch.rows for _, batch in polled)
        errors = {source.gatherer_id: self.space.full or source.problem for source in self._sources}
        self.state.positions = {
            (each.gatherer_id, each.epoch): each.after for each in self._sources if each.epoch and each.after
        }
        self.state.ticked(time.monotonic() - started_at, rows, is_behind, errors)
        return rows

    def _write(self, production: Connection, polled: Polled, session: StagingSession | None) -> None:
        """Merge all batches together; if production refuses that because of a row, merge each by itself."""
        try:
            self._write_together(production, polled, session)
        except ClockWrong as error:
            for source, _ in polled:
                source.refuse(error)
        except (RowsRefused, psycopg.Error) as error:
            if production.closed or is_away(error):
                raise
            self._write_apart(production, polled)
        else:
            for source, batch in polled:
                source.merged(batch)
        self._polls.grow()

    def _write_together(self, production: Connection, polled: Polled, session: StagingSession | None) -> None:
        if session is None:
            self._writer.write(production, polled)
            return
        with session.transaction() as connection:
            self._writer.write(connection, polled, session.staged, session.rejected)

    def _write_apart(self, production: Connection, polled: Polled) -> None:
        """Merge each gatherer's batch in a transaction of its own; one that cannot be merged is left out for a while.

        What production takes of one batch may show that it is not at fault if it refuses another one completely, so a
        refused batch is tried again after that.

        Raises:
            psycopg.Error: production does not answer.
        """
        waiting = [each for each in polled if not each[0].takes_fewer_rows(each[1])]
        errors: dict[StreamSource, Exception] = {}
        before, taken = -1, 0
        while waiting and taken > before:
            before = taken
            for source, batch in waiting:
                try:
                    taken += self._writer.write_divided(production, source, batch, taken)
                except (ClockWrong, RowsRefused, psycopg.Error) as error:
                    if production.closed or is_away(error):
                        raise
                    errors[source] = error
                else:
                    source.merged(batch)
                    errors.pop(source, None)
            waiting = [each for each in waiting if each[0] in errors]
        for source, error in errors.items():
            source.refuse(error)

    def _clocks(self) -> list[datetime | None]:
        return [source.clock.now for source in self._sources]


def is_away(error: Exception) -> bool:
    """Return whether production cannot work now, whatever the rows."""
    return isinstance(error, psycopg.Error) and failure_of(error) is Failure.AWAY
