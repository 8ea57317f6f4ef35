"""Exports one hour to the archive and reads it back."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import structlog

from kalshi_data.archive.control_totals import read_control_totals
from kalshi_data.archive.display import EXPORT_OUTDATED, EXPORT_VERIFIED, ExportProgress
from kalshi_data.archive.manifest import Manifest, Watermark, data_key, fetch_manifest, manifest_key, put_manifest
from kalshi_data.archive.object_checks import check_object
from kalshi_data.archive.parquet_writer import WrittenFile, write_partition
from kalshi_data.archive.partitions import ArchiveHour, Partitions
from kalshi_data.archive.progress import ArchiveState
from kalshi_data.archive.restoring.dropped_hours import restore
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.database.connection import Connection
from kalshi_data.errors import ArchiveError, MisfitError
from kalshi_data.version import read_release

log = structlog.get_logger()

# No object has such a key, so that the listing is short.
PROBED = "probed/"


class ProductionConninfos(NamedTuple):
    """Connections to production as the exporting role, and as the merging role, which restores dropped hours."""

    exporter: str
    merger: str


class Stopped(Exception):
    """A stop came in the middle of an hour; that hour is exported again later."""


class PartitionExport:
    """Takes an hour from claimed to verified; each step may be repeated."""

    def __init__(
        self,
        settings: ArchiveSettings,
        databases: ProductionConninfos,
        stop: threading.Event,
        state: ArchiveState,
        display: ExportProgress,
    ) -> None:
        """Prepare to export.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self._settings = settings
        self._databases = databases
        self._stop = stop
        self._state = state
        self._display = display
        self._bucket = open_store(settings)

    def require_store(self) -> None:
        """Ask the store for a listing, since it did not answer before.

        Raises:
            StoreAway: it still does not answer.
        """
        next(iter(self._bucket.keys(f"{self._settings.prefix}{PROBED}")), None)

    def export(self, production: Connection, partitions: Partitions, hour: ArchiveHour) -> None:
        """Write an hour's object, then its manifest, then its state, and read the object back.

        Raises:
            ArchiveError: it cannot be written, or another production wrote it; an older object is either unchanged or
                replaced completely.
            Stopped: a stop came before the hour was written.
        """
        with open_workspace(self._settings.workspace_folder) as workspace:
            if hour.sha256 is None and hour.written_sha256 is None:
                self._require_absent(hour, workspace)
            if hour.is_dropped:
                rows = restore(self._bucket, self._settings, hour, self._databases.merger, workspace)
                log.info("restored a dropped hour for its late rows", stream=hour.stream.name, rows=rows)
            path = workspace / "part-0.parquet"
            try:
                watermarks, written = self._write(production, partitions, hour, path)
            except MisfitError as error:
                self._quarantine(partitions, hour, error)
                watermarks, written = self._write(production, partitions, hour, path)
            manifest = self._manifest(hour, written, watermarks)
            partitions.record_write(hour, written.sha256)
            etag = self._bucket.put(manifest.key, path, written.sha256, self._check_stop)
            put_manifest(self._bucket, self._settings, hour.stream, manifest, workspace)
        if not partitions.finish(hour, manifest, etag):
            log.info("rows came while the hour was written, writing it again", stream=hour.stream.name)
            self._display.end(hour, EXPORT_OUTDATED)
            return
        self._state.exported(written.totals.rows, written.byte_count)
        self.verify(partitions, hour, written.sha256)

    def _require_absent(self, hour: ArchiveHour, workspace: Path) -> None:
        """Refuse to replace what an earlier production wrote, since this one may lack its rows."""
        if self._bucket.fetch(manifest_key(self._settings, hour.stream, hour.begins_at), workspace / "fetched.json"):
            raise ArchiveError(
                f"the archive holds {hour.stream.name} of {hour.begins_at:%Y-%m-%d %H:%M}, which this production never "
                "wrote: run deduplicator restore, so that no row is lost, or archive to another prefix"
            )

    def _write(
        self, production: Connection, partitions: Partitions, hour: ArchiveHour, path: Path
    ) -> tuple[list[Watermark], WrittenFile]:
        """Write what production holds of an hour to a file that equals it in rows and sums."""
        with production.transaction():
            watermarks = partitions.watermarks(hour.stream)
            expected = read_control_totals(production, hour.stream, hour.begins_at, hour.ends_at)
            self._display.start(hour, expected.rows)
            written = write_partition(production, hour.stream, hour.begins_at, hour.ends_at, path, self._advance)
        if problems := expected.differences(written.totals):
            raise ArchiveError(f"the file differs from production, nothing was uploaded: {'; '.join(problems)}")
        return watermarks, written

    def _quarantine(self, partitions: Partitions, hour: ArchiveHour, error: MisfitError) -> None:
        """Move the rows of an hour that the archive cannot hold into quarantine, so that the others can be archived."""
        moved, reason = partitions.quarantine(hour)
        if not moved:
            raise error
        log.error(
            "rows that the archive cannot hold were moved to ops.rejected_rows",
            stream=hour.stream.name,
            hour=hour.begins_at.isoformat(),
            rows=moved,
            reason=reason,
        )

    def verify(self, partitions: Partitions, hour: ArchiveHour, sha256: bytes) -> None:
        """Read back what was written; only then does the hour count as archived.

        Raises:
            ArchiveError: the object differs from what was written.
        """
        with open_workspace(self._settings.workspace_folder) as workspace:
            problems = self._read_back(hour, sha256, workspace)
        if problems:
            raise ArchiveError(
                f"what was written cannot be read back, the hour is written again: {'; '.join(problems)}"
            )
        if partitions.verify(hour, sha256):
            log.info("archived", stream=hour.stream.name, hour=hour.begins_at.isoformat())
            self._display.end(hour, EXPORT_VERIFIED)

    def _read_back(self, hour: ArchiveHour, sha256: bytes, workspace: Path) -> list[str]:
        manifest = fetch_manifest(self._bucket, manifest_key(self._settings, hour.stream, hour.begins_at), workspace)
        if manifest is None or bytes.fromhex(manifest.sha256) != sha256:
            return ["its manifest is missing or belongs to another object"]
        return check_object(self._bucket, hour.stream, manifest, workspace / "back.parquet")

    def _manifest(self, hour: ArchiveHour, written: WrittenFile, watermarks: list[Watermark]) -> Manifest:
        totals = written.totals
        return Manifest(
            stream=hour.stream.name,
            begins_at=hour.begins_at,
            ends_at=hour.ends_at,
            key=data_key(self._settings, hour.stream, hour.begins_at),
            rows=totals.rows,
            bytes=written.byte_count,
            sha256=written.sha256.hex(),
            schema_version=written.schema_version,
            first_at=totals.first_at,
            last_at=totals.last_at,
            gatherer_rows={str(number): rows for number, rows in sorted(totals.gatherer_rows.items())},
            sums={name: f"{Decimal(total):f}" for name, total in sorted(totals.sums.items())},
            watermarks=watermarks,
            exported_at=datetime.now(UTC),
            exported_by=f"kalshi-data {read_release().version}",
        )

    def _advance(self, rows: int) -> None:
        self._check_stop(rows)
        self._display.advance(rows)

    def _check_stop(self, _count: int) -> None:
        if self._stop.is_set():
            raise Stopped
