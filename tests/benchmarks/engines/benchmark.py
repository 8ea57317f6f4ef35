"""A made-up day of the archive asked by each engine, and the exported hour of it by production, which holds it, too."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow.parquet

from tests.benchmarks.engines.made_day import DAY, write_day
from tests.benchmarks.engines.production import HOUR, SQL, TABLES, export_hour, fill, production_of
from tests.benchmarks.environments import interpreter_for
from tests.benchmarks.reading.benchmark import PEERS, Command, Figures, output
from tests.benchmarks.reading.made_hour import BEGIN, HourSize
from tests.conftest import ROOT
from tests.support.engines import Database

parquet: Any = pyarrow.parquet
# 100 seconds stand for a day of 50,000 markets and 100 million changes; one of eleven that are drawn changes nothing.
MARKETS_PER_SECOND, DRAWN_IN_HOUR_PER_SECOND = 500, 47_000
AT = BEGIN + timedelta(minutes=50)
DIALECTS = ("duckdb", "clickhouse", "spark", "postgresql")


class Question(NamedTuple):
    """A question: the name of its files of SQL, and the first and last hour of the day that it is about."""

    sql: str
    first_hour: int
    last_hour: int

    def parameters(self, market: str) -> dict[str, str]:
        """Return literals that all dialects of SQL take."""
        return {
            "market": f"'{market}'",
            "at": f"'{AT.isoformat()}'",
            "at_us": f"{int(AT.timestamp()) * 1_000_000}",
            "day": f"'{DAY:%Y-%m-%d}'",
            "first_hour": f"'{self.first_hour:02}'",
            "last_hour": f"'{self.last_hour:02}'",
            "from_at": f"'{(DAY + self.first_hour * HOUR).isoformat()}'",
            "until_at": f"'{(DAY + (self.last_hour + 1) * HOUR).isoformat()}'",
        }


QUESTIONS = {
    "book": Question("book", BEGIN.hour, BEGIN.hour),
    "candles_hour": Question("candles", BEGIN.hour, BEGIN.hour),
    "candles_day": Question("candles", 0, 23),
    "completeness_hour": Question("completeness", BEGIN.hour, BEGIN.hour),
    "completeness_day": Question("completeness", 0, 23),
}


class AskedDay:
    """The files of a day, production with an hour of it, and the commands that ask them."""

    def __init__(self, root: Path, production: Database, folder: Path) -> None:
        """Take the folder of the streams, production, and a folder for questions and answers."""
        self.root, self.production, self.folder = root, production, folder
        (path,) = root.glob(f"coverage/*/hour={BEGIN.hour}/*.parquet")
        names = sorted({*parquet.read_table(path, columns=["market_ticker"])["market_ticker"].to_pylist()})
        self.market: str = sorted(names, key=lambda name: int(name.rpartition("T")[2]))[len(names) // 2]
        views = output([sys.executable, "-m", "kalshi_data.reader", "sql", "--archive", root])
        self.views = folder / "views.sql"
        self.views.write_text(views + (SQL / "duckdb" / "coverage.sql").read_text())

    def commands(self, name: str) -> dict[str, Command]:
        """Return the command of each engine that can answer a question."""
        asked = {dialect: self.write_sql(dialect, name) for dialect in DIALECTS}
        reading, spark = interpreter_for(PEERS / "reading.lock"), interpreter_for(ROOT / "tests/readers/spark.lock")
        of_spark = {
            f"spark_{workers}": [spark, PEERS / "with_spark_files.py", workers, self.root, asked["spark"]]
            for workers in ("1", "2")
        }
        found: dict[str, Command] = {
            "duckdb": [reading, PEERS / "with_duckdb_files.py", self.views, asked["duckdb"]],
            "clickhouse": [reading, PEERS / "with_clickhouse_files.py", self.root, asked["clickhouse"]],
            **of_spark,
        }
        module = [sys.executable, "-m"]
        if name == "book":
            library = [*module, "tests.benchmarks.engines.ask_library", self.root, self.market, AT.isoformat()]
            found["library"] = library
        if not name.endswith("_day"):
            conninfo = self.production.conninfo()
            found["production"] = [*module, "tests.benchmarks.engines.ask_production", conninfo, asked["postgresql"]]
        return found

    def write_sql(self, dialect: str, name: str) -> Path:
        """Write a question in a dialect of SQL to a file."""
        question, written = QUESTIONS[name], self.folder / f"{dialect}_{name}.sql"
        path = SQL / dialect / f"{question.sql}.sql"
        # ClickHouse's question for all books takes one market, too.
        path = path if path.exists() else PEERS / dialect / f"{question.sql}s_at.sql"
        written.write_text(path.read_text().rstrip().removesuffix(";") % question.parameters(self.market))
        return written

    def ask(self, name: str, commands: Mapping[str, Command]) -> Figures:
        """Return the figures of each engine that answers a question, each in a new process.

        Raises:
            AssertionError: two answers differ.
        """
        found, answers = dict[str, Figures](), dict[str, tuple[int, str]]()
        for engine, command in commands.items():
            if engine == "production":
                self._restart()
            answer = self.folder / f"{engine}_{name}"
            found[engine] = run([*command, answer])
            answers[engine] = digest(answer)
        if len(set(answers.values())) > 1 or not answers["duckdb"][0]:
            raise AssertionError(f"{name}: the answers differ in rows or contents: {answers}")
        base = found["duckdb"]["seconds"]
        figures = {f"{name}_{engine}_{key}": value for engine, each in found.items() for key, value in each.items()}
        ratios = {f"{name}_{engine}_ratio": each["seconds"] / base for engine, each in found.items()}
        return {f"{name}_rows": answers["duckdb"][0], **figures, **ratios}

    def _restart(self) -> None:
        """Let the server begin without pages in its memory, as other engines do."""
        self.production.server.stop()
        self.production.server.start()

    def sizes(self) -> Figures:
        """Return rows and megabytes of each stream."""
        found = dict[str, float]()
        for stream in TABLES:
            files = list(self.root.glob(f"{stream}/*/*/*.parquet"))
            found[f"{stream}_rows"] = sum(parquet.read_metadata(file).num_rows for file in files)
            found[f"{stream}_mb"] = sum(file.stat().st_size for file in files) / 1e6
        return found


def run(command: Command) -> Figures:
    """Run one engine and return its figures.

    Raises:
        RuntimeError: it failed; the message has its output.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STARTED_AT": str(time.monotonic())}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:3]))} failed: {done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Figures)


def digest(answer: Path) -> tuple[int, str]:
    """Return the number of rows of an answer, a file or a folder of files, and a digest that no order changes."""
    files = [answer] if answer.is_file() else answer.glob("part-*")
    rows = sorted(row.replace('"', "") for file in files for row in file.read_text().splitlines())
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


def measure(seconds: float) -> Figures:
    """Return the figures; 100 seconds mean a day of 100 million changes."""
    size = HourSize(max(100, int(seconds * MARKETS_PER_SECOND)), max(5_000, int(seconds * DRAWN_IN_HOUR_PER_SECOND)))
    # The day would not fit into memory.
    with tempfile.TemporaryDirectory(prefix="kalshi-", dir="/var/tmp") as name:
        folder = Path(name)
        with production_of(folder) as production:
            fill(production, folder / "made", size)
            root = export_hour(production, folder)
            write_day(root)
            day = AskedDay(root, production, folder)
            asked: list[Mapping[str, float]] = [day.sizes(), *(day.ask(name, day.commands(name)) for name in QUESTIONS)]
    return {key: value for each in asked for key, value in each.items()}
