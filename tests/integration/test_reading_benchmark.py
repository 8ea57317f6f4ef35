"""A part of the benchmark of the reader, small enough for each run of the tests."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kalshi_data.reader import open_archive
from tests.benchmarks.reading.benchmark import AT, Asked, ServedHour, compare, output, served_hour
from tests.benchmarks.reading.made_hour import BEGIN, HourSize

SIZE = HourSize(markets=150, changes=30_000)
# Best prices end at gaps, so the files of coverage and of incidents are read, too. The archive lacks the hour before.
REQUESTS_MAX = {"book": 12, "books": 12, "bbo": 17}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hour and of the answers."""
    return tmp_path_factory.mktemp("hour")


@pytest.fixture(scope="module")
def hour(folder: Path) -> Iterator[ServedHour]:
    """A made-up hour, with the store that serves it."""
    with served_hour(folder, SIZE) as served:
        yield served


@pytest.mark.parametrize("question", ["book", "books", "bbo"])
def test_a_bucket_answers_as_a_folder_does_and_is_measured(folder: Path, hour: ServedHour, question: str) -> None:
    sides = {"": hour.ours(question), "bucket_": hour.ours(question, is_remote=True)}
    found = compare(hour, Asked(question, sides), folder, rounds=1)
    assert found[f"{question}_rows"] == found[f"bucket_{question}_rows"] > 1
    assert 0 < found[f"bucket_{question}_mb"] < 2
    assert found[f"bucket_{question}_requests"] <= REQUESTS_MAX[question]
    assert f"{question}_mb" not in found
    assert all(value > 0 for value in found.values())


def test_another_answer_is_noticed(folder: Path, hour: ServedHour) -> None:
    sides = {"": hour.ours("book"), "other_": hour.ours("bbo")}
    with pytest.raises(AssertionError, match="book: "):
        compare(hour, Asked("book", sides), folder, rounds=1)


def test_all_books_are_those_of_the_sql_that_people_get(folder: Path, hour: ServedHour) -> None:
    views = output([sys.executable, "-m", "kalshi_data.reader", "sql", "--archive", str(hour.root)])
    answer = folder / "sql.csv"
    text = f"{views}copy (from books_at('{AT}')) to '{answer}' (header false);"
    done = subprocess.run(
        [Path(sys.executable).parent / "duckdb"], input=text, capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    output([*hour.ours("books"), folder / "ours.csv"])
    assert sorted(answer.read_text().splitlines()) == sorted((folder / "ours.csv").read_text().splitlines())


def test_the_hour_proves_itself(hour: ServedHour) -> None:
    archive = open_archive(hour.root)
    states = [each.state for each in archive.prove(hour.busiest, BEGIN, BEGIN + timedelta(hours=1))]
    assert states == ["proven"] * 4 + ["unproven"]
    names = archive.snapshots(BEGIN, BEGIN + timedelta(hours=1), columns=["market_ticker"])["market_ticker"].unique()
    assert len(names) == SIZE.markets
