"""Writes the frame log: collects records in memory; a thread compresses, writes and syncs them in blocks."""

import contextlib
import os
import queue
import threading
import time
from pathlib import Path

import structlog

from kalshi_data.errors import LockHeld
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.disk_reserve import DiskReserve, require_space_for_frames
from kalshi_data.gatherer.frame_log.format import Kind, record_head, seal
from kalshi_data.gatherer.frame_log.lock import FolderLock
from kalshi_data.gatherer.frame_log.reader import last_received_ns, last_record
from kalshi_data.gatherer.frame_log.retention import AGED_SEGMENTS_MAX, drop_old, measure
from kalshi_data.gatherer.frame_log.segment_file import PendingBlock, create_segment, is_removed
from kalshi_data.gatherer.frame_log.segment_times import SegmentTimes, follows
from kalshi_data.gatherer.frame_log.settings import FrameLogSettings
from kalshi_data.gatherer.frame_log.shards import choose_number, shard_folder
from kalshi_data.gatherer.frame_log.uncommitted import UncommittedNote
from kalshi_data.shard import EVERYTHING, Shard

log = structlog.get_logger()

UPKEEP_SECONDS = 5.0
# On a full disk a small block may fit now and then: the log works again if no write failed for this long.
RECOVERED_SECONDS_MIN = 2.0


