"""Asks DuckDB one question about an archive's files: VIEWS_FILE SQL_FILE ANSWER."""

import os
import sys
from pathlib import Path

import duckdb

from tests.benchmarks.engines.asking import Meter


def main(views_file: str, sql_file: str, answer: str) -> None:
    """Measure until the answer is a file."""
    meter = Meter(os.getpid())
    connection = duckdb.connect(config={"temp_directory": str(Path(answer).parent)})
    connection.execute(Path(views_file).read_text())
    statement = f"copy ({Path(sql_file).read_text()}) to '{answer}' (format csv, header false)"
    meter.report(lambda: connection.execute(statement))


main(*sys.argv[1:])
