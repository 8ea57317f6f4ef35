"""Prometheus accepts the alerts, they use metrics that the programs export, and they fire when they should."""

import re
import subprocess
from pathlib import Path

import yaml
from prometheus_client.core import Metric

from kalshi_data.deduplicator.monitoring import metrics as deduplicator_metrics
from kalshi_data.deduplicator.monitoring.measurements import Measurements
from kalshi_data.deduplicator.state import State
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring import metrics as gatherer_metrics
from kalshi_data.service.health import HealthReport
from tests.deployment.ansible.conftest import PLAYBOOKS

ALERTS = sorted((PLAYBOOKS / "roles/monitoring/files/alerts").glob("*.yml"))
# What a program survives by itself and an operator must still hear of.
ALERTED = {
    "kalshi_gatherer_frames_quarantined_total",
    "kalshi_gatherer_book_checks_total",
    "kalshi_gatherer_connection_errors_total",
    "kalshi_gatherer_markets_refused",
    "kalshi_gatherer_trade_gaps_unrepaired",
    "kalshi_gatherer_waiting_for_lock",
    "kalshi_deduplicator_rows_rejected_total",
    "kalshi_deduplicator_task_failing",
    "kalshi_deduplicator_production_transaction_age",
}
EXPECTED = Path(__file__).with_name("alerts.test.yml")


def names(metrics: list[Metric]) -> set[str]:
    return {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in metrics}


def test_alerts_fire_when_they_should(promtool: Path, tmp_path: Path) -> None:
    """Each alert has a series that raises it, and a healthy program raises none."""
    cases = yaml.safe_load(EXPECTED.read_text())
    tested = {
        each["alertname"] for case in cases["tests"] for each in case["alert_rule_test"] if each.get("exp_alerts")
    }
    assert tested == {
        rule["alert"]
        for file in ALERTS
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    }
    file = tmp_path / "alerts.test.yml"
    file.write_text(yaml.safe_dump({**cases, "rule_files": [str(file) for file in ALERTS]}))
    done = subprocess.run((promtool, "test", "rules", file), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_use_exported_metrics() -> None:
    measurements = Measurements()
    known = names(list(gatherer_metrics.read_metrics(Counters(), HealthReport())))
    known |= names(list(deduplicator_metrics.read_metrics(measurements, State(), HealthReport())))
    used = {name for file in ALERTS for name in re.findall(r"kalshi_(?:gatherer|deduplicator)_\w+", file.read_text())}
    assert used - known == set()
    assert ALERTED - used == set()
    assert {"kalshi_gatherer_health", "kalshi_deduplicator_health"} <= known
