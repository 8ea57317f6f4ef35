"""What must be so before a gatherer receives anything: it alone writes its frame log and its database."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import structlog

from kalshi_data.cli.failures import describe_os_error
from kalshi_data.errors import KalshiDataError, LockHeld, SettingsError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.databases import CheckedConnection
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# Another gatherer may end at any time, and this one shall take over soon after.
LOCK_SECONDS_MAX = 1.0


class StoppedWhileWaiting(Exception):
    """The gatherer was asked to stop while it waited."""


def require_folder(folder: Path) -> None:
    """Check that the frame log's folder is there, or can be made, before anything starts.

    Raises:
        SettingsError: this user cannot write there, or a part of the path is no folder.
        KalshiDataError: anything else, which may pass, such as a full disk.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise SettingsError(f"frame_log.folder {folder} cannot be used: {describe_os_error(error)}") from error
    except OSError as error:
        raise KalshiDataError(f"frame_log.folder {folder} cannot be used: {describe_os_error(error)}") from error


async def take_over(
    frame_log: FrameLogWriter,
    committer: Committer,
    counters: Counters,
    stopping: asyncio.Event,
    log_locked: Callable[[], object],
) -> int:
    """Wait until no other process writes this frame log or this database; return the last committed frame.

    `log_locked` is called when the frame log is this process's own. If the database is away, return 0: the frame log
    keeps what is received until the database returns.

    Raises:
        MigrationError: the database is older than this program.
        StoppedWhileWaiting: the gatherer was asked to stop meanwhile.
    """
    backoff = Backoff(LOCK_SECONDS_MAX)

    def lock_log() -> int:
        if holder := frame_log.try_lock():
            raise LockHeld(f"the frame log {frame_log.folder} is held by {holder}")
        return 0

    async def wait_for(step: Callable[[], int]) -> int:
        while not stopping.is_set():
            try:
                result = await asyncio.to_thread(step)
            except LockHeld as held:
                _waits(counters, str(held))
                await _pause(stopping, backoff.next_seconds())
            else:
                counters.held_by = ""
                return result
        raise StoppedWhileWaiting

    await wait_for(lock_log)
    log_locked()
    try:
        return await wait_for(committer.start)
    except psycopg.Error as error:
        log.warning("database away at the start, frames are kept in the frame log", error=str(error).strip())
        counters.database_failure = str(error).strip()
        return 0


def check_registry(database: CheckedConnection) -> None:
    """Check the registry's database, unless it is away: then its rows wait.

    Raises:
        MigrationError: the database is older than this program.
    """
    try:
        database.get()
    except psycopg.Error as error:
        log.warning("registry database away at the start, its rows wait", error=str(error).strip())
    finally:
        database.close()


def _waits(counters: Counters, reason: str) -> None:
    if counters.held_by != reason:
        log.warning("another gatherer runs, waiting for its end", reason=reason)
    counters.held_by = reason


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
