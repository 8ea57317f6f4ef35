"""Lets one session migrate at a time, and lets no other session wait long for it.

In PostgreSQL, every session that needs a table waits behind one that waits for a stronger lock on it. So each step of a
migration gives up after a short time, lets the others pass, and is tried again.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
from psycopg import errors

from kalshi_data.database.connection import Connection, connect, conninfo_of, query
from kalshi_data.errors import MigrationError
from kalshi_data.service.retry import Backoff

# How long a statement waits for a lock, and so how long it keeps others waiting behind it.
LOCK_SECONDS_MAX = 2.0
# How long all steps together are tried.
WAIT_SECONDS_MAX = 120.0
PAUSE_SECONDS_MAX = 5.0
POLL_SECONDS = 0.25
LOCK_TIMEOUT = f"{LOCK_SECONDS_MAX * 1000:.0f}ms"
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
# PostgreSQL's message when two sessions change one entry of its catalog; the error has no code of its own.
CATALOG_CHANGED = "tuple concurrently"

T = TypeVar("T")


class MigrationLock:
    """Held by the one session that migrates a component; it repeats the steps that other sessions block."""

    def __init__(self, observer: Connection, component: str, wait_seconds_max: float) -> None:
        """Repeat steps for `wait_seconds_max`; `observer` reads which sessions block a step."""
        self._observer = observer
        self._component = component
        self._deadline = time.monotonic() + wait_seconds_max
        self._blockers: dict[int, datetime] = {}

    def run(self, step: Callable[[], T], what: str, waiting: Connection) -> T:
        """Run a step until it gets its locks; it is one transaction of `waiting`.

        Raises:
            MigrationError: other sessions block the step for too long; the message names them.
        """
        backoff = Backoff(PAUSE_SECONDS_MAX)
        while True:
            try:
                with self._observing(waiting.info.backend_pid):
                    return step()
            except (*BUSY, errors.InternalError_) as error:
                if isinstance(error, errors.InternalError_) and CATALOG_CHANGED not in str(error):
                    raise
                if time.monotonic() > self._deadline:
                    raise MigrationError(self._describe(what)) from error
            time.sleep(backoff.next_seconds())

    @contextmanager
    def _observing(self, pid: int) -> Generator[None]:
        """Note which sessions block the session `pid` while the block runs."""
        done = threading.Event()

        def observe() -> None:
            with suppress(psycopg.Error):
                while not done.wait(POLL_SECONDS):
                    found = self._observer.execute(query("migration/list_blocking_pids"), {"pid": pid}).fetchall()
                    now, known = datetime.now(UTC), self._blockers
                    self._blockers = {blocker: known.get(blocker, now) for (blocker,) in found} or known

        observing = threading.Thread(target=observe, name="migration", daemon=True)
        observing.start()
        try:
            yield
        finally:
            done.set()
            observing.join()

    def _describe(self, what: str) -> str:
        found: list[str] = []
        with suppress(psycopg.Error):
            rows = self._observer.execute(query("migration/describe_sessions"), {"pids": list(self._blockers)})
            for pid, role, application, since in rows:
                started = since or self._blockers[pid]
                found.append(f"session {pid} of {role} ({application or 'no name'}) since {started:%Y-%m-%d %H:%M:%S}")
        sessions = "; ".join(found) or "sessions that have ended meanwhile"
        return (
            f"{self._component}: {what} waited too long for {sessions}: let them finish or end them with "
            "pg_terminate_backend, then run migrate again, which continues here"
        )


@contextmanager
def lock_migration(
    connection: Connection, component: str, schema: str, wait_seconds_max: float
) -> Generator[MigrationLock]:
    """Be the only session that migrates a component, and wait for locks on `connection` briefly, until the block ends.

    Raises:
        MigrationError: another session migrates for too long.
    """
    conninfo = conninfo_of(connection)
    name = f"{connection.info.get_parameters().get('application_name', 'migrate')} lock"
    # A transaction of a session of its own holds the lock: it ends with the program, and no reader can take it.
    parameters = {"search_path": schema, "lock_timeout": LOCK_TIMEOUT, "idle_in_transaction_session_timeout": "0"}
    with (
        closing(connect(conninfo, application_name=name)) as observer,
        closing(connect(conninfo, application_name=name, parameters=parameters)) as guard,
    ):
        guard.autocommit = False
        lock = MigrationLock(observer, component, wait_seconds_max)
        lock.run(lambda: hold(guard), "migrate", guard)
        with lock_timeout(connection, LOCK_TIMEOUT):
            yield lock


def hold(guard: Connection) -> None:
    """Take the lock of a component in a transaction that stays open."""
    guard.rollback()
    guard.execute(query("migration/hold_lock"))


@contextmanager
def lock_timeout(connection: Connection, value: str) -> Generator[None]:
    """Let each statement of the block wait for a lock at most this long."""
    row = connection.execute(query("migration/set_lock_timeout"), {"lock_timeout": value}).fetchone()
    try:
        yield
    finally:
        if row is not None and not connection.closed:
            connection.execute(query("migration/set_lock_timeout"), {"lock_timeout": row[0]})
