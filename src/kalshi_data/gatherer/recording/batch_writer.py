"""Commits received rows in batches; rows that do not fit in memory are read from the frame log later."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import structlog

from kalshi_data.errors import NotCommitted
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.reader import count_records
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.batch import Item, PositionLost
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.timestamps import from_ns
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# When replay is at most this many frames behind, start queueing live rows again.
JOIN_FRAMES_MAX = 20_000
WRITTEN_POLL_SECONDS = 0.02
# Fewer rows are not worth a commit of their own if more of them come soon.
WORTHWHILE_ROWS = 64


class BatchWriter:
    """Queues rows and commits them in order, each batch in one transaction.

    Rows wait in memory up to a limit. Beyond it, and at the start, rows are decoded from the frame log instead; live
    rows are dropped meanwhile, because their frames are in the log.
    """

    def __init__(
        self, committer: Committer, frame_log: FrameLogWriter, settings: WritingSettings, counters: Counters
    ) -> None:
        """Prepare to write; run() does the work."""
        self._committer = committer
        self._log = frame_log
        self._settings = settings
        self._counters = counters
        self._items: list[Item] = []
        # When the last committed row was received; None before the first commit of this process.
        self._committed_at: datetime | None = None
        self._arrived = asyncio.Event()
        # Set when as many rows are queued as are waited for.
        self._enough = asyncio.Event()
        self._wanted_rows = settings.batch_rows_max
        self._commit_seconds = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        # Rows of later frames are not queued; None if all rows are.
        self._queued_until: int | None = -1
        self._stopping = False
        self._stop_at = float("inf")
        self.queue_full = asyncio.Event()

    @property
    def takes_rows(self) -> bool:
        """Whether live rows are queued; if not, rows come from the frame log."""
        return self._queued_until is None

    def put(self, item: Item) -> None:
        """Queue one row; it is committed within the batch age unless the database is away."""
        if self._queued_until is not None and item.number > self._queued_until:
            return
        self._items.append(item)
        self._arrived.set()
        rows = len(self._items)
        if rows >= self._wanted_rows:
            self._enough.set()
        if rows >= self._settings.queued_rows_max and self._queued_until is None:
            self._overflow(item.number)

    def _overflow(self, number: int) -> None:
        """Leave later rows to the frame log; if the log fails too, have all connections closed."""
        if not self._counters.log_failure:
            log.warning("too many rows are waiting, the frame log keeps the rest", rows=len(self._items))
            self._queued_until = number
        elif not self.queue_full.is_set():
            log.error("neither database nor frame log takes frames, connections are closed", rows=len(self._items))
            self.queue_full.set()

    def stop(self) -> None:
        """Have run() write what is queued and return."""
        self._stopping = True
        self._stop_at = time.monotonic() + self._settings.stop_seconds_max
        self._committer.give_up_at = self._stop_at
        self._arrived.set()
        self._enough.set()

    async def run(self) -> None:
        """Commit what earlier runs left in the frame log, then batches until stop() is called and no row is queued."""
        backoff = Backoff()
        while True:
            try:
                await self._write_until_stopped()
                break
            except NotCommitted as reason:
                log.warning("stopped before everything was committed, the next start commits it", reason=str(reason))
                break
            except Exception as error:
                self._failed(error)
                if time.monotonic() > self._stop_at:
                    break
                await asyncio.sleep(min(backoff.next_seconds(), max(0.0, self._stop_at - time.monotonic())))
            # The frame log has every frame, so whatever state the failure left is given up.
            self._items.clear()
            self._queued_until = -1
        await self._in_thread(self._committer.disconnect)

    async def _write_until_stopped(self) -> None:
        await self._recover()
        while not self._stopping or self._items or self._queued_until is not None:
            await self._arrived.wait()
            await self._wait_until_due()
            await self._commit_batch()
            if not self._items and self._queued_until is not None:
                await self._catch_up(self._queued_until + 1)
            if self._stopping:
                self._arrived.set()

    def _failed(self, error: Exception) -> None:
        """Log why the writer starts over: once, if the same fault repeats."""
        if isinstance(error, PositionLost):
            log.warning("the writer starts over", reason=str(error))
            return
        reason = f"{type(error).__name__}: {error}"
        if reason != self._counters.writer_failure:
            log.exception("the writer failed and starts over; frames are kept in the frame log")
        self._counters.writer_failure = reason

    async def _recover(self) -> None:
        """Commit what earlier runs logged, and close the connections that they left open in the database."""
        position = await self._in_thread(self._committer.first_position, self._log.uncommitted.number)
        self._log.uncommitted.remove()
        await self._catch_up(position + 1)
        ended_at = from_ns(self._log.previous_ns) if self._log.previous_ns else None
        await self._in_thread(self._committer.close_crashed, self._log.first_number, ended_at)
        self._counters.writer_failure = ""

    async def _catch_up(self, begin: int) -> None:
        """Commit the log from `begin` on until live rows can be queued again."""
        replay = FrameLogReplay(self._log.folder, begin, self._settings, self._commit, committed_at=self._committed_at)
        is_last = False
        while not is_last:
            until = self._log.next_number
            is_last = until - replay.following <= JOIN_FRAMES_MAX or self._stopping
            if is_last:
                # If the queue overflows while the last rows are read, run() commits it before it reads on.
                self._queued_until = None
            self._log.seal()
            while self._log.written_before < until:
                await asyncio.sleep(WRITTEN_POLL_SECONDS)
            left = (self._log.folder, max(begin, replay.following), until)
            self._counters.behind_frames = await self._in_thread(count_records, *left)
            await self._in_thread(replay.read, until, lambda: time.monotonic() > self._stop_at)
            if replay.following < until:
                raise NotCommitted(f"{until - replay.following} frames are left in the frame log")
        self._counters.behind_frames = 0

    async def _wait_until_due(self) -> None:
        """Wait until a batch is full, or for the batch age; for less if many rows arrive.

        After a commit, there is a pause of twice its time, so that commits take a third of the time at most.
        """
        settings, began = self._settings, time.monotonic()
        age_seconds_max = settings.batch_age_seconds_max
        await self._wait_for_rows(settings.batch_rows_max, min(2 * self._commit_seconds, age_seconds_max))
        rows = min(WORTHWHILE_ROWS, settings.batch_rows_max)
        await self._wait_for_rows(rows, age_seconds_max - (time.monotonic() - began))

    async def _wait_for_rows(self, rows: int, seconds: float) -> None:
        """Wait until `rows` rows are queued, at most for some seconds; a stop ends the wait."""
        self._wanted_rows = rows
        if len(self._items) >= rows or self._stopping or seconds <= 0:
            return
        self._enough.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._enough.wait(), seconds)

    async def _commit_batch(self) -> None:
        size = min(len(self._items), self._settings.batch_rows_max)
        # All rows of one frame are committed together.
        while 0 < size < len(self._items) and self._items[size].number == self._items[size - 1].number:
            size += 1
        batch = self._items[:size]
        del self._items[:size]
        if not self._items:
            self._arrived.clear()
        if len(self._items) < self._settings.queued_rows_max // 2:
            self.queue_full.clear()
        self._counters.queued_rows = len(self._items)
        if batch:
            began = time.monotonic()
            await self._in_thread(self._commit, batch, batch[-1].number)
            self._commit_seconds = time.monotonic() - began

    def _commit(self, items: Sequence[Item], frame_number: int) -> None:
        self._committer.commit(items, frame_number)
        if items:
            self._committed_at = items[-1].received_at
        self._log.committed_until = frame_number

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
