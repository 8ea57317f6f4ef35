"""While an exchange still publishes, production holds more than a journal read a moment ago: nothing counts as lost."""

from collections.abc import Generator
from pathlib import Path

import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.simulator.verification import VERIFIED_STREAMS, count_stream, load_journal
from tests.support.engines import Engine
from tests.support.merged_run import FIELDS, UNDATED, merged_run

Run = tuple[Connection, Path]


@pytest.fixture(scope="module", params=[FIELDS, UNDATED], ids=["fields of lines", "no times"])
def run(engine: Engine, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Generator[Run]:
    journal = tmp_path_factory.mktemp("beginnings") / "journal"
    with merged_run(engine, journal, request.param) as production:
        yield production, journal


@pytest.mark.parametrize("tenths", [1, 4, 7, 9])
def test_what_a_beginning_lists_is_there(run: Run, tenths: int) -> None:
    production, journal = run
    lines = journal.read_bytes().splitlines(keepends=True)
    beginning = journal.with_name("beginning")
    beginning.write_bytes(b"".join(lines[: len(lines) * tenths // 10]))
    with production.transaction(force_rollback=True):
        load_journal(production, beginning)
        found = {name: count_stream(production, name) for name in VERIFIED_STREAMS}
    assert {name: counts.lost for name, counts in found.items() if counts.lost} == {}
    assert any(counts.invented for counts in found.values())
