"""The benchmark of the engines compares the answers of all engines over a day with each other and with production."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.benchmarks.engines.benchmark import QUESTIONS, AskedDay, digest, run
from tests.benchmarks.engines.made_day import write_day
from tests.benchmarks.engines.production import export_hour, fill, production_of
from tests.benchmarks.environments import interpreter_for
from tests.benchmarks.reading.benchmark import PEERS, Command
from tests.benchmarks.reading.made_hour import HourSize

HERE = Path(__file__).parent


def without_spark(commands: Mapping[str, Command]) -> dict[str, Command]:
    return {engine: command for engine, command in commands.items() if not engine.startswith("spark")}


@pytest.fixture
def day() -> Iterator[AskedDay]:
    """A small day."""
    # A server's account may not enter the folders of pytest.
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name, production_of(folder := Path(name)) as production:
        fill(production, folder / "made", HourSize(markets=100, changes=10_000))
        root = export_hour(production, folder)
        write_day(root)
        yield AskedDay(root, production, folder)


def test_every_engine_answers_the_same(day: AskedDay) -> None:
    found = {name: day.ask(name, without_spark(day.commands(name))) for name in QUESTIONS}
    for hour, whole in (("candles_hour", "candles_day"), ("completeness_hour", "completeness_day")):
        assert found[whole][f"{whole}_rows"] >= found[hour][f"{hour}_rows"] > 50
    assert found["candles_day"]["candles_day_rows"] == 24 * found["candles_hour"]["candles_hour_rows"]
    assert day.sizes()["orderbook_deltas_rows"] > 24 * 8_000
    # One process of Spark answers all questions, since it starts slowly.
    asked = [path for name in QUESTIONS for path in (day.write_sql("spark", name), day.folder / f"spark_{name}")]
    run([interpreter_for(HERE / "spark.lock"), PEERS / "with_spark_files.py", "2", day.root, *asked])
    for name in QUESTIONS:
        assert digest(day.folder / f"spark_{name}") == digest(day.folder / f"duckdb_{name}")
