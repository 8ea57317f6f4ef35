"""A deduplicator's measurements as Prometheus metrics."""

import time
from collections.abc import Iterable, Mapping

from prometheus_client.core import Metric

from kalshi_data.archive.progress import ArchiveState
from kalshi_data.deduplicator.monitoring.completeness_metrics import completeness_metrics
from kalshi_data.deduplicator.monitoring.measurements import Measurements, StreamKey
from kalshi_data.deduplicator.state import State
from kalshi_data.service.health import HealthReport
from kalshi_data.service.metrics import counter, gauge, histograms
from kalshi_data.version import read_release

PREFIX = "kalshi_deduplicator_"
STREAM_KEY = ("gatherer", "stream")
COUNTS = {
    "polled": "Rows polled from gatherers.",
    "new": "Rows that a gatherer delivered first.",
    "duplicate": "Rows that production already held.",
    "rejected": "Rows that production rejected.",
}


def read_metrics(measurements: Measurements, state: State, health: HealthReport) -> Iterable[Metric]:
    """Yield every metric with its current value."""
    yield gauge(f"{PREFIX}build_info", "The version of this process.", {read_release().version: 1}, "version")
    yield gauge(f"{PREFIX}health", "0 healthy, 1 degraded, 2 unhealthy.", health.severity)
    yield gauge(f"{PREFIX}start_timestamp_seconds", "When this process started.", measurements.started_at_seconds)
    yield from _production(measurements)
    yield from _growth(measurements)
    yield from _merged(measurements)
    yield from _lags(measurements)
    alive = {number: each.problem is None for number, each in measurements.gatherers.items()}
    yield gauge(f"{PREFIX}gatherer_alive", "1 if a gatherer answers and its heartbeat is fresh.", alive, "gatherer")
    beats = {number: each.beat_at.timestamp() for number, each in measurements.gatherers.items() if each.beat_at}
    yield gauge(
        f"{PREFIX}gatherer_heartbeat_timestamp_seconds", "When a gatherer last wrote its heartbeat.", beats, "gatherer"
    )
    streams = state.streams.copy()
    failing = {name: stream.error is not None or stream.has_no_gatherer for name, stream in streams.items()}
    yield gauge(f"{PREFIX}stream_failing", "1 while a stream cannot be merged.", failing, "stream")
    ticks = {name: stream.tick_delays for name, stream in streams.items()}
    yield histograms(f"{PREFIX}tick_seconds", "How long it took to poll all gatherers and merge.", ticks, "stream")
    tasks = {name: task.error is not None for name, task in state.tasks.items()}
    yield gauge(f"{PREFIX}task_failing", "1 while a task beside the streams fails.", tasks, "task")
    yield from _line_counts(measurements)
    yield from completeness_metrics(PREFIX, measurements)
    yield from _archive(state.archive)
    yield from _packing(measurements)
    name = f"{PREFIX}certificate_end_timestamp_seconds"
    yield gauge(name, "When the certificate of a database ends.", measurements.certificates, "database")


def _production(measurements: Measurements) -> Iterable[Metric]:
    yield gauge(f"{PREFIX}production_up", "1 while production answers.", not measurements.production_failure)
    ping = measurements.production_ping_seconds
    yield gauge(f"{PREFIX}production_ping_seconds", "How long production's last answer took.", ping)
    transactions = measurements.production_transaction_age
    meaning = "Transactions since the oldest one that production must remember; it stops at two thousand million."
    yield gauge(f"{PREFIX}production_transaction_age", meaning, transactions)
    backups = measurements.backups
    ages = {"any": backups.age_seconds, "full": backups.full_age_seconds} if backups else {}
    meaning = "How long ago the last backup of production was finished, by kind; absent if its host makes none."
    yield gauge(f"{PREFIX}production_backup_age_seconds", meaning, ages, "kind")
    meaning = "How long ago its write-ahead log last reached the backups, 0 unless that fails now."
    yield gauge(f"{PREFIX}production_archiving_failing_seconds", meaning, backups.failing_seconds if backups else 0)
    age = time.monotonic() - measurements.production_at_seconds
    yield gauge(f"{PREFIX}production_silence_seconds", "How long ago production last answered.", age)


