"""The wheel: its SQL files are those of the checkout, and without packages its programs name what to install."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from kalshi_data.database.connection import query, sql_folder
from tests.conftest import ROOT


def build_wheel(folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT)


def test_the_wheel_holds_sources_and_the_sql_of_the_checkout_only(tmp_path: Path) -> None:
    build_wheel(tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    prefix = "kalshi_data/sql/"
    shipped = {name.removeprefix(prefix): text for name, text in files.items() if name.startswith(prefix)}
    others = {Path(name).suffix for name in files if not name.startswith(prefix)}
    checkout = {str(path.relative_to(ROOT / "sql")): path.read_bytes() for path in (ROOT / "sql").rglob("*.sql")}
    assert shipped == checkout
    # Sources, the example settings that programs print, the status pages, and the metadata of the package.
    assert others <= {".py", ".toml", ".txt", ".html", ".css", ".js", ".svg", ""}
    assert "kalshi_data/status_page/static/style.css" in files
    assert "kalshi_data/gatherer/status_page/templates/overview.html" in files


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, and no package that it needs."""
    folder = tmp_path_factory.mktemp("bare")
    build_wheel(folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_bare(folder: Path, statement: str) -> subprocess.CompletedProcess[str]:
    # Without -S this environment's packages would stand in for what is missing.
    start = f"import sys; sys.path.insert(0, {str(folder)!r}); {statement}"
    command = [sys.executable, "-I", "-S", "-c", start]
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, text=True)


@pytest.mark.parametrize("program", ["gatherer", "deduplicator", "simulator", "reader"])
def test_a_program_without_its_packages_names_the_extra(bare: Path, program: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert program in project["optional-dependencies"]
    module, _, function = project["scripts"][program].partition(":")
    done = run_bare(bare, f"from {module} import {function}; sys.argv = ['x', '--help']; {function}()")
    assert done.returncode == 1
    assert done.stdout == ""
    advice = rf'{program}: the package \w+ is not installed: run pip install "kalshi-data\[{program}\]"\n'
    assert re.fullmatch(advice, done.stderr)


def test_the_library_without_pyarrow_names_the_extra(bare: Path) -> None:
    done = run_bare(bare, "import kalshi_data.reader")
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: kalshi_data.reader needs pyarrow, which is not installed: "
        'run pip install "kalshi-data[reader]"'
    )


def test_an_editable_install_reads_the_checkout() -> None:
    assert Path(str(sql_folder())) == ROOT / "sql"
    assert query("capture/poll/read_epoch") == (ROOT / "sql/capture/queries/poll/read_epoch.sql").read_bytes()
