"""The file of the open segment, which people may remove together with its folder, and the blocks that go there."""

import os
from pathlib import Path
from typing import NamedTuple


class PendingBlock(NamedTuple):
    """A block that waits to be written."""

    raw: bytearray
    first_number: int
    records: int
    first_ns: int
    last_ns: int


def create_segment(path: Path) -> int:
    """Make the file of a new segment, and its folder if that is gone; return its descriptor.

    Raises:
        OSError: the file cannot be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)


def is_removed(file: int, path: Path) -> bool:
    """Return whether an open file is no longer the one at its path, so that what is written to it is lost."""
    try:
        return not os.path.samestat(os.fstat(file), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return True
