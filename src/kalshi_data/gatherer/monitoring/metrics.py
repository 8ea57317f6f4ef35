"""A gatherer's counters as Prometheus metrics."""

from collections.abc import Iterable

from prometheus_client.core import Metric

from kalshi_data.gatherer.counters import Counters
from kalshi_data.service.health import HealthReport
from kalshi_data.service.metrics import gauge, read_fields
from kalshi_data.version import read_release

PREFIX = "kalshi_gatherer_"


def read_metrics(counters: Counters, health: HealthReport) -> Iterable[Metric]:
    """Yield every metric with its current value."""
    yield gauge(f"{PREFIX}build_info", "The version of this process.", {read_release().version: 1}, "version")
    yield gauge(f"{PREFIX}health", "0 healthy, 1 degraded, 2 unhealthy.", health.severity)
    yield from read_fields(PREFIX, counters)
