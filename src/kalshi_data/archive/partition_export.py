"""Writes one hour to the archive and reads it back."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import structlog

from kalshi_data.archive.control_totals import Facts, read_facts
from kalshi_data.archive.display import TOUCHED, VERIFIED, ExportProgress
from kalshi_data.archive.manifest import Manifest, Watermark, data_key, fetch_manifest, manifest_key, put_manifest
from kalshi_data.archive.object_checks import check_object
from kalshi_data.archive.parquet_writer import Written, write_partition
from kalshi_data.archive.partitions import ArchiveHour, Partitions
from kalshi_data.archive.progress import ArchiveState
from kalshi_data.archive.restore import restore
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.database.connection import Connection
from kalshi_data.errors import ArchiveError
from kalshi_data.version import read_release

log = structlog.get_logger()


class ProductionConninfos(NamedTuple):
    """Production for who exports, and for who merges, which is needed to bring dropped hours back."""

    exporter: str
    merger: str


class Stopped(Exception):
    """It was told to stop in the middle of an hour, which is begun anew later."""


class PartitionExport:
    """Takes an hour from claimed to verified, each step safe to do again."""

    def __init__(
        self,
        settings: ArchiveSettings,
        databases: ProductionConninfos,
        stop: threading.Event,
        state: ArchiveState,
        display: ExportProgress,
    ) -> None:
        """Prepare to write.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self._settings = settings
        self._databases = databases
        self._stop = stop
        self._state = state
        self._display = display
        self._bucket = open_store(settings)

    def export(self, production: Connection, partitions: Partitions, hour: ArchiveHour) -> None:
        """Write an hour: the object first, then its manifest, then its state, and read it back.

        Raises:
            ArchiveError: it cannot be written; the object that was there still is, or is replaced as a whole.
            Stopped: it was told to stop.
        """
        with open_workspace(self._settings.workspace_folder) as spool:
            if hour.is_dropped:
                rows = restore(self._bucket, self._settings, hour, self._databases.merger, spool)
                log.info("a dropped hour is back for its late rows", stream=hour.stream.name, rows=rows)
            path = spool / "part-0.parquet"
            with production.transaction():
                watermarks = partitions.watermarks(hour.stream)
                held = read_facts(production, hour.stream, hour.begins_at, hour.ends_at)
                self._display.begin(hour, held.rows)
                written = write_partition(production, hour.stream, hour.begins_at, hour.ends_at, path, self._wrote)
            if problems := held.differences(facts_of(written)):
                raise ArchiveError(
                    f"the file is not what production holds, nothing was uploaded: {'; '.join(problems)}"
                )
            manifest = self._manifest(hour, written, watermarks)
            etag = self._bucket.put(manifest.key, path, written.sha256, self._moved)
            put_manifest(self._bucket, self._settings, hour.stream, manifest, spool)
        if not partitions.finish(hour, manifest, etag):
            log.info("rows came late, the hour is written again", stream=hour.stream.name)
            self._display.end(hour, TOUCHED)
            return
        self._state.exported(written.row_count, written.byte_count)
        self.verify(partitions, hour, written.sha256)

    def verify(self, partitions: Partitions, hour: ArchiveHour, sha256: bytes) -> None:
        """Read back what was written, and let the hour count as archived only then.

        Raises:
            ArchiveError: it is not what was written.
        """
        with open_workspace(self._settings.workspace_folder) as spool:
            problems = self._read_back(hour, sha256, spool)
        if problems:
            raise ArchiveError(f"what was written cannot be read back, it is written again: {'; '.join(problems)}")
        if partitions.verify(hour, sha256):
            log.info("archived", stream=hour.stream.name, hour=hour.begins_at.isoformat())
            self._display.end(hour, VERIFIED)

    def _read_back(self, hour: ArchiveHour, sha256: bytes, spool: Path) -> list[str]:
        manifest = fetch_manifest(self._bucket, manifest_key(self._settings, hour.stream, hour.begins_at), spool)
        if manifest is None or bytes.fromhex(manifest.sha256) != sha256:
            return ["its manifest is missing or another's"]
        return check_object(self._bucket, hour.stream, manifest, spool / "back.parquet")

    def _manifest(self, hour: ArchiveHour, written: Written, watermarks: list[Watermark]) -> Manifest:
        return Manifest(
            stream=hour.stream.name,
            begins_at=hour.begins_at,
            ends_at=hour.ends_at,
            key=data_key(self._settings, hour.stream, hour.begins_at),
            rows=written.row_count,
            bytes=written.byte_count,
            sha256=written.sha256.hex(),
            schema_version=written.schema_version,
            first_at=written.first_at,
            last_at=written.last_at,
            gatherer_rows={str(number): rows for number, rows in sorted(written.gatherer_rows.items())},
            sums={name: f"{Decimal(total):f}" for name, total in sorted(written.sums.items())},
            watermarks=watermarks,
            exported_at=datetime.now(UTC),
            exported_by=f"kalshi-data {read_release().version}",
        )

    def _wrote(self, rows: int) -> None:
        if self._stop.is_set():
            raise Stopped
        self._display.wrote(rows)

    def _moved(self, _bytes: int) -> None:
        if self._stop.is_set():
            raise Stopped


def facts_of(written: Written) -> Facts:
    """Return what a file holds in the form that production's facts have."""
    return Facts(written.row_count, written.first_at, written.last_at, written.gatherer_rows, written.sums)
