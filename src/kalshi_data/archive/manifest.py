"""Manifests, one beside each object, so that the archive can be checked without the database."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from kalshi_data.archive.schemas import ArchiveStream
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore, digest, translate_errors
from kalshi_data.errors import ArchiveError

# Readers of Parquet folders ignore names that start with an underscore.
FOLDER = "_manifests"


class DamagedManifest(ArchiveError):
    """An object that should be a manifest is not one."""


class Watermark(msgspec.Struct):
    """How far one gatherer's stream was merged, as a transaction id of its database."""

    gatherer_id: int
    epoch: str
    shard: str
    ingest_xid: str


class Manifest(msgspec.Struct, kw_only=True):
    """Contents of one object, and the state of production it was read from; sums are exact decimals as text."""

    stream: str
    begins_at: datetime
    ends_at: datetime
    key: str
    rows: int
    bytes: int
    sha256: str
    schema_version: int
    first_at: datetime | None
    last_at: datetime | None
    gatherer_rows: Mapping[str, int]
    sums: Mapping[str, str]
    watermarks: list[Watermark]
    exported_at: datetime
    exported_by: str


def partition_path(stream: ArchiveStream, hour: datetime) -> str:
    """Return the folder of an hour below the prefix, or of a day if the stream is written once a day."""
    date = f"{stream.name}/date={hour:%Y-%m-%d}"
    return date if stream.time_column is None else f"{date}/hour={hour:%H}"


def data_key(settings: ArchiveSettings, stream: ArchiveStream, hour: datetime) -> str:
    """Return the key of an hour's object, which never changes."""
    return f"{settings.prefix}{partition_path(stream, hour)}/part-0.parquet"


def manifest_key(settings: ArchiveSettings, stream: ArchiveStream, hour: datetime) -> str:
    """Return the key of an hour's manifest."""
    return f"{settings.prefix}{FOLDER}/{partition_path(stream, hour)}.json"


def put_manifest(
    bucket: ObjectStore, settings: ArchiveSettings, stream: ArchiveStream, manifest: Manifest, workspace: Path
) -> None:
    """Write the manifest of an object that is already in the bucket.

    Raises:
        ArchiveError: it cannot be written.
    """
    path = workspace / "manifest.json"
    with translate_errors(f"{path} cannot be written"):
        path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    bucket.put(manifest_key(settings, stream, manifest.begins_at), path, digest(path))


def fetch_manifest(bucket: ObjectStore, key: str, workspace: Path) -> Manifest | None:
    """Return a manifest; None if there is none.

    Raises:
        ArchiveError: it cannot be read.
        DamagedManifest: the object is not a manifest.
    """
    path = workspace / "fetched.json"
    if not bucket.fetch(key, path):
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise DamagedManifest(f"{key} is not a manifest: {error}; write its hour again with export --again") from error
