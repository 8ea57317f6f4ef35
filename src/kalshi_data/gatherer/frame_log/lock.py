"""The lock on a frame log's folder: one process at a time writes a log. The kernel releases it when that one ends."""

import contextlib
import fcntl
import os
import socket
from pathlib import Path

FILE = "gatherer.lock"
HOLDER_BYTES_MAX = 200


class FolderLock:
    """The lock of one folder; its file names the process that holds it."""

    def __init__(self, folder: Path) -> None:
        """Prepare to lock `folder`."""
        self._folder = folder
        self._file = -1

    def try_take(self) -> str:
        """Take the lock and return an empty text, or return which process holds it.

        Raises:
            OSError: the folder cannot be used.
        """
        if self._file >= 0:
            return ""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        file = os.open(self._folder / FILE, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, HOLDER_BYTES_MAX).decode(errors="replace").strip()
            os.close(file)
            return holder or "another process"
        except OSError:
            os.close(file)
            raise
        self._file = file
        # The name serves people only; a full disk must not keep the gatherer from starting.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, process_name().encode(), 0)
        return ""

    def release(self) -> None:
        """Let another process take the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def process_name() -> str:
    """Return this process as people find it: its id and host."""
    return f"pid {os.getpid()} on {socket.gethostname()}"
