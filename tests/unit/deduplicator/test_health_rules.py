"""The rules by which a deduplicator is healthy, degraded or unhealthy, and its measurements as metrics."""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from kalshi_data.archive.progress import StreamProgress
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.deduplicator.monitoring.health_rules import evaluate
from kalshi_data.deduplicator.monitoring.measurements import (
    Lag,
    LineCounts,
    Liveness,
    Measurements,
    MergedRows,
    OpenMerge,
    Packing,
    StreamKey,
)
from kalshi_data.deduplicator.monitoring.metrics import read_metrics
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import DISK_FULL_SECONDS, ProductionSpace, State, StreamState
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from kalshi_data.service.growth import Growth
from kalshi_data.service.health import HealthReport
from kalshi_data.streams import STREAMS

PLACE = {"conninfo": "dbname=kalshi"}
SETTINGS = msgspec.convert(
    {
        "production": {"runtime": PLACE, "owner": PLACE},
        "gatherers": [{"id": number, "kalshi_ts": PLACE, "kalshi_meta": PLACE} for number in (1, 2, 3)],
    },
    DeduplicatorSettings,
)
NOW = 1_000.0
BEAT_AT = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)


def measurements(lags: Mapping[StreamKey, float] | None = None, **changes: Any) -> Measurements:
    """Return the measurements of a healthy deduplicator, with changes."""
    made = Measurements()
    made.production_at_seconds = NOW - 1
    made.gatherers = {number: Liveness(BEAT_AT) for number in (1, 2, 3)}
    made.lags = {(number, stream.name): Lag(10, 0.1) for number in (1, 2, 3) for stream in STREAMS}
    made.lags |= {key: Lag(9_000, seconds) for key, seconds in (lags or {}).items()}
    for name, value in changes.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def state(waiting_for: str | None = None, **changes: Any) -> State:
    made = State()
    made.waiting_for = waiting_for
    for stream in STREAMS:
        made.streams[stream.name] = StreamState((1, 2, 3))
        made.streams[stream.name].ticked(0.05, 10, False, {})
        made.streams[stream.name].ticked_at = NOW - 1
    for name, value in changes.items():
        setattr(made.streams["trades"], name, value)
    return made


def health_of(measured: Measurements, known: State | None = None) -> tuple[str, list[str]]:
    found = evaluate(measured, known or state(), SETTINGS, NOW)
    return found.status, [reason.check for reason in found.reasons]


def test_a_running_deduplicator_is_healthy() -> None:
    assert health_of(measurements()) == ("healthy", [])


@pytest.mark.parametrize(("away", "status"), [((), "healthy"), ((1,), "degraded"), ((1, 2), "degraded")])
def test_a_missing_gatherer_is_degraded(away: tuple[int, ...], status: str) -> None:
    lives = {number: Liveness(BEAT_AT, "away" if number in away else None) for number in (1, 2, 3)}
    assert health_of(measurements(gatherers=lives))[0] == status


def test_no_live_gatherer_is_unhealthy_with_the_problem_of_each() -> None:
    lives = {1: Liveness(problem="no answer"), 2: Liveness(BEAT_AT, "stopped"), 3: Liveness(problem="no heartbeat yet")}
    found = evaluate(measurements(gatherers=lives, lags={}), state(), SETTINGS, NOW)
    assert found.status == "unhealthy"
    text = "0 of 3 gatherers are alive; gatherer 1: no answer; gatherer 2: stopped; gatherer 3: no heartbeat yet"
    assert [reason.text for reason in found.reasons] == [text]


@pytest.mark.parametrize(
    ("seconds", "status"), [(4.9, "healthy"), (5.0, "degraded"), (29.9, "degraded"), (30.0, "unhealthy")]
)
def test_lag_has_two_thresholds(seconds: float, status: str) -> None:
    late = {(number, "trades"): seconds for number in (1, 2, 3)}
    assert health_of(measurements(late))[0] == status


@pytest.mark.parametrize("seconds", [6.0, 3_600.0])
def test_a_late_gatherer_is_only_degraded_while_another_is_not_late(seconds: float) -> None:
    assert health_of(measurements({(2, "orderbook_deltas"): seconds})) == ("degraded", ["lag"])


def test_lag_is_reported_with_its_cause() -> None:
    made = measurements()
    made.lags = {(2, "trades"): Lag(9_000, 12.0, 8_000, "transaction 7 is open: process 5 of gatherer, psql")}
    (reason,) = evaluate(made, state(), SETTINGS, NOW).reasons
    assert reason.text == (
        "trades of gatherer 2 12 s and 9,000 rows behind,"
        " 8,000 of them held back: transaction 7 is open: process 5 of gatherer, psql"
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"production_failure": "connection refused"}, "degraded"),
        ({"production_at_seconds": NOW - 11}, "unhealthy"),
        ({"production_at_seconds": NOW - 11, "production_failure": "connection refused"}, "unhealthy"),
    ],
)
def test_production_that_does_not_answer_is_reported(changes: dict[str, Any], status: str) -> None:
    assert health_of(measurements(**changes)) == (status, ["production"])


