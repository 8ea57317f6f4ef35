"""The SQL files in the wheel are those of the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

from kalshi_data.database.connection import query, sql_folder
from tests.conftest import ROOT


def test_the_wheel_holds_sources_and_the_sql_of_the_checkout_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
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


def test_an_editable_install_reads_the_checkout() -> None:
    assert Path(str(sql_folder())) == ROOT / "sql"
    assert query("capture/poll/read_epoch") == (ROOT / "sql/capture/queries/poll/read_epoch.sql").read_bytes()
