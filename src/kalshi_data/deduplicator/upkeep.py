"""Work that follows the merge: check books, classify minutes, drop old partitions."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from kalshi_data.database.connection import Connection, connect, query, renewal_time
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.database.session_lock import SILENCE_SECONDS_MAX, SessionLock
from kalshi_data.deduplicator.packing import PACKED, HourPacking
from kalshi_data.deduplicator.retention import (
    delete_old,
    drop_archived,
    drop_packed,
    make_room,
    record_storage,
    relieve_disk,
)
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import ProductionSpace, TaskState
from kalshi_data.errors import LockLost
from kalshi_data.service.failures import FailureLog
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

RETRY_SECONDS_MAX = 30.0
STEP_RETRY_SECONDS_MAX = 300.0
# Far more than any step takes; one that takes longer fails, so that upkeep cannot hang for ever.
STATEMENT_SECONDS_MAX = 900.0


class Upkeep:
    """Does the upkeep of production until it is stopped; only one of several deduplicators does it at a time."""

    def __init__(
        self,
        settings: DeduplicatorSettings,
        stop: threading.Event,
        state: TaskState | None = None,
        space: ProductionSpace | None = None,
    ) -> None:
        """Prepare to work; run() does it."""
        self._state = state or TaskState()
        self._space = space or ProductionSpace()
        self._failures = FailureLog("upkeep failed, trying again", "upkeep works again")
        self._lock = SessionLock("upkeep", max(SILENCE_SECONDS_MAX, 2 * settings.upkeep.pause_seconds))
        self._settings = settings.upkeep
        self._retention = settings.retention
        self._sample = {"sightings_one_in": settings.merging.sightings_one_in}
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._started_at: dict[str, float] = {}
        self._classified_until: datetime | None = None
        self._is_classifying = False
        self._dropping: set[str] = set()  # streams of which more packed partitions may be dropped
        self._is_making_room = False
        self._backoff = Backoff(RETRY_SECONDS_MAX)
        steps = {
            "checking books": self._check_books,
            "counting changes": self._count_changes,
            "classifying minutes": self._classify_minutes,
            "arbitration": self._advance_arbitration,
            "packing": HourPacking(settings).step,
            **{f"dropping archived {name}": partial(self._drop_archived, name) for name in self._retention.days()},
            **{f"dropping packed {name}": partial(self._drop_packed, name) for name in PACKED},
            "deleting old rows": self._delete_old,
            "making room": self._make_room,
            "measuring growth": self._measure,
        }
        self._steps = [UpkeepStep(name, call, self._lock, self._space) for name, call in steps.items()]

    def run(self) -> None:
        """Work until stop; after any error, connect again."""
        run_reconnecting(self._connect, self._work, self._failed, self._stop, self._backoff)

    def _connect(self) -> Connection:
        name = "deduplicator upkeep"
        return connect(self._conninfo, application_name=name, statement_seconds_max=STATEMENT_SECONDS_MAX)

    def _failed(self, error: Exception) -> None:
        self._state.error = self._failures.failed(error)

    def take_lock(self, production: Connection) -> bool:
        """Become the one that does the upkeep; return False if another deduplicator does it."""
        return self._lock.take(production)

    def _work(self, production: Connection) -> bool:
        """Work until stop or renewal and return True; return False if another process holds the lock."""
        if not self.take_lock(production):
            self._state.error = None
            return False
        self._failures.succeeded()
        self._backoff.reset()
        renew_at = renewal_time()
        while not self._stop.is_set() and time.monotonic() < renew_at:
            if not self.tick(production):
                self._stop.wait(self._settings.pause_seconds)
        return True

    def tick(self, production: Connection) -> bool:
        """Do one bounded step of each task that is due; return whether more work waits.

        A step that fails is tried again after a pause, and keeps no other step from its turn.

        Raises:
            LockLost: another deduplicator does the upkeep.
            psycopg.OperationalError: production does not answer; what was not committed is done again.
        """
        found = [step.attempt(production) for step in self._steps]
        self._state.error = next((step.error for step in self._steps if step.error), None)
        return any(found)

    def _is_due(self, task: str, seconds: float) -> bool:
        """Return whether a task last started at least `seconds` ago, and if so record that it starts now."""
        now = time.monotonic()
        if now - self._started_at.get(task, -float("inf")) < seconds:
            return False
        self._started_at[task] = now
        return True

    def _check_books(self, production: Connection) -> bool:
        limits = {"marks_max": self._settings.late_marks_max, "snapshots_max": self._settings.snapshots_max}
        (taken,) = production.execute(query("production/completeness/schedule_rechecks"), limits).fetchone() or (0,)
        row = production.execute(query("production/books/check"), limits).fetchone()
        checked, proven, is_behind = row or (0, 0, False)
        if checked > proven:
            log.warning("some books do not match their snapshots, see ops.book_checks", checked=checked, proven=proven)
        return is_behind or taken >= limits["marks_max"]

    def _count_changes(self, production: Connection) -> bool:
        limits = {"counts_max": self._settings.counts_max}
        (counted, _) = production.execute(query("production/books/count_line_changes"), limits).fetchone() or (0, 0)
        return counted >= limits["counts_max"]

    def _classify_minutes(self, production: Connection) -> bool:
        if not self._is_classifying and not self._is_due("market minutes", self._settings.completeness_seconds):
            return False
        limits = {"minutes_max": self._settings.minutes_max, "markets_max": self._settings.markets_max}
        row = production.execute(query("production/completeness/advance_minutes"), limits).fetchone()
        if row is None:
            self._is_classifying = False
            return False
        before, (self._classified_until, new, again) = self._classified_until, row
        log.debug("minutes classified", classified_until=self._classified_until, rows_new=new, rows_again=again)
        advanced = self._classified_until - before if self._classified_until and before else timedelta()
        self._is_classifying = again >= limits["markets_max"] or advanced >= timedelta(minutes=limits["minutes_max"])
        return self._is_classifying

    def _advance_arbitration(self, production: Connection) -> bool:
        if self._is_due("arbitration", self._settings.arbitration_seconds):
            production.execute(query("production/completeness/advance_arbitration"), self._sample)
        return False

    # Each stream has a transaction of its own, because what drops partitions keeps merges waiting until it ends, and
    # one that fails is tried again without the others.
    def _drop_archived(self, stream: str, production: Connection) -> bool:
        if self._is_due(f"archived {stream}", self._settings.retention_seconds):
            drop_archived(production, self._retention, [stream])
        return False

    def _drop_packed(self, stream: str, production: Connection) -> bool:
        if stream in self._dropping or self._is_due(f"packed {stream}", self._settings.retention_seconds):
            self._dropping.discard(stream)
            if drop_packed(production, stream):
                self._dropping.add(stream)
        return stream in self._dropping

    def _delete_old(self, production: Connection) -> bool:
        if self._is_due("old rows", self._settings.retention_seconds):
            delete_old(production, self._retention, self._settings.line_checks_days)
        return False

    def _make_room(self, production: Connection) -> bool:
        if self._space.is_disk_full:
            self._space.freed()
            relieve_disk(production)
        if self._is_making_room or self._is_due("making room", self._settings.retention_seconds):
            self._is_making_room = make_room(production, self._retention.database_bytes_max)
        return self._is_making_room

    def _measure(self, production: Connection) -> bool:
        if self._is_making_room or self._is_due("growth", self._settings.retention_seconds):
            record_storage(production)
        return False


class UpkeepStep:
    """One task of upkeep, which fails alone; `error` is None while it works."""

    def __init__(
        self, name: str, call: Callable[[Connection], bool], lock: SessionLock, space: ProductionSpace
    ) -> None:
        """Prepare to call `call` in a transaction that commits only while `lock` is held."""
        self._space = space
        self.error: str | None = None
        self._name = name
        self._call = call
        self._lock = lock
        self._failures = FailureLog("a step of upkeep failed, trying again", "the step succeeds again", step=name)
        self._backoff = Backoff(STEP_RETRY_SECONDS_MAX)
        self._retry_at = 0.0

    def attempt(self, production: Connection) -> bool:
        """Do the step unless it failed a moment ago; return whether more work of it waits.

        Raises:
            LockLost: another deduplicator does the upkeep.
            psycopg.OperationalError: the connection is lost.
        """
        if time.monotonic() < self._retry_at:
            return False
        try:
            with production.transaction():
                self._lock.confirm(production)
                is_behind = self._call(production)
        except LockLost:
            raise
        except Exception as error:
            self._space.failed(error)
            # Also if the connection is lost: it may be lost each time that the step is tried.
            self._retry_at = time.monotonic() + self._backoff.next_seconds()
            if production.closed:
                raise
            self.error = f"{self._name}: {self._failures.failed(error)}"
            return False
        self.error = None
        self._failures.succeeded()
        self._backoff.reset()
        return is_behind
