"""The archives that are exported, and programs that run in an engine's environment."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kalshi_data.reader import Archive, open_archive
from tests.conftest import ROOT
from tests.support.engine_archive import write_engine_archive
from tests.support.engine_gaps import write_archive_with_gap

HERE = Path(__file__).parent


class EngineArchives(NamedTuple):
    """The folders of an archive without a gap, and of one with a gap."""

    whole: Path
    with_gap: Path

    @property
    def archive(self) -> Archive:
        """The one without a gap."""
        return open_archive(self.whole)


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> EngineArchives:
    """Both archives, of three hours and six markets."""
    folder = tmp_path_factory.mktemp("engine-archives")
    return EngineArchives(write_engine_archive(folder / "whole"), write_archive_with_gap(folder / "with-gap"))


def answer(python: Path, program: str, asked: Any, folder: Path) -> Any:
    """Run a program of this folder in an engine's environment, which has the library; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, HERE / program],
        input=json.dumps(asked, default=str),
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # An engine's log stands before it.
    return json.loads(done.stdout.splitlines()[-1])
