"""A folder as the archive's store; an object in it is always complete."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from kalshi_data.archive.storage.base import ProgressCallback, digest, no_progress, translate_errors
from kalshi_data.errors import ArchiveError

CHUNK_BYTES = 1024 * 1024
# Readers ignore hidden files, so that an unfinished file is never read as data.
UNFINISHED = ".unfinished-"


class FolderStore:
    """Stores objects as files in a folder."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is created if it is missing."""
        self._folder = folder

    def put(self, key: str, path: Path, sha256: bytes, progress: ProgressCallback = no_progress) -> str | None:
        """Write a hidden file, compare its checksum, and rename it once it is on the disk."""
        target = self._folder / key
        unfinished = target.with_name(f"{UNFINISHED}{uuid.uuid4().hex}")
        with translate_errors(f"{target} cannot be written"):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, unfinished)
                if digest(unfinished) != sha256:
                    raise ArchiveError(f"{target}: the disk returned other bytes than were written: check the disk")
                progress(unfinished.stat().st_size)
                sync(unfinished)
                unfinished.replace(target)
                sync(target.parent)
            finally:
                unfinished.unlink(missing_ok=True)
        return None

    def fetch(self, key: str, path: Path) -> bool:
        """Write an object to a file; return False if there is no such object."""
        source = self._folder / key
        with translate_errors(f"{source} cannot be read"):
            if not source.is_file():
                return False
            shutil.copyfile(source, path)
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        with translate_errors(f"{self._folder} cannot be read"):
            # Unlike Path.rglob, which leaves out a folder that cannot be read.
            walked = list(os.walk(self._folder / prefix, onerror=refuse))
        found = [Path(folder, name) for folder, _, names in walked for name in names if not name.startswith(UNFINISHED)]
        yield from sorted(str(path.relative_to(self._folder)) for path in found)


def refuse(error: OSError) -> None:
    """Raise an error of a folder, unless the folder is missing, which is a folder without objects."""
    if not isinstance(error, FileNotFoundError):
        raise error


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
