"""Disks that are full: a real small one, which only root can mount, and what a program measures of one."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

BLOCK = bytes(64 << 10)


class Usage(NamedTuple):
    """What shutil.disk_usage returns."""

    total: int
    used: int
    free: int


def measure_as(monkeypatch: pytest.MonkeyPatch, free: int, total: int = 200 * 10**9) -> None:
    """Let every disk look as if it had this much free space."""

    def disk_usage(path: object) -> Usage:
        del path
        return Usage(total, total - free, free)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)


class SmallDisk:
    """A file system in memory, mounted at a folder, and a file of another program that may fill it."""

    def __init__(self, folder: Path, mib: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir()
        options = f"size={mib}m,mode=711"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder).free

    def fill(self, free_bytes: int = 0) -> None:
        """Let the other program take all but this much of the disk."""
        with self._ballast.open("ab", buffering=0) as file:
            while (missing := self.free_bytes - free_bytes) > 0:
                try:
                    file.write(BLOCK[: min(len(BLOCK), missing)])
                except OSError:
                    return

    @property
    def is_filled(self) -> bool:
        """Whether the other program's file is there."""
        return self._ballast.exists()

    def release(self) -> None:
        """Let the other program remove its file."""
        self._ballast.unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
