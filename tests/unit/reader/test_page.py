"""Each snippet of the library's page runs, over an archive at the place that the page names."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader.__main__ import main
from tests.conftest import ROOT
from tests.support.sample_archive import write_sample

PAGE = (ROOT / "src" / "kalshi_data" / "reader" / "README.md").read_text()
KINDS = ("python", "sh", "sql")
BLOCKS = {kind: re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for kind in KINDS}
COMMANDS = [line for block in BLOCKS["sh"] for line in block.splitlines()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the archive."""
    write_sample(tmp_path / "archive")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("place")
def test_each_snippet_prints_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    shown: list[str] = []
    assert len(BLOCKS["python"]) >= 7
    for block in BLOCKS["python"]:
        exec(block, names)
        shown.append(capsys.readouterr().out)
    assert all(shown)
    assert "Decimal('0.430000')" in shown[1]
    assert "Decimal('1.000000')" in shown[3]
    assert " proven" in shown[4]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_succeeds(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out


@pytest.mark.usefixtures("place")
def test_duckdb_answers_each_question(capsys: pytest.CaptureFixture[str]) -> None:
    main(["sql", "--archive", "archive/parquet"])
    views = capsys.readouterr().out
    questions = [line for block in BLOCKS["sql"] for line in block.splitlines()]
    assert len(questions) >= 4
    for each in questions:
        program = Path(sys.executable).parent / "duckdb"
        done = subprocess.run([program, "-csv"], input=views + each, capture_output=True, check=True, text=True)
        assert done.stdout.count("\n") > 1