def _growth(measurements: Measurements) -> Iterable[Metric]:
    growth, name = measurements.growth, f"{PREFIX}production"
    yield gauge(f"{name}_bytes", "Size of production, as last measured.", growth.database_bytes)
    yield gauge(f"{name}_kept_bytes", "What of it may not be dropped.", growth.kept_bytes)
    yield gauge(f"{name}_growth_bytes_per_day", "By how much that grew in the last day.", growth.bytes_per_day)
    meaning = "Days until production is full, at the rate of the last day; infinite if never."
    yield gauge(f"{name}_full_in_days", meaning, measurements.full_in_days)


def _merged(measurements: Measurements) -> Iterable[Metric]:
    for name, meaning in COUNTS.items():
        values = _by_stream({key: getattr(merged, name) for key, merged in measurements.merged.items()})
        yield counter(f"{PREFIX}rows_{name}", meaning, values, STREAM_KEY)
    merged_at = _by_stream({key: merged.merged_at_seconds for key, merged in measurements.merged.items()})
    yield gauge(
        f"{PREFIX}cursor_timestamp_seconds",
        "When a cursor last advanced, by production's clock.",
        merged_at,
        STREAM_KEY,
    )


def _lags(measurements: Measurements) -> Iterable[Metric]:
    lags = measurements.lags
    rows = _by_stream({key: lag.rows for key, lag in lags.items()})
    yield gauge(f"{PREFIX}lag_rows", "Rows a gatherer holds and production does not, up to 100,000.", rows, STREAM_KEY)
    seconds = _by_stream({key: lag.seconds for key, lag in lags.items()})
    yield gauge(f"{PREFIX}lag_seconds", "How long the oldest of these rows has waited.", seconds, STREAM_KEY)
    held = _by_stream({key: lag.held_rows for key, lag in lags.items()})
    yield gauge(f"{PREFIX}held_rows", "Rows that an open transaction on the gatherer holds back.", held, STREAM_KEY)


def _line_counts(measurements: Measurements) -> Iterable[Metric]:
    counts, name = measurements.line_counts, f"{PREFIX}line_counts"
    meaning = "Intervals proven by a connection for which production's changes are still to be counted."
    yield gauge(f"{name}_waiting", meaning, counts.waiting)
    meaning = "Those of the last day for which production holds another number than the connection received."
    yield gauge(f"{name}_disputed", meaning, counts.disputed)


def _archive(archive: ArchiveState) -> Iterable[Metric]:
    name = f"{PREFIX}archive"
    yield gauge(f"{name}_lag_seconds", "How long the oldest hour that is due has waited.", archive.due_seconds)
    hours = {(each.stream, state): count for each in archive.progress for state, count in each.hours.items()}
    meaning = (
        "Hours that were read back (verified), are due, failed the last time (failing), or are not due yet (open)."
    )
    yield gauge(f"{name}_hours", meaning, hours, ("stream", "state"))
    size = {each.stream: each.bytes for each in archive.progress}
    yield gauge(f"{name}_bytes", "Bytes in the archive.", size, "stream")
    yield counter(f"{name}_exports", "Hours written by this process.", archive.hours_exported)
    yield counter(f"{name}_rows", "Rows written by this process.", archive.rows_exported)
    yield counter(f"{name}_written_bytes", "Bytes written by this process.", archive.bytes_exported)
    yield counter(
        f"{name}_failures", "Failed attempts of this process to write an hour or read it back.", archive.failures
    )


def _packing(measurements: Measurements) -> Iterable[Metric]:
    packing, name = measurements.packing, f"{PREFIX}packing"
    yield gauge(f"{name}_lag_seconds", "How long the oldest hour has been due to be packed.", packing.due_seconds)
    yield gauge(f"{name}_hours_due", "Hours of streams that are due to be packed.", packing.hours_due)
    yield gauge(f"{name}_hours_packed", "Hours of streams that are packed.", packing.hours_packed)
    failing = "Hours of streams that could not be packed the last time."
    yield gauge(f"{name}_hours_failing", failing, packing.hours_failing)


def _by_stream(values: Mapping[StreamKey, float]) -> dict[tuple[str, ...], float]:
    return {(str(number), stream): value for (number, stream), value in values.items()}
