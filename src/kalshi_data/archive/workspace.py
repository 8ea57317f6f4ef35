"""Temporary folders on the local disk for files on their way to or from the archive."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kalshi_data.archive.storage.base import translate_errors

PREFIX = "kalshi-archive-"


@contextmanager
def open_workspace(folder: Path) -> Generator[Path]:
    """Make a temporary folder below `folder` and remove it afterwards; also remove what a killed program left there.

    Raises:
        ArchiveError: there is no space, or no permission to write.
    """
    with translate_errors(f"the workspace folder {folder} cannot be used"):
        with _locked(folder):
            _remove_abandoned(folder)
            made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
            in_use = _open_locked(made)
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
            os.close(in_use)


def clear_workspace(folder: Path) -> None:
    """Remove what killed programs left in a folder, if it exists.

    Raises:
        ArchiveError: it cannot be read.
    """
    with translate_errors(f"the workspace folder {folder} cannot be used"), _locked(folder):
        _remove_abandoned(folder)


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Hold the lock of a folder, so that no program takes another's new folder for an abandoned one."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_locked(folder: Path) -> int:
    """Lock a folder for as long as the returned file is open; the kernel closes it when the program ends.

    Raises:
        BlockingIOError: another program holds the lock.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        raise
    return opened


def _remove_abandoned(folder: Path) -> None:
    for found in folder.glob(f"{PREFIX}*"):
        # In use, of another user, or gone meanwhile.
        with contextlib.suppress(OSError):
            abandoned = _open_locked(found)
            shutil.rmtree(found, ignore_errors=True)
            os.close(abandoned)
