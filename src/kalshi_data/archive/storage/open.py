"""Opens the store that the settings name."""

from pathlib import Path
from urllib.parse import urlsplit

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore
from kalshi_data.archive.storage.local import FolderStore
from kalshi_data.errors import ArchiveError


def open_store(settings: ArchiveSettings) -> ObjectStore:
    """Return the store that `target` names.

    Raises:
        ArchiveError: no target is set.
    """
    if not settings.target:
        raise ArchiveError("no archive is configured: set target under [archive] to s3://BUCKET or file:///FOLDER")
    parts = urlsplit(settings.target)
    if parts.scheme == "file":
        return FolderStore(Path(parts.path))
    # boto3 takes long to load, and a folder does not need it.
    from kalshi_data.archive.storage.s3 import S3Store  # noqa: PLC0415

    return S3Store(parts.netloc, settings)
