"""Compares the archive's objects with their manifests and with production."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct
from psycopg import IsolationLevel

from kalshi_data.archive.control_totals import ControlTotals, read_control_totals
from kalshi_data.archive.manifest import FOLDER, DamagedManifest, Manifest, fetch_manifest, manifest_key
from kalshi_data.archive.object_checks import check_object, compare_rows
from kalshi_data.archive.partitions import STREAMS, ArchiveHour, HourSelection
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import ArchiveError

VERIFIED, WAITING, WRONG = "verified", "waiting", "wrong"


class Finding(Struct, kw_only=True):
    """Result for one hour: its state, what it was compared with, and its problems."""

    stream: str
    begins_at: datetime
    state: str
    rows: int = 0
    bytes: int = 0
    compared_with: str = "manifest"
    problems: list[str] = []


class HourRecord(NamedTuple):
    """One hour as production recorded it, in the column order of list_hours.sql."""

    stream: str
    hour: datetime
    state: str
    row_count: int | None
    byte_count: int | None
    sha256: bytes | None
    object_key: str | None
    failures: int
    error: str | None
    in_production: bool


def read_records(production: Connection, selection: HourSelection) -> list[HourRecord]:
    """Return what production recorded about hours."""
    streams = [stream.name for stream in selection.streams]
    asked = {"streams": streams, "from_at": selection.from_at, "until_at": selection.until_at}
    return [HourRecord(*row) for row in production.execute(query("production/archive/list_hours"), asked).fetchall()]


class Verifier:
    """Reads objects back and compares them with manifests and production."""

    def __init__(self, settings: ArchiveSettings) -> None:
        """Prepare to read the bucket.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self._settings = settings
        self._bucket = open_store(settings)

    def offline(self, selection: HourSelection) -> Iterator[Finding]:
        """Check every object that has a manifest, and report objects that have none.

        Raises:
            ArchiveError: the bucket cannot be read.
        """
        for stream in selection.streams:
            folder = f"{self._settings.prefix}{FOLDER}/{stream.name}/"
            known: set[str] = set()
            for key in self._bucket.keys(folder):
                manifest, finding = self._by_manifest(key)
                if manifest is None or selection.from_at <= manifest.begins_at < selection.until_at:
                    yield finding
                known |= {manifest.key} if manifest else set()
            for key in self._bucket.keys(f"{self._settings.prefix}{stream.name}/"):
                hour = hour_of(key)
                if key not in known and hour and selection.from_at <= hour < selection.until_at:
                    problem = f"{key} has no manifest: its hour was not finished"
                    yield Finding(stream=stream.name, begins_at=hour, state=WRONG, problems=[problem])

    def online(self, production: Connection, selection: HourSelection, *, deep: bool) -> Iterator[Finding]:
        """Check every hour that production recorded, also against production's rows; `deep` compares each row.

        Raises:
            ArchiveError: the bucket cannot be read.
        """
        production.isolation_level = IsolationLevel.REPEATABLE_READ
        for record in read_records(production, selection):
            if record.state in ("pending", "exporting") or record.sha256 is None:
                yield Finding(stream=record.stream, begins_at=record.hour, state=WAITING)
            else:
                yield self._by_record(production, record, record.sha256, deep=deep)

    def _by_manifest(self, key: str) -> tuple[Manifest | None, Finding]:
        with open_workspace(self._settings.workspace_folder) as workspace:
            name = key.removeprefix(f"{self._settings.prefix}{FOLDER}/").partition("/")[0]
            try:
                manifest = fetch_manifest(self._bucket, key, workspace)
            except DamagedManifest as error:
                at = hour_of(key) or datetime.min.replace(tzinfo=UTC)
                return None, Finding(stream=name, begins_at=at, state=WRONG, problems=[str(error)])
            if manifest is None:
                raise ArchiveError(f"{key} vanished while it was read: run verify again")
            problems = check_object(self._bucket, STREAMS[name], manifest, workspace / "object.parquet")
        return manifest, make_finding(manifest, problems, "manifest")

    def _by_record(self, production: Connection, record: HourRecord, sha256: bytes, *, deep: bool) -> Finding:
        hour = ArchiveHour(STREAMS[record.stream], record.hour)
        with open_workspace(self._settings.workspace_folder) as workspace:
            path = workspace / "object.parquet"
            problem = "its manifest is missing: write the hour again with export --again"
            try:
                manifest = fetch_manifest(
                    self._bucket, manifest_key(self._settings, hour.stream, record.hour), workspace
                )
            except DamagedManifest as error:
                manifest, problem = None, str(error)
            if manifest is None:
                return Finding(stream=record.stream, begins_at=record.hour, state=WRONG, problems=[problem])
            problems = check_object(self._bucket, hour.stream, manifest, path)
            if manifest.sha256 != sha256.hex():
                problems.append(f"production recorded sha256 {sha256.hex()}, the manifest says {manifest.sha256}")
            # A table that is written whole each day has changed since.
            if problems or not record.in_production or hour.stream.time_column is None:
                return make_finding(manifest, problems, "manifest and record")
            with production.transaction():
                expected = read_control_totals(production, hour.stream, hour.begins_at, hour.ends_at)
                problems += expected.differences(totals_of(manifest))
                problems += compare_rows(production, hour, path) if deep else []
                is_changed = not self._is_unchanged(production, record)
        if problems and is_changed:
            return Finding(stream=record.stream, begins_at=record.hour, state=WAITING)
        return make_finding(manifest, problems, "rows" if deep else "counts and sums")

    @staticmethod
    def _is_unchanged(production: Connection, record: HourRecord) -> bool:
        """Return whether no row was merged into an hour since its record was read."""
        hour = ArchiveHour(STREAMS[record.stream], record.hour)
        now = read_records(production, HourSelection((hour.stream,), hour.begins_at, hour.ends_at))
        return bool(now) and now[0].state == record.state and now[0].sha256 == record.sha256


def make_finding(manifest: Manifest, problems: list[str], compared_with: str) -> Finding:
    """Return the result for an hour that has a manifest."""
    return Finding(
        stream=manifest.stream,
        begins_at=manifest.begins_at,
        state=WRONG if problems else VERIFIED,
        rows=manifest.rows,
        bytes=manifest.bytes,
        compared_with=compared_with,
        problems=problems,
    )


def totals_of(manifest: Manifest) -> ControlTotals:
    """Return the control totals in a manifest."""
    sums = {name: Decimal(text) for name, text in manifest.sums.items()}
    by_gatherer = {int(number): rows for number, rows in manifest.gatherer_rows.items()}
    return ControlTotals(manifest.rows, manifest.first_at, manifest.last_at, by_gatherer, sums)


def hour_of(key: str) -> datetime | None:
    """Return the hour that a key names; None if it names no hour."""
    parts: dict[str, Any] = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    try:
        hour = str(parts.get("hour", "00")).removesuffix(".json")
        return datetime.fromisoformat(f"{str(parts.get('date', '')).removesuffix('.json')}T{hour}:00:00+00:00")
    except ValueError:
        return None
