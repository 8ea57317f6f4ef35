"""Further sessions of production, where the next batches are staged while the last ones are merged.

Staging rows and rejecting bad ones takes two fifths of a merge's time, and needs neither the stream's lock nor what
production holds. So a stream that is behind does that in one session while it merges in another one, and then they
change places.
"""

import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg

from kalshi_data.database.connection import Connection
from kalshi_data.database.session_lock import SILENCE_SECONDS_MAX
from kalshi_data.deduplicator.merge.batch_merge import Counts, stage_rows
from kalshi_data.deduplicator.merge.source import Batch
from kalshi_data.service.failures import FailureLog

# Whoever takes over the stream waits for a transaction of these sessions, so one whose client has vanished ends soon.
SETTINGS = {"idle_in_transaction_session_timeout": f"{SILENCE_SECONDS_MAX:.0f}s"}
SESSIONS = 2

# Stages a batch, None if its gatherer sent none.
StageBatch = Callable[[Batch | None], None]


class StagingSession:
    """One session, and the batches that are staged in its open transaction; one thread at a time uses it."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        reject: Callable[[psycopg.Cursor[Any], Counts], None],
        thread: ThreadPoolExecutor,
        failures: FailureLog,
    ) -> None:
        """Prepare to stage in `thread`; `connect` opens a connection with a stage, `reject` frees it of bad rows."""
        self.staged: list[Batch] = []
        self.rejected: Counts | None = None
        self._connect = connect
        self._reject = reject
        # How many batches are to come yet in this round, and the number of the round.
        self._awaited = self._round = 0
        self._thread = thread
        self._running: list[Future[None]] = []
        self._failures = failures
        self._turn = threading.Lock()
        self._connection: Connection | None = None
        self._is_open = False

    def begin(self, batches: int) -> StageBatch:
        """Accept this many batches, until end(); return what stages one of them, sooner or later."""
        with self._turn:
            self._is_open, self._awaited, self._running = True, batches, []
            self._round += 1
            return partial(self._start, self._round)

    def _start(self, awaiting: int, batch: Batch | None) -> None:
        """Let the thread stage a batch, so that no gatherer counts as late because production is slow."""
        self._running.append(self._thread.submit(self._stage_in, awaiting, batch))

    def _stage_in(self, awaiting: int, batch: Batch | None) -> None:
        """Stage a batch, None if there is none; after the last one, reject bad rows.

        It does nothing for a batch that another round awaited, or if that fails: then the merge does it.
        """
        with self._turn:
            if not self._is_open or awaiting != self._round:
                return
            self._awaited -= 1
            try:
                self._stage(batch)
            except Exception as error:
                self._failures.failed(error)
                self._close()
            else:
                self._failures.succeeded()

    def _stage(self, batch: Batch | None) -> None:
        if batch is None and not self.staged:
            return
        if self._connection is None:
            self._connection = self._connect()
            self._connection.autocommit = False
        with self._connection.cursor() as cursor:
            if batch is not None:
                stage_rows(cursor, batch.received)
                self.staged.append(batch)
            if not self._awaited:
                counts = Counts(Counter(), Counter(), Counter())
                self._reject(cursor, counts)
                self.rejected = counts

    def end(self, wanted: Sequence[Batch], confirm: Callable[[Connection], None]) -> bool:
        """Stage what came until now, and accept no more.

        Return whether batches are staged, all of them are `wanted`, and the session answers.

        Raises:
            LockLost: `confirm` says that another deduplicator merges this stream.
        """
        wait(self._running)
        with self._turn:
            self._is_open = False
            if self._connection is None:
                return False
            if not self.staged or any(all(each is not batch for batch in wanted) for each in self.staged):
                return self._forget(self._connection)
            try:
                confirm(self._connection)
            except psycopg.Error as error:
                self._failures.failed(error)
                self._close()
            return bool(self.staged)

    def _forget(self, connection: Connection) -> bool:
        self.staged, self.rejected = [], None
        try:
            connection.rollback()
        except psycopg.Error:
            self._close()
        return False

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """Let the caller merge and commit what is staged; close the connection after an error.

        Raises:
            psycopg.Error: the connection is closed.
        """
        with self._turn:
            if self._connection is None:
                raise psycopg.OperationalError("the session with the staged rows is closed")
            try:
                yield self._connection
                self.staged, self.rejected = [], None
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Close the connection; what is staged is gone."""
        with self._turn:
            self._close()

    def _close(self) -> None:
        self._is_open, self.staged, self.rejected = False, [], None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class StagingAhead:
    """The further sessions of one stream, open as long as it is behind; few streams have such sessions at a time."""

    def __init__(
        self,
        stream: str,
        connect: Callable[[], Connection],
        reject: Callable[[psycopg.Cursor[Any], Counts], None],
        confirm: Callable[[Connection], None],
        places: threading.Semaphore,
    ) -> None:
        """Prepare to stage; `confirm` raises LockLost if another deduplicator merges the stream."""
        failures = FailureLog("rows cannot be staged ahead", "rows are staged ahead again", stream=stream)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{stream} ahead")
        self._sessions = [StagingSession(connect, reject, self._thread, failures) for _ in range(SESSIONS)]
        self._confirm = confirm
        self._places = places
        self._has_place = False

    def begin(self, batches: int) -> StageBatch | None:
        """Return what stages one of this many batches, not in the session that was taken last; None without a place."""
        self._has_place = self._has_place or self._places.acquire(blocking=False)
        if not self._has_place:
            return None
        self._sessions.reverse()
        return self._sessions[0].begin(batches)

    def take(self, wanted: Sequence[Batch]) -> StagingSession | None:
        """Return the session where some of the `wanted` batches are staged and no others; it accepts no more.

        Raises:
            LockLost: another deduplicator merges this stream.
        """
        session = self._sessions[0]
        return session if session.end(wanted, self._confirm) else None

    def end_thread(self) -> None:
        """End the thread; nothing can be staged afterwards."""
        self._thread.shutdown()

    def close(self) -> None:
        """Close the sessions, and leave the place to another stream."""
        for session in self._sessions:
            session.close()
        if self._has_place:
            self._has_place = False
            self._places.release()
