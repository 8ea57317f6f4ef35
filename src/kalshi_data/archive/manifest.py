"""Manifests, one beside each object, so that the archive can be checked without the database."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore, digest, translate_errors
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.errors import ArchiveError

# Readers of Parquet folders ignore names that start with an underscore.
FOLDER = "_manifests"
# Anything can lie under a manifest's key. A manifest has some kilobytes.
BYTES_MAX = 16 * 1024 * 1024

Count = Annotated[int, Meta(ge=0)]
Moment = Annotated[datetime, Meta(tz=True)]
Decimals = Annotated[str, Meta(pattern=r"^-?[0-9]{1,80}(\.[0-9]{1,80})?$")]
GathererNumber = Annotated[str, Meta(pattern="^[0-9]{1,9}$")]


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
    begins_at: Moment
    ends_at: Moment
    key: str
    rows: Count
    bytes: Count
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    schema_version: int
    first_at: Moment | None
    last_at: Moment | None
    gatherer_rows: Mapping[GathererNumber, Count]
    sums: Mapping[str, Decimals]
    watermarks: list[Watermark]
    exported_at: Moment
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
    remedy = "write its hour again with export --again"
    if path.stat().st_size > BYTES_MAX:
        raise DamagedManifest(f"{key} is not a manifest: it has more than {BYTES_MAX:,} bytes; {remedy}")
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DamagedManifest(f"{key} is not a manifest: {error}; {remedy}") from error
    if not belongs_to(manifest, key):
        raise DamagedManifest(f"{key} is the manifest of another object, {manifest.key}; {remedy}")
    return manifest


def belongs_to(manifest: Manifest, key: str) -> bool:
    """Return whether a manifest describes the object that belongs to its own key."""
    folder, _, name = key.removesuffix(".json").rpartition(f"{FOLDER}/")
    is_named = manifest.stream == name.partition("/")[0] and manifest.begins_at == hour_of(key)
    return is_named and manifest.key == f"{folder}{name}/part-0.parquet"


def hour_of(key: str) -> datetime | None:
    """Return the hour that a key names; None if it names no hour."""
    parts: dict[str, Any] = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    try:
        hour = str(parts.get("hour", "00")).removesuffix(".json")
        return datetime.fromisoformat(f"{str(parts.get('date', '')).removesuffix('.json')}T{hour}:00:00+00:00")
    except ValueError:
        return None
