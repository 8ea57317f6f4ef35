"""Where the archive's objects lie: a folder, or a bucket of S3. What is put there appears whole or not at all."""

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from kalshi_data.errors import ArchiveError
from kalshi_data.exporter.configuration import Archive

CHUNK_BYTES = 1024 * 1024
# Names that begin so are hidden: no reader takes an unfinished file for data.
UNFINISHED = ".unfinished-"

Moved = Callable[[int], None]


def ignore(_bytes: int) -> None:
    """Take no notice of bytes on their way."""


class Bucket(Protocol):
    """A store of objects; every method raises ArchiveError where it cannot do its work, saying what to do next."""

    def put(self, key: str, path: Path, sha256: bytes, moved: Moved = ignore) -> str | None:
        """Store a file under a key, replacing what is there, and return the store's ETag where it has one.

        `moved` is told of bytes on their way; what it raises ends the upload, and nothing is stored.
        """
        ...

    def fetch(self, key: str, path: Path) -> bool:
        """Bring an object into a file; False where there is none."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        ...


def open_bucket(settings: Archive) -> Bucket:
    """Return what `target` names.

    Raises:
        ArchiveError: no target is set.
    """
    if not settings.target:
        raise ArchiveError("no archive is configured: set target under [archive] to s3://BUCKET or file:///FOLDER")
    parts = urlsplit(settings.target)
    if parts.scheme == "file":
        return Folder(Path(parts.path))
    # Loaded where it is needed: a folder needs none of it.
    from kalshi_data.exporter.s3 import S3  # noqa: PLC0415

    return S3(parts.netloc, settings)


class Folder:
    """A folder that does what a bucket does."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is made where it is missing."""
        self._folder = folder

    def put(self, key: str, path: Path, sha256: bytes, moved: Moved = ignore) -> str | None:
        """Write a file beside its place, see that it is what it should be, and rename it once it is on the disk."""
        target = self._folder / key
        unfinished = target.with_name(f"{UNFINISHED}{uuid.uuid4().hex}")
        with told(f"{target} cannot be written"):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, unfinished)
                if digest(unfinished) != sha256:
                    raise ArchiveError(f"{target}: the disk gave back something else than was written: check the disk")
                moved(unfinished.stat().st_size)
                sync(unfinished)
                unfinished.replace(target)
                sync(target.parent)
            finally:
                unfinished.unlink(missing_ok=True)
        return None

    def fetch(self, key: str, path: Path) -> bool:
        """Bring an object into a file; False where there is none."""
        source = self._folder / key
        with told(f"{source} cannot be read"):
            if not source.is_file():
                return False
            shutil.copyfile(source, path)
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        with told(f"{self._folder} cannot be read"):
            found = [path for path in (self._folder / prefix).rglob("*") if path.is_file()]
        yield from sorted(str(path.relative_to(self._folder)) for path in found if not path.name.startswith(UNFINISHED))


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def digest(path: Path) -> bytes:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def told(what: str) -> Generator[None]:
    """Turn errors of files into one that says what to do.

    Raises:
        ArchiveError: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        reasons = {
            errno.ENOSPC: "no space is left: free some, or name another folder under [archive]",
            errno.EDQUOT: "the quota is used up: free some space, or name another folder under [archive]",
            errno.EACCES: "permission denied: let the deduplicator's user write there",
            errno.EROFS: "the file system is read-only: mount it for writing, or name another folder under [archive]",
        }
        reason = reasons.get(error.errno or 0, error.strerror or str(error))
        raise ArchiveError(f"{what}: {reason}") from error
