"""The tables of a catalogue, read only by tools of other projects: each row of the files once, and no other."""

import json
import re
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kalshi_data.archive.partitions import STREAMS
from kalshi_data.archive.schemas import ARCHIVED, DECIMAL, ArchiveStream, Column
from tests.benchmarks.environments import interpreter_for
from tests.conftest import ROOT
from tests.support.made_archive import MIDNIGHT, NAMESPACE, MadeArchive

HERE = Path(__file__).parent
PAGE = ROOT / "src" / "kalshi_data" / "archive" / "README.md"
TOOLS = ("pyiceberg", "polars", "duckdb")
Found = dict[str, dict[str, list[int]]]


def read(made: MadeArchive) -> Found:
    chosen = {
        "uri": made.address.removeprefix("sql:"),
        "warehouse": f"{made.settings.target}/parquet/_iceberg/{NAMESPACE}",
        "namespace": NAMESPACE,
        "files": {stream.name: list(map(str, made.files(stream))) for stream in ARCHIVED},
    }
    python = interpreter_for(HERE / "catalog.lock")
    done = subprocess.run(
        [python, HERE / "with_catalog.py", json.dumps(chosen)], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def each_tool(rows: int, lost: int, invented: int) -> dict[str, list[int]]:
    return {tool: [rows, lost, invented] for tool in TOOLS}


def wider(stream: ArchiveStream) -> ArchiveStream:
    return stream._replace(columns=(*stream.columns, Column("fee", DECIMAL, "US dollars", nullable=True, since=2)))


def test_each_tool_reads_the_rows_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = MadeArchive(tmp_path)
    made.fill()
    made.register()
    assert read(made) == {stream.name: each_tool(10, 0, 0) for stream in ARCHIVED}
    # A rewritten hour, a removed hour, and one with a new column.
    for stream in ARCHIVED:
        length = timedelta(hours=stream.hours)
        made.put(stream, MIDNIGHT, rows=7, seed=5)
        made.remove(stream, MIDNIGHT + length)
        monkeypatch.setitem(STREAMS, stream.name, wider(stream))
        made.put(wider(stream), MIDNIGHT + 3 * length, rows=6, seed=6)
    done = made.register(*map(wider, ARCHIVED))
    assert {(each.added, each.replaced, each.removed) for each in done.values()} == {(1, 1, 1)}
    assert read(made) == {stream.name: each_tool(13, 0, 0) for stream in ARCHIVED}


def test_a_row_that_is_missing_or_invented_is_found(tmp_path: Path) -> None:
    """The comparison itself can fail."""
    made = MadeArchive(tmp_path)
    made.fill()
    made.register()
    made.put(STREAMS["trades"], MIDNIGHT + timedelta(hours=5), rows=1)
    assert read(made)["trades"] == each_tool(10, 1, 0)


def test_the_readme_s_recipe_for_clickhouse_loads_each_change_once(tmp_path: Path) -> None:
    made = MadeArchive(tmp_path)
    made.fill()
    (block,) = re.findall(r"```clickhouse\n(.*?)```", PAGE.read_text(), re.DOTALL)
    recipe = [each.strip() for each in block.replace("'archive/", f"'{tmp_path}/bucket/").split(";") if each.strip()]
    question = "select count(), sum(size_delta), uniqExact(tuple(*)) from kalshi.orderbook_deltas final"
    asked = json.dumps([*recipe, recipe[-1], question])
    python = interpreter_for(HERE / "clickhouse.lock")
    done = subprocess.run(
        [python, HERE / "with_clickhouse.py", asked], capture_output=True, check=False, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    deltas = [row["size_delta"] for row in made.rows(STREAMS["orderbook_deltas"])]
    assert done.stdout.split(",") == [str(len(deltas)), f"{sum(deltas, Decimal()).normalize()}", "10\n"]
