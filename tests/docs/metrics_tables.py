"""Writes the page that describes each metric of a program, from what the program itself gives to /metrics."""

from pathlib import Path
from typing import NamedTuple

from prometheus_client.core import Metric

from kalshi_data.deduplicator.monitoring import metrics as of_deduplicator
from kalshi_data.deduplicator.monitoring.measurements import Measurements
from kalshi_data.deduplicator.state import State
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring import metrics as of_gatherer
from kalshi_data.service.health import HealthReport
from kalshi_data.service.metrics import make_registry
from tests.conftest import ROOT

PROGRAMS = ("gatherer", "deduplicator")
HEADER = """\
# The metrics of the {program}

Generated from the program's metrics by `python3 build.py docs`: change those instead.

`/metrics` serves them to Prometheus. [The alerts](../../../ansible/roles/monitoring/runbooks.md) and the dashboards in
`ansible/roles/monitoring/files/dashboards` are made of them. A counter counts since the process started, unless it says
otherwise; a name that the exchange chooses is cut at 100 letters, and after 100 names the others count as `other`.

| metric | type | labels | meaning |
|---|---|---|---|
"""


class Described(NamedTuple):
    """A metric by its full name, as queries write it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def page(program: str) -> Path:
    """Return where the page of a program is."""
    return ROOT / "src" / "kalshi_data" / program / "METRICS.md"


def write_all() -> None:
    """Write the page of each program."""
    for program in PROGRAMS:
        page(program).write_text(render(program))


def render(program: str) -> str:
    """Return the page as the program's metrics are now."""
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |\n"
        for each in described(program)
    ]
    return HEADER.format(program=program) + "".join(rows)


def described(program: str) -> list[Described]:
    """Return each metric that a program gives, also those that have no sample yet, in its order."""
    reads = {
        "gatherer": lambda: of_gatherer.read_metrics(Counters(), HealthReport()),
        "deduplicator": lambda: of_deduplicator.read_metrics(Measurements(), State(), HealthReport()),
    }
    return [_describe(metric) for metric in make_registry(reads[program]).collect()]


def sample_names(program: str) -> set[str]:
    """Return the names that queries may use: a histogram has three."""
    endings = {"histogram": ("_bucket", "_count", "_sum")}
    return {f"{each.name}{ending}" for each in described(program) for ending in endings.get(each.kind, ("",))}


def _describe(metric: Metric) -> Described:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    # The library keeps the names of labels to itself until there is a sample.
    labels = vars(metric).get("_labelnames", ())
    return Described(name, metric.type, tuple(labels), metric.documentation)
