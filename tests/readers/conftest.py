"""Two demos for all readers, one of them without clock, and environments with their tools."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

OPTIONS = {"with_clock": (), "without_clock": ("--markets", "50", "--audit-seconds", "3", "--without", "clock,ts")}


class KeptDemo(NamedTuple):
    """A demo that kept `archive`, `journal.jsonl` and the databases in its folder."""

    folder: Path
    has_clock: bool


@pytest.fixture(scope="session")
def demos() -> Iterator[dict[str, KeptDemo]]:
    """Yield the demos by their names; they run at once."""
    with tempfile.TemporaryDirectory(prefix="kalshi-readers-") as name:
        parent = Path(name)
        parent.chmod(0o711)
        running = {each: start(parent / each, *options) for each, options in OPTIONS.items()}
        for each in running.values():
            output, _ = each.communicate()
            assert each.returncode == 0, output
        yield {each: KeptDemo(parent / each, each == "with_clock") for each in OPTIONS}


@pytest.fixture(scope="session", params=OPTIONS)
def kept(request: pytest.FixtureRequest, demos: dict[str, KeptDemo]) -> KeptDemo:
    """Return each demo in turn."""
    return demos[request.param]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    arguments = (ROOT / "build.py", "demo", "--seconds", "10", "--keep", folder, *options)
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