@pytest.mark.parametrize(("seconds", "checks"), [(299.0, []), (301.0, ["upkeep"])])
def test_a_merge_that_upkeep_waits_for_is_reported(seconds: float, checks: list[str]) -> None:
    made = measurements(oldest_merge=OpenMerge(7, seconds))
    assert health_of(made) == ("degraded" if checks else "healthy", checks)
    assert all("session 7" in reason.text for reason in evaluate(made, state(), SETTINGS, NOW).reasons)


def test_changes_that_a_gatherer_received_in_another_number_are_reported() -> None:
    assert health_of(measurements(line_counts=LineCounts(waiting=5_000))) == ("healthy", [])
    made = measurements(line_counts=LineCounts(5_000, 2, "KXA-1"))
    assert health_of(made) == ("degraded", ["books"])
    (reason,) = evaluate(made, state(), SETTINGS, NOW).reasons
    assert "completeness --market KXA-1 --evidence" in reason.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"error": "another deduplicator merges this stream"}, "degraded"),
        ({"ticked_at": NOW - 31}, "unhealthy"),
        ({"ticked_at": NOW - 31, "error": "deadlock detected"}, "unhealthy"),
    ],
)
def test_a_stream_that_is_not_merged_is_reported(changes: dict[str, Any], status: str) -> None:
    assert health_of(measurements(), state(**changes)) == (status, ["streams"])


@pytest.mark.parametrize("waiting_for", ["production", "a gatherer"])
def test_what_it_waits_for_is_reported(waiting_for: str) -> None:
    found = evaluate(measurements(), state(waiting_for), SETTINGS, NOW)
    assert found.status == "unhealthy"
    assert [reason.text for reason in found.reasons] == [f"waiting for {waiting_for}"]


def test_measurements_are_exported_as_metrics() -> None:
    made = measurements({(2, "trades"): 12.5})
    made.merged = {(2, "trades"): MergedRows(100, 60, 30, 10, 1_000_000.0)}
    made.line_counts = LineCounts(7, 2, "KXA-1")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in read_metrics(made, state(), HealthReport())
        for sample in metric.samples
    }
    for name, value in (("polled", 100), ("new", 60), ("duplicate", 30), ("rejected", 10)):
        assert samples[f"kalshi_deduplicator_rows_{name}_total", "2", "trades"] == value
    assert samples["kalshi_deduplicator_lag_seconds", "2", "trades"] == 12.5
    assert samples["kalshi_deduplicator_lag_rows", "2", "trades"] == 9_000
    assert samples["kalshi_deduplicator_held_rows", "2", "trades"] == 0
    assert samples["kalshi_deduplicator_cursor_timestamp_seconds", "2", "trades"] == 1_000_000
    assert samples["kalshi_deduplicator_tick_seconds_count", "trades"] == 1
    assert samples["kalshi_deduplicator_tick_seconds_bucket", "trades", "0.05"] == 1
    assert samples["kalshi_deduplicator_production_up",] == 1
    assert samples["kalshi_deduplicator_gatherer_alive", "3"] == 1
    assert samples["kalshi_deduplicator_gatherer_heartbeat_timestamp_seconds", "3"] == BEAT_AT.timestamp()
    assert samples["kalshi_deduplicator_stream_failing", "trades"] == 0
    assert samples["kalshi_deduplicator_line_counts_waiting",] == 7
    assert samples["kalshi_deduplicator_line_counts_disputed",] == 2


def waiting(seconds: float) -> StreamProgress:
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    return StreamProgress("trades", 7, 3, since, 500, None, None, hours_failing=1, hours_open=4)


@pytest.mark.parametrize(("days", "checks"), [(30.5, []), (29.5, ["certificate"]), (-1.0, ["certificate"])])
def test_a_certificate_that_ends_is_reported(days: float, checks: list[str]) -> None:
    made = measurements(certificates={"production": time.time() + days * 86_400})
    assert health_of(made) == ("degraded" if checks else "healthy", checks)
    reasons = evaluate(made, state(), SETTINGS, NOW).reasons
    assert all(f"the certificate of production ends in {days:.1f} days" in reason.text for reason in reasons)


@pytest.mark.parametrize(("seconds", "status"), [(7_000, "healthy"), (7_300, "degraded")])
def test_hours_that_wait_too_long_for_the_archive_are_reported(seconds: float, status: str) -> None:
    known = state()
    known.archive.progress = [waiting(seconds)]
    found = evaluate(measurements(), known, SETTINGS, NOW)
    assert found.status == status
    assert all("3 hours wait for the archive, the oldest for 73" in reason.text for reason in found.reasons)


def test_an_archive_that_fails_is_degraded_with_its_error() -> None:
    known = state()
    known.archive.failed("s3://archive: there is no such bucket")
    assert health_of(measurements(), known) == ("degraded", ["archive"])


