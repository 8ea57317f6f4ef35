"""The README's commands do what it says."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
KEPT = Path("/var/tmp/kalshi-kept")


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Let commands write where no earlier run left anything."""
    shutil.rmtree(KEPT, ignore_errors=True)
    yield {**os.environ, "TMPDIR": str(tmp_path)} if os.geteuid() else dict(os.environ)
    for left in (KEPT, ROOT / "demo-archive"):
        shutil.rmtree(left, ignore_errors=True)
    (ROOT / "figures.json").unlink(missing_ok=True)


def run(command: str, environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment, shell=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_prints_what_the_readme_shows(beside: dict[str, str]) -> None:
    output = run("python3 build.py demo", beside)
    shown = README.partition("```text\nstarting")[2].partition("```")[0].splitlines()
    printed = output.splitlines()
    assert steady(shown) == steady(printed)
    assert any(line.startswith("complete: ") and line.endswith(" 0 lost, 0 invented") for line in printed)


def steady(lines: list[str]) -> list[str]:
    """Return what does not depend on the machine's speed.

    Progress does, the number of snapshots that gatherers ask for and so of minutes that they prove, whether a gatherer
    is connected before the first index value, and whether a new market is subscribed before its first change.
    """
    varying = ("orderbook_", "index_values", "books after", "proven complete: ", "archive: ", "complete: ")
    # Not every run leaves a market out, or is longer than what is left of its first minute.
    passing = ("  ", "messages not compared", "completeness, ")
    kept = [line.rstrip() for line in lines[1:] if not line.startswith(passing)]
    return [re.sub(r"[\d,]+", "#", " ".join(line.split())) if line.startswith(varying) else line for line in kept]


def test_the_other_commands_run(beside: dict[str, str]) -> None:
    first, test, *others = COMMANDS
    assert (first, test) == ("python3 build.py demo", "python3 build.py test")
    outputs = [run(command, beside) for command in others]
    assert all("complete: " in output for output in outputs[:3])
    assert "count" in outputs[3]
    assert "changes" in outputs[4]


def test_ci_runs_the_readmes_own_commands() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    assert "python3 build.py check" in ci
    assert "python3 build.py test" in ci


def test_every_folder_it_names_is_there() -> None:
    for row in re.findall(r"^\| (`[^|]+`) \|", README.partition("## Where things are")[2], re.MULTILINE):
        for name in re.findall(r"`((?:src|sql|tests)[^`]*)`", row):
            assert list(ROOT.glob(name)), name
