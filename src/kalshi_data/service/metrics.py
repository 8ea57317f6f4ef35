"""Plain numbers as Prometheus metrics, which are made at each scrape.

A dataclass defines its metrics in its fields, so that name, meaning, labels and value stand in one line:

    frames: Counter[str] = counts("frames_received", "Frames received.", "type")

Counting is then `counters.frames[kind] += 1`, without a call, and read_fields() makes the metrics.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from kalshi_data.service.histogram import Delays

# The exchange chooses some of the names by which is counted: message types, fields, codes, channels.
NAMES_MAX = 100
NAME_LETTERS_MAX = 100
OTHER = "other"

Labels = str | tuple[str, ...]
Values = float | Mapping[str, float] | Mapping[int, float] | Mapping[tuple[str, ...], float]


class BoundedCounter(Counter[Any]):
    """Counts by name: names are cut and freed of control characters, and after NAMES_MAX new ones count as OTHER."""

    def __setitem__(self, name: Any, value: int) -> None:
        """Set a count; a name that is new by `value` counts."""
        if name in self:
            super().__setitem__(name, value)
            return
        bounded = _bounded(name)
        if bounded not in self and len(self) >= NAMES_MAX:
            bounded = (OTHER,) * len(cast("tuple[Any, ...]", name)) if isinstance(name, tuple) else OTHER
        super().__setitem__(bounded, self[bounded] + value)


def is_new(counter: Counter[Any], name: Any) -> bool:
    """Whether nothing has been counted under a name; false for a name that would count as OTHER."""
    return len(counter) < NAMES_MAX and _bounded(name) not in counter


def _bounded(name: Any) -> Any:
    if isinstance(name, tuple):
        return tuple(_bounded(each) for each in cast("tuple[Any, ...]", name))
    if not isinstance(name, str):
        return name
    return "".join(letter if letter.isprintable() else "?" for letter in name[:NAME_LETTERS_MAX])


class Reading(Collector):
    """A collector that calls `read` at each scrape."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        """Prepare to return the metrics that `read` returns."""
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """Return the metrics with their current values."""
        return self._read()


def make_registry(read: Callable[[], Iterable[Metric]]) -> CollectorRegistry:
    """Return a registry of these metrics and of the process's own: memory, processor time, open files."""
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
    """Return a gauge; a mapping has one value per label, or per tuple of labels."""
    family = GaugeMetricFamily(name, meaning, labels=_names(labels))
    for key, value in _samples(values):
        family.add_metric(key, value)
    return family


def histogram(name: str, meaning: str, observed: Delays) -> Metric:
    """Return a histogram of seconds."""
    family = HistogramMetricFamily(name, meaning)
    _observed(family, (), observed)
    return family


def histograms(name: str, meaning: str, delays: Mapping[str, Delays], label: str) -> Metric:
    """Return one histogram of seconds per label."""
    family = HistogramMetricFamily(name, meaning, labels=(label,))
    for key, each in delays.items():
        _observed(family, (key,), each)
    return family


def _observed(family: HistogramMetricFamily, labels: tuple[str, ...], delays: Delays) -> None:
    # A copy, so that buckets and count agree while another thread keeps counting.
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
    # A copy in one step of the interpreter, since another thread may add a key.
    pairs = list(values.copy().items() if isinstance(values, dict) else values.items())
    return [(key if isinstance(key, tuple) else (str(key),), value) for key, value in pairs]


METRIC = "metric"
# Makes a metric of its name, its meaning and a field's value.
MakeMetric = Callable[[str, str, Any], Metric]


def read_fields(prefix: str, counters: Any) -> Iterable[Metric]:
    """Yield the metric of each field of a dataclass that defines one."""
    for each in dataclasses.fields(counters):
        if METRIC in each.metadata:
            name, meaning, make = each.metadata[METRIC]
            yield make(prefix + name, meaning, getattr(counters, each.name))


def _define(name: str, meaning: str, make: MakeMetric, zero: Callable[[], Any]) -> Any:
    return dataclasses.field(default_factory=zero, metadata={METRIC: (name, meaning, make)})


def count(name: str, meaning: str) -> Any:
    """Define a field of type int that only grows."""
    return _define(name, meaning, counter, int)


def counts(name: str, meaning: str, *labels: str) -> Any:
    """Define a bounded field of type Counter whose keys are the values of one label, or tuples of several."""
    return _define(name, meaning, lambda name, meaning, value: counter(name, meaning, value, labels), BoundedCounter)


def level(name: str, meaning: str, zero: Callable[[], float] = float) -> Any:
    """Define a number that goes up and down."""
    return _define(name, meaning, gauge, zero)


def flag(name: str, meaning: str, zero: Callable[[], object]) -> Any:
    """Define a field whose metric is 1 if the value is true or a text that is not empty, else 0."""
    return _define(name, meaning, lambda name, meaning, value: gauge(name, meaning, bool(value)), zero)


def size(name: str, meaning: str, zero: Callable[[], object]) -> Any:
    """Define a collection whose metric is how many entries it has."""
    return _define(name, meaning, lambda name, meaning, value: gauge(name, meaning, len(value)), zero)


def delays(name: str, meaning: str) -> Any:
    """Define a histogram of seconds."""
    return _define(name, meaning, histogram, Delays)
