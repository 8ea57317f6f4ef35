"""Rebuilds production from the archive alone: its rows, the exchange's objects, and what is known of each minute."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import psycopg

from kalshi_data.archive.display import ExportProgress, NoProgress
from kalshi_data.archive.exporter import LOCK_PAUSE_SECONDS, LOCK_SECONDS_MAX
from kalshi_data.archive.manifest import FOLDER, Manifest, fetch_manifest, hour_of, manifest_key
from kalshi_data.archive.object_checks import check_object, load_rows
from kalshi_data.archive.partitions import BEGINNING, ArchiveHour, HourSelection, recorded
from kalshi_data.archive.restoring.dropped_hours import merge_rows
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.archive.streams.listings import HISTORIES
from kalshi_data.archive.verify import Finding, read_records, wrong
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.database.connection import LONG_TRANSACTION, Connection, connect, query
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.errors import ArchiveError

RESTORED, KNOWN = "restored", "known"
COVERAGE = "coverage"
APPLICATION_NAME = "deduplicator restore"


class ProductionRebuild:
    """Merges the hours of an archive into production, and records that the archive holds them."""

    def __init__(self, settings: ArchiveSettings, conninfo: str, display: ExportProgress | None = None) -> None:
        """Prepare to read the bucket; `conninfo` connects to production as the role that merges.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self._settings = settings
        self._conninfo = conninfo
        self._display = display or NoProgress()
        self._bucket = open_store(settings)

    def find(self, selection: HourSelection) -> list[ArchiveHour]:
        """Return the hours that have a manifest, in the order in which they are to be restored.

        The states of the exchange's objects come first, also those before the selection: what is open now may have been
        listed long ago. Of the others the newest hours come first, so that readers have these soon.

        Raises:
            ArchiveError: the bucket cannot be read.
        """
        found = [
            ArchiveHour(stream, hour)
            for stream in selection.streams
            for hour in self._hours_of(stream)
            if hour < selection.until_at and (hour >= selection.from_at or stream in HISTORIES)
        ]
        return sorted(found, key=_place)

    def _hours_of(self, stream: ArchiveStream) -> Iterator[datetime]:
        for key in self._bucket.keys(f"{self._settings.prefix}{FOLDER}/{stream.name}/"):
            hour = hour_of(key)
            if hour is not None and key == manifest_key(self._settings, stream, hour):
                yield hour

    def restore(self, hours: Sequence[ArchiveHour]) -> Iterator[Finding]:
        """Restore hours one by one, and yield what became of each; what cannot be read is a finding, too.

        Meanwhile no exporter writes. Each hour is one transaction: who repeats it continues where it ended.

        Raises:
            ArchiveError: an exporter writes an hour for too long.
            psycopg.OperationalError: production does not answer.
        """
        with self._connect() as locking:
            self._lock(locking)
            begun = [hour.ends_at for hour in hours if hour.stream.name == COVERAGE]
            if begun:
                locking.execute(query("production/restore/mark_restored"), {"restored_until": max(begun)})
            span = HourSelection(from_at=BEGINNING)
            written = {
                (each.stream, each.hour): each.sha256.hex() for each in read_records(locking, span) if each.sha256
            }
            for hour in hours:
                yield self._guarded(hour, written.get((hour.stream.name, hour.begins_at)))

    def _connect(self) -> Connection:
        return connect(self._conninfo, application_name=APPLICATION_NAME, parameters=LONG_TRANSACTION)

    def _lock(self, production: Connection) -> None:
        lock, deadline = SessionLock("archive", silence_seconds_max=None), time.monotonic() + LOCK_SECONDS_MAX
        while not lock.take(production):
            if time.monotonic() > deadline:
                raise ArchiveError("an exporter has been writing one hour for too long: stop the deduplicator first")
            time.sleep(LOCK_PAUSE_SECONDS)

    def _guarded(self, hour: ArchiveHour, written: str | None) -> Finding:
        """Return a finding for an hour, whatever goes wrong with its object."""
        try:
            finding = self._restore(hour, written)
        except psycopg.OperationalError:
            raise
        except (ArchiveError, psycopg.Error) as error:
            finding = wrong(hour.stream.name, hour.begins_at, str(error).strip())
        except Exception as error:  # an object can hold anything, and the other hours are restored all the same
            problem = f"it cannot be restored: {type(error).__name__}: {str(error).strip()}"
            finding = wrong(hour.stream.name, hour.begins_at, problem)
        self._display.end(hour, "; ".join(finding.problems) or finding.state)
        return finding

    def _restore(self, hour: ArchiveHour, written: str | None) -> Finding:
        """Restore an hour, unless production wrote the archive's object of it: one with the sha256 `written`."""
        stream = hour.stream
        with open_workspace(self._settings.workspace_folder) as workspace:
            path = workspace / "object.parquet"
            manifest = fetch_manifest(self._bucket, manifest_key(self._settings, stream, hour.begins_at), workspace)
            if manifest is None:
                return wrong(stream.name, hour.begins_at, "its manifest vanished while it was read: run restore again")
            if manifest.sha256 == written:
                return _finding(manifest, KNOWN)
            self._display.start(hour, manifest.rows)
            if problems := check_object(self._bucket, stream, manifest, path):
                return wrong(stream.name, hour.begins_at, f"{'; '.join(problems)}: restore an older version of both")
            with self._connect() as production:
                return _take_over(production, hour, manifest, path)


def _take_over(production: Connection, hour: ArchiveHour, manifest: Manifest, path: Path) -> Finding:
    """Merge an hour's rows and record the hour, in one transaction, unless production wrote it, and not before."""
    stream = hour.stream
    is_merged = not stream.is_derived and stream.time_column is not None
    staged = stream.name.removesuffix("_history") if stream in HISTORIES else stream.name
    if is_merged or stream in HISTORIES:
        production.execute(query(f"production/stage/{staged}"))
    with production.transaction():
        adopted = {**hour.key(), **recorded(manifest), "exported_at": manifest.exported_at}
        if production.execute(query("production/restore/adopt_hour"), adopted).fetchone() is None:
            return _finding(manifest, KNOWN)
        if stream in HISTORIES:
            load_rows(production, stream, path)
            production.execute(query("production/restore/stage_states"))
            rows = sum(new for _, _, new in production.execute(query(f"production/merge/{staged}")).fetchall())
        elif is_merged:
            rows = merge_rows(production, stream, path)
            production.execute(query("production/restore/forget_late_rows"))
        elif stream.name == COVERAGE:
            load_rows(production, stream, path)
            rows = production.execute(query("production/restore/classify_minutes")).rowcount
        else:
            # Production derives it from the others, or holds it as states.
            rows = 0
    return _finding(manifest, RESTORED, rows)


def _finding(manifest: Manifest, state: str, rows: int = 0) -> Finding:
    return Finding(stream=manifest.stream, begins_at=manifest.begins_at, state=state, rows=rows, bytes=manifest.bytes)


def _place(hour: ArchiveHour) -> tuple[bool, float, str]:
    return hour.stream not in HISTORIES, -hour.begins_at.timestamp(), hour.stream.name
