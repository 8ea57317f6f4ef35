"""Decodes a range of the frame log again."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.frame_log.reader import is_possible, records_from
from kalshi_data.gatherer.frame_log.shards import NUMBERS_PER_SHARD
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.events import count
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.timestamps import from_ns

log = structlog.get_logger()

# The state of all open connections is recorded each time this many records were appended. If 50,000 order books are
# covered, that is some 600 kB, or 3 bytes per frame.
STATE_FRAMES = 200_000
# This many frames are decoded before the first whose rows count, so that equal changes are numbered as they were. Equal
# messages have the same timestamp, so fewer frames than this lie between them.
NUMBERING_FRAMES = 50_000

Commit = Callable[[Sequence[Item], int], None]


class FrameLogReplay:
    """Reads the log from a number on, in as many steps as the caller likes, and commits rows in batches."""

    def __init__(
        self,
        folder: Path,
        begin: int,
        settings: WritingSettings,
        commit: Commit,
        state_frames: int = STATE_FRAMES,
        numbering_frames: int = NUMBERING_FRAMES,
        committed_at: datetime | None = None,
    ) -> None:
        """Prepare to read from record `begin` on; `commit` gets each batch with the number of its last record.

        Reading begins early enough to find the state of every connection that is open at `begin`. If the log lost
        frames from there on, coverage ends at `committed_at`, the time of the last committed frame.
        """
        self._folder = folder
        self._settings = settings
        self._commit = commit
        self._decoders: dict[int, FrameDecoder] = {}
        self._lost: set[int] = set()
        self._items: list[Item] = []
        self._begin = begin
        self._expected: int | None = None
        self._has_holes = False
        self._last_at = committed_at
        # Frames were counted when they arrived. These counters only limit what is logged again.
        self._counters = Counters()
        self._numbering_begin = begin - numbering_frames
        self.following = max(0, begin - state_frames - numbering_frames)

    def read(self, until: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """Read the records before `until` and commit their rows, or stop after a batch if `stopped` returns true.

        Raises:
            NotCommitted: from `commit`.
        """
        for record in records_from(self._folder, self.following, until):
            self._take(record)
            self.following = record.number + 1
            if len(self._items) >= self._settings.batch_rows_max:
                self._flush(record.number)
                if stopped():
                    return
        self.following = max(self.following, until)
        self._flush(until - 1)

    def _flush(self, number: int) -> None:
        if self._items or number >= self._begin:
            self._commit(self._items, number)
        self._items = []

    def _take(self, record: LogRecord) -> None:
        if record.kind == Kind.STARTED:
            # Every connection of an earlier run is closed, even if that run did not record it.
            self._crash(record)
            self._decoders.clear()
            self._lost.clear()
        elif record.number != self._expected and (self._expected is not None or record.number > self._begin):
            self._skip(record)
        self._expected = record.number + 1
        if record.kind != Kind.STARTED:
            self._decode(record)
        if record.kind != Kind.REPAIRED and is_possible(record.received_ns, time.time_ns()):
            self._last_at = from_ns(record.received_ns)

    def _decode(self, record: LogRecord) -> None:
        is_early = record.number < self._numbering_begin
        if is_early and record.kind == FRAME and record.connection_id not in self._decoders:
            return  # The state of this connection follows.
        decoder = self._decoder_of(record)
        if record.number >= self._begin and not decoder.subscriptions.is_whole:
            self._distrust(decoder, record)
        decoded = decoder.decode(record)
        self._add(decoded.items)
        for event in decoded.events:
            count(event, self._counters, record.connection_id)
        if record.kind == Kind.CLOSED:
            del self._decoders[record.connection_id]
            self._lost.discard(record.connection_id)

    def _decoder_of(self, record: LogRecord) -> FrameDecoder:
        decoder = self._decoders.get(record.connection_id)
        if decoder is None:
            decoder = FrameDecoder(record.connection_id, self._settings, whole=record.kind == Kind.OPENED)
            self._decoders[record.connection_id] = decoder
        return decoder

    def _add(self, items: Sequence[Item]) -> None:
        self._items += [item for item in items if item.number >= self._begin]

    def _skip(self, record: LogRecord) -> None:
        """End what is covered at a hole in the log, of connections without a record around it too."""
        begin, number = self._expected or self._begin, record.number
        log.warning("frames are missing in the frame log", from_number=begin, to_number=number)
        rows = [row for decoder in self._decoders.values() for row in decoder.skip()]
        if number <= self._begin:
            return  # What the hole held is committed.
        self._has_holes = True
        for decoder in self._decoders.values():
            decoder.lose()
        self._items += [msgspec.structs.replace(row, number=number) for row in rows]
        self._lose(number - number % NUMBERS_PER_SHARD, number, self._last_at, record)

    def _distrust(self, decoder: FrameDecoder, record: LogRecord) -> None:
        """End what the database holds open of a connection whose earlier records are gone, unless its state follows."""
        connection_id = record.connection_id
        if connection_id in self._lost or connection_id == 0:
            return
        if record.kind == Kind.STATE and not self._has_holes:
            return
        log.warning("earlier records of a connection are gone, its coverage ends", connection_id=connection_id)
        self._lost.add(connection_id)
        decoder.lose()
        at = self._last_at if self._has_holes else from_ns(record.received_ns)
        self._lose(connection_id, connection_id + 1, at, record)

    def _crash(self, record: LogRecord) -> None:
        """Close what an earlier run left open: each connection at its last frame, others at the last record of all."""
        if record.number < self._begin:
            return
        for connection_id, decoder in self._decoders.items():
            self._add_range("connections_crashed", connection_id, connection_id + 1, decoder.last_at, record)
        first = record.number - record.number % NUMBERS_PER_SHARD
        self._add_range("connections_crashed", first, record.number, self._last_at, record)

    def _lose(self, first: int, before: int, at: datetime | None, record: LogRecord) -> None:
        self._add_range("coverage_lost", first, before, at, record)

    def _add_range(self, stream: str, first: int, before: int, at: datetime | None, record: LogRecord) -> None:
        received_at = from_ns(record.received_ns)
        self._items.append(Item(stream, (first, before, at), b"", record.number, record.connection_id, received_at))
