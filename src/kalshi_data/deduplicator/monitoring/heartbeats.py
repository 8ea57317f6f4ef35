"""The gatherers' signs of life, read about each second and kept in production."""

import random
import threading
import time
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import structlog
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.settings import DeduplicatorSettings, Gatherer
from kalshi_data.service.retry import delay_seconds

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0


class Heartbeat(NamedTuple):
    """What a gatherer's database says of it; without `beat_at` it never said that it lives."""

    epoch: UUID
    beat_at: datetime | None
    age_seconds: float | None
    status: Any


class Pulse:
    """Keeps a connection to one gatherer for its heartbeat."""

    def __init__(self, gatherer: Gatherer, seconds_max: float) -> None:
        """Prepare to read; a gatherer that takes longer than `seconds_max` is away."""
        self.gatherer_id = gatherer.id
        self._conninfo = gatherer.kalshi_ts.conninfo
        self._seconds_max = seconds_max
        self._connection: Connection | None = None

    def read(self) -> Heartbeat | None:
        """Return what the database says, None where it is away."""
        try:
            if self._connection is None:
                self._connection = connect(
                    self._conninfo, application_name="deduplicator", statement_seconds_max=self._seconds_max
                )
            row = self._connection.execute(query("capture/status/read_heartbeat")).fetchone()
        except psycopg.Error:
            self.close()
            return None
        return Heartbeat(*row) if row else None

    def close(self) -> None:
        """Close the connection; the next read() makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Heartbeats:
    """Reads all gatherers at once for as long as it is not told to stop."""

    def __init__(self, settings: DeduplicatorSettings, stop: threading.Event) -> None:
        """Prepare to read; run() does it."""
        self._settings = settings.merging
        self._conninfo = settings.production.runtime.conninfo
        self._stop = stop
        self._pulses = [Pulse(gatherer, self._settings.gatherer_seconds_max) for gatherer in settings.gatherers]
        self._pool = GathererPool(self._pulses, "heartbeats")

    def wait(self) -> bool:
        """Wait until one gatherer is alive; False where it was told to stop first."""
        told = False
        while not self._stop.is_set():
            if any(self.is_alive(beat) for beat in self.read().values()):
                return True
            if not told:
                limit = self._settings.heartbeat_seconds_max
                log.warning("waiting for a gatherer whose heartbeat is fresh", seconds_max=limit)
            told = True
            self._stop.wait(self._settings.heartbeat_seconds)
        return False

    def is_alive(self, beat: Heartbeat) -> bool:
        """Whether it beat a moment ago by its own clock; one that never did is new and waits for nothing."""
        return beat.age_seconds is None or beat.age_seconds <= self._settings.heartbeat_seconds_max

    def run(self) -> None:
        """Keep what is read in production until stop; whatever fails is tried again."""
        attempt = 0
        while not self._stop.is_set():
            try:
                with connect(self._conninfo, application_name="deduplicator") as production:
                    while not self._stop.wait(self._settings.heartbeat_seconds):
                        self.record(production)
                        attempt = 0
            except psycopg.OperationalError as error:
                attempt += 1
                log.warning("heartbeats cannot be kept, trying again", error=str(error).strip())
                self._stop.wait(delay_seconds(attempt, random.uniform, RETRY_SECONDS_MAX))
        self.close()

    def record(self, production: Connection) -> None:
        """Read once and keep what came.

        Raises:
            psycopg.OperationalError: production is away.
        """
        for gatherer_id, beat in self.read().items():
            if beat.beat_at is not None:
                kept = {"gatherer_id": gatherer_id, "epoch": beat.epoch, "beat_at": beat.beat_at}
                production.execute(query("production/status/record_heartbeat"), {**kept, "status": Jsonb(beat.status)})

    def read(self) -> dict[int, Heartbeat]:
        """Return what the gatherers that answered in time say, by their number."""
        for pulse in self._pulses:
            self._pool.start(pulse, pulse.read)
        found = self._pool.results(time.monotonic() + self._settings.gatherer_seconds_max)
        return {pulse.gatherer_id: beat for pulse, beat in found}

    def close(self) -> None:
        """Let go of the gatherers."""
        self._pool.close()
        for pulse in self._pulses:
            pulse.close()
