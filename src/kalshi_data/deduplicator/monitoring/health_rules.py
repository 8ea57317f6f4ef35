"""The rules by which a deduplicator is healthy, degraded or unhealthy."""

from collections.abc import Iterator

from kalshi_data.deduplicator.monitoring.backup_rules import backup_rules
from kalshi_data.deduplicator.monitoring.completeness_rules import completeness_rules
from kalshi_data.deduplicator.monitoring.measurements import Lag, Measurements
from kalshi_data.deduplicator.settings import DeduplicatorHealthSettings, DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.service.growth import full_reasons
from kalshi_data.service.health import HealthReport, Reason, Severity
from kalshi_data.streams import STREAMS

DEGRADED, UNHEALTHY = Severity.DEGRADED, Severity.UNHEALTHY
# PostgreSQL vacuums by itself at 200 million, and stops at 2,000 million.
TRANSACTION_AGE_MAX = 500_000_000
# A merge takes seconds. Upkeep does not pass what an open one may still write.
MERGE_SECONDS_MAX = 300.0


def evaluate(
    measurements: Measurements, state: State, settings: DeduplicatorSettings, monotonic_seconds: float
) -> HealthReport:
    """Return the health of a deduplicator, with the reasons."""
    rules = (
        _start(state),
        _production(measurements, settings.health, monotonic_seconds),
        _gatherers(measurements, len(settings.gatherers)),
        _lag(measurements, settings.health),
        _streams(state, settings.health, monotonic_seconds),
        _copies(measurements, state),
        _line_counts(measurements),
        *completeness_rules(measurements, settings.health),
        _tasks(state),
        _archive(state, settings.archive.late_seconds_max),
        _packing(measurements, settings.packing.late_seconds_max),
        _space(measurements, state, settings.health),
        backup_rules(measurements),
    )
    return HealthReport(tuple(reason for rule in rules for reason in rule))


def _start(state: State) -> Iterator[Reason]:
    if state.waiting_for:
        yield Reason(UNHEALTHY, "start", f"waiting for {state.waiting_for}")


def _production(
    measurements: Measurements, settings: DeduplicatorHealthSettings, monotonic_seconds: float
) -> Iterator[Reason]:
    age = monotonic_seconds - measurements.production_at_seconds
    if age > settings.silence_seconds_max:
        failure = measurements.production_failure or "no answer"
        yield Reason(UNHEALTHY, "production", f"production has not answered for {age:.0f} s: {failure}")
    elif measurements.production_failure:
        yield Reason(DEGRADED, "production", measurements.production_failure)
    if (transactions := measurements.production_transaction_age) > TRANSACTION_AGE_MAX:
        text = f"production must remember {transactions:,} transactions: look for old transactions and let it vacuum"
        yield Reason(DEGRADED, "production", text)
    if (merge := measurements.oldest_merge) and merge.seconds > MERGE_SECONDS_MAX:
        text = (
            f"upkeep waits for session {merge.pid} of production, whose transaction has been open for "
            f"{merge.seconds:.0f} s: if it does not end, end it with pg_terminate_backend({merge.pid})"
        )
        yield Reason(DEGRADED, "upkeep", text)


def _gatherers(measurements: Measurements, configured: int) -> Iterator[Reason]:
    problems = [f"gatherer {number}: {each.problem}" for number, each in measurements.gatherers.items() if each.problem]
    alive = len(measurements.gatherers) - len(problems)
    if alive < configured:
        text = "; ".join([f"{alive} of {configured} gatherers are alive", *problems])
        yield Reason(DEGRADED if alive else UNHEALTHY, "gatherers", text)


def _lag(measurements: Measurements, settings: DeduplicatorHealthSettings) -> Iterator[Reason]:
    """A stream is unhealthy only if every gatherer's copy lags: readers wait for the copy that lags least."""
    for stream in STREAMS:
        lags = {number: lag for (number, name), lag in measurements.lags.items() if name == stream.name}
        late = {number: lag for number, lag in lags.items() if lag.seconds >= settings.lag_seconds_max}
        if not late:
            continue
        least = min(lag.seconds for lag in lags.values())
        severity = UNHEALTHY if least >= settings.lag_seconds_unhealthy else DEGRADED
        yield Reason(severity, "lag", "; ".join(_describe(stream.name, number, lag) for number, lag in late.items()))


