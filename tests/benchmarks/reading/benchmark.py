"""Books and best prices of a made-up hour: by the library, by DuckDB and by ClickHouse over the same files."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec
import pyarrow.parquet

from tests.benchmarks.environments import interpreter_for
from tests.benchmarks.reading.counting_store import COUNTS
from tests.benchmarks.reading.made_hour import BEGIN, HourSize, write_hour
from tests.conftest import ROOT

parquet: Any = pyarrow.parquet
PEERS = ROOT / "tests" / "benchmarks" / "peers"
# Ten seconds stand for an hour of 50,000 markets and 12 million changes; one of eleven that are drawn changes nothing.
MARKETS_PER_SECOND, DRAWN_PER_SECOND = 5_000, 1_320_000
# Other work on the machine disturbs single rounds, so the median counts; the sides take turns.
ROUNDS = 3
AT = (BEGIN + timedelta(minutes=50)).isoformat()
Figures = dict[str, float]
Command = Sequence[str | Path]


class Asked(NamedTuple):
    """A question, and the command of each side that answers it; `ours` is the first one."""

    name: str
    sides: dict[str, Command]


class ServedHour:
    """A made-up hour in a folder, which a store of its own process serves, too."""

    def __init__(self, folder: Path, endpoint: str, size: HourSize) -> None:
        """Take the folder of a hour that was written, and where it is served."""
        self.root, self.endpoint = folder / "archive" / "parquet", endpoint
        (file,) = self.root.glob("books/*/hour=15/*.parquet")
        names: list[str] = parquet.read_table(file, columns=["market_ticker"])["market_ticker"].to_pylist()
        by_number = {int(name.rpartition("T")[2]): name for name in names}
        self.busiest, self.middle = by_number[0], by_number[size.markets // 2]

    def ours(self, question: str, *, is_remote: bool = False) -> Command:
        """Return the command by which the library answers a question."""
        place = ("s3://archive/parquet", self.endpoint) if is_remote else (self.root, "")
        market = self.busiest if question == "bbo" else self.middle
        return [sys.executable, "-m", "tests.benchmarks.reading.ask_reader", *place, question, market, AT]

    def counts(self) -> dict[str, int]:
        """Return what the store was asked for since the last call."""
        with urllib.request.urlopen(f"{self.endpoint}{COUNTS}") as answer:
            return msgspec.json.decode(answer.read(), type=dict[str, int])


def measure(seconds: float) -> Figures:
    """Return the figures; 10 seconds mean an hour of 12 million changes."""
    size = HourSize(max(100, int(seconds * MARKETS_PER_SECOND)), max(20_000, int(seconds * DRAWN_PER_SECOND)))
    python = interpreter_for(PEERS / "reading.lock")
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name, served_hour(Path(name), size) as hour:
        folder = Path(name)
        sql = {place: folder / f"{place}.sql" for place in ("bucket", "folder")}
        for place, archive in (("bucket", "s3://archive/parquet"), ("folder", str(hour.root))):
            sql[place].write_text(output([sys.executable, "-m", "kalshi_data.reader", "sql", "--archive", archive]))
        of_bucket = [python, PEERS / "with_duckdb_books.py", sql["bucket"], hour.endpoint, "book", hour.middle, AT]
        asked = [
            Asked("bucket_book", {"": hour.ours("book", is_remote=True), "duckdb_": of_bucket}),
            *(over_files(question, python, sql["folder"], hour) for question in ("book", "books")),
            Asked("bbo", {"": hour.ours("bbo")}),
        ]
        return {name: value for each in asked for name, value in compare(hour, each, folder).items()}


def over_files(question: str, python: Path, sql: Path, hour: ServedHour) -> Asked:
    """Return a question that every side answers from the folder."""
    rest = (question, hour.middle, AT)
    return Asked(
        question,
        {
            "": hour.ours(question),
            "duckdb_": [python, PEERS / "with_duckdb_books.py", sql, "", *rest],
            "clickhouse_": [python, PEERS / "with_clickhouse_books.py", hour.root, *rest],
        },
    )


def compare(hour: ServedHour, asked: Asked, folder: Path, rounds: int = ROUNDS) -> Figures:
    """Return the figures of each side that answers a question.

    Raises:
        AssertionError: two answers differ.
    """
    found: dict[str, list[Figures]] = {side: [] for side in asked.sides}
    answers = dict[str, list[str]]()
    for _ in range(rounds):
        for side, command in asked.sides.items():
            hour.counts()
            answer = folder / f"{side}answer.csv"
            figures = msgspec.json.decode(output([*command, answer]).splitlines()[-1], type=Figures)
            counts = hour.counts()
            if counts:
                requests = sum(count for kind, count in counts.items() if kind != "bytes")
                figures |= {"mb": counts["bytes"] / 1e6, "requests": requests}
            found[side].append(figures)
            answers[side] = sorted(answer.read_text().splitlines())
    ours = answers[""]
    if not ours or any(answer != ours for answer in answers.values()):
        raise AssertionError(f"{asked.name}: {', '.join(answers)} have {[len(each) for each in answers.values()]} rows")
    shown = {
        f"{side}{asked.name}_{name}": median(each[name] for each in rounds_of)
        for side, rounds_of in found.items()
        for name in rounds_of[0]
    }
    ratios = {
        f"{asked.name}_{side}ratio": shown[f"{asked.name}_seconds"] / shown[f"{side}{asked.name}_seconds"]
        for side in asked.sides
        if side
    }
    return {**shown, **ratios}


@contextmanager
def served_hour(folder: Path, size: HourSize) -> Generator[ServedHour]:
    """Write an hour into a folder, and serve the folder until the end."""
    write_hour(folder, size)
    command = [sys.executable, "-m", "tests.benchmarks.reading.counting_store", folder]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as store:
        try:
            yield ServedHour(folder, store.stdout.readline().strip() if store.stdout else "", size)
        finally:
            if store.stdin:
                store.stdin.close()


def output(command: Command) -> str:
    """Run a command and return what it prints.

    Raises:
        RuntimeError: it failed; the message has its output.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:3]))} failed: {done.stderr[-2000:]}")
    return done.stdout
