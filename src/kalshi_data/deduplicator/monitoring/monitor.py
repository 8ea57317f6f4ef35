"""Measures production and all gatherers every few seconds beside the merge, and records the results in production."""

import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.deduplicator.gatherer_pool import GathererPool
from kalshi_data.deduplicator.monitoring.health_rules import evaluate
from kalshi_data.deduplicator.monitoring.measurements import (
    Backups,
    LineCounts,
    Liveness,
    Measurements,
    MergedRows,
    OpenMerge,
    Packing,
    StreamKey,
)
from kalshi_data.deduplicator.monitoring.probe import GathererProbe, ProbeResult
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.service.growth import Growth
from kalshi_data.service.health import HealthReport
from kalshi_data.service.periodic import PeriodicThread
from kalshi_data.shard import Shard
from kalshi_data.streams import STREAMS
from kalshi_data.version import read_release

log = structlog.get_logger()

APPLICATION_NAME = "deduplicator monitor"
# Counting the rows that wait takes long if there are many.
STATEMENT_SECONDS_MAX = 5.0
STOP_SECONDS_MAX = 10.0
# The lag of packing is counted in hours, and costs more to read the more partitions there are.
PACKING_SECONDS = 30.0


class Monitor:
    """Measures production and all gatherers in its own thread."""

    def __init__(self, settings: DeduplicatorSettings, state: State, shard: Shard) -> None:
        """Prepare to measure; start() does it."""
        self.measurements = Measurements()
        self._settings = settings
        self._state = state
        self._shard = str(shard)
        self._probes = [
            GathererProbe(gatherer, settings.merging, APPLICATION_NAME, STATEMENT_SECONDS_MAX)
            for gatherer in settings.gatherers
        ]
        self._pool = GathererPool(self._probes, "monitor")
        self._lag_errors: Mapping[StreamKey, str] = {}
        self._results: dict[int, tuple[float, ProbeResult]] = {}
        self._production = ReconnectingConnection(
            settings.production.runtime.conninfo,
            application_name=APPLICATION_NAME,
            statement_seconds_max=STATEMENT_SECONDS_MAX,
        )
        self._measured_at_seconds = 0.0
        self._packing_at_seconds = -math.inf
        self._last_state = "stopped"
        self.measured_at = time.monotonic()
        self._thread = PeriodicThread("monitor", self.measure, lambda: settings.health.report_seconds, self._end)

    def start(self) -> None:
        """Measure now and then every few seconds."""
        self._thread.start()

    def stop(self, state: str) -> None:
        """Record in production that this deduplicator stopped or failed, and close the connections."""
        self._last_state = state
        self._thread.stop(STOP_SECONDS_MAX)

    def health(self) -> HealthReport:
        """Return the health of the deduplicator now."""
        return evaluate(self.measurements, self._state, self._settings, time.monotonic())

    def measure(self, state: str = "running") -> None:
        """Measure everything once; a database that does not answer is reported, and tried again next time."""
        self.measured_at = time.monotonic()
        positions: Sequence[tuple[Any, ...]] = ()
        try:
            with self._production.use() as production:
                positions = self._read_production(production)
        except psycopg.Error as error:
            self._note_failure(error)
        self._probe_gatherers(positions)
        if self._production.is_open:
            try:
                with self._production.use() as production:
                    self._record(production, state)
            except psycopg.Error as error:
                self._note_failure(error)

    def _end(self) -> None:
        self.measure(self._last_state)
        self.close()

    def close(self) -> None:
        """Close the connections to all databases."""
        self._production.close()
        self._pool.close()
        for probe in self._probes:
            probe.close()

    def _read_production(self, production: Connection) -> Sequence[tuple[Any, ...]]:
        """Read all positions from production, which also shows whether production answers and how fast."""
        started_at = time.monotonic()
        rows = production.execute(query("production/status/read_positions"), {"shard": self._shard}).fetchall()
        age = production.execute(query("production/status/read_transaction_age")).fetchone()
        self.measurements.production_transaction_age = int(age[0]) if age else 0
        merge = production.execute(query("production/status/read_oldest_merge")).fetchone()
        self.measurements.oldest_merge = OpenMerge(*merge) if merge else None
        backups = production.execute(query("production/status/read_backups")).fetchone()
        self.measurements.backups = Backups(*backups) if backups else None
        counts = production.execute(query("production/status/read_line_counts")).fetchone()
        self.measurements.line_counts = LineCounts(*counts) if counts else LineCounts()
        self.measurements.packing = self._read_packing(production)
        self._read_growth(production)
        measurements, now = self.measurements, time.monotonic()
        measurements.production_at_seconds, measurements.production_ping_seconds = now, now - started_at
        measurements.production_failure = ""
        before, seconds = measurements.merged, now - self._measured_at_seconds
        self._measured_at_seconds = now
        measurements.merged = _sum_by_stream(rows)
        measurements.rates = {
            key: (merged.polled - before[key].polled) / seconds
            for key, merged in measurements.merged.items()
            if key in before
        }
        return rows

    def _read_packing(self, production: Connection) -> Packing:
        """Return how far packing has come, read twice a minute; nothing is due if it is not enabled."""
        now = time.monotonic()
        if not self._settings.packing.enabled or now - self._packing_at_seconds < PACKING_SECONDS:
            return self.measurements.packing
        self._packing_at_seconds = now
        asked = self._settings.packing_condition
        rows = production.execute(query("production/status/read_packing"), asked).fetchall()
        due = max((seconds for _, _, seconds, *_ in rows), default=0.0)
        failure = next((row[6] for row in rows if row[6]), "")
        return Packing(
            sum(row[1] for row in rows), due, sum(row[3] for row in rows), sum(row[5] for row in rows), failure
        )

    def _read_growth(self, production: Connection) -> None:
        """Read how fast production grows, and let nothing be merged if it is far too large."""
        retention = self._settings.retention
        row = production.execute(query("production/status/read_growth")).fetchone()
        growth = Growth.of(row).toward(retention.bytes_max)
        self.measurements.growth, self.measurements.full_in_days = growth, growth.days_left(retention.bytes_max)
        self._state.space.full = retention.why_full(growth.database_bytes)

    def _probe_gatherers(self, positions: Sequence[tuple[Any, ...]]) -> None:
        """Probe all gatherers at once; a gatherer that does not answer in time counts as not alive."""
        by_gatherer: defaultdict[int, dict[tuple[UUID, str], str]] = defaultdict(dict)
        for gatherer_id, epoch, stream, ingest_xid, *_ in positions:
            by_gatherer[gatherer_id][epoch, stream] = ingest_xid
        for stream, state in self._state.streams.items():
            for (gatherer_id, epoch), position in state.positions.items():
                recorded = by_gatherer[gatherer_id].get((epoch, stream), "0")
                by_gatherer[gatherer_id][epoch, stream] = max(recorded, position, key=int)
        for probe in self._probes:
            self._pool.start(probe, probe.measure, by_gatherer[probe.gatherer_id])
        now = time.monotonic()
        for probe, result in self._pool.results(now + self._settings.merging.gatherer_seconds_max):
            self._results[probe.gatherer_id] = (now, result)
        # A gatherer that is busy counting keeps its last result for a while.
        oldest = now - self._settings.health.silence_seconds_max
        late = (now, ProbeResult(Liveness(problem="does not answer in time"), {}, {}))
        last = {probe.gatherer_id: self._results.get(probe.gatherer_id, late) for probe in self._probes}
        results = {number: result if at > oldest else late[1] for number, (at, result) in last.items()}
        self.measurements.gatherers = {number: result.liveness for number, result in results.items()}
        self.measurements.lags = {(n, stream): lag for n, each in results.items() for stream, lag in each.lags.items()}
        self._lag_errors = {(n, stream): text for n, each in results.items() for stream, text in each.errors.items()}

    def _record(self, production: Connection, state: str) -> None:
        """Record the measurements in production, where the status command reads them."""
        lags = {"shard": self._shard, "lags": Jsonb(self._lags())}
        status = {
            "state": state,
            "version": read_release().version,
            "started_at": datetime.fromtimestamp(self.measurements.started_at_seconds, UTC).isoformat(),
            "gatherers": len(self._probes),
            "health": self.health().document(),
        }
        beat = {"shard": self._shard, "status": Jsonb(status)}
        # At one time, since a lag that is as before counts as measured with the beat.
        with production.transaction():
            production.execute(query("production/status/record_lags"), lags)
            production.execute(query("production/status/record_deduplicator"), beat)

    def _lags(self) -> list[dict[str, Any]]:
        measurements = self.measurements
        rows: list[dict[str, Any]] = []
        for stream in STREAMS:
            errors = self._errors(stream.name)
            for number, liveness in measurements.gatherers.items():
                lag = measurements.lags.get((number, stream.name))
                measured = {
                    "rows_waiting": lag.rows,
                    "lag_seconds": lag.seconds,
                    "rows_held": lag.held_rows,
                    "cause": lag.cause,
                } if lag else {}  # fmt: skip
                error = errors.get(number) or self._lag_errors.get((number, stream.name)) or liveness.problem
                rate = measurements.rates.get((number, stream.name))
                key = {"gatherer_id": number, "stream": stream.name}
                rows.append({**key, **measured, "rows_per_second": rate, "error": error})
        return rows

    def _errors(self, stream: str) -> Mapping[int, str | None]:
        """Return the errors of the merge of a stream, by gatherer."""
        state = self._state.streams.get(stream)
        if state is None:
            return {}
        return {number: state.error or error for number, error in state.gatherer_errors.items()}

    def _note_failure(self, error: psycopg.Error) -> None:
        self.measurements.production_failure = str(error).strip().partition("\n")[0] or type(error).__name__


def _sum_by_stream(rows: Sequence[tuple[Any, ...]]) -> dict[StreamKey, MergedRows]:
    """Return the sum over the cursors of all epochs."""
    merged: dict[StreamKey, MergedRows] = {}
    for gatherer_id, _, stream, _, *counts, updated_at in rows:
        before = merged.get((gatherer_id, stream), MergedRows())
        polled, new, duplicate, rejected = (old + more for old, more in zip(before, counts, strict=False))
        at_seconds = max(before.merged_at_seconds, updated_at.timestamp())
        merged[gatherer_id, stream] = MergedRows(int(polled), int(new), int(duplicate), int(rejected), at_seconds)
    return merged
