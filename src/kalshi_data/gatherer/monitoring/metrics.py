"""A gatherer's counters as Prometheus metrics."""

import time
from collections.abc import Iterable

from prometheus_client.core import Metric

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import CLOCK_REFUSED, KEY_REFUSED
from kalshi_data.gatherer.monitoring.health_rules import why_expected
from kalshi_data.service.health import HealthReport
from kalshi_data.service.metrics import gauge, read_fields
from kalshi_data.version import read_release

PREFIX = "kalshi_gatherer_"


def read_metrics(counters: Counters, health: HealthReport) -> Iterable[Metric]:
    """Yield every metric with its current value."""
    yield gauge(f"{PREFIX}build_info", "The version of this process.", {read_release().version: 1}, "version")
    yield gauge(f"{PREFIX}health", "0 healthy, 1 degraded, 2 unhealthy.", health.severity)
    is_expected = bool(why_expected(counters, time.time()))
    meaning = "1 while the exchange is maintained by its schedule, or says that no shard is active."
    yield gauge(f"{PREFIX}maintenance", meaning, is_expected)
    yield from _refusals(counters)
    yield from read_fields(PREFIX, counters)


def _refusals(counters: Counters) -> Iterable[Metric]:
    refused = counters.refused.copy()
    key = any(reason.startswith(KEY_REFUSED) for reason in refused.values())
    yield gauge(f"{PREFIX}key_refused", "1 while the exchange refuses the API key.", key)
    clock = any(reason.startswith(CLOCK_REFUSED) for reason in refused.values())
    yield gauge(f"{PREFIX}clock_refused", "1 while the exchange refuses the time of this host's requests.", clock)
    # What is refused on a connection has the connection's name before it.
    channels = sum(" " in name for name in refused)
    yield gauge(f"{PREFIX}channels_refused", "Channels the exchange refuses, or their commands.", channels)
