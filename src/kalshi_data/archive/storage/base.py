"""What every store of the archive's objects offers, and how errors of files are reported."""

import errno
import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from kalshi_data.errors import ArchiveError

ProgressCallback = Callable[[int], None]


def no_progress(_bytes: int) -> None:
    """Take no notice of bytes on their way."""


class ObjectStore(Protocol):
    """A store of objects; every method raises ArchiveError where it cannot do its work, saying what to do next."""

    def put(self, key: str, path: Path, sha256: bytes, progress: ProgressCallback = no_progress) -> str | None:
        """Store a file under a key, replacing what is there, and return the store's ETag where it has one.

        `progress` is told of bytes on their way; what it raises ends the upload, and nothing is stored.
        """
        ...

    def fetch(self, key: str, path: Path) -> bool:
        """Bring an object into a file; False where there is none."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        ...


def digest(path: Path) -> bytes:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def translate_errors(what: str) -> Generator[None]:
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
