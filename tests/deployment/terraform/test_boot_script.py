"""The script of a host's first boot installs only packages with the expected checksum, and reports the disk's use."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.deployment.terraform.mocked_tests import Outcome, values

PACKAGE = b"package"
CHECKSUM = hashlib.sha256(PACKAGE).hexdigest()
REACHED_DPKG = 7

# Stand-ins for the commands of the script, so that it changes nothing here: a download writes its address to a log and
# the package to the file; the first command that would change the system ends the script.
PROGRAMS = {
    "python3": f'echo "$3" >> "$LOG"; printf {PACKAGE.decode()} > "$4"',
    "dpkg": f'echo "dpkg $*" >> "$LOG"; exit {REACHED_DPKG}',
    "find": "exit 1",
    "systemctl": "exit 1",
    "sleep": "true",
}


@pytest.fixture(scope="module")
def script(outcome: Outcome) -> str:
    """Return the script of the deduplicator's host, which has the fewest ways to download."""
    hosts = values(outcome.states["production.tftest.hcl/rds"], "aws_instance")
    (host,) = (each for each in hosts if each["tags"]["Program"] == "deduplicator")
    return host["user_data"]


def boot(script: str, folder: Path) -> tuple[int, list[str]]:
    """Run the script with the stand-ins; return its exit code and the logged calls."""
    for name, body in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    log = folder / "log"
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "LOG": str(log), "TMPDIR": str(folder)}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, log.read_text().splitlines()


def test_a_wrong_checksum_stops_the_boot(script: str, tmp_path: Path) -> None:
    """A package with another checksum is never installed."""
    code, asked = boot(script, tmp_path)
    assert code not in (0, REACHED_DPKG)
    assert len(asked) == 1


def test_expected_packages_are_installed(script: str, tmp_path: Path) -> None:
    """Both agents come from AWS's own buckets over https, in the configured version."""
    code, asked = boot(re.sub(r"\b(0{64}|1{64})\b", CHECKSUM, script), tmp_path)
    assert code == REACHED_DPKG
    assert asked == [
        "https://s3.us-east-1.amazonaws.com/amazon-ssm-us-east-1/3.3.40.0/debian_arm64/amazon-ssm-agent.deb",
        "https://amazoncloudwatch-agent-us-east-1.s3.us-east-1.amazonaws.com"
        "/debian/arm64/1.300040.0b650/amazon-cloudwatch-agent.deb",
        "dpkg --install ssm.deb cloudwatch.deb",
    ]


def test_the_disk_alarm_watches_the_published_metric(script: str, outcome: Outcome) -> None:
    """The agent publishes the metric that the disk alarm watches, by instance only."""
    heredoc = script.partition("<<'JSON'\n")[2].partition("\nJSON\n")[0]
    settings = json.loads(heredoc)["metrics"]
    alarms = values(outcome.states["production.tftest.hcl/rds"], "aws_cloudwatch_metric_alarm")
    (alarm,) = (each for each in alarms if each["alarm_name"].endswith("deduplicator-1-disk"))
    assert alarm["namespace"] == settings["namespace"]
    assert list(alarm["dimensions"]) == settings["aggregation_dimensions"][0]
    assert alarm["metric_name"] == f"disk_{settings['metrics_collected']['disk']['measurement'][0]}"
    assert settings["append_dimensions"] == {"InstanceId": "${aws:InstanceId}"}
