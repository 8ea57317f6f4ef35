"""Rows made anew from a stretch of the frame log."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind, LogRecord
from kalshi_data.gatherer.frame_log.reader import records_from
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.settings import WritingSettings

log = structlog.get_logger()

# Frames read before the first that counts, so that equal changes go on being numbered where they were. Equal messages
# share a timestamp, so they follow each other closer than this.
WARM_UP_FRAMES = 50_000

Commit = Callable[[Sequence[Item], int], None]


class FrameLogReplay:
    """Reads the log from a number on, in as many steps as one likes, and hands over rows in batches."""

    def __init__(self, folder: Path, begin: int, settings: WritingSettings, commit: Commit) -> None:
        """Prepare to commit what follows from record `begin` on; batches go to `commit` with their last number."""
        self._folder = folder
        self._settings = settings
        self._commit = commit
        self._decoders: dict[int, FrameDecoder] = {}
        self._items: list[Item] = []
        self._begin = begin
        self._expected: int | None = None
        # What was counted when the frames arrived is not counted twice.
        self._counters = Counters()
        self.following = max(0, begin - WARM_UP_FRAMES)

    def read(self, until: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """Read up to and without record `until`, and commit it.

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
            # Nothing of an earlier run is connected any more, whether it said so or not.
            self._decoders.clear()
        elif self._expected is not None and record.number != self._expected:
            self._hole(record.number)
        self._expected = record.number + 1
        if record.kind == Kind.STARTED:
            return
        decoder = self._decoders.get(record.connection_id)
        if decoder is None:
            decoder = self._decoder(record)
        decoder.take(record.number, record.received_ns, record.kind, record.payload)
        if record.kind == Kind.CLOSED:
            del self._decoders[record.connection_id]

    def _decoder(self, record: LogRecord) -> FrameDecoder:
        whole = record.kind == Kind.OPENED
        decoder = FrameDecoder(record.connection_id, self._put, self._counters, self._settings, whole=whole)
        self._decoders[record.connection_id] = decoder
        return decoder

    def _put(self, item: Item) -> None:
        if item.number >= self._begin:
            self._items.append(item)

    def _hole(self, number: int) -> None:
        log.warning("frames are missing in the frame log", from_number=self._expected, to_number=number)
        for decoder in self._decoders.values():
            decoder.hole()
