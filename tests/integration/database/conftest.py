"""SQL files that a test may change."""

import shutil
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest

from kalshi_data.database import connection as connection_module
from kalshi_data.database import definitions, migrations


@pytest.fixture
def own_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let migrations and definitions be read from a copy of the SQL files."""
    folder = tmp_path / "sql"
    shutil.copytree(str(connection_module.sql_folder()), folder)

    def here() -> Traversable:
        return folder

    for module in (migrations, definitions):
        monkeypatch.setattr(module, "sql_folder", here)
    return folder
