"""The hours that the archive holds, as production recorded them or as the manifests list them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from kalshi_data.archive.manifest import FOLDER, DamagedManifest, data_key, fetch_manifest, hour_of, manifest_key
from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.schemas import ArchiveStream
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore
from kalshi_data.archive.verify import read_records
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.database.connection import Connection


class CatalogHour(NamedTuple):
    """One object of the archive that belongs into a catalogue."""

    begins_at: datetime
    rows: int
    bytes: int
    sha256: str


class Inventory(NamedTuple):
    """The finished hours of a stream, by the key of their object.

    Hours in `kept` are in the archive, but whether their objects are finished is not known: a catalogue keeps what it
    has of them.
    """

    hours: dict[str, CatalogHour]
    kept: set[str]
    problems: list[str]


class InventorySource(Protocol):
    """Where the inventory of a stream comes from."""

    def read(self, stream: ArchiveStream, selection: HourSelection) -> Inventory:
        """Return the hours of a stream.

        Raises:
            ArchiveError: the store cannot be read.
        """
        ...


class ProductionInventory:
    """Counts an hour as finished once production recorded that its object was read back."""

    def __init__(self, production: Connection, bucket: ObjectStore, settings: ArchiveSettings) -> None:
        """Use production's records and the listing of the store."""
        self._production = production
        self._bucket = bucket
        self._settings = settings

    def read(self, stream: ArchiveStream, selection: HourSelection) -> Inventory:
        """Return the hours that production verified and whose objects are in the store."""
        kept = set(stored_hours(self._bucket, self._settings, stream, selection))
        hours: dict[str, CatalogHour] = {}
        for record in read_records(self._production, selection._replace(streams=(stream,))):
            key = data_key(self._settings, stream, record.hour)
            if record.state == "verified" and record.sha256 is not None and key in kept:
                kept.remove(key)
                counts = (record.row_count or 0, record.byte_count or 0)
                hours[key] = CatalogHour(record.hour, *counts, record.sha256.hex())
        return Inventory(hours, kept, [])


class ManifestInventory:
    """Counts every hour that has a manifest as finished, for readers who have no access to production."""

    def __init__(self, bucket: ObjectStore, settings: ArchiveSettings) -> None:
        """Use the manifests in the store."""
        self._bucket = bucket
        self._settings = settings

    def read(self, stream: ArchiveStream, selection: HourSelection) -> Inventory:
        """Return the hours that have an object and a manifest."""
        hours: dict[str, CatalogHour] = {}
        kept: set[str] = set()
        problems: list[str] = []
        with open_workspace(self._settings.workspace_folder) as workspace:
            for key, hour in stored_hours(self._bucket, self._settings, stream, selection).items():
                try:
                    found = self._read_hour(stream, hour, workspace)
                except DamagedManifest as error:
                    problems.append(str(error))
                    found = None
                kept.add(key) if found is None else hours.update({key: found})
        return Inventory(hours, kept, problems)

    def _read_hour(self, stream: ArchiveStream, hour: datetime, workspace: Path) -> CatalogHour | None:
        manifest = fetch_manifest(self._bucket, manifest_key(self._settings, stream, hour), workspace)
        return manifest and CatalogHour(hour, manifest.rows, manifest.bytes, manifest.sha256)


def stored_hours(
    bucket: ObjectStore, settings: ArchiveSettings, stream: ArchiveStream, selection: HourSelection
) -> dict[str, datetime]:
    """Return the hours that have an object and a manifest, by the key of the object."""
    prefix = settings.prefix
    described = set(own_hours(bucket.keys(f"{prefix}{FOLDER}/{stream.name}/"), settings, stream, is_manifest=True))
    held = own_hours(bucket.keys(f"{prefix}{stream.name}/"), settings, stream, is_manifest=False)
    chosen = (hour for hour in held if selection.from_at <= hour < selection.until_at and hour in described)
    return {data_key(settings, stream, hour): hour for hour in chosen}


def own_hours(
    keys: Iterator[str], settings: ArchiveSettings, stream: ArchiveStream, *, is_manifest: bool
) -> Iterator[datetime]:
    """Yield the hours of keys that are exactly those that the exporter gives to objects or to manifests."""
    make_key = manifest_key if is_manifest else data_key
    for key in keys:
        hour = hour_of(key)
        if hour is not None and key == make_key(settings, stream, hour):
            yield hour
