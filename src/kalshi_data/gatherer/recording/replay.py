"""Rows made anew from a stretch of the frame log."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind, LogRecord
from kalshi_data.gatherer.frame_log.reader import records_from
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.events import count
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
            # Every connection of an earlier run is closed, even if that run did not record it.
            self._decoders.clear()
        elif self._expected is not None and record.number != self._expected:
            self._skip(record.number)
        self._expected = record.number + 1
        if record.kind == Kind.STARTED:
            return
        decoded = self._decoder_of(record).decode(record)
        self._add(decoded.items)
        for event in decoded.events:
            count(event, self._counters, record.connection_id)
        if record.kind == Kind.CLOSED:
            del self._decoders[record.connection_id]

    def _decoder_of(self, record: LogRecord) -> FrameDecoder:
        decoder = self._decoders.get(record.connection_id)
        if decoder is None:
            decoder = FrameDecoder(record.connection_id, self._settings, whole=record.kind == Kind.OPENED)
            self._decoders[record.connection_id] = decoder
        return decoder

    def _add(self, items: Sequence[Item]) -> None:
        self._items += [item for item in items if item.number >= self._begin]

    def _skip(self, number: int) -> None:
        log.warning("frames are missing in the frame log", from_number=self._expected, to_number=number)
        for decoder in self._decoders.values():
            self._add(decoder.skip())
