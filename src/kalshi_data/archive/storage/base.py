"""The interface of a store of the archive's objects, and the translation of file errors."""

import errno
import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from kalshi_data.errors import ArchiveError

ProgressCallback = Callable[[int], None]


def no_progress(_bytes: int) -> None:
    """Ignore the progress."""


class StoreAway(ArchiveError):
    """The store itself does not answer or admits nothing, so that other objects fail, too."""


class ObjectStore(Protocol):
    """A store of objects; a method that fails raises ArchiveError with a message about what to do next."""

    def put(self, key: str, path: Path, sha256: bytes, progress: ProgressCallback = no_progress) -> str | None:
        """Store a file under a key, replacing an older object, and return the store's ETag if it has one.

        `progress` is called with the number of bytes sent since its last call. If it raises, the upload ends and
        nothing is stored.
        """
        ...

    def fetch(self, key: str, path: Path) -> bool:
        """Write an object to a file; return False if there is no such object."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        ...


def digest(path: Path) -> bytes:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@contextmanager
def translate_errors(failure: str) -> Generator[None]:
    """Translate an error of a file into one whose message says what failed and what to do.

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
        raise ArchiveError(f"{failure}: {reason}") from error
