"""What a deduplicator measures as Prometheus metrics."""

import time
from collections.abc import Iterable, Mapping

from prometheus_client.core import Metric

from kalshi_data.archive.progress import ArchiveState
from kalshi_data.deduplicator.monitoring.measurements import Measurements, StreamKey
from kalshi_data.deduplicator.state import State
from kalshi_data.service.health import HealthReport
from kalshi_data.service.metrics import counter, gauge, histograms
from kalshi_data.version import read_release

PREFIX = "kalshi_deduplicator_"
PLACE = ("gatherer", "stream")
COUNTS = {
    "polled": "Rows polled from gatherers.",
    "new": "Rows that a gatherer was the first to bring.",
    "duplicate": "Rows that production held already.",
    "rejected": "Rows that production refuses.",
}


def read_metrics(measurements: Measurements, state: State, health: HealthReport) -> Iterable[Metric]:
    """Yield all that is measured, as it is now."""
    yield gauge(f"{PREFIX}build_info", "The version that runs.", {read_release().version: 1}, "version")
    yield gauge(f"{PREFIX}health", "0 healthy, 1 degraded, 2 unhealthy.", health.severity)
    yield gauge(f"{PREFIX}start_timestamp_seconds", "When this process started.", measurements.started_at_seconds)
    yield from _production(measurements)
    yield from _merged(measurements)
    yield from _lags(measurements)
    alive = {number: life.trouble is None for number, life in measurements.gatherers.items()}
    yield gauge(f"{PREFIX}gatherer_alive", "1 where a gatherer answers and its heartbeat is fresh.", alive, "gatherer")
    beats = {number: life.beat_at.timestamp() for number, life in measurements.gatherers.items() if life.beat_at}
    yield gauge(f"{PREFIX}gatherer_heartbeat_timestamp_seconds", "A gatherer's last heartbeat.", beats, "gatherer")
    streams = state.streams.copy()
    failing = {name: stream.error is not None for name, stream in streams.items()}
    yield gauge(f"{PREFIX}stream_failing", "1 while a stream cannot be merged.", failing, "stream")
    ticks = {name: stream.tick_delays for name, stream in streams.items()}
    yield histograms(f"{PREFIX}tick_seconds", "How long it took to poll all gatherers and merge.", ticks, "stream")
    yield from _archive(state.archive)


def _production(measurements: Measurements) -> Iterable[Metric]:
    yield gauge(f"{PREFIX}production_up", "1 while production answers.", not measurements.production_failure)
    ping = measurements.production_ping_seconds
    yield gauge(f"{PREFIX}production_ping_seconds", "How long production's last answer took.", ping)
    age = time.monotonic() - measurements.production_at_seconds
    yield gauge(f"{PREFIX}production_silence_seconds", "How long ago production last answered.", age)


def _merged(measurements: Measurements) -> Iterable[Metric]:
    for name, meaning in COUNTS.items():
        values = _by_place({place: getattr(merged, name) for place, merged in measurements.merged.items()})
        yield counter(f"{PREFIX}rows_{name}", meaning, values, PLACE)
    moved = _by_place({place: merged.merged_at_seconds for place, merged in measurements.merged.items()})
    yield gauge(f"{PREFIX}cursor_timestamp_seconds", "When a cursor last moved, by production's clock.", moved, PLACE)


def _lags(measurements: Measurements) -> Iterable[Metric]:
    lags = measurements.lags
    rows = _by_place({place: lag.rows for place, lag in lags.items()})
    yield gauge(f"{PREFIX}lag_rows", "Rows a gatherer holds and production does not, up to a million.", rows, PLACE)
    seconds = _by_place({place: lag.seconds for place, lag in lags.items()})
    yield gauge(f"{PREFIX}lag_seconds", "For how long the oldest of them has waited.", seconds, PLACE)
    held = _by_place({place: lag.held_rows for place, lag in lags.items()})
    yield gauge(f"{PREFIX}held_rows", "Those that an open transaction on the gatherer holds back.", held, PLACE)


def _archive(archive: ArchiveState) -> Iterable[Metric]:
    name = f"{PREFIX}archive"
    yield gauge(f"{name}_lag_seconds", "For how long the oldest hour that is due waits.", archive.due_seconds)
    due = {each.stream: each.hours_due for each in archive.progress}
    yield gauge(f"{name}_hours_due", "Hours to be written to the archive and read back.", due, "stream")
    verified = {each.stream: each.hours_verified for each in archive.progress}
    yield gauge(f"{name}_hours_verified", "Hours in the archive, read back.", verified, "stream")
    size = {each.stream: each.bytes for each in archive.progress}
    yield gauge(f"{name}_bytes", "Bytes in the archive.", size, "stream")
    yield counter(f"{name}_exports", "Hours written by this process.", archive.hours_exported)
    yield counter(f"{name}_rows", "Rows written by this process.", archive.rows_exported)
    yield counter(f"{name}_written_bytes", "Bytes written by this process.", archive.bytes_exported)
    yield counter(f"{name}_failures", "Hours this process could not write or read back.", archive.failures)


def _by_place(values: Mapping[StreamKey, float]) -> dict[tuple[str, ...], float]:
    return {(str(number), stream): value for (number, stream), value in values.items()}
