"""Writes hours of production to the archive, reads them back, and does it again where rows came late."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import psycopg
import structlog
from psycopg import IsolationLevel

from kalshi_data.archive.display import ExportProgress, NoProgress
from kalshi_data.archive.partition_export import PartitionExport, ProductionConninfos, Stopped
from kalshi_data.archive.partitions import ArchiveHour, HourSelection, Partitions
from kalshi_data.archive.progress import ArchiveState
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.database.connection import Connection, connect
from kalshi_data.errors import ArchiveError
from kalshi_data.service.retry import Backoff, delay_seconds

log = structlog.get_logger()

# Upkeep leaves sessions of this name out of what it waits for.
APPLICATION_NAME = "deduplicator archive"
RETRY_SECONDS_MAX = 30.0
# The first wait is of some seconds, not of the fraction that suits a database: other hours can go first.
FIRST_ATTEMPT = 5
TURN_SECONDS_MAX = 600.0
TURN_PAUSE_SECONDS = 0.2


class Exporter:
    """Exports whatever is due; of several exporters one at a time writes an hour."""

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
        """Prepare; run() does it.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self.state = state or ArchiveState()
        self._settings = settings
        self._databases = databases
        self._gatherers = gatherers
        self._stop = stop
        self.selection = selection or HourSelection()
        self._display = display or NoProgress()
        self._partition_export = PartitionExport(settings, databases, stop, self.state, self._display)

    def run(self) -> None:
        """Export until stop; whatever fails is tried again, and nothing that fails here ends the program."""
        backoff = Backoff(RETRY_SECONDS_MAX)
        while not self._stop.is_set():
            try:
                with self.session() as production:
                    while not self._stop.is_set():
                        self.tick(production)
                        backoff.reset()
                        self._stop.wait(self._settings.check_seconds)
            except Stopped:
                return
            except Exception as error:
                if self._stop.is_set():
                    return
                seconds = backoff.next_seconds()
                self.state.failed(str(error).strip())
                log.warning(
                    "the archive waits", attempt=backoff.attempts, error=str(error).strip(), exc_info=is_fault(error)
                )
                self._stop.wait(seconds)

    def export(self, *, once: bool, again: bool = False) -> None:
        """Export by hand: what is chosen and due, and until stop what becomes due, unless only `once`.

        Raises:
            ArchiveError: another exporter is at work and does not end.
            psycopg.OperationalError: production is away.
        """
        try:
            with self.session() as production:
                if again:
                    Partitions(production, self._settings, self._gatherers).write_again(self.selection)
                if once:
                    self.tick(production, patient=True)
        except (Stopped, psycopg.errors.QueryCanceled):
            return
        if not once:
            self.run()

    def _turn(self, partitions: Partitions, *, patient: bool) -> bool:
        """Become the exporter of the next hour; who is patient waits for another that writes one."""
        deadline = time.monotonic() + (TURN_SECONDS_MAX if patient else 0)
        while not self._stop.is_set():
            if partitions.claim_exporter():
                return True
            if not patient:
                return False
            if time.monotonic() > deadline:
                raise ArchiveError("another exporter has been writing one hour for long: see archive list, try later")
            self._stop.wait(TURN_PAUSE_SECONDS)
        return False

    @contextmanager
    def session(self) -> Generator[Connection]:
        """Connect to production for as long as the block lasts; a stop ends the statement at work."""
        with connect(self._databases.exporter, application_name=APPLICATION_NAME) as production:
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
        """Write and read back all that is due, and return how many hours were attempted.

        Where another exporter is at work, it is left to that one; who is `patient` takes turns with it.

        Raises:
            psycopg.OperationalError: production is away; what was not finished is done again.
            Stopped: it was told to stop.
        """
        partitions = Partitions(production, self._settings, self._gatherers)
        partitions.open_hours(self.selection.streams)
        attempted = 0
        while self._turn(partitions, patient=patient):
            try:
                if not self._step(production, partitions):
                    break
            finally:
                if not production.closed:
                    partitions.release_exporter()
            attempted += 1
            self.state.progress = partitions.progress()
        self.state.progress = progress = partitions.progress()
        self.state.error = next((each.error for each in progress if each.error), None)
        return attempted

    def _step(self, production: Connection, partitions: Partitions) -> bool:
        """Do the next piece of work; False where none is due."""
        for hour, sha256 in partitions.unverified(self.selection.streams):
            self._guarded(
                production,
                partitions,
                hour,
                lambda hour=hour, sha256=sha256: self._partition_export.verify(partitions, hour, sha256),
            )
            return True
        hour = partitions.claim(self.selection)
        if hour is None:
            return False
        self._guarded(production, partitions, hour, lambda: self._partition_export.export(production, partitions, hour))
        return True

    def _guarded(
        self, production: Connection, partitions: Partitions, hour: ArchiveHour, work: Callable[[], None]
    ) -> None:
        """Do something with an hour; where it fails, the hour waits and the others go on."""
        where = {"stream": hour.stream.name, "hour": hour.begins_at.isoformat()}
        try:
            work()
        except Exception as error:
            if self._stop.is_set():
                raise Stopped from error
            if production.closed:
                raise
            what = f"{type(error).__name__}: {error}" if is_fault(error) else str(error).strip()
            wait = delay_seconds(hour.failures + FIRST_ATTEMPT, self._settings.retry_seconds_max)
            log.error("an hour is not in the archive", **where, error=what, exc_info=is_fault(error))
            partitions.fail(hour, what, wait)
            self.state.failed(what)
            self._display.end(hour, what)


def is_fault(error: BaseException) -> bool:
    """Tell whether an error is one nobody expected, of which the log is to hold everything."""
    return not isinstance(error, ArchiveError | psycopg.OperationalError)
