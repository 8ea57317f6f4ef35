"""A part of the benchmark of the engines, small enough for each run of the tests."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.benchmarks.engines.asking import used
from tests.benchmarks.engines.benchmark import AskedDay
from tests.benchmarks.engines.made_day import write_tile
from tests.benchmarks.engines.production import CLOCKS_PER_HOUR, TABLES, export_hour, fill, production_of
from tests.benchmarks.reading.benchmark import Command
from tests.benchmarks.reading.made_hour import BEGIN, STREAMS, HourSize

parquet: Any = pyarrow.parquet
MOVED = {"exchange_ts", "received_at", "last_change_at", "from_at", "to_at"}


@pytest.fixture(scope="module")
def day() -> Iterator[AskedDay]:
    """Production and the hour that the exporter wrote of it, without the other hours of the day."""
    # A server's account may not enter the folders of pytest.
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name, production_of(folder := Path(name)) as production:
        fill(production, folder / "made", HourSize(markets=150, changes=20_000))
        yield AskedDay(export_hour(production, folder), production, folder)


def hour(root: Path, stream: str, at: int = BEGIN.hour) -> Path:
    return root / stream / f"date={BEGIN:%Y-%m-%d}" / f"hour={at:02}" / "part-0.parquet"


@pytest.mark.parametrize("stream", TABLES)
def test_a_tile_of_the_same_hour_is_the_file_of_the_exporter(day: AskedDay, stream: str, tmp_path: Path) -> None:
    write_tile(day.root, STREAMS[stream], tmp_path, BEGIN)
    (manifest,) = day.root.glob(f"_manifests/{stream}/*/*.json")
    written = hashlib.sha256(hour(tmp_path, stream).read_bytes()).hexdigest()
    assert written == json.loads(manifest.read_text())["sha256"]


@pytest.mark.parametrize("stream", TABLES)
def test_a_tile_of_another_hour_differs_in_times_and_clocks_alone(day: AskedDay, stream: str, tmp_path: Path) -> None:
    by = timedelta(hours=-7)
    write_tile(day.root, STREAMS[stream], tmp_path, BEGIN + by)
    paths = hour(day.root, stream), hour(tmp_path, stream, BEGIN.hour - 7)
    first, other = (parquet.ParquetFile(path).read().to_pylist() for path in paths)
    assert len(first) > 100
    assert other == [{name: moved(name, value, by) for name, value in row.items()} for row in first]
    groups, other_groups = (list(layout(path)) for path in paths)
    assert groups == other_groups


def moved(name: str, value: Any, by: timedelta) -> Any:
    if name == "clock":
        return value - 7 * CLOCKS_PER_HOUR
    return value + by if name in MOVED and value else value


def layout(path: Path) -> Iterator[tuple[int, list[tuple[str, str, list[str]]]]]:
    """Yield the rows of each row group, and how it holds its columns."""
    found = parquet.read_metadata(path)
    for number in range(found.num_row_groups):
        group = found.row_group(number)
        columns = [group.column(column) for column in range(group.num_columns)]
        held = [(each.path_in_schema, each.compression, sorted(each.encodings)) for each in columns]
        yield group.num_rows, held


def commands_of(day: AskedDay, *markets: str) -> Mapping[str, Command]:
    """Return the library's command for the books of markets, as those of several engines."""
    module = [sys.executable, "-m", "tests.benchmarks.engines.ask_library", day.root]
    at = (BEGIN + timedelta(minutes=50)).isoformat()
    return dict(zip(("duckdb", "library"), ([*module, market, at] for market in markets), strict=True))


def test_production_and_the_library_have_the_same_book_and_are_measured(day: AskedDay) -> None:
    (library, _) = commands_of(day, day.market, day.market).values()
    asked = day.write_sql("postgresql", "book")
    production = [sys.executable, "-m", "tests.benchmarks.engines.ask_production", day.production.conninfo(), asked]
    found = day.ask("book", {"duckdb": library, "production": production})
    assert found["book_rows"] > 1
    # Both begin without anything in memory; production keeps what it read.
    assert min(found["book_duckdb_first_mb"], found["book_duckdb_mb"], found["book_production_first_mb"]) > 0.1
    assert found["book_production_mb"] < 0.01
    assert 0 < found["book_duckdb_seconds"] < found["book_duckdb_cold_seconds"]
    assert found["book_duckdb_ratio"] == 1


def test_another_answer_is_noticed(day: AskedDay) -> None:
    names = parquet.read_table(hour(day.root, "orderbook_deltas"), columns=["market_ticker"])["market_ticker"]
    other = next(name for name in names.unique().to_pylist() if name != day.market)
    with pytest.raises(AssertionError, match="book: the answers differ"):
        day.ask("book", commands_of(day, day.market, other))


def test_what_a_process_below_read_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "five_megabytes"
    path.write_bytes(bytes(5_000_000))
    before = used(os.getpid())
    with subprocess.Popen(["cat", path, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        assert len(process.stdout.read(5_000_000)) == 5_000_000
        running = used(os.getpid())
        process.stdin.close()
    ended = used(os.getpid())
    # The test reads from a pipe what cat reads from the file.
    for after in (running, ended):
        assert 10_000_000 <= after.bytes_read - before.bytes_read < 11_000_000
    assert ended.cpu_seconds >= before.cpu_seconds
