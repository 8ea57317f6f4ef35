"""Compares the archive's objects with their manifests and with production."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

import psycopg
from psycopg import IsolationLevel

from kalshi_data.archive.control_totals import read_control_totals
from kalshi_data.archive.manifest import FOLDER, Manifest, data_key, fetch_manifest, hour_of, manifest_key
from kalshi_data.archive.object_checks import check_object, compare_rows, totals_of
from kalshi_data.archive.partitions import STREAMS, ArchiveHour, HourSelection
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import StoreAway
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.archive.verifying.absence_check import AbsenceCheck
from kalshi_data.archive.verifying.findings import FOREIGN, STATES, VERIFIED, WAITING, WRONG, Finding, wrong
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import ArchiveError

# If the store was away for this number of objects in a row, the others are not asked for.
AWAY_MAX = 5


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
    """Reads objects back and compares them with manifests and production; what cannot be read is a finding, too."""

    def __init__(self, settings: ArchiveSettings) -> None:
        """Prepare to read the bucket.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self._settings = settings
        self._bucket = open_store(settings)
        self._away = 0

    def offline(self, selection: HourSelection) -> Iterator[Finding]:
        """Check every object that has a manifest, report objects that have none, and hours that have neither."""
        is_listed = True
        for stream in selection.streams:
            try:
                yield from self._offline(stream, selection)
            except ArchiveError as error:
                is_listed = False
                yield wrong(stream.name, None, str(error))
        if is_listed:
            yield from self._absent(selection)
            yield from self._strays(selection)

    def _absent(self, selection: HourSelection) -> Iterator[Finding]:
        try:
            yield from AbsenceCheck(self._bucket, self._settings).findings(selection)
        except ArchiveError as error:
            yield wrong("archive", None, str(error))

    def _offline(self, stream: ArchiveStream, selection: HourSelection) -> Iterator[Finding]:
        known: set[str] = set()
        for key in self._bucket.keys(f"{self._settings.prefix}{FOLDER}/{stream.name}/"):
            hour = hour_of(key)
            if hour is None or key != manifest_key(self._settings, stream, hour):
                yield wrong(stream.name, hour, f"{key} is no manifest's key: remove it")
                continue
            known.add(data_key(self._settings, stream, hour))
            if selection.from_at <= hour < selection.until_at:
                yield self._guarded(stream.name, hour, partial(self._by_manifest, stream, hour))
        yield from self._without_manifest(stream, selection, known)

    def _without_manifest(self, stream: ArchiveStream, selection: HourSelection, known: set[str]) -> Iterator[Finding]:
        for key in self._bucket.keys(f"{self._settings.prefix}{stream.name}/"):
            hour = hour_of(key)
            if hour is None or key in known or key != data_key(self._settings, stream, hour):
                continue
            if selection.from_at <= hour < selection.until_at:
                yield wrong(stream.name, hour, f"{key} has no manifest: its hour was not finished")

    def _strays(self, selection: HourSelection) -> Iterator[Finding]:
        """Report objects among those of the archive that the exporter did not write, since readers take them too."""
        prefix, streams = self._settings.prefix, [stream.name for stream in selection.streams]
        # Objects beside the streams are looked for if all streams are verified.
        places = [prefix] if set(streams) == set(STREAMS) else [f"{prefix}{name}/" for name in streams]
        try:
            for key in chain.from_iterable(map(self._bucket.keys, places)):
                name, hour = key.removeprefix(prefix).partition("/")[0], hour_of(key)
                is_own = hour is not None and name in STREAMS and key == data_key(self._settings, STREAMS[name], hour)
                is_asked = hour is None or selection.from_at <= hour < selection.until_at
                if is_asked and not is_own and not name.startswith("_"):
                    yield wrong(name, hour, FOREIGN.format(key))
                if is_asked and name == FOLDER and key.removeprefix(prefix).split("/")[1] not in STREAMS:
                    yield wrong(name, hour, f"{key} is the manifest of no stream of the archive: remove it")
        except ArchiveError as error:
            yield wrong("archive", None, str(error))

    def online(self, production: Connection, selection: HourSelection, *, deep: bool) -> Iterator[Finding]:
        """Check every hour that production recorded, also against production's rows; `deep` compares each row.

        Objects that do not belong to the archive are reported, too.

        Raises:
            psycopg.Error: production does not answer.
        """
        production.isolation_level = IsolationLevel.REPEATABLE_READ
        for record in read_records(production, selection):
            if record.state in ("pending", "exporting") or record.sha256 is None:
                yield Finding(stream=record.stream, begins_at=record.hour, state=WAITING)
                continue
            check = partial(self._by_record, production, record, record.sha256, deep=deep)
            yield self._guarded(record.stream, record.hour, check)
            if production.closed:
                raise psycopg.OperationalError("production closed the connection: run verify again")
        yield from self._strays(selection)

    def _guarded(self, stream: str, hour: datetime, check: Callable[[], Finding]) -> Finding:
        """Return a finding for an hour, whatever goes wrong with its object."""
        if self._away >= AWAY_MAX:
            return wrong(stream, hour, f"not read, because the store was away for {AWAY_MAX} objects: run verify again")
        try:
            finding = check()
        except StoreAway as error:
            self._away += 1
            return wrong(stream, hour, str(error))
        except ArchiveError as error:
            finding = wrong(stream, hour, str(error))
        except Exception as error:  # an object can hold anything, and the other hours are checked all the same
            finding = wrong(stream, hour, f"it cannot be checked: {type(error).__name__}: {str(error).strip()}")
        self._away = 0
        return finding

    def _by_manifest(self, stream: ArchiveStream, hour: datetime) -> Finding:
        with open_workspace(self._settings.workspace_folder) as workspace:
            manifest = fetch_manifest(self._bucket, manifest_key(self._settings, stream, hour), workspace)
            if manifest is None:
                return wrong(stream.name, hour, "its manifest vanished while it was read: run verify again")
            problems = check_object(self._bucket, stream, manifest, workspace / "object.parquet")
        return make_finding(manifest, problems, "manifest")

    def _by_record(self, production: Connection, record: HourRecord, sha256: bytes, *, deep: bool) -> Finding:
        hour = ArchiveHour(STREAMS[record.stream], record.hour)
        with open_workspace(self._settings.workspace_folder) as workspace:
            path = workspace / "object.parquet"
            manifest = fetch_manifest(self._bucket, manifest_key(self._settings, hour.stream, record.hour), workspace)
            if manifest is None:
                missing = "its manifest is missing: write the hour again with export --again"
                return wrong(record.stream, record.hour, missing)
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
    """Return the result for an hour, or for a day of a list of the exchange, that has a manifest."""
    if not manifest.rows and STREAMS[manifest.stream].time_column is None:
        problems = [*problems, "the list is empty: write it again with export --again once it is loaded"]
    return Finding(
        stream=manifest.stream,
        begins_at=manifest.begins_at,
        state=WRONG if problems else VERIFIED,
        rows=manifest.rows,
        bytes=manifest.bytes,
        compared_with=compared_with,
        problems=problems,
    )


def summary(findings: Sequence[Finding], states: Sequence[str] = STATES) -> dict[str, int]:
    """Return the number of hours in each state."""
    counts = Counter(finding.state for finding in findings)
    return {state: counts[state] for state in states}
