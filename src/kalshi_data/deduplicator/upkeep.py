"""What follows the merge: books are checked, minutes judged, old partitions dropped."""

import random
import threading
import time
from datetime import datetime, timedelta

import psycopg
import structlog

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.deduplicator.settings import DeduplicatorSettings, ProductionRetentionSettings
from kalshi_data.service.retry import delay_seconds

log = structlog.get_logger()

RETRY_SECONDS_MAX = 30.0
# Who holds a table's lock for long is not waited for; nothing is lost by dropping later.
NOT_NOW = (psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Upkeep:
    """Proves and cleans up for as long as it is not told to stop; of several deduplicators one does it."""

    def __init__(self, settings: DeduplicatorSettings, stop: threading.Event) -> None:
        """Prepare; run() does it."""
        self._settings = settings.upkeep
        self._retention = settings.retention
        self._sample = {"sightings_one_in": settings.merging.sightings_one_in}
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._done_at: dict[str, float] = {}
        self._judged_until: datetime | None = None
        self._is_judging = False
        self._attempt = 0

    def run(self) -> None:
        """Work until stop; whatever fails for a passing reason is tried again."""
        while not self._stop.is_set():
            try:
                with connect(self._conninfo, application_name="deduplicator upkeep") as production:
                    if claim(production):
                        self._work(production)
                        continue
            except psycopg.OperationalError as error:
                log.warning("upkeep failed, trying again", error=str(error).strip())
            self._attempt += 1
            self._stop.wait(delay_seconds(self._attempt, random.uniform, RETRY_SECONDS_MAX))

    def _work(self, production: Connection) -> None:
        while not self._stop.is_set():
            is_behind = self.tick(production)
            self._attempt = 0
            if not is_behind:
                self._stop.wait(self._settings.pause_seconds)

    def tick(self, production: Connection) -> bool:
        """Do one bounded step of everything that is due; return whether more is waiting.

        Raises:
            psycopg.OperationalError: production is away; what was not committed is done again.
        """
        behind = self._check_books(production)
        if self._is_judging or self._is_due("ledger", self._settings.completeness_seconds):
            self._is_judging = self._judge_minutes(production)
        if self._is_due("arbitration", self._settings.arbitration_seconds):
            production.execute(query("production/completeness/compute_arbitration"), self._sample)
        if self._is_due("retention", self._settings.retention_seconds):
            drop_archived(production, self._retention)
        return behind or self._is_judging

    def _is_due(self, task: str, seconds: float) -> bool:
        """Tell whether a task was not begun for so long, and take it as begun."""
        now = time.monotonic()
        if now - self._done_at.get(task, -float("inf")) < seconds:
            return False
        self._done_at[task] = now
        return True

    def _check_books(self, production: Connection) -> bool:
        most = {"marks_max": self._settings.late_marks_max, "snapshots_max": self._settings.snapshots_max}
        (taken,) = production.execute(query("production/completeness/absorb_late_rows"), most).fetchone() or (0,)
        row = production.execute(query("production/books/check"), most).fetchone()
        checked, proven, is_behind = row or (0, 0, False)
        if checked > proven:
            log.warning("books came out wrong, they are listed in ops.book_checks", checked=checked, proven=proven)
        return is_behind or taken >= most["marks_max"]

    def _judge_minutes(self, production: Connection) -> bool:
        most = {"minutes_max": self._settings.minutes_max, "markets_max": self._settings.markets_max}
        row = production.execute(query("production/completeness/advance_ledger"), most).fetchone()
        if row is None:
            return False
        before, (self._judged_until, new, again) = self._judged_until, row
        log.debug("minutes judged", judged_until=self._judged_until, rows_new=new, rows_again=again)
        moved = self._judged_until - before if self._judged_until and before else timedelta()
        return again >= most["markets_max"] or moved >= timedelta(minutes=most["minutes_max"])


def claim(production: Connection) -> bool:
    """Become the one that does this; False where somebody else is."""
    return production.execute(query("production/locks/lock_upkeep")).fetchone() == (True,)


def drop_archived(production: Connection, retention: ProductionRetentionSettings) -> None:
    """Let partitions go that are old enough, archived and verified."""
    for stream, days in retention.days().items():
        try:
            dropped = production.execute(query("production/archive/drop_hours"), {"stream": stream, "days_min": days})
            for name, began_at, ended_at in dropped.fetchall():
                log.info("archived partition dropped", partition=name, began_at=began_at, ended_at=ended_at)
        except NOT_NOW as error:
            log.info("partitions are in use, trying again later", stream=stream, error=str(error).strip())
