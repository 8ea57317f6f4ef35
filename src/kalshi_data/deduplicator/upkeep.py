"""Work that follows the merge: check books, classify minutes, drop old partitions."""

import threading
import time
from datetime import datetime, timedelta

import psycopg
import structlog

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.deduplicator.settings import DeduplicatorSettings, ProductionRetentionSettings
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

RETRY_SECONDS_MAX = 30.0
# Another session holds a lock on the table. The partitions can be dropped later, so upkeep does not wait.
TABLE_IN_USE = (psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Upkeep:
    """Does the upkeep of production until it is stopped; only one of several deduplicators does it at a time."""

    def __init__(self, settings: DeduplicatorSettings, stop: threading.Event) -> None:
        """Prepare to work; run() does it."""
        self._settings = settings.upkeep
        self._retention = settings.retention
        self._sample = {"sightings_one_in": settings.merging.sightings_one_in}
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._started_at: dict[str, float] = {}
        self._classified_until: datetime | None = None
        self._is_classifying = False
        self._backoff = Backoff(RETRY_SECONDS_MAX)

    def run(self) -> None:
        """Work until stop; after an error of production, connect again."""
        run_reconnecting(self._connect, self._work, self._failed, self._stop, self._backoff)

    def _connect(self) -> Connection:
        return connect(self._conninfo, application_name="deduplicator upkeep")

    def _failed(self, error: str) -> None:
        log.warning("upkeep failed, trying again", error=error)

    def _work(self, production: Connection) -> bool:
        """Work until stop and return True; return False if another process holds the lock."""
        if not lock_upkeep(production):
            return False
        while not self._stop.is_set():
            is_behind = self.tick(production)
            self._backoff.reset()
            if not is_behind:
                self._stop.wait(self._settings.pause_seconds)
        return True

    def tick(self, production: Connection) -> bool:
        """Do one bounded step of each task that is due; return whether more work waits.

        Raises:
            psycopg.OperationalError: production does not answer; what was not committed is done again.
        """
        is_behind = self._check_books(production)
        if self._is_classifying or self._is_due("market minutes", self._settings.completeness_seconds):
            self._is_classifying = self._classify_minutes(production)
        if self._is_due("arbitration", self._settings.arbitration_seconds):
            production.execute(query("production/completeness/advance_arbitration"), self._sample)
        if self._is_due("retention", self._settings.retention_seconds):
            drop_archived(production, self._retention)
        return is_behind or self._is_classifying

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

    def _classify_minutes(self, production: Connection) -> bool:
        limits = {"minutes_max": self._settings.minutes_max, "markets_max": self._settings.markets_max}
        row = production.execute(query("production/completeness/advance_minutes"), limits).fetchone()
        if row is None:
            return False
        before, (self._classified_until, new, again) = self._classified_until, row
        log.debug("minutes classified", classified_until=self._classified_until, rows_new=new, rows_again=again)
        advanced = self._classified_until - before if self._classified_until and before else timedelta()
        return again >= limits["markets_max"] or advanced >= timedelta(minutes=limits["minutes_max"])


def lock_upkeep(production: Connection) -> bool:
    """Take the advisory lock of upkeep; return False if another deduplicator holds it."""
    return production.execute(query("production/locks/lock_upkeep")).fetchone() == (True,)


def drop_archived(production: Connection, retention: ProductionRetentionSettings) -> None:
    """Remove partitions that are old enough, archived and verified."""
    for stream, days in retention.days().items():
        try:
            dropped = production.execute(query("production/archive/drop_hours"), {"stream": stream, "days_min": days})
            for name, began_at, ended_at in dropped.fetchall():
                log.info("archived partition dropped", partition=name, began_at=began_at, ended_at=ended_at)
        except TABLE_IN_USE as error:
            log.info("partitions are in use, trying again later", stream=stream, error=str(error).strip())