def _describe(stream: str, number: int, lag: Lag) -> str:
    cause = f", {lag.held_rows:,} of them held back: {lag.cause}" if lag.cause else ""
    return f"{stream} of gatherer {number} {lag.seconds:.0f} s and {lag.rows:,} rows behind{cause}"


def _streams(state: State, settings: DeduplicatorHealthSettings, monotonic_seconds: float) -> Iterator[Reason]:
    for name, stream in state.streams.copy().items():
        age = monotonic_seconds - stream.ticked_at
        if age > settings.lag_seconds_unhealthy:
            yield Reason(UNHEALTHY, "streams", f"{name} has not been merged for {age:.0f} s: {stream.error or '-'}")
        elif stream.error:
            yield Reason(DEGRADED, "streams", f"{name}: {stream.error}")


def _copies(measurements: Measurements, state: State) -> Iterator[Reason]:
    """A gatherer that lives, but has streams that cannot be read or merged."""
    streams = state.streams.copy()
    for number, liveness in measurements.gatherers.items():
        errors = {name: stream.gatherer_errors.get(number) for name, stream in streams.items() if not stream.error}
        failing = {name: error for name, error in errors.items() if error}
        if failing and liveness.problem is None:
            first, error = next(iter(failing.items()))
            more = f", and {len(failing) - 1} more streams" if len(failing) > 1 else ""
            yield Reason(DEGRADED, "streams", f"{first} of gatherer {number}{more}: {error}")


def _line_counts(measurements: Measurements) -> Iterator[Reason]:
    counts = measurements.line_counts
    if counts.disputed:
        text = (
            f"production holds another number of changes than a gatherer received in {counts.disputed:,} intervals of "
            f"the last day: deduplicator completeness --market {counts.disputed_ticker} --evidence shows some of them"
        )
        yield Reason(DEGRADED, "books", text)


def _tasks(state: State) -> Iterator[Reason]:
    for name, task in state.tasks.items():
        if task.error:
            yield Reason(DEGRADED, name, task.error)


def _archive(state: State, late_seconds_max: float) -> Iterator[Reason]:
    """The archive is never worse than degraded, since what waits for it is safe in production."""
    archive = state.archive
    if archive.error:
        yield Reason(DEGRADED, "archive", f"{archive.error}; deduplicator archive list shows each hour that fails")
    elif archive.due_seconds > late_seconds_max:
        text = (
            f"{archive.hours_due:,} hours wait for the archive, the oldest for {archive.due_seconds:.0f} s: see if "
            "a gatherer is away or behind (deduplicator status), or an hour fails (deduplicator archive list)"
        )
        yield Reason(DEGRADED, "archive", text)


def _packing(measurements: Measurements, late_seconds_max: float) -> Iterator[Reason]:
    """Packing is never worse than degraded, since readers see hours that are not packed, too."""
    packing = measurements.packing
    if packing.due_seconds > late_seconds_max:
        text = (
            f"{packing.hours_due:,} hours wait to be packed, the oldest for {packing.due_seconds:.0f} s: if upkeep has "
            "no error, raise rows_max in [packing]"
        )
        yield Reason(DEGRADED, "packing", text)
    if packing.hours_failing:
        text = (
            f"{packing.hours_failing:,} hours cannot be packed and are tried again later, in smaller steps; readers "
            f"see them, but they take more space: {packing.failure}"
        )
        yield Reason(DEGRADED, "packing", text)


def _space(measurements: Measurements, state: State, settings: DeduplicatorHealthSettings) -> Iterator[Reason]:
    if state.space.full:
        yield Reason(UNHEALTHY, "space", state.space.full)
        return
    remedy = "see whether the archive is late, or enlarge its storage and [retention] database_bytes_max"
    days, rate = measurements.full_in_days, measurements.growth.bytes_per_day
    yield from full_reasons(days, rate, settings, "production", remedy)
