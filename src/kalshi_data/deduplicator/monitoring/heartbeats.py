"""Records the gatherers' heartbeats in production, about once a second."""

import threading
import time

import structlog
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.database.reconnecting import run_reconnecting
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.monitoring.probe import GathererProbe, HeartbeatReading
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0


class HeartbeatRecorder:
    """Reads the heartbeats of all gatherers at once until it is stopped."""

    def __init__(self, settings: DeduplicatorSettings, stop: threading.Event) -> None:
        """Prepare to read; run() does it."""
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

        A gatherer that has written none counts as alive.
        """
        return heartbeat.age_seconds is None or heartbeat.age_seconds <= self._settings.heartbeat_seconds_max

    def run(self) -> None:
        """Record heartbeats until stop; after an error of production, connect again."""
        backoff = Backoff(RETRY_SECONDS_MAX)

        def work(production: Connection) -> bool:
            while not self._stop.wait(self._settings.heartbeat_seconds):
                self.record(production)
                backoff.reset()
            return True

        def failed(error: str) -> None:
            log.warning("heartbeats cannot be recorded, trying again", error=error)

        run_reconnecting(self._connect, work, failed, self._stop, backoff)
        self.close()

    def _connect(self) -> Connection:
        return connect(self._conninfo, application_name="deduplicator")

    def record(self, production: Connection) -> None:
        """Read each gatherer's heartbeat once and record it.

        Raises:
            psycopg.OperationalError: production does not answer.
        """
        for gatherer_id, (epoch, beat_at, _, status) in self.read().items():
            if beat_at is not None:
                recorded = {"gatherer_id": gatherer_id, "epoch": epoch, "beat_at": beat_at, "status": Jsonb(status)}
                production.execute(query("production/status/record_heartbeat"), recorded)

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
