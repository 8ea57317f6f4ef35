"""Rows made anew from a stretch of the frame log."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from kalshi_data.gatherer.counters import Figures
from kalshi_data.gatherer.frame_log.format import Kind, Record
from kalshi_data.gatherer.frame_log.reader import records_from
from kalshi_data.gatherer.recording.batch import Item
from kalshi_data.gatherer.recording.decoder import Derivation
from kalshi_data.gatherer.settings import Writing

log = structlog.get_logger()

# Frames read before the first that counts, so that equal changes go on being numbered where they were. Equal messages
# share a timestamp, so they follow each other closer than this.
WARM_UP_FRAMES = 50_000

Commit = Callable[[Sequence[Item], int], None]


class Rereading:
    """Reads the log from a number on, in as many steps as one likes, and hands over rows in batches."""

    def __init__(self, folder: Path, begin: int, settings: Writing, commit: Commit) -> None:
        """Prepare to commit what follows from record `begin` on; batches go to `commit` with their last number."""
        self._folder = folder
        self._settings = settings
        self._commit = commit
        self._derivations: dict[int, Derivation] = {}
        self._items: list[Item] = []
        self._begin = begin
        self._expected: int | None = None
        # What was counted when the frames arrived is not counted twice.
        self._figures = Figures()
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

    def _take(self, record: Record) -> None:
        if record.kind == Kind.STARTED:
            # Nothing of an earlier run is connected any more, whether it said so or not.
            self._derivations.clear()
        elif self._expected is not None and record.number != self._expected:
            self._hole(record.number)
        self._expected = record.number + 1
        if record.kind == Kind.STARTED:
            return
        derivation = self._derivations.get(record.connection_id)
        if derivation is None:
            derivation = self._derivation(record)
        derivation.take(record.number, record.received_ns, record.kind, record.payload)
        if record.kind == Kind.CLOSED:
            del self._derivations[record.connection_id]

    def _derivation(self, record: Record) -> Derivation:
        whole = record.kind == Kind.OPENED
        derivation = Derivation(record.connection_id, self._put, self._figures, self._settings, whole=whole)
        self._derivations[record.connection_id] = derivation
        return derivation

    def _put(self, item: Item) -> None:
        if item.number >= self._begin:
            self._items.append(item)

    def _hole(self, number: int) -> None:
        log.warning("frames are missing in the frame log", from_number=self._expected, to_number=number)
        for derivation in self._derivations.values():
            derivation.hole()
