"""Restores an hour that only the archive holds to production, so that it can be written again with its late rows."""

from pathlib import Path

from kalshi_data.archive.manifest import data_key, fetch_manifest, manifest_key
from kalshi_data.archive.object_checks import check_object, load_rows
from kalshi_data.archive.partitions import ArchiveHour
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore, digest
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.errors import ArchiveError


def restore(bucket: ObjectStore, settings: ArchiveSettings, hour: ArchiveHour, conninfo: str, workspace: Path) -> int:
    """Merge the rows of an hour's object into production like rows of a gatherer; repeating it adds nothing.

    `conninfo` connects to production as the role that merges.

    Returns:
        The number of rows restored.

    Raises:
        ArchiveError: the object is missing or damaged, or is not the one that production finished or began to write.
    """
    stream, path = hour.stream, workspace / "restored.parquet"
    if stream.is_derived:
        raise ArchiveError(
            f"{stream.name} of {hour.begins_at:%Y-%m-%d %H:%M} cannot be written again, because production no longer "
            "holds what it was derived from: restore an older version of the object and its manifest"
        )
    if problems := _problems(bucket, settings, hour, path, workspace):
        raise ArchiveError(
            f"late rows of {stream.name} of {hour.begins_at:%Y-%m-%d %H:%M} wait: production dropped that hour, and "
            f"the archive's object cannot be used: {'; '.join(problems)}; restore an older version of the object and "
            "its manifest"
        )
    with connect(conninfo, application_name="deduplicator") as production:
        production.execute(query(f"production/stage/{stream.name}"))
        with production.transaction():
            merged = merge_rows(production, stream, path)
    path.unlink()
    return merged


def merge_rows(production: Connection, stream: ArchiveStream, path: Path) -> int:
    """Merge the rows of a file in the open transaction, and return how many are new; the stage exists already."""
    load_rows(production, stream, path)
    # Production accepted these rows once, so none is rejected for its age.
    production.execute(query("production/archive/stage_rows"))
    partition = {"target": stream.table, "time_column": stream.time_column}
    production.execute(query("production/stage/prepare_partitions"), partition)
    return sum(new for _, _, new in production.execute(query(f"production/merge/{stream.name}")).fetchall())


def _problems(
    bucket: ObjectStore, settings: ArchiveSettings, hour: ArchiveHour, path: Path, workspace: Path
) -> list[str]:
    """Fetch an hour's object, and return why it must not be restored.

    The manifest beside it proves nothing, since who can replace the one can replace the other: production's own record
    decides.
    """
    stream = hour.stream
    manifest = fetch_manifest(bucket, manifest_key(settings, stream, hour.begins_at), workspace)
    if manifest is None:
        return ["its manifest is missing"]
    if not bucket.fetch(data_key(settings, stream, hour.begins_at), path):
        return ["it is missing"]
    found, finished = digest(path), hour.sha256 or b""
    if found not in (finished, hour.written_sha256):
        return [f"its sha256 is {found.hex()}, production recorded {finished.hex()}"]
    if found != finished:
        # An exporter ended after it had written the object, and may not have written the manifest.
        return []
    if manifest.sha256 != finished.hex():
        return [f"production recorded sha256 {finished.hex()}, its manifest says {manifest.sha256}"]
    return check_object(bucket, stream, manifest, path)
