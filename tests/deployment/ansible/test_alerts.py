"""Prometheus accepts the alerts, they use metrics that the programs export, and they fire when they should."""

import re
import subprocess
from pathlib import Path

import yaml

from tests.deployment.ansible.conftest import PLAYBOOKS
from tests.docs.metrics_tables import PROGRAMS, sample_names
from tests.support.alerting import ALERTS, rules

RUNBOOKS = PLAYBOOKS / "roles/monitoring/runbooks.md"
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


def test_alerts_fire_when_they_should(promtool: Path, tmp_path: Path) -> None:
    """Each alert has a series that raises it, and a healthy program raises none."""
    cases = yaml.safe_load(EXPECTED.read_text())
    tested = {
        each["alertname"] for case in cases["tests"] for each in case["alert_rule_test"] if each.get("exp_alerts")
    }
    assert tested == {rule["alert"] for rule in rules()}
    file = tmp_path / "alerts.test.yml"
    file.write_text(yaml.safe_dump({**cases, "rule_files": [str(file) for file in ALERTS]}))
    done = subprocess.run((promtool, "test", "rules", file), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_use_exported_metrics() -> None:
    known = {name for program in PROGRAMS for name in sample_names(program)}
    used = {name for rule in rules() for name in re.findall(r"\bkalshi_(?:gatherer|deduplicator)_\w+", rule["expr"])}
    assert used - known == set()
    assert ALERTED - used == set()


def test_each_alert_has_an_entry_in_the_runbooks_and_each_entry_an_alert() -> None:
    parts = re.split(r"^### ", RUNBOOKS.read_text(), flags=re.MULTILINE)[1:]
    entries = {name: entry for name, _, entry in (part.partition("\n") for part in parts)}
    assert len(parts) == len(entries)
    assert set(entries) == {rule["alert"] for rule in rules()}
    assert not [name for name, entry in entries.items() if "- Look" not in entry or not re.search("[Dd]o:", entry)]


def test_the_role_installs_each_file_of_alerts() -> None:
    tasks = yaml.safe_load((PLAYBOOKS / "roles/monitoring/tasks/main.yml").read_text())
    (installed,) = (task["loop"] for task in tasks if task["name"] == "Install the alerts")
    assert sorted(installed) == sorted(file.stem for file in ALERTS)
