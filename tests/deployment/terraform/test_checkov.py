"""checkov finds nothing to object to, and every check that is skipped says why beside the resource."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.terraform.terraform_runner import SOURCE

SKIP = re.compile(r"#\s*checkov:skip=(\w+)(?::[ ]?(.*))?")
OPTIONS = ["--framework", "terraform", "--skip-download", "--output", "json"]


@pytest.fixture(scope="module")
def report(tool: Callable[[str], Path]) -> dict[str, Any]:
    """Return what checkov reports of the whole folder, without settings from elsewhere."""
    program = tool("terraform") / "checkov"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "CKV_", "CHECKOV_"))}
    command = [str(program), "--directory", str(SOURCE), *OPTIONS]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False, timeout=150)
    return json.loads(done.stdout)


def test_nothing_is_objected_to(report: dict[str, Any]) -> None:
    """No check fails, no file is left out for want of understanding it, and there is something to check."""
    assert [f"{each['check_id']} {each['resource']}" for each in report["results"]["failed_checks"]] == []
    assert report["results"]["parsing_errors"] == []
    assert report["summary"]["passed"] > 200


def test_every_skip_is_used_and_explained(report: dict[str, Any]) -> None:
    """A skip names its reason, and none outlives what it excused."""
    written = {check: reason for file in SOURCE.glob("**/*.tf") for check, reason in SKIP.findall(file.read_text())}
    assert {each["check_id"] for each in report["results"]["skipped_checks"]} == set(written)
    assert all(len(reason.split()) >= 5 for reason in written.values()), written
