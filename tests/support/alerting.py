"""Asks Prometheus' own promtool whether an alert fires for what a program serves at /metrics."""

import json
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from kalshi_data.service.metrics import Reading

ALERTS = sorted((Path(__file__).parents[2] / "ansible/roles/monitoring/files/alerts").glob("*.yml"))
# How long each answer of the program is served, and how long the rules are evaluated in all.
MINUTES = 75
Series = dict[str, list[float | None]]


def serve(metrics: Iterable[Metric]) -> str:
    """Return metrics as /metrics would answer."""
    registry = CollectorRegistry()
    found = list(metrics)
    registry.register(Reading(lambda: found))
    return generate_latest(registry).decode()


def fires(promtool: Path, folder: Path, alert: str, *answers: str, minutes: int = MINUTES) -> bool:
    """Return whether an alert fires at any time while a program gives these answers, each for some minutes.

    `alert` may name several, with bars between them: then whether any of them fires.

    Before them, Prometheus knows nothing of the program for as long. Times in the answers are those of now.
    """
    series = _series(alert, answers, minutes)
    last = (1 + len(answers)) * minutes
    case = {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": " ".join(_runs(values, minutes))} for name, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": f'max(max_over_time(ALERTS{{alertname=~"{alert}", alertstate="firing"}}[{last}m]))',
                "eval_time": f"{last}m",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    }
    file = folder / "alerts.test.yml"
    document = {"rule_files": [str(each) for each in ALERTS], "evaluation_interval": "1m", "tests": [case]}
    file.write_text(yaml.safe_dump(document))
    done = subprocess.run((promtool, "test", "rules", file), capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "got: nil" in done.stdout + done.stderr, done.stdout + done.stderr
    return done.returncode == 0


def rules(*files: str) -> list[dict[str, Any]]:
    """Return every rule of an alert in some files, by default in all."""
    chosen = [file for file in ALERTS if not files or file.stem in files]
    return [rule for file in chosen for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def _series(alert: str, answers: tuple[str, ...], minutes: int) -> Series:
    """Return the values of each series of the alert, one for each answer."""
    expression = " ".join(rule["expr"] for rule in rules() if rule["alert"] in alert.split("|"))
    found = Series()
    for place, answer in enumerate(answers):
        # The test's clock begins at 0.
        offset = (1 + place) * minutes * 60 - time.time()
        for name, labels, value in _samples(answer):
            if name in expression or (name.endswith("_health") and "_health" in expression):
                values = found.setdefault(f"{name}{labels}", [None] * len(answers))
                values[place] = value + offset if name.endswith("timestamp_seconds") and value else value
    return found


def _samples(answer: str) -> Iterator[tuple[str, str, float]]:
    for family in text_string_to_metric_families(answer):
        for sample in family.samples:
            labels = ", ".join(f"{label}={json.dumps(value)}" for label, value in sample.labels.items())
            yield sample.name, f"{{{labels}}}", sample.value


def _runs(values: list[float | None], minutes: int) -> Iterator[str]:
    """Yield the values of a series as promtool reads them."""
    yield f"_x{minutes}"
    for value in values:
        # promtool reads no infinity in values.
        yield f"_x{minutes}" if value is None else f"{min(value, 1e18):.6f}x{minutes - 1}"
