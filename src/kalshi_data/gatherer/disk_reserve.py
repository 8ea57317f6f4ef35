"""How much free space a disk has, beside what it should always have."""

import errno
import os
import shutil
from pathlib import Path
from typing import NamedTuple

# The reserve of a small disk is this part of it.
SMALL_DISK_PARTS = 10


class DiskReserve(NamedTuple):
    """The free space of a disk. As it shrinks below the reserve, less and less is written.

    Below the reserve, what is stored elsewhere goes early: rows that are merged, and logged frames that are committed.
    Below half of it, no rows are committed, because PostgreSQL crashes if its write-ahead log finds no space. Below a
    quarter of it, no frames are logged either.
    """

    free_bytes: int
    reserve_bytes: int

    @classmethod
    def of(cls, folder: Path, free_bytes_min: int) -> "DiskReserve":
        """Measure the disk of a folder.

        Raises:
            OSError: there is no such folder, or it cannot be reached.
        """
        usage = shutil.disk_usage(folder)
        return cls(usage.free, min(free_bytes_min, usage.total // SMALL_DISK_PARTS))

    @property
    def is_low(self) -> bool:
        """Whether what is stored elsewhere should go."""
        return self.free_bytes < self.reserve_bytes

    @property
    def takes_rows(self) -> bool:
        """Whether rows may be committed."""
        return self.free_bytes >= self.reserve_bytes // 2

    @property
    def takes_frames(self) -> bool:
        """Whether frames may be logged."""
        return self.free_bytes >= self.reserve_bytes // 4


def require_space_for_frames(folder: Path, free_bytes_min: int) -> None:
    """Leave the rest of a disk to the database.

    Raises:
        OSError: the disk of the folder takes no frames now.
    """
    if folder.exists() and not DiskReserve.of(folder, free_bytes_min).takes_frames:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