class FrameLogWriter:
    """The log of one gatherer, or of one of its shards; only one thread calls append()."""

    def __init__(self, settings: FrameLogSettings, counters: Counters, shard: Shard = EVERYTHING) -> None:
        """Prepare to write below `settings.folder`; open() starts."""
        self._settings = settings
        self._folder = shard_folder(settings.folder, shard.number)
        self._lock = FolderLock(self._folder)
        self.shard = shard
        self.uncommitted = UncommittedNote(self._folder)
        self._counters = counters
        self._raw = bytearray()
        self._records = 0
        self._first_ns = self._last_ns = 0
        self._sealed: queue.Queue[PendingBlock | None] = queue.Queue(settings.pending_blocks_max)
        self._thread = threading.Thread(target=self._run, name="frame log", daemon=True)
        self._file = -1
        self._path = self._folder
        self._file_bytes = 0
        self._file_began = 0.0
        self._times = SegmentTimes()
        self._synced_at = 0.0
        self._unsynced = False
        self._upkeep_at = 0.0
        self._failed_at = 0.0
        self.next_number = 0
        self.first_number = 0
        # When the last record of earlier runs was received; 0 if there is none, or none with a possible time.
        self.previous_ns = 0
        # Every record before this number is in a file, or its loss was logged.
        self.written_before = 0
        # How many segments this process has begun; each after the first needs the state of the open connections.
        self.segments_begun = 0
        self._aged = 0
        # Every record up to this number is committed, so it may be deleted when the disk is full.
        self.committed_until = 0

    @property
    def folder(self) -> Path:
        """The folder of the segments."""
        return self._folder

    def try_lock(self) -> str:
        """Keep other processes from this log and return an empty text, or return which process writes it.

        Raises:
            OSError: the folder cannot be used.
        """
        return self._lock.try_take()

    def open(self, committed: int = 0) -> None:
        """Lock the folder, continue the numbers of earlier runs behind `committed`, and start the thread.

        Raises:
            LockHeld: another process writes this log.
            OSError: the folder cannot be used.
        """
        if holder := self.try_lock():
            raise LockHeld(f"the frame log {self._folder} is held by {holder}: stop that one first")
        last = last_record(self._folder)
        self.next_number = choose_number(self.shard.number, last[0] if last else None, committed, time.time_ns())
        self.previous_ns = last_received_ns(self._folder, time.time_ns())
        self.first_number = self.written_before = self.next_number
        self.uncommitted.begin(self.first_number)
        self._thread.start()
        self.append(Kind.STARTED, 0, time.time_ns(), b"")

    def append(self, kind: int, connection_id: int, received_ns: int, payload: bytes) -> int:
        """Add a record and return its number; it is on disk after at most `block_seconds` and the write itself."""
        if self._records and not follows(received_ns, self._last_ns):
            self.seal()
        raw = self._raw
        if not self._records:
            self._first_ns = received_ns
        raw += record_head(received_ns, connection_id, kind, len(payload))
        raw += payload
        raw += b"\n"
        self._last_ns = received_ns
        self._records += 1
        number = self.next_number
        self.next_number = number + 1
        if len(raw) >= self._settings.block_bytes:
            self.seal()
        return number

    def seal(self) -> None:
        """Queue the collected block for writing; append() calls this for a full block, a timer for an old one."""
        if not self._records:
            return
        first_number = self.next_number - self._records
        block = PendingBlock(self._raw, first_number, self._records, self._first_ns, self._last_ns)
        self._raw, self._records = bytearray(), 0
        try:
            self._sealed.put_nowait(block)
        except queue.Full:
            self._fail("the disk is too slow for the frame log")
            self.written_before = first_number + block.records

    def close(self) -> None:
        """Write and sync the rest, and end the thread."""
        self.seal()
        self._sealed.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                block = self._sealed.get(timeout=self._settings.sync_seconds / 2)
            except queue.Empty:
                self._maintain()
                continue
            if block is None:
                break
            self._write_guarded(block)
            self._maintain()
        with contextlib.suppress(OSError):
            self._end_segment()
        self._lock.release()

    def _write_guarded(self, block: PendingBlock) -> None:
        """Write one block; no error ends the thread, which would end all logging."""
        try:
            self._write(block)
        except Exception as error:
            log.exception("a block of the frame log is lost", first_number=block.first_number)
            self._fail(f"frames cannot be logged: {type(error).__name__}: {error}")
            self.written_before = block.first_number + block.records

    def _write(self, block: PendingBlock) -> None:
        """Write one block; if the disk is full, delete an old segment and try once more, then drop the block."""
        stored = seal(block.raw, block.first_number, block.records, block.first_ns, block.last_ns)
        for attempt in (1, 2):
            try:
                self._append_to_segment(stored, block)
            except OSError as error:
                self._abandon_segment()
                self._fail(f"frames cannot be logged: {error.strerror}")
                if attempt == 1 and drop_old(self._folder, self._settings, self.committed_until, needed=len(stored)):
                    continue
            else:
                self._recover()
            break
        self.written_before = block.first_number + block.records

    def _append_to_segment(self, stored: bytes, block: PendingBlock) -> None:
        require_space_for_frames(self._folder, (settings := self._settings).free_bytes_min)
        full = self._file_bytes + len(stored) > settings.segment_bytes
        full |= not self._times.take(block.first_ns, block.last_ns)
        if self._file >= 0 and (full or time.monotonic() - self._file_began > settings.segment_seconds):
            self._end_segment()
        if self._file < 0:
            self._path = self._folder / f"frames-{block.first_number:020}.zst"
            self._file = create_segment(self._path)
            self._file_bytes, self._file_began, self._times = 0, time.monotonic(), SegmentTimes()
            self._times.take(block.first_ns, block.last_ns)
        written = 0
        while written < len(stored):
            written += os.write(self._file, stored[written:])
        self.segments_begun += not self._file_bytes
        self._file_bytes += written
        self._unsynced = True

    def _maintain(self) -> None:
        try:
            self._sync_and_bound(time.monotonic())
        except OSError as error:
            self._abandon_segment()
            self._fail(f"frames cannot be logged: {error.strerror}")

    def _sync_and_bound(self, now: float) -> None:
        """Sync what was written; every UPKEEP_SECONDS delete old segments and measure the log."""
        if self._unsynced and now - self._synced_at >= self._settings.sync_seconds:
            os.fdatasync(self._file)
            self._unsynced, self._synced_at = False, now
            if is_removed(self._file, self._path):
                self._begin_again()
        if now - self._upkeep_at >= UPKEEP_SECONDS:
            self._upkeep_at = now
            aged_max, folder = self.segments_begun * AGED_SEGMENTS_MAX - self._aged, self._folder
            disk = DiskReserve.of(folder, self._settings.free_bytes_min)
            self._aged += drop_old(folder, self._settings, self.committed_until, disk.is_low, aged_max)
            self._counters.log_bytes, self._counters.log_oldest_at_seconds = measure(folder)
            self._counters.log_free_bytes, self._counters.log_reserve_bytes = disk

    def _end_segment(self) -> None:
        if self._file >= 0:
            os.fdatasync(self._file)
            os.close(self._file)
        self._file, self._unsynced = -1, False

    def _begin_again(self) -> None:
        """Leave a segment that was removed, perhaps with its folder; the lock was removed with that too."""
        self._end_segment()
        self._fail(f"{self._path} was removed")
        self._lock.release()
        self._lock.try_take()

    def _abandon_segment(self) -> None:
        """Close a segment after a failed write, and cut its torn block off."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._file_bytes)
            os.close(self._file)
            if not self._file_bytes:
                self._path.unlink(missing_ok=True)
        self._file, self._unsynced = -1, False

    def _fail(self, reason: str) -> None:
        if not self._counters.log_failure:
            what = "frame log failed, frames go to the database only: free space on its disk, or repair the disk"
            log.error(what, reason=reason, folder=str(self._folder))
        self._counters.log_failure = reason
        self._failed_at = time.monotonic()

    def _recover(self) -> None:
        if self._counters.log_failure and time.monotonic() - self._failed_at > RECOVERED_SECONDS_MIN:
            log.info("frame log works again")
            self._counters.log_failure = ""
