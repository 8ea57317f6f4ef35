"""What is skipped elsewhere fails in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SKIPPING = """\
import pytest

@pytest.fixture
def missing():
    pytest.skip("not here")

def test_in_its_fixture(missing): ...

def test_in_itself():
    pytest.skip("nor here")
"""


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize(("ci", "status"), [("", pytest.ExitCode.OK), ("true", pytest.ExitCode.TESTS_FAILED)])
def test_a_skipped_test_fails_in_ci_only(tmp_path: Path, ci: str, status: int, processes: int) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    command = (sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir=.", ".")
    command += (f"--numprocesses={processes}",)
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == status, done.stdout
    if ci:
        assert "1 failed, 1 error" in done.stdout
        assert "skipped in CI" in done.stdout
