"""The archive of a demo, read only by tools of other projects."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.environments import interpreter_for
from tests.conftest import ROOT
from tests.readers.journal import STREAMS, compare, duckdb

HERE = Path(__file__).parent
# The page whose examples every tool must be able to run.
PAGE = ROOT / "src" / "kalshi_data" / "archive" / "README.md"
BLOCKS = re.findall(r"```python\n(import (\w+).*?)```", PAGE.read_text(), re.DOTALL)
BOOKS = """
select t.market_ticker, b.side, b.price::numeric(18, 6), b.size::numeric(18, 6)
from (select distinct market_ticker from market_data.orderbook_snapshots) as t
cross join lateral market_data.book_at(t.market_ticker, '{moment}') as b
"""
MOMENTS = """
select max(received_at) - n * interval '3 s'
from market_data.orderbook_snapshots
cross join (values (0), (1), (2)) as v (n) group by n order by n
"""


def run(*command: str | Path, folder: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def production(kept: Path, text: str) -> list[list[str]]:
    """Query the production database that the demo kept."""
    psql = (sys.executable, ROOT / "build.py", "psql", kept / "production", "kalshi")
    return [line.split("|") for line in run(*psql, "-qAt", "-c", text).splitlines()]


def test_the_archive_of_a_demo_equals_what_the_exchange_published(kept: Path) -> None:
    found = compare(kept / "archive", kept / "journal.jsonl")
    assert {stream: (counts.lost, counts.invented) for stream, counts in found.items()} == dict.fromkeys(
        STREAMS, (0, 0)
    )
    assert all(counts.published for counts in found.values())


def test_a_missing_or_an_extra_row_is_found(kept: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    lines = (kept / "journal.jsonl").read_text().splitlines(keepends=True)
    trade, delta = (next(line for line in lines if f'"type":"{kind}"' in line) for kind in ("trade", "orderbook_delta"))
    lines.remove(trade)
    journal.write_text("".join([*lines, delta]))
    found = compare(kept / "archive", journal)
    assert (found["trades"].lost, found["trades"].invented) == (0, 1)
    assert (found["orderbook_deltas"].lost, found["orderbook_deltas"].invented) == (1, 0)


@pytest.mark.parametrize(("code", "tool"), BLOCKS, ids=[tool for _, tool in BLOCKS])
def test_the_readme_s_readers_agree_with_duckdb(code: str, tool: str, kept: Path) -> None:
    """Each line makes a table of two columns; the whole of it is compared, not what a terminal shows of it."""
    python = interpreter_for(HERE / "readers.lock")
    whole = code.replace("print(", "_ = (")
    found = run(python, "-W", "error", "-c", whole + AS_JSON, folder=kept)
    text = "select market_ticker, sum(size)::varchar as size from read_parquet('{}/**/*.parquet') group by all"
    expected = {
        str(row["market_ticker"]): str(row["size"]) for row in duckdb(text.format(kept / "archive/parquet/trades"))
    }
    assert expected
    assert json.loads(found) == expected
    assert run(python, "-c", code, folder=kept)


AS_JSON = """
import json
if hasattr(_, "to_pylist"):
    rows = [tuple(row.values()) for row in _.select(["market_ticker", "size_sum"]).to_pylist()]
else:
    rows = _.items() if hasattr(_, "items") else _.rows()
print(json.dumps({name: str(size) for name, size in rows}))
"""


def test_the_readme_s_question_to_duckdb_works(kept: Path) -> None:
    (command,) = re.findall(r"```sh\n(duckdb .*?)```", PAGE.read_text(), re.DOTALL)
    shown = run("sh", "-c", f"PATH={Path(sys.executable).parent}:$PATH; {command}", folder=kept)
    assert "contracts" in shown


def test_spark_rebuilds_the_books_that_production_has(kept: Path) -> None:
    moments = [moment for (moment,) in production(kept, MOMENTS)]
    python = interpreter_for(HERE / "spark.lock")
    found = json.loads(run(python, HERE / "with_spark.py", kept / "archive", *moments))
    expected = [sorted(production(kept, BOOKS.format(moment=moment))) for moment in moments]
    assert all(expected)
    assert found == expected


def test_readers_are_in_the_readme() -> None:
    assert {tool for _, tool in BLOCKS} >= {"pyarrow", "pandas", "polars"}
