"""Asks ClickHouse one question about an archive's files: FOLDER SQL_FILE ANSWER."""

import os
import sys
from pathlib import Path

from chdb import session

from tests.benchmarks.engines.asking import Meter

VIEWS = {
    "snapshots": "orderbook_snapshots",
    "deltas": "orderbook_deltas",
    "trades": "trades",
    "coverage": "coverage",
}
# It would map files, which counts as no reading.
SETTINGS = "set output_format_decimal_trailing_zeros = 1, storage_file_read_method = 'pread'"


def main(folder: str, sql_file: str, answer: str) -> None:
    """Measure until the answer is a file."""
    opened = session.Session()
    meter = Meter(os.getpid())
    for view, stream in VIEWS.items():
        opened.query(f"create view {view} as select * from file('{folder}/{stream}/**/*.parquet')")
    opened.query(SETTINGS)
    text = Path(sql_file).read_text().rstrip().removesuffix(";")
    meter.report(lambda: Path(answer).write_bytes(opened.query(text, "CSV").bytes()))


main(*sys.argv[1:])
