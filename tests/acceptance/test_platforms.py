"""Platforms that have no TimescaleDB."""

import os
import subprocess
import sys

from tests.conftest import MISSING, ROOT


def run_tests(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run a few tests where no tool of the distribution can be found."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"PATH": "/nowhere"} | variables
    command = [sys.executable, "-m", "pytest", "tests/unit/kalshi/test_sequence.py", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment, text=True)


def test_a_run_warns_that_one_of_two_engines_is_missing() -> None:
    done = run_tests()
    assert done.returncode == 0
    assert "WARNING" in done.stdout
    assert MISSING in done.stdout


def test_ci_fails_if_one_of_two_engines_is_missing() -> None:
    done = run_tests(CI="true")
    assert done.returncode == 1
    assert MISSING in done.stdout + done.stderr
    assert "passed" not in done.stdout
