"""Polls all gatherers of one stream at the same time, and reads ahead while the stream is behind."""

import time
from collections.abc import Mapping, Sequence

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.merge.batch_merge import BatchMerge, Polled
from kalshi_data.deduplicator.merge.source import Batch, StreamSource
from kalshi_data.deduplicator.merge.staging_ahead import StageBatch, StagingAhead
from kalshi_data.deduplicator.settings import MergingSettings
from kalshi_data.streams import Stream

# Opening sessions is worth it if the next batch is this many times as large as a first one.
STAGED_ROWS_FACTOR = 4


class StreamPolls:
    """The polls of one stream: what they return, and how many rows the next ones ask for."""

    def __init__(
        self,
        stream: Stream,
        sources: Sequence[StreamSource],
        settings: MergingSettings,
        writer: BatchMerge,
        ahead: StagingAhead,
    ) -> None:
        """Prepare to poll `sources`; `writer` names their cursors."""
        self._stream = stream
        self._sources = sources
        self._settings = settings
        self._writer = writer
        self._ahead = ahead
        self._pool = GathererPool(sources, stream.name)
        self._rows_max = settings.batch_rows_max

    def shrink(self) -> None:
        """Ask for half as many rows from now on, since production could not merge that many."""
        self._rows_max = max(self._rows_max // 2, 1)

    def grow(self) -> None:
        """Ask for a tenth more rows again, up to the limit that is set."""
        self._rows_max = min(self._rows_max + self._rows_max // 10 + 1, self._settings.batch_rows_max)

    def close(self) -> None:
        """Close the connections to the gatherers."""
        self._pool.close()
        for source in self._sources:
            source.close()

    def poll(self, production: Connection) -> list[tuple[StreamSource, Batch]]:
        """Connect to gatherers that are not connected, poll all at once, and return the batches that came in time."""
        for source in self._sources:
            if source.is_due:
                self._pool.start(source, source.open)
        answers = self._poll_connected(production, {})
        if any(not isinstance(answer, Batch) for answer in answers.values()):
            answers |= self._poll_connected(production, answers)
        # A batch that was read ahead of a failed tick does not start at the cursor; it is read again.
        received = [(source, answer) for source, answer in answers.items() if isinstance(answer, Batch)]
        batches = [(source, batch) for source, batch in received if batch.after == source.after]
        for source, batch in batches:
            if not batch.rows:
                source.skip(batch)
        return [(source, batch) for source, batch in batches if batch.rows]

    def _poll_connected(
        self, production: Connection, answers: Mapping[StreamSource, object]
    ) -> dict[StreamSource, object]:
        """Poll connected gatherers that sent no batch yet; return batches, and the epochs of new connections."""
        for source in self._sources:
            if source.can_be_polled and not isinstance(answers.get(source), Batch):
                if source.after is None:
                    source.after = self._read_cursor(production, source)
                self._pool.start(source, source.poll, source.after)
        return dict(self._pool.results(time.monotonic() + self._settings.gatherer_seconds_max))

    def _read_cursor(self, production: Connection, source: StreamSource) -> str:
        key = self._writer.cursor_key(source.gatherer_id, source.epoch)
        production.execute(query("production/cursors/open"), key)
        row = production.execute(query("production/cursors/read"), key).fetchone()
        return str(row[0]) if row else "0"

    def read_ahead(self, polled: Polled) -> bool:
        """If a batch was full, poll a larger one while this one is written; return whether any batch was full."""
        full = [(source, batch) for source, batch in polled if batch.rows >= source.batch_rows]
        rows_min = self._settings.batch_rows_min
        for source, _ in polled:
            source.batch_rows = min(rows_min, self._rows_max)
        for source, batch in full:
            source.batch_rows = min(max(batch.rows, rows_min) * 2, self._rows_max)
        are_large = any(source.batch_rows >= STAGED_ROWS_FACTOR * rows_min for source, _ in full)
        stage = self._ahead.begin(len(full)) if are_large and self._stream.is_staged_ahead else None
        for source, batch in full:
            self._pool.start(source, _poll_and_stage, source, batch.watermark, stage)
        return bool(full)


def _poll_and_stage(source: StreamSource, after: str, stage: StageBatch | None) -> Batch | None:
    batch = source.poll(after)
    if stage:
        stage(batch if batch and batch.rows else None)
    return batch
