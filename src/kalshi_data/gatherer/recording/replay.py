"""Decodes a range of the frame log again."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import FRAME, Kind, LogRecord
from kalshi_data.gatherer.frame_log.reader import records_from
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.events import count
from kalshi_data.gatherer.settings import WritingSettings

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
    ) -> None:
        """Prepare to read from record `begin` on; `commit` gets each batch with the number of its last record.

        Reading begins early enough to find the state of every connection that is open at `begin`.
        """
        self._folder = folder
        self._settings = settings
        self._commit = commit
        self._decoders: dict[int, FrameDecoder] = {}
        self._items: list[Item] = []
        self._begin = begin
        self._expected: int | None = None
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
            self._decoders.clear()
        elif self._expected is not None and record.number != self._expected:
            self._skip(record.number)
        self._expected = record.number + 1
        if record.kind == Kind.STARTED:
            return
        is_early = record.number < self._numbering_begin
        if is_early and record.kind == FRAME and record.connection_id not in self._decoders:
            return  # The state of this connection follows.
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
