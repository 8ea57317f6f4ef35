"""Folders in memory for the tests' database servers, removed with their servers even when the tests are killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

MEMORY = Path("/dev/shm")
FREE_BYTES_MIN = 2 * 1024**3
END_SECONDS_MAX = 10.0


def fast_folder(*, with_programs: bool = False) -> Path:
    """Return the file system in memory if it has enough room, else the machine's temporary folder.

    In some containers no program in memory can be run, so `with_programs` asks for that as well.
    """
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= FREE_BYTES_MIN
    if roomy and with_programs:
        roomy = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return MEMORY if roomy else Path(tempfile.gettempdir())


@contextmanager
def guarded_folder(parent: Path | None = None) -> Generator[Path]:
    """Make a folder that a process of its own removes when these tests end, even if they are killed."""
    folder = Path(tempfile.mkdtemp(prefix="kalshi-", dir=parent))
    folder.chmod(0o711)
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield folder
    finally:
        guard.communicate()


def remove(folder: Path) -> None:
    """End the servers whose data are in a folder, unmount the disks in it, and remove it."""
    for pid_file in folder.glob("**/postmaster.pid"):
        with suppress(OSError, ValueError):
            pid = int(pid_file.read_text().splitlines()[0])
            # A killed server leaves its file behind, and its number may be another process's by now.
            if Path(f"/proc/{pid}/cwd").samefile(pid_file.parent):
                end(pid)
    with suppress(OSError):
        for line in Path("/proc/mounts").read_text().splitlines():
            if Path(line.split()[1]).is_relative_to(folder):
                subprocess.run(["umount", "--lazy", line.split()[1]], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def end(pid: int) -> None:
    """End a server and wait a while for its files to be closed."""
    os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + END_SECONDS_MAX
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


if __name__ == "__main__":
    sys.stdin.buffer.read()  # ends when the tests have ended, however they ended
    remove(Path(sys.argv[1]))
