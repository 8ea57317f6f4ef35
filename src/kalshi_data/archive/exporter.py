"""Exports hours of production to the archive, reads them back, and exports them again if rows come late."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
import structlog
from psycopg import IsolationLevel

from kalshi_data.archive.display import ExportProgress, NoProgress
from kalshi_data.archive.partition_export import PartitionExport, ProductionConninfos, Stopped
from kalshi_data.archive.partitions import ArchiveHour, HourSelection, Partitions
from kalshi_data.archive.progress import ArchiveState
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import StoreAway
from kalshi_data.database.connection import LONG_TRANSACTION, Connection, connect
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.errors import ArchiveError
from kalshi_data.service.failures import FailureLog, describe, is_unexpected
from kalshi_data.service.retry import Backoff, delay_seconds

log = structlog.get_logger()

# Upkeep does not wait for sessions of this name.
APPLICATION_NAME = "deduplicator archive"
RETRY_SECONDS_MAX = 30.0
# The first wait takes some seconds instead of a fraction of one, since other hours can be exported meanwhile.
FIRST_ATTEMPT = 5
LOCK_SECONDS_MAX = 600.0
LOCK_PAUSE_SECONDS = 0.2


class Exporter:
    """Exports the hours that are due; of several exporters only one at a time writes an hour."""

    def __init__(
        self,
        settings: ArchiveSettings,
        databases: ProductionConninfos,
        gatherers: Sequence[int],
        stop: threading.Event,
        state: ArchiveState | None = None,
        selection: HourSelection | None = None,
        display: ExportProgress | None = None,
    ) -> None:
        """Prepare to export; run() does it.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self.state = state or ArchiveState()
        self._settings = settings
        self._databases = databases
        self._gatherers = gatherers
        self._stop = stop
        # While the bucket is slow, its session is silent for long.
        self._hour_lock = SessionLock("archive", silence_seconds_max=None)
        self.selection = selection or HourSelection()
        self._display = display or NoProgress()
        self._is_store_away = False
        self._partition_export = PartitionExport(settings, databases, stop, self.state, self._display)

    def run(self) -> None:
        """Export until stop; after any error it tries again, so that an error of the archive never ends the program."""
        backoff = Backoff(RETRY_SECONDS_MAX)
        failures = FailureLog("export failed, trying again", "export works again")
        is_first = True
        while not self._stop.is_set():
            try:
                with self.session() as production:
                    if is_first:
                        self._partitions(production).retry(self.selection.streams)
                        is_first = False
                    while not self._stop.is_set():
                        self.tick(production)
                        backoff.reset()
                        failures.succeeded()
                        self._stop.wait(self._settings.check_seconds)
            except Stopped:
                return
            except Exception as error:
                if self._stop.is_set():
                    return
                self.state.failed(failures.failed(error))
                self._stop.wait(backoff.next_seconds())

    def export(self, *, once: bool, again: bool = False) -> None:
        """Export the chosen hours that are due; unless `once`, continue until stop with hours that become due.

        Raises:
            ArchiveError: another exporter holds the lock for too long.
            psycopg.OperationalError: production does not answer.
        """
        try:
            with self.session() as production:
                partitions = self._partitions(production)
                partitions.retry(self.selection.streams)
                if again:
                    partitions.write_again(self.selection)
                if self.selection.early:
                    partitions.write_snapshots_again(self.selection)
                if once:
                    self.tick(production, patient=True)
        except (Stopped, StoreAway, psycopg.errors.QueryCanceled):
            return
        if not once:
            self.run()

    def _partitions(self, production: Connection) -> Partitions:
        return Partitions(production, self._settings, self._gatherers)

    def _lock(self, production: Connection, *, patient: bool) -> bool:
        """Take the lock for one hour; a patient exporter waits while another one writes an hour."""
        deadline = time.monotonic() + (LOCK_SECONDS_MAX if patient else 0)
        while not self._stop.is_set():
            if self._take_lock(production):
                return True
            if not patient:
                return False
            if time.monotonic() > deadline:
                raise ArchiveError(
                    "another exporter has been writing one hour for too long: see archive list, try again later"
                )
            self._stop.wait(LOCK_PAUSE_SECONDS)
        return False

    def _take_lock(self, production: Connection) -> bool:
        """Become the one exporter that writes an hour; return False if another one does."""
        try:
            return self._hour_lock.take(production)
        except psycopg.errors.SerializationFailure:
            # Another exporter took it in the same moment.
            return False

    @contextmanager
    def session(self) -> Generator[Connection]:
        """Connect to production until the block ends; a stop cancels the running statement."""
        conninfo = self._databases.exporter
        with connect(conninfo, application_name=APPLICATION_NAME, parameters=LONG_TRANSACTION) as production:
            production.isolation_level = IsolationLevel.REPEATABLE_READ
            done = threading.Event()

            def cancel() -> None:
                while not done.wait(0.2):
                    if self._stop.is_set():
                        production.cancel_safe()
                        return

            watching = threading.Thread(target=cancel, name="archive stop", daemon=True)
            watching.start()
            try:
                yield production
            finally:
                done.set()
                watching.join()

    def tick(self, production: Connection, *, patient: bool = False) -> int:
        """Write and read back the hours that are due, and return how many were attempted.

        If another exporter holds the lock, return at once; if `patient`, wait for the lock before each hour.

        Raises:
            StoreAway: the archive's store does not answer; no other hour is tried.
            psycopg.OperationalError: production does not answer; what was not finished is done again.
            Stopped: a stop came.
        """
        if self._is_store_away:
            self._partition_export.require_store()
            self._is_store_away = False
        partitions = self._partitions(production)
        partitions.open_hours(self.selection.streams)
        began_at, attempted = partitions.read_clock(), 0
        while self._lock(production, patient=patient):
            try:
                if not self._step(production, partitions, began_at):
                    break
            finally:
                if not production.closed:
                    self._hour_lock.give_back(production)
            attempted += 1
            self.state.progress = partitions.progress()
        self.state.progress = progress = partitions.progress()
        self.state.error = next((each.error for each in progress if each.error), None)
        return attempted

    def _step(self, production: Connection, partitions: Partitions, began_at: datetime) -> bool:
        """Verify or export one hour; return False if none is due."""
        for hour, sha256 in partitions.unverified(self.selection.streams):
            self._attempt(
                production,
                partitions,
                hour,
                lambda hour=hour, sha256=sha256: self._partition_export.verify(partitions, hour, sha256),
            )
            return True
        hour = partitions.claim(self.selection, began_at)
        if hour is None:
            return False
        self._attempt(production, partitions, hour, lambda: self._partition_export.export(production, partitions, hour))
        return True

    def _attempt(
        self, production: Connection, partitions: Partitions, hour: ArchiveHour, work: Callable[[], None]
    ) -> None:
        """Do work on an hour; if it fails, record the error, and go on with other hours."""
        key = {"stream": hour.stream.name, "hour": hour.begins_at.isoformat()}
        try:
            work()
        except Exception as error:
            if self._stop.is_set():
                raise Stopped from error
            if production.closed:
                raise
            reason = describe(error)
            wait_seconds = delay_seconds(hour.failures + FIRST_ATTEMPT, self._settings.retry_seconds_max)
            log.error("an hour could not be archived", **key, error=reason, exc_info=is_unexpected(error))
            partitions.fail(hour, reason, wait_seconds)
            self.state.failed(reason)
            self._display.end(hour, reason)
            if isinstance(error, StoreAway):
                # The other hours would be read from production in vain.
                self._is_store_away = True
                raise
