"""Measures, every few seconds and beside the merge, how the deduplicator is, and keeps that in production."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.monitoring.health_rules import evaluate
from kalshi_data.deduplicator.monitoring.measurements import Liveness, Measurements, MergedRows, StreamKey
from kalshi_data.deduplicator.monitoring.probe import ProbeResult, Watcher
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.deduplicator.streams import STREAMS
from kalshi_data.service.health import HealthReport
from kalshi_data.shard import Shard
from kalshi_data.version import read_release

log = structlog.get_logger()

STATEMENT_SECONDS_MAX = 5.0
STOP_SECONDS_MAX = 10.0


class Monitor:
    """Looks at production and at all gatherers from a thread of its own."""

    def __init__(self, settings: DeduplicatorSettings, state: State, shard: Shard) -> None:
        """Prepare; start() begins."""
        self.measurements = Measurements()
        self._settings = settings
        self._state = state
        self._shard = str(shard)
        self._watchers = [Watcher(gatherer, settings) for gatherer in settings.gatherers]
        self._pool = GathererPool(self._watchers, "monitor")
        self._seen: dict[int, tuple[float, ProbeResult]] = {}
        self._production: Connection | None = None
        self._looked_at_seconds = 0.0
        self._last_state = "stopped"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)

    def start(self) -> None:
        """Look at once and every few seconds."""
        self._thread.start()

    def stop(self, state: str) -> None:
        """Say in production that this deduplicator ended, stopped or failed, and let go of everything."""
        self._last_state = state
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS_MAX)

    def health(self) -> HealthReport:
        """Return how the deduplicator is now."""
        return evaluate(self.measurements, self._state, self._settings, time.monotonic())

    def look(self, state: str = "running") -> None:
        """Measure everything once; a database that is away is told, and tried again at the next look."""
        positions: Sequence[tuple[Any, ...]] = ()
        try:
            positions = self._read_production()
        except psycopg.Error as error:
            self._away(error)
        self._ask_gatherers(positions)
        if self._production is not None:
            try:
                self._record(self._production, state)
            except psycopg.Error as error:
                self._away(error)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._settings.health.report_seconds)
        self.look(self._last_state)
        self.close()

    def close(self) -> None:
        """Let go of all databases."""
        self._disconnect()
        self._pool.close()
        for watcher in self._watchers:
            watcher.close()

    def _read_production(self) -> Sequence[tuple[Any, ...]]:
        """Ask production for all positions, which also tells whether and how fast it answers."""
        conninfo = self._settings.production.runtime.conninfo
        self._production = self._production or connect(
            conninfo, application_name="deduplicator monitor", statement_seconds_max=STATEMENT_SECONDS_MAX
        )
        began = time.monotonic()
        rows = self._production.execute(query("production/status/read_positions"), {"shard": self._shard}).fetchall()
        measurements, now = self.measurements, time.monotonic()
        measurements.production_at_seconds, measurements.production_ping_seconds = now, now - began
        measurements.production_failure = ""
        before, seconds = measurements.merged, now - self._looked_at_seconds
        self._looked_at_seconds = now
        measurements.merged = _add_up(rows)
        measurements.rates = {
            place: (merged.polled - before[place].polled) / seconds
            for place, merged in measurements.merged.items()
            if place in before
        }
        return rows

    def _ask_gatherers(self, positions: Sequence[tuple[Any, ...]]) -> None:
        """Ask all gatherers at once; one that does not answer in time is away."""
        by_gatherer: defaultdict[int, dict[tuple[UUID, str], str]] = defaultdict(dict)
        for gatherer_id, epoch, stream, ingest_xid, *_ in positions:
            by_gatherer[gatherer_id][epoch, stream] = ingest_xid
        for watcher in self._watchers:
            self._pool.start(watcher, watcher.look, by_gatherer[watcher.gatherer_id])
        now = time.monotonic()
        for watcher, answer in self._pool.results(now + self._settings.merging.gatherer_seconds_max):
            self._seen[watcher.gatherer_id] = (now, answer)
        # One that is busy counting keeps what it said last, for a while.
        oldest = now - self._settings.health.silence_seconds_max
        late = (now, ProbeResult(Liveness(trouble="does not answer in time"), {}))
        answers = {watcher.gatherer_id: self._seen.get(watcher.gatherer_id, late) for watcher in self._watchers}
        seen = {number: answer if at > oldest else late[1] for number, (at, answer) in answers.items()}
        self.measurements.gatherers = {number: each.life for number, each in seen.items()}
        self.measurements.lags = {
            (n, stream): behind for n, each in seen.items() for stream, behind in each.lags.items()
        }

    def _record(self, production: Connection, state: str) -> None:
        """Keep what was measured where deduplicator status reads it."""
        production.execute(query("production/status/record_lags"), {"shard": self._shard, "lags": Jsonb(self._lags())})
        status = {
            "state": state,
            "version": read_release().version,
            "started_at": datetime.fromtimestamp(self.measurements.started_at_seconds, UTC).isoformat(),
            "gatherers": len(self._watchers),
            "health": self.health().document(),
        }
        production.execute(
            query("production/status/record_deduplicator"), {"shard": self._shard, "status": Jsonb(status)}
        )

    def _lags(self) -> list[dict[str, Any]]:
        measurements = self.measurements
        rows: list[dict[str, Any]] = []
        for stream in STREAMS:
            errors = self._errors(stream.name)
            for number, life in measurements.gatherers.items():
                place = (number, stream.name)
                behind = measurements.lags.get(place)
                measured = {
                    "rows_waiting": behind.rows,
                    "lag_seconds": behind.seconds,
                    "rows_held": behind.held_rows,
                    "cause": behind.cause,
                } if behind else {}  # fmt: skip
                error = errors.get(number) or life.trouble
                rate = measurements.rates.get(place)
                key = {"gatherer_id": number, "stream": stream.name}
                rows.append({**key, **measured, "rows_per_second": rate, "error": error})
        return rows

    def _errors(self, stream: str) -> Mapping[int, str | None]:
        """Return what the merge of a stream has to complain of, by gatherer."""
        state = self._state.streams.get(stream)
        if state is None:
            return {}
        return {number: state.error or error for number, error in state.gatherer_errors.items()}

    def _away(self, error: psycopg.Error) -> None:
        self._disconnect()
        self.measurements.production_failure = str(error).strip().partition("\n")[0] or type(error).__name__

    def _disconnect(self) -> None:
        if self._production is not None:
            self._production.close()
            self._production = None


def _add_up(rows: Sequence[tuple[Any, ...]]) -> dict[StreamKey, MergedRows]:
    """Add up the cursors of all epochs."""
    merged: dict[StreamKey, MergedRows] = {}
    for gatherer_id, _, stream, _, *counts, updated_at in rows:
        before = merged.get((gatherer_id, stream), MergedRows())
        polled, new, duplicate, rejected = (old + more for old, more in zip(before, counts, strict=False))
        at_seconds = max(before.merged_at_seconds, updated_at.timestamp())
        merged[gatherer_id, stream] = MergedRows(int(polled), int(new), int(duplicate), int(rejected), at_seconds)
    return merged
