"""Three lines whose fields come and go by a seed: production is complete."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.simulator.test_fields_of_lines import LINES, merged, run
from tests.support.engines import Database


@pytest.fixture
def gatherers(make_database: Callable[[str], Database]) -> list[Database]:
    return [make_database("kalshi_ts") for _ in LINES]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_fields_that_come_and_go_on_each_line_lose_and_invent_nothing(
    production: Database, gatherers: list[Database], tmp_path: Path, seed: int
) -> None:
    lines = run(journal := tmp_path / "journal", seed)
    found = merged(production, gatherers, journal, lines)
    assert found.complete, str(found)
    assert found.books > 100
