"""The archives of demos with and without clock, read only by tools of other projects."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.benchmarks.environments import interpreter_for
from tests.conftest import ROOT
from tests.readers.conftest import OPTIONS, KeptDemo
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
# Candles of 5 s of all markets.
CANDLES = """
select
    t.market_ticker, extract(epoch from c.bucket_at)::bigint, c.open_price::numeric(18, 6),
    c.high_price::numeric(18, 6), c.low_price::numeric(18, 6), c.close_price::numeric(18, 6),
    c.volume::numeric(18, 6), c.trade_count
from (select distinct market_ticker from market_data.trades) as t
cross join lateral market_data.candles(t.market_ticker, '5 s', '-infinity', 'infinity') as c
order by 1, 2
"""
ARCHIVED_CANDLES = """
select
    market_ticker, 5 * (epoch_us(exchange_ts) // 5000000) as bucket, arg_min(yes_price, place)::varchar as open_price,
    max(yes_price)::varchar as high_price, min(yes_price)::varchar as low_price,
    arg_max(yes_price, place)::varchar as close_price, sum(size)::decimal(18, 6)::varchar as volume, count(*) as trades
from (select *, (exchange_ts, received_at, trade_id) as place from read_parquet('{}/**/*.parquet'))
group by all order by 1, 2
"""
Books = list[list[str]]


def run(*command: str | Path, folder: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def production(demo: KeptDemo, text: str) -> Books:
    """Query the production database that a demo kept."""
    psql = (sys.executable, ROOT / "build.py", "psql", demo.folder / "production", "kalshi")
    return [line.split("|") for line in run(*psql, "-qAt", "-c", text).splitlines()]


def test_the_archive_of_a_demo_equals_what_the_exchange_published(kept: KeptDemo) -> None:
    found = compare(kept.folder / "archive", kept.folder / "journal.jsonl", has_clock=kept.has_clock)
    assert {stream: (counts.lost, counts.invented) for stream, counts in found.items()} == dict.fromkeys(
        STREAMS, (0, 0)
    )
    assert all(counts.published for counts in found.values())


def test_a_missing_or_an_extra_row_is_found(kept: KeptDemo, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    lines = (kept.folder / "journal.jsonl").read_text().splitlines(keepends=True)
    trade, delta = (next(line for line in lines if f'"type":"{kind}"' in line) for kind in ("trade", "orderbook_delta"))
    lines.remove(trade)
    journal.write_text("".join([*lines, delta]))
    found = compare(kept.folder / "archive", journal, has_clock=kept.has_clock)
    assert (found["trades"].lost, found["trades"].invented) == (0, 1)
    assert (found["orderbook_deltas"].lost, found["orderbook_deltas"].invented) == (1, 0)


@pytest.mark.parametrize(("code", "tool"), BLOCKS, ids=[tool for _, tool in BLOCKS])
def test_the_readme_s_readers_agree_with_duckdb(code: str, tool: str, kept: KeptDemo) -> None:
    """Each line makes a table of two columns; the whole of it is compared, not what a terminal shows of it."""
    python = interpreter_for(HERE / "readers.lock")
    whole = code.replace("print(", "_ = (")
    found = run(python, "-W", "error", "-c", whole + AS_JSON, folder=kept.folder)
    text = "select market_ticker, sum(size)::varchar as size from read_parquet('{}/**/*.parquet') group by all"
    expected = {
        str(row["market_ticker"]): str(row["size"])
        for row in duckdb(text.format(kept.folder / "archive/parquet/trades"))
    }
    assert expected
    assert json.loads(found) == expected
    assert run(python, "-c", code, folder=kept.folder)


AS_JSON = """
import json
if hasattr(_, "to_pylist"):
    rows = [tuple(row.values()) for row in _.select(["market_ticker", "size_sum"]).to_pylist()]
else:
    rows = _.items() if hasattr(_, "items") else _.rows()
print(json.dumps({name: str(size) for name, size in rows}))
"""


FURTHER = re.findall(r"```(py|sql)\n(.*?)```", PAGE.read_text(), re.DOTALL)
PAGE_MOMENT = "2026-11-02 15:30:00Z"
CLOSES = """
select round(arg_max(yes_price, (exchange_ts, received_at, trade_id))::double, 6) as close
from read_parquet('{}/**/*.parquet') group by market_ticker, time_bucket(interval '1 min', exchange_ts)
order by market_ticker, time_bucket(interval '1 min', exchange_ts)
"""


@pytest.mark.parametrize(("language", "code"), FURTHER, ids=[str(number) for number in range(len(FURTHER))])
def test_the_readme_s_further_questions_are_answered(language: str, code: str, kept: KeptDemo) -> None:
    if language == "sql":
        program = Path(sys.executable).parent / "duckdb"
        # A demo without a fault may have no incident, and halts no trading.
        rows_min = 0 if "incidents" in code or "not (exchange_active" in code else 1
        # The page asks for a moment of its own day, the demo was made today.
        asked = code.replace(PAGE_MOMENT, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}")
        assert run(program, "-csv", "-c", asked, folder=kept.folder).count("\n") > rows_min
        return
    # No market of a demo is older than its day, so none has a title in another day's snapshot.
    shown = run(interpreter_for(HERE / "readers.lock"), "-W", "error", "-c", code, folder=kept.folder)
    assert "yes_price" in shown or "close" in shown


def test_the_last_row_of_a_minute_in_the_files_is_its_last_trade(kept: KeptDemo) -> None:
    """Whoever takes the rows in the order of the files gets the exchange's order."""
    (code,) = [code for language, code in FURTHER if language == "py" and "ohlc" in code]
    as_json = code.replace("print(prices", "import json\nprint(json.dumps(list((prices").replace(
        ".dropna())", '.dropna())["close"].round(6))))'
    )
    found = json.loads(run(interpreter_for(HERE / "readers.lock"), "-c", as_json, folder=kept.folder))
    assert found == [row["close"] for row in duckdb(CLOSES.format(kept.folder / "archive/parquet/trades"))]


def test_the_readme_s_question_to_duckdb_works(kept: KeptDemo) -> None:
    (command,) = re.findall(r"```sh\n(duckdb .*?)```", PAGE.read_text(), re.DOTALL)
    shown = run("sh", "-c", f"PATH={Path(sys.executable).parent}:$PATH; {command}", folder=kept.folder)
    assert "contracts" in shown


@pytest.fixture(scope="session")
def books(demos: dict[str, KeptDemo]) -> dict[str, tuple[list[Books], list[Books]]]:
    """Return the books of each demo at some moments, as Spark and as production rebuild them."""
    moments = {name: [moment for (moment,) in production(demo, MOMENTS)] for name, demo in demos.items()}
    asked = {str(demo.folder / "archive"): moments[name] for name, demo in demos.items()}
    answer = json.loads(run(interpreter_for(HERE / "spark.lock"), HERE / "with_spark.py", json.dumps(asked)))
    return {
        name: (
            answer[str(demo.folder / "archive")],
            [sorted(production(demo, BOOKS.format(moment=moment))) for moment in moments[name]],
        )
        for name, demo in demos.items()
    }


@pytest.mark.parametrize("name", OPTIONS)
def test_spark_rebuilds_the_books_that_production_has(
    name: str, books: dict[str, tuple[list[Books], list[Books]]]
) -> None:
    found, expected = books[name]
    assert all(expected)
    assert found == expected


def test_production_s_candles_equal_those_of_the_archive(kept: KeptDemo) -> None:
    expected = duckdb(ARCHIVED_CANDLES.format(kept.folder / "archive/parquet/trades"))
    assert expected
    assert production(kept, CANDLES) == [[str(value) for value in row.values()] for row in expected]


def test_readers_are_in_the_readme() -> None:
    assert {tool for _, tool in BLOCKS} >= {"pyarrow", "pandas", "polars"}