@pytest.mark.parametrize(("seconds", "status"), [(21_000.0, "healthy"), (22_000.0, "degraded")])
def test_hours_that_wait_too_long_to_be_packed_are_reported(seconds: float, status: str) -> None:
    found = evaluate(measurements(packing=Packing(7, seconds)), state(), SETTINGS, NOW)
    assert found.status == status
    assert all("7 hours wait to be packed, the oldest for 22000 s" in reason.text for reason in found.reasons)


def test_hours_that_cannot_be_packed_are_reported_with_the_reason_of_one() -> None:
    packing = Packing(hours_failing=2, failure="tickers of 2026-11-01 10:00: a document is too large")
    found = evaluate(measurements(packing=packing), state(), SETTINGS, NOW)
    assert found.status == "degraded"
    (reason,) = found.reasons
    assert "2 hours cannot be packed" in reason.text
    assert "tickers of 2026-11-01 10:00: a document is too large" in reason.text


@pytest.mark.parametrize(
    ("days", "status"), [(math.inf, "healthy"), (7.5, "healthy"), (6.5, "degraded"), (0.5, "unhealthy")]
)
def test_production_reports_when_it_will_be_full(days: float, status: str) -> None:
    made = measurements(full_in_days=days, growth=Growth(400, 300, 20e9))
    assert health_of(made) == (status, [] if status == "healthy" else ["space"])
    text = f"production is full in {days:.1f} days at the present rate, 20.0 GB a day: see whether the archive is late"
    assert all(reason.text.startswith(text) for reason in evaluate(made, state(), SETTINGS, NOW).reasons)


def test_a_production_that_is_full_is_unhealthy() -> None:
    known = state()
    known.space.full = "production exceeds its bound"
    assert health_of(measurements(), known) == ("unhealthy", ["space"])


@pytest.mark.parametrize(("size", "is_full"), [(0, False), (100, False), (110, False), (111, True)])
def test_production_is_full_a_tenth_above_its_bound(size: int, is_full: bool) -> None:
    assert bool(ProductionRetentionSettings(database_bytes_max=100).why_full(size)) == is_full
    assert not ProductionRetentionSettings().why_full(size)


def test_a_full_disk_is_remembered_until_space_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    space = ProductionSpace()
    space.failed(psycopg.errors.DeadlockDetected())
    assert not space.is_disk_full
    space.failed(psycopg.errors.DiskFull())
    assert space.is_disk_full
    space.freed()
    assert not space.is_disk_full
    space.failed(psycopg.errors.DiskFull())
    later = time.monotonic() + DISK_FULL_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not space.is_disk_full


def test_growth_has_metrics() -> None:
    made = measurements(full_in_days=6.5, growth=Growth(400, 300, 20e9))
    samples = {
        sample.name.removeprefix("kalshi_deduplicator_production_"): sample.value
        for metric in read_metrics(made, state(), HealthReport())
        for sample in metric.samples
    }
    wanted = {"bytes": 400, "kept_bytes": 300, "growth_bytes_per_day": 20e9, "full_in_days": 6.5}
    assert {name: samples[name] for name in wanted} == wanted


def test_packing_has_metrics() -> None:
    samples = {
        sample.name.removeprefix("kalshi_deduplicator_packing_"): sample.value
        for metric in read_metrics(measurements(packing=Packing(7, 60.5, 40, 2)), state(), HealthReport())
        for sample in metric.samples
        if "packing" in sample.name
    }
    assert samples == {"hours_due": 7, "lag_seconds": 60.5, "hours_packed": 40, "hours_failing": 2}


def test_the_archive_has_metrics() -> None:
    known = state()
    known.archive.progress = [waiting(60)]
    known.archive.exported(10, 400)
    known.archive.failed("no")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in read_metrics(measurements(), known, HealthReport())
        for sample in metric.samples
        if "archive" in sample.name
    }
    prefix = "kalshi_deduplicator_archive"
    assert 60 <= samples.pop((f"{prefix}_lag_seconds",)) < 120
    assert samples == {
        (f"{prefix}_hours", "trades", "verified"): 7,
        (f"{prefix}_hours", "trades", "due"): 2,
        (f"{prefix}_hours", "trades", "failing"): 1,
        (f"{prefix}_hours", "trades", "open"): 4,
        (f"{prefix}_bytes", "trades"): 500,
        (f"{prefix}_exports_total",): 1,
        (f"{prefix}_rows_total",): 10,
        (f"{prefix}_written_bytes_total",): 400,
        (f"{prefix}_failures_total",): 1,
    }


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"target": "archive"}, "neither s3://BUCKET nor file:///FOLDER"),
        ({"target": "s3://archive/parquet"}, "folders go to prefix"),
        ({"target": "file://relative"}, "neither"),
        ({"target": "s3://archive", "prefix": "parquet"}, "has to end with a slash"),
        ({"part_bytes": 1000}, "5242880"),
    ],
)
def test_archive_settings_that_cannot_be_used_are_refused(section: dict[str, Any], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(section, ArchiveSettings)
