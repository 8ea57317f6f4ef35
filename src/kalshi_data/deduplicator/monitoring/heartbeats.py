"""Records the gatherers' heartbeats in production, about once a second."""

import threading
import time

import psycopg
import structlog
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, connect, query, renewal_time
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.monitoring.probe import GathererProbe, HeartbeatReading
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import TaskState
from kalshi_data.service.failures import FailureLog
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0
STATEMENT_SECONDS_MAX = 10.0


class HeartbeatRecorder:
    """Reads the heartbeats of all gatherers at once until it is stopped."""

    def __init__(self, settings: DeduplicatorSettings, stop: threading.Event, state: TaskState | None = None) -> None:
        """Prepare to read; run() does it."""
        self._state = state or TaskState()
        self._failures = FailureLog("heartbeats cannot be recorded, trying again", "heartbeats are recorded again")
        self._refusals = FailureLog("the heartbeat of a gatherer is refused", "each heartbeat is accepted again")
        self._settings = settings.merging
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._probes = [
            GathererProbe(gatherer, self._settings, "deduplicator", self._settings.gatherer_seconds_max)
            for gatherer in settings.gatherers
        ]
        self._pool = GathererPool(self._probes, "heartbeats")

    def wait(self) -> bool:
        """Wait until one gatherer is alive; return False if a stop comes first."""
        is_logged = False
        while not self._stop.is_set():
            if any(self.is_alive(heartbeat) for heartbeat in self.read().values()):
                return True
            if not is_logged:
                limit = self._settings.heartbeat_seconds_max
                log.warning("waiting for a gatherer whose heartbeat is fresh", seconds_max=limit)
            is_logged = True
            self._stop.wait(self._settings.heartbeat_seconds)
        return False

    def is_alive(self, heartbeat: HeartbeatReading) -> bool:
        """Return whether a heartbeat is fresh by the gatherer's clock.

        A gatherer that has written none counts as alive. A heartbeat from the future was written by a wrong clock.
        """
        return heartbeat.age_seconds is None or abs(heartbeat.age_seconds) <= self._settings.heartbeat_seconds_max

    def run(self) -> None:
        """Record heartbeats until stop; after any error, connect again."""
        backoff = Backoff(RETRY_SECONDS_MAX)

        def work(production: Connection) -> bool:
            renew_at = renewal_time()
            while time.monotonic() < renew_at and not self._stop.wait(self._settings.heartbeat_seconds):
                self.record(production)
                backoff.reset()
                self._failures.succeeded()
            return True

        def failed(error: Exception) -> None:
            self._state.error = self._failures.failed(error)

        run_reconnecting(self._connect, work, failed, self._stop, backoff)
        self.close()

    def _connect(self) -> Connection:
        limit = STATEMENT_SECONDS_MAX
        return connect(self._conninfo, application_name="deduplicator", statement_seconds_max=limit)

    def record(self, production: Connection) -> None:
        """Read each gatherer's heartbeat once and record it; one that production refuses is left out.

        Raises:
            psycopg.OperationalError: production does not answer.
        """
        refused: Exception | None = None
        for gatherer_id, (epoch, beat_at, _, status) in self.read().items():
            if beat_at is None:
                continue
            recorded = {"gatherer_id": gatherer_id, "epoch": epoch, "beat_at": beat_at, "status": Jsonb(status)}
            try:
                production.execute(query("production/status/record_heartbeat"), recorded)
            except psycopg.Error as error:
                if production.closed or failure_of(error) is Failure.AWAY:
                    raise
                refused = error
        if refused is None:
            self._refusals.succeeded()
        self._state.error = self._refusals.failed(refused) if refused else None

    def read(self) -> dict[int, HeartbeatReading]:
        """Return the heartbeats of the gatherers that answer in time, by gatherer number."""
        for probe in self._probes:
            self._pool.start(probe, probe.read_heartbeat)
        results = self._pool.results(time.monotonic() + self._settings.gatherer_seconds_max)
        return {probe.gatherer_id: heartbeat for probe, heartbeat in results}

    def close(self) -> None:
        """Close the connections to the gatherers."""
        self._pool.close()
        for probe in self._probes:
            probe.close()
