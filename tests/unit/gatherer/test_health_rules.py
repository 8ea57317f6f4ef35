"""The rules by which a gatherer is healthy, degraded or unhealthy, and its counters as metrics."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from prometheus_client.core import Metric

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import CLOCK_REFUSED, KEY_REFUSED
from kalshi_data.gatherer.monitoring.health_rules import SCHEDULE_UNKNOWN, evaluate, why_expected
from kalshi_data.gatherer.monitoring.heartbeat import Rates
from kalshi_data.gatherer.monitoring.metrics import read_metrics
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.health import HealthReport
from kalshi_data.service.histogram import Delays
from kalshi_data.settings import decode_path

PLACE = {"conninfo": "dbname=kalshi"}
SETTINGS = msgspec.convert(
    {
        "exchange": {
            "rest_url": "http://localhost",
            "websocket_url": "ws://localhost",
            "key_id": "",
            "private_key_file": "key.pem",
        },
        "databases": {"kalshi_ts": PLACE, "kalshi_meta": PLACE},
    },
    GathererSettings,
    dec_hook=decode_path,
)
NOW = datetime(2026, 11, 18, 17, 0, tzinfo=UTC).timestamp()
# Two hours of maintenance that the schedule lists.
WINDOW = tuple(datetime(2026, 11, 19, hour, 0, tzinfo=UTC).timestamp() for hour in (8, 10))
IN_MAINTENANCE = WINDOW[0] + 3_600
TURN = 1_000.0
EXPECTED = "(expected: the exchange's maintenance until 2026-11-19 10:00 UTC)"
HALTED = "trading is halted on shard 0"


def counters(now_seconds: float = NOW, **changes: Any) -> Counters:
    """Return those of a healthy gatherer, with changes."""
    made = Counters()
    made.started_at_seconds = now_seconds - 3_600
    made.heartbeat_at_seconds = made.last_frame_at_seconds = now_seconds - 0.5
    made.loop_at_seconds = TURN - 0.1
    made.connections_wanted = made.connections_up = 8
    made.markets_known = made.markets_wanted = made.markets_subscribed = 200
    made.exchange_status_at_seconds = made.exchange_schedule_at_seconds = now_seconds - 5
    made.maintenance_windows = [(WINDOW[0] - 604_800, WINDOW[1] - 604_800), (WINDOW[0], WINDOW[1])]
    made.log_free_bytes, made.log_reserve_bytes = 10 << 30, 2 << 30
    for name, value in changes.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def health_of(changes: Mapping[str, Any], now_seconds: float = NOW) -> tuple[str, list[str]]:
    found = evaluate(counters(now_seconds, **changes), SETTINGS, now_seconds, TURN)
    return found.status, [reason.check for reason in found.reasons]


def test_a_gatherer_at_work_is_healthy() -> None:
    assert health_of({}) == ("healthy", [])
    assert health_of({"markets_wanted": 90, "books_room": 100}) == ("healthy", [])


@pytest.mark.parametrize(
    ("changes", "status", "check"),
    [
        ({"loop_at_seconds": TURN - 6}, "unhealthy", "loop"),
        ({"heartbeat_failure": "connection refused"}, "degraded", "database"),
        ({"database_failure": "connection refused"}, "degraded", "database"),
        ({"heartbeat_at_seconds": NOW - 6}, "degraded", "database"),
        ({"heartbeat_at_seconds": NOW - 61, "heartbeat_failure": "refused"}, "unhealthy", "database"),
        ({"heartbeat_at_seconds": 0.0}, "unhealthy", "database"),
        ({"markets_known": 0}, "unhealthy", "markets"),
        ({"markets_known": 0, "started_at_seconds": NOW - 10}, "degraded", "markets"),
        ({"markets_unassigned": 12}, "degraded", "room"),
        ({"markets_wanted": 91, "books_room": 100}, "degraded", "room"),
        ({"key_excess": "the key may trade"}, "degraded", "key"),
        ({"connections_up": 7}, "degraded", "connections"),
        ({"connections_up": 4}, "degraded", "connections"),
        ({"connections_up": 3}, "unhealthy", "connections"),
        ({"connections_up": 0, "connections_wanted": 1}, "unhealthy", "connections"),
        ({"refused": {"books-1": "status 401"}}, "degraded", "refused"),
        ({"failing": {"books-1": "this program failed"}}, "degraded", "connections"),
        ({"refused_markets": {"KXA-1": "error 11, no"}}, "degraded", "refused"),
        ({"last_frame_at_seconds": NOW - 31}, "degraded", "feed"),
        ({"last_frame_at_seconds": NOW - 121}, "unhealthy", "feed"),
        ({"last_frame_at_seconds": 0.0}, "unhealthy", "feed"),
        ({"log_failure": "no space left on device"}, "unhealthy", "frame log"),
        ({"log_free_bytes": 1 << 30}, "degraded", "frame log"),
        ({"log_free_bytes": 0}, "degraded", "frame log"),
        ({"clock_difference_seconds": 5.5}, "degraded", "clock"),
        ({"clock_difference_seconds": -360.0}, "degraded", "clock"),
        ({"unknown_at": {"field fee of trade": TURN - 3_600}}, "degraded", "unknown"),
        ({"held_by": "the frame log is held by pid 7 on host"}, "unhealthy", "lock"),
        ({"failed_tasks": {"registry": "KeyError: 'x'"}}, "degraded", "task"),
        ({"writer_failure": "KeyError: 'x'"}, "degraded", "task"),
        ({"behind_frames": 100_001}, "degraded", "lag"),
        ({"rest_waits_until_seconds": NOW + 30, "rest_refusal": "GET /x: 429"}, "degraded", "rest"),
        ({"retention_failure": "a lock was not to be had"}, "degraded", "retention"),
        ({"unread_dropped_at_seconds": NOW - 3_600}, "degraded", "retention"),
        ({"full_in_days": 6.9, "growth_bytes_per_day": 1e9}, "degraded", "space"),
        ({"full_in_days": 0.9, "growth_bytes_per_day": 1e9}, "unhealthy", "space"),
    ],
)
def test_each_rule_has_its_severity(changes: dict[str, Any], status: str, check: str) -> None:
    assert health_of(changes) == (status, [check])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"connections_up": 0}, "healthy"),
        ({"last_frame_at_seconds": IN_MAINTENANCE - 3_600}, "healthy"),
        ({"markets_known": 0}, "healthy"),
        ({"connections_up": 0, "behind_frames": 100_001}, "degraded"),
        ({"log_failure": "no space left on device"}, "unhealthy"),
    ],
)
def test_maintenance_explains_disconnects_and_nothing_else(changes: dict[str, Any], status: str) -> None:
    found = evaluate(counters(IN_MAINTENANCE, **changes), SETTINGS, IN_MAINTENANCE, TURN)
    assert found.status == status
    assert found.reasons
    expected = [reason for reason in found.reasons if EXPECTED in reason.text]
    assert len(expected) == len(set(changes) - {"behind_frames", "log_failure"})


@pytest.mark.parametrize(
    ("seconds", "inside"),
    [(-1, False), (0, True), (7_200, True), (7_499, True), (7_500, False), (86_400, False)],
)
def test_maintenance_is_when_the_schedule_says_and_a_little_later(seconds: float, inside: bool) -> None:
    assert bool(why_expected(counters(NOW), WINDOW[0] + seconds)) is inside


def test_without_a_schedule_no_time_is_maintenance_and_health_says_so() -> None:
    changes: dict[str, Any] = {"exchange_schedule_at_seconds": 0.0, "maintenance_windows": [], "connections_up": 0}
    found = evaluate(counters(IN_MAINTENANCE, **changes), SETTINGS, IN_MAINTENANCE, TURN)
    assert found.status == "unhealthy"
    assert [SCHEDULE_UNKNOWN in reason.text for reason in found.reasons] == [True]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"every_shard_halted": True, "exchange_halted": HALTED}, "healthy"),
        ({"every_shard_halted": False, "exchange_halted": HALTED}, "unhealthy"),
        ({"every_shard_halted": True, "exchange_halted": HALTED, "exchange_status_at_seconds": NOW - 121}, "unhealthy"),
    ],
)
def test_a_halt_of_every_shard_explains_silence_while_the_exchange_says_so(
    changes: dict[str, Any], status: str
) -> None:
    found = evaluate(counters(NOW, last_frame_at_seconds=NOW - 3_600, **changes), SETTINGS, NOW, TURN)
    assert found.status == status
    assert (HALTED in found.reasons[0].text) is (status == "healthy")


def test_rates_are_growth_per_second() -> None:
    made = counters()
    rates = Rates(made, 10.0)
    made.frames["trade"] += 30
    made.frames["ticker"] += 10
    made.received_bytes += 5_000
    assert rates.observe(made, 12.0) == {"frames": 20.0, "received_bytes": 2_500.0, "committed_rows": 0, "commits": 0}
    assert rates.observe(made, 13.0)["frames"] == 0


def samples(metrics: list[Metric]) -> dict[tuple[str, ...], float]:
    return {(sample.name, *sample.labels.values()): sample.value for metric in metrics for sample in metric.samples}


def test_every_counter_has_a_metric() -> None:
    """Each attribute of any kind changes at least one sample."""
    for name, value in vars(counters()).items():
        # A clock that means nothing outside the process (its lag is a metric), and what limits the log.
        if name in ("loop_at_seconds", "repeated", "different_books", "exchange_clock"):
            continue
        changed: Any
        if isinstance(value, Counter):
            changed = Counter({("a", "b") if name in ("unknown_fields", "ignored_fields") else "a": 7})
        elif isinstance(value, Delays):
            changed = Delays()
            changed.observe(1)
        else:
            changed = "broken" if isinstance(value, str) else {"a": "401"} if isinstance(value, dict) else 12_345
        if isinstance(value, list):
            changed = [(1.0, 2.0)]
        metrics = [list(read_metrics(made, HealthReport())) for made in (counters(), counters(**{name: changed}))]
        assert samples(metrics[0]) != samples(metrics[1]), name


def test_counters_follow_the_naming_convention() -> None:
    found = samples(list(read_metrics(counters(frames=Counter(ticker=3)), HealthReport())))
    assert found["kalshi_gatherer_frames_received_total", "ticker"] == 3
    assert found["kalshi_gatherer_connections_up",] == 8
    assert found["kalshi_gatherer_feed_delay_seconds_count",] == 0


def test_unknown_names_are_reported_for_a_day_and_not_all() -> None:
    old = {"field old of trade": TURN - 86_401}
    assert health_of({"unknown_at": old}) == ("healthy", [])
    names = {f"field {letter} of trade": TURN - 1 for letter in "gfedcba"}
    (reason,) = evaluate(counters(unknown_at=old | names), SETTINGS, NOW, TURN).reasons
    assert "field a of trade, field b of trade" in reason.text
    assert "field e of trade and 2 more" in reason.text


@pytest.mark.parametrize(
    ("refused", "metric"),
    [
        ({"books-1": f"{KEY_REFUSED} (HTTP 401)"}, "key_refused"),
        ({"rest": f"{CLOCK_REFUSED}: GET /markets: 401: expired"}, "clock_refused"),
        ({"books-1 trade": "error 8, unknown channel name"}, "channels_refused"),
    ],
)
def test_what_the_exchange_refuses_has_a_metric_of_its_own(refused: dict[str, str], metric: str) -> None:
    samples = {
        sample.name.removeprefix("kalshi_gatherer_"): sample.value
        for each in read_metrics(counters(refused=refused), HealthReport())
        for sample in each.samples
        if sample.name.endswith("_refused")
    }
    known = {name: samples[name] for name in ("key_refused", "clock_refused", "channels_refused")}
    assert known == {name: name == metric for name in known}
    assert samples["connections_refused"] == 1
