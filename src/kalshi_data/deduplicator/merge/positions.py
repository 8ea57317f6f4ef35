"""Reports how far a stream is merged: to production what holds no row of this shard, to gatherers what all merged."""

import time
from collections.abc import Sequence

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.merge.batch_merge import BatchMerge
from kalshi_data.deduplicator.merge.source import StreamSource
from kalshi_data.deduplicator.settings import MergingSettings
from kalshi_data.shard import Shard
from kalshi_data.streams import Stream


class PositionReports:
    """The positions of one stream at all gatherers, reported from time to time."""

    def __init__(
        self,
        stream: Stream,
        shard: Shard,
        sources: Sequence[StreamSource],
        writer: BatchMerge,
        settings: MergingSettings,
    ) -> None:
        """Prepare to report the positions of `sources`."""
        self._key = {"stream": stream.name, "shards": shard.parts}
        self._sources = sources
        self._writer = writer
        self._every_seconds = settings.acknowledge_seconds
        self._reported_at = time.monotonic()

    def report(self, production: Connection) -> None:
        """If it is time, record what was passed, and read what all shards have merged: the next polls report that."""
        if time.monotonic() - self._reported_at < self._every_seconds:
            return
        self._reported_at = time.monotonic()
        self.record_passed(production)
        rows = production.execute(query("production/cursors/read_merged"), self._key).fetchall()
        merged = {row[:2]: row[2] for row in rows}
        for source in self._sources:
            source.acknowledged = merged.get((source.gatherer_id, source.epoch))

    def record_passed(self, production: Connection) -> None:
        """Record in production what was passed, so that whoever merges next goes on there."""
        if passed := [(source, source.passed) for source in self._sources if source.passed]:
            self._writer.skip(production, passed)
            for source, _ in passed:
                source.passed = None
