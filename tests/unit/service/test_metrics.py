"""Metrics defined in fields, and what both programs export."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from kalshi_data.deduplicator.monitoring import metrics as deduplicator_metrics
from kalshi_data.deduplicator.monitoring.measurements import Measurements
from kalshi_data.deduplicator.state import State, StreamState
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring import metrics as gatherer_metrics
from kalshi_data.service.health import HealthReport
from kalshi_data.service.histogram import Delays
from kalshi_data.service.metrics import (
    NAME_LETTERS_MAX,
    NAMES_MAX,
    OTHER,
    count,
    counts,
    delays,
    flag,
    is_new,
    level,
    make_registry,
    read_fields,
    size,
)


@dataclass
class Example:
    """One field of each kind, and one that is no metric."""

    bytes: int = count("bytes", "Bytes.")
    frames: Counter[str] = counts("frames", "Frames.", "type")  # noqa: RUF009
    temperature: float = level("temperature", "A level.")
    failure: str = flag("failing", "1 while failing.", str)
    refused: dict[str, str] = size("refused", "Refused.", dict)  # noqa: RUF009
    waits: Delays = delays("wait_seconds", "Waits.")  # noqa: RUF009
    clock: float = 1.0


def exported(metrics: Iterable[Metric]) -> dict[tuple[Any, ...], float]:
    text = generate_latest(make_registry(lambda: metrics)).decode()
    families = text_string_to_metric_families(text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_a_field_is_counted_by_the_program_and_read_by_prometheus() -> None:
    example = Example()
    example.bytes += 5
    example.frames["trade"] += 2
    example.failure = "the disk is full"
    example.refused["a"] = "401"
    example.waits.observe(0.5)
    found = exported(read_fields("test_", example))
    assert found["test_bytes_total",] == 5
    assert found["test_frames_total", "trade"] == 2
    assert found["test_temperature",] == 0
    assert found["test_failing",] == 1
    assert found["test_refused",] == 1
    assert found["test_wait_seconds_count",] == 1
    assert not [key for key in found if "clock" in key[0]]
    assert Example().frames == Counter()


@pytest.mark.parametrize("pattern", ["%d", 'a"b\\%d\n', "\x00\ud800%d", "%d" + "x" * 5_000, "{%d}"])
def test_names_that_the_exchange_chooses_are_bounded(pattern: str) -> None:
    counters = Counters()
    known = is_new(counters.quarantined, "bad envelope")
    for number in range(10_000):
        name = pattern % number
        counters.frames[name] += 1
        counters.frames[name] += 1
        counters.unknown_fields[name, name] += 1
        counters.quarantined[name] += 1
        counters.exchange_errors[number] += 1
        counters.gaps[name] += 1
    found = exported(gatherer_metrics.read_metrics(counters, HealthReport()))
    for metric, label, total in (
        ("frames_received", (OTHER,), 20_000),
        ("unknown_fields", (OTHER, OTHER), 10_000),
        ("frames_quarantined", (OTHER,), 10_000),
        ("exchange_errors", (OTHER,), 10_000),
        ("sequence_gaps", (OTHER,), 10_000),
    ):
        samples = {key[1:]: value for key, value in found.items() if key[0] == f"kalshi_gatherer_{metric}_total"}
        assert sum(samples.values()) == total
        assert len(samples) == NAMES_MAX + 1
        assert samples[label] >= total * 0.98
        assert max(len(part) for key in samples for part in key) <= NAME_LETTERS_MAX
    assert (known, is_new(counters.quarantined, "bad envelope")) == (True, False)


def gatherer() -> Iterable[Metric]:
    return gatherer_metrics.read_metrics(Counters(), HealthReport())


def deduplicator() -> Iterable[Metric]:
    state = State()
    state.streams = {"trades": StreamState([1])}
    return deduplicator_metrics.read_metrics(Measurements(), state, HealthReport())


@pytest.mark.parametrize("program", [gatherer, deduplicator])
def test_a_program_exports_each_metric_once(program: Any) -> None:
    """The exposition format allows a name once per scrape; the library's own parser reads what is exported."""
    text = generate_latest(make_registry(program)).decode()
    families = [family.name for family in text_string_to_metric_families(text)]
    assert len(families) > 20
    assert sorted(set(families)) == sorted(families)


def test_the_programs_share_no_metric_but_those_of_the_process() -> None:
    names = [{key[0] for key in exported(program())} for program in (gatherer, deduplicator)]
    assert all(name.startswith(("process_", "python_")) for name in names[0] & names[1])


def test_a_name_exported_twice_would_be_found() -> None:
    def twice() -> Iterable[Metric]:
        yield from gatherer()
        yield from gatherer()

    text = generate_latest(make_registry(twice)).decode()
    families = [family.name for family in text_string_to_metric_families(text)]
    assert len(set(families)) < len(families)
