"""Plain numbers as Prometheus metrics, read when somebody asks."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from kalshi_data.service.histogram import Delays

Labels = str | tuple[str, ...]
Values = float | Mapping[str, float] | Mapping[int, float] | Mapping[tuple[str, ...], float]


class Reading(Collector):
    """A collector that calls `read` at every scrape."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        """Prepare to give what `read` gives."""
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        return self._read()


def make_registry(read: Callable[[], Iterable[Metric]]) -> CollectorRegistry:
    """Return a registry of these metrics and those of the process itself: memory, processor time, open files."""
    registry = CollectorRegistry()
    registry.register(Reading(read))
    ProcessCollector(registry=registry)
    return registry


def counter(name: str, meaning: str, values: Values, labels: Labels = ()) -> Metric:
    """Return a counter; a mapping has one value per label, or per tuple of labels."""
    family = CounterMetricFamily(name, meaning, labels=_names(labels))
    for key, value in _samples(values):
        family.add_metric(key, value)
    return family


def gauge(name: str, meaning: str, values: Values, labels: Labels = ()) -> Metric:
    """Return a level; a mapping has one value per label, or per tuple of labels."""
    family = GaugeMetricFamily(name, meaning, labels=_names(labels))
    for key, value in _samples(values):
        family.add_metric(key, value)
    return family


def histogram(name: str, meaning: str, delays: Delays) -> Metric:
    """Return a histogram of seconds."""
    family = HistogramMetricFamily(name, meaning)
    _observed(family, (), delays)
    return family


def histograms(name: str, meaning: str, delays: Mapping[str, Delays], label: str) -> Metric:
    """Return one histogram of seconds per label."""
    family = HistogramMetricFamily(name, meaning, labels=(label,))
    for key, each in delays.items():
        _observed(family, (key,), each)
    return family


def _observed(family: HistogramMetricFamily, labels: tuple[str, ...], delays: Delays) -> None:
    # One copy, so that buckets and count agree while another thread counts on.
    total, buckets = 0, list[tuple[str, float]]()
    for bound, count in zip((*map(str, delays.bounds), "+Inf"), tuple(delays.counts), strict=True):
        total += count
        buckets.append((bound, total))
    family.add_metric(labels, buckets, delays.sum_seconds)


def _names(labels: Labels) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else labels


def _samples(values: Values) -> list[tuple[tuple[str, ...], float]]:
    if not isinstance(values, Mapping):
        return [((), values)]
    # A copy at once: another thread may add a key meanwhile.
    pairs = list(values.copy().items() if isinstance(values, dict) else values.items())
    return [(key if isinstance(key, tuple) else (str(key),), value) for key, value in pairs]
