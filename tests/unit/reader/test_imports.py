"""The library needs pyarrow and nothing else, and no program needs the library."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pyarrow

from kalshi_data.release.contents import PACKAGES
from tests.conftest import ROOT

LOAD_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import kalshi_data.reader
for module in pkgutil.walk_packages(kalshi_data.reader.__path__, "kalshi_data.reader."):
    importlib.import_module(module.name)
print(kalshi_data.reader.open_archive(sys.argv[1]).streams()["trades"].files)
"""


def test_it_needs_pyarrow_alone(tmp_path: Path) -> None:
    (tmp_path / "pyarrow").symlink_to(Path(pyarrow.__file__).parent)
    (tmp_path / "kalshi_data").symlink_to(ROOT / "src" / "kalshi_data")
    (tmp_path / "trades").mkdir()
    # Without -S this environment's packages would stand in for what is missing.
    command = [sys.executable, "-I", "-S", "-c", LOAD_ALL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_an_installation_of_it_brings_pyarrow_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project.get("dependencies", []) == []
    assert project["optional-dependencies"]["reader"] == ["pyarrow"]


def test_no_program_holds_it() -> None:
    assert [name for name, folders in PACKAGES.items() if "reader" in folders] == []
