"""The state of each hour of the archive (ops.archive_partitions): pending, exporting, exported or verified."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec import structs
from psycopg.types.json import Jsonb

from kalshi_data.archive.manifest import Manifest, Watermark
from kalshi_data.archive.progress import StreamProgress
from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.database.connection import Connection, query

UNVERIFIED_MAX = 100
OPENED_MAX = 500
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
STREAMS = {stream.name: stream for stream in ARCHIVED}


class HourSelection(NamedTuple):
    """Hours of some streams between two times; `early` includes hours that are not due yet."""

    streams: Sequence[ArchiveStream] = ARCHIVED
    from_at: datetime = BEGINNING
    until_at: datetime = END
    early: bool = False


class ArchiveHour(NamedTuple):
    """One hour of a stream, or a day of one that is written whole; if `is_dropped`, only the archive has its rows.

    Production remembers the `sha256` of the object it finished, and the `written_sha256` of the last that it began.
    """

    stream: ArchiveStream
    begins_at: datetime
    is_dropped: bool = False
    failures: int = 0
    sha256: bytes | None = None
    written_sha256: bytes | None = None

    @property
    def ends_at(self) -> datetime:
        """The end of the hour or day."""
        return self.begins_at + timedelta(hours=self.stream.hours)

    def key(self) -> dict[str, Any]:
        """Return the parameters that name it in SQL."""
        return {"stream": self.stream.name, "hour": self.begins_at}


def recorded(manifest: Manifest) -> dict[str, Any]:
    """Return what ops.archive_partitions keeps of an object, as its manifest says."""
    return {
        "object_key": manifest.key,
        "schema_version": manifest.schema_version,
        "row_count": manifest.rows,
        "byte_count": manifest.bytes,
        "sha256": bytes.fromhex(manifest.sha256),
        "gatherer_rows": Jsonb(dict(manifest.gatherer_rows)),
        "sums": Jsonb(dict(manifest.sums)),
        "first_at": manifest.first_at,
        "last_at": manifest.last_at,
    }


class Partitions:
    """Reads and changes the state of hours in production; each change is one statement that commits by itself."""

    def __init__(self, production: Connection, settings: ArchiveSettings, gatherers: Sequence[int]) -> None:
        """Use a connection in autocommit mode; an hour is due once all of `gatherers` are merged."""
        self._production = production
        self._settings = settings
        self._gatherers = list(gatherers)

    def open_hours(self, streams: Sequence[ArchiveStream]) -> None:
        """Open records for hours that are over."""
        asked = {**self._readiness(streams), "hours_max": OPENED_MAX}
        self._production.execute(query("production/archive/open_hours"), asked)

    def read_clock(self) -> datetime:
        """Return the time of production's host."""
        (now,) = self._production.execute(query("sessions/read_clock")).fetchall()[0]
        return now

    def claim(self, selection: HourSelection, began_at: datetime) -> ArchiveHour | None:
        """Claim the oldest hour that is due; return None if there is none.

        An early one is due once after `began_at`, which is a time of production's host.
        """
        chosen = {"from_at": selection.from_at, "until_at": selection.until_at, "early": selection.early}
        asked = {**self._readiness(selection.streams), **chosen, "began_at": began_at}
        row = self._production.execute(query("production/archive/claim_hour"), asked).fetchone()
        if row is None:
            return None
        name, begins_at, is_dropped, *others = row
        return ArchiveHour(STREAMS[name], begins_at, bool(is_dropped), *others)

    def watermarks(self, stream: ArchiveStream) -> list[Watermark]:
        """Return how far each gatherer's copy of a stream is merged."""
        rows = self._production.execute(query("production/archive/read_watermarks"), {"stream": stream.name}).fetchall()
        return [Watermark(*row) for row in rows]

    def record_write(self, hour: ArchiveHour, sha256: bytes) -> None:
        """Record which object is about to be written."""
        self._production.execute(query("production/archive/record_write"), {**hour.key(), "sha256": sha256})

    def quarantine(self, hour: ArchiveHour) -> tuple[int, str | None]:
        """Move rows that the archive cannot hold into quarantine; return their number and the reason of one."""
        span = {"from_at": hour.begins_at, "until_at": hour.ends_at, "time_column": hour.stream.time_column}
        asked = {"stream": hour.stream.name, **span}
        moved, reason = self._production.execute(query("production/archive/quarantine_rows"), asked).fetchall()[0]
        return moved, reason

    def finish(self, hour: ArchiveHour, manifest: Manifest, etag: str | None) -> bool:
        """Record that the object was written; return False if rows were merged into the hour since it was claimed."""
        watermarks = Jsonb([structs.asdict(each) for each in manifest.watermarks])
        asked = {**hour.key(), **recorded(manifest), "etag": etag, "watermarks": watermarks}
        finished = self._production.execute(query("production/archive/finish_hour"), asked)
        return finished.fetchone() is not None

    def verify(self, hour: ArchiveHour, sha256: bytes) -> bool:
        """Record that an object was read back; return False if rows were merged into its hour meanwhile."""
        parameters = {**hour.key(), "sha256": sha256}
        return self._production.execute(query("production/archive/verify_hour"), parameters).fetchone() is not None

    def fail(self, hour: ArchiveHour, error: str, retry_seconds: float) -> None:
        """Record why an hour could not be archived, and when to try again."""
        parameters = {**hour.key(), "error": error, "retry_seconds": retry_seconds}
        self._production.execute(query("production/archive/fail_hour"), parameters)

    def unverified(self, streams: Sequence[ArchiveStream]) -> list[tuple[ArchiveHour, bytes]]:
        """Return the hours whose objects were not read back yet, with their digests."""
        asked = {"streams": [stream.name for stream in streams], "hours_max": UNVERIFIED_MAX}
        rows = self._production.execute(query("production/archive/read_unverified_hours"), asked).fetchall()
        return [(ArchiveHour(STREAMS[name], hour, failures=failures), sha256) for name, hour, sha256, failures in rows]

    def write_again(self, selection: HourSelection) -> int:
        """Mark hours that are in the archive to be written again, and return their number."""
        chosen = {"from_at": selection.from_at, "until_at": selection.until_at}
        streams = [stream.name for stream in selection.streams]
        return self._production.execute(
            query("production/archive/write_again"), {"streams": streams, **chosen}
        ).rowcount

    def write_snapshots_again(self, selection: HourSelection) -> int:
        """Mark today's snapshots of whole tables to be written again, and return their number."""
        whole = tuple(stream for stream in selection.streams if stream.time_column is None)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return self.write_again(HourSelection(whole, today, today + timedelta(days=1)))

    def retry(self, streams: Sequence[ArchiveStream]) -> None:
        """Let hours that failed be tried at once, since what was wrong may have been mended."""
        names = [stream.name for stream in streams]
        self._production.execute(query("production/archive/retry_hours"), {"streams": names})

    def progress(self) -> list[StreamProgress]:
        """Return how much of each stream is archived."""
        asked = self._readiness(ARCHIVED)
        rows = self._production.execute(query("production/archive/read_progress"), asked).fetchall()
        return [StreamProgress(*row) for row in rows]

    def _readiness(self, streams: Sequence[ArchiveStream]) -> dict[str, Any]:
        return {
            "streams": [stream.name for stream in streams if stream.time_column is not None],
            "whole_streams": [stream.name for stream in streams if stream.time_column is None],
            "gatherers": self._gatherers,
            "settle_seconds": self._settings.settle_seconds,
            "deadline_seconds": self._settings.deadline_seconds,
        }
