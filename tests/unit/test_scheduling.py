"""Tests that share a folder of the checkout run in one process."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.support.scheduling import FILES_IN_ONE_PROCESS

# Each test writes which process runs it.
WRITING = """\
import os
import pathlib
import time

import pytest

@pytest.mark.parametrize("number", range(8))
def test_writes(number):
    with pathlib.Path(__file__).with_suffix(".txt").open("a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
    time.sleep(0.05)
"""


def test_one_process_runs_the_tests_of_a_file_with_a_shared_folder(tmp_path: Path) -> None:
    together, apart = (tmp_path / name for name in (sorted(FILES_IN_ONE_PROCESS)[0], "tests/test_apart.py"))
    for path in (together, apart):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WRITING)
    command = (sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "--numprocesses=2")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        (*command, "--rootdir=.", "."), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    one, others = (set(path.with_suffix(".txt").read_text().split()) for path in (together, apart))
    assert len(one) == 1
    assert len(one | others) == 2


def test_the_files_exist() -> None:
    assert all((ROOT / name).is_file() for name in FILES_IN_ONE_PROCESS)
