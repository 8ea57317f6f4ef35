"""checkov reports nothing, and every skipped check has its reason beside the resource."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.terraform.terraform_runner import SOURCE
from tests.support.waiting import SECONDS_MAX

SKIP = re.compile(r"#\s*checkov:skip=(\w+)(?::[ ]?(.*))?")
OPTIONS = ["--framework", "terraform", "--skip-download", "--output", "json"]


@pytest.fixture(scope="module")
def report(tool: Callable[[str], Path]) -> dict[str, Any]:
    """Return checkov's report of the whole folder, without the user's settings."""
    program = tool("terraform") / "checkov"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "CKV_", "CHECKOV_"))}
    command = [str(program), "--directory", str(SOURCE), *OPTIONS]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    return json.loads(done.stdout)


def test_no_check_fails(report: dict[str, Any]) -> None:
    """No check fails, checkov can parse each file, and more than 200 checks pass."""
    assert [f"{each['check_id']} {each['resource']}" for each in report["results"]["failed_checks"]] == []
    assert report["results"]["parsing_errors"] == []
    assert report["summary"]["passed"] > 200


def test_every_skip_is_used_and_explained(report: dict[str, Any]) -> None:
    """Each skip names its reason and still suppresses a failure."""
    written = {check: reason for file in SOURCE.glob("**/*.tf") for check, reason in SKIP.findall(file.read_text())}
    assert {each["check_id"] for each in report["results"]["skipped_checks"]} == set(written)
    assert all(len(reason.split()) >= 5 for reason in written.values()), written
