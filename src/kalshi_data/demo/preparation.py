"""What must be so before a demo starts, checked first, and what stays of a demo that failed."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kalshi_data.demo.plan import ArchiveWindow, DemoPlan
from kalshi_data.demo.postgres import server_account
from kalshi_data.errors import KalshiDataError
from kalshi_data.reader import open_archive
from kalshi_data.simulator.replay.archive_source import lacking

# Four servers with empty databases, and what a second of trading adds.
SPACE_BYTES_MIN = 250_000_000
SPACE_BYTES_PER_SECOND = 1_500_000
# With less than this left, a failure is most likely the full disk's.
FULL_BYTES_MAX = 16_000_000
KEPT_SUFFIXES = {".log", ".toml"}


def require_window(window: ArchiveWindow) -> None:
    """Check that an archive has a whole window.

    Raises:
        KalshiDataError: it lacks a part; the message names it and what to do.
    """
    gaps = open_archive(window.archive).gaps(window.from_at, window.until_at)
    if gaps:
        raise KalshiDataError(f"{window.archive}: {lacking(gaps)}: choose another window or archive")


def require_writable(path: Path) -> None:
    """Check that a file or folder can be written, or made.

    Raises:
        KalshiDataError: it cannot; the message names the folder and what to do.
    """
    path = path.absolute()
    if path.exists() and not os.access(path, os.W_OK):
        raise KalshiDataError(f"{path} cannot be written: give this user the right to it, or name another path")
    parent = next(each for each in path.parents if each.exists())
    if not parent.is_dir():
        raise KalshiDataError(f"{path} cannot be made, since {parent} is no folder: name another path")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise KalshiDataError(f"{path} cannot be made, since {parent} is not writable: name another path")


def require_report(report: Path) -> None:
    """Check that the file of a report can be written.

    Raises:
        KalshiDataError: it cannot.
    """
    if report.is_dir():
        raise KalshiDataError(f"--report {report} is a folder: name a file")
    if not report.absolute().parent.is_dir():
        raise KalshiDataError(f"--report {report}: there is no folder {report.absolute().parent}: make it first")
    require_writable(report)


def require_space(folder: Path, plan: DemoPlan) -> None:
    """Check that a disk has space for the databases of a run.

    Raises:
        KalshiDataError: it has not.
    """
    needed = SPACE_BYTES_MIN + round(SPACE_BYTES_PER_SECOND * plan.seconds)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise KalshiDataError(
            f"{folder} has {free / 1e6:,.0f} MB free, and a demo of {plan.seconds:g} s needs {needed / 1e6:,.0f} MB: "
            "free some space, set TMPDIR to a folder on another disk, or name one by --keep"
        )


@contextmanager
def run_folder(keep: Path | None) -> Generator[Path]:
    """Yield the folder to keep, or a temporary one that is removed; of a failed run its logs stay."""
    folder = prepare(keep) if keep else make_temporary()
    try:
        yield folder
    except (KalshiDataError, OSError) as error:
        full = shutil.disk_usage(folder).free < FULL_BYTES_MAX
        reason = f"no space is left in {folder.parent}: free some, or set TMPDIR to another disk; " if full else ""
        if not keep:
            forget_all_but_logs(folder)
        raise KalshiDataError(f"{error}\n{reason}the logs are in {folder}") from error
    except BaseException:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def make_temporary() -> Path:
    """Return a new temporary folder that the database server can enter.

    Raises:
        KalshiDataError: none can be made.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="kalshi-"))
    except OSError as error:
        raise KalshiDataError(f"no temporary folder can be made: {error.strerror}: set TMPDIR to one") from error
    folder.chmod(0o711)
    return folder


def check_kept(keep: Path) -> None:
    """Check that the folder to keep is new or empty, or can be made.

    Raises:
        KalshiDataError: it is not.
    """
    if keep.exists() and not keep.is_dir():
        raise KalshiDataError(f"{keep} is a file: choose a new folder")
    if keep.is_dir() and any(keep.iterdir()):
        raise KalshiDataError(f"{keep} is not empty: choose a new folder")
    require_writable(keep)


def prepare(keep: Path) -> Path:
    """Return the folder to keep; create it if it does not exist.

    Raises:
        KalshiDataError: if it is not empty, or the database server cannot enter it.
    """
    folder = keep.resolve()
    check_kept(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not server_account().can_enter(folder):
        raise KalshiDataError(f"PostgreSQL does not run as root, and others cannot enter {folder}: use /var/tmp/NAME")
    folder.chmod(0o711)
    return folder


def forget_all_but_logs(folder: Path) -> None:
    """Remove databases and recordings of a failed run, and keep its logs, settings and archive."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "archive":
            for log in path.glob("postgres.log"):
                log.replace(folder / f"postgres-{path.name}.log")
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and path.suffix not in KEPT_SUFFIXES:
            path.unlink(missing_ok=True)
