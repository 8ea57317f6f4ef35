"""One demo for all readers, and environments with their tools."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="session")
def kept() -> Iterator[Path]:
    """Yield the folder that a demo keeps: `archive`, `journal.jsonl` and the databases."""
    with tempfile.TemporaryDirectory(prefix="kalshi-readers-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        arguments = ["demo", "--seconds", "10", "--keep", str(folder)]
        subprocess.run([sys.executable, ROOT / "build.py", *arguments], check=True, capture_output=True)
        yield folder
