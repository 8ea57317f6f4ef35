"""Asks ClickHouse for books of an archive's files: FOLDER QUESTION MARKET AT ANSWER; prints figures as JSON."""

import json
import sys
import time
from datetime import datetime
from pathlib import Path

from chdb import session

QUERY = Path(__file__).parent / "clickhouse" / "books_at.sql"


def main(folder: str, question: str, market: str, at: str, answer: str) -> None:
    """Measure from the question to the answer as text."""
    opened = session.Session()
    for view, stream in {"snapshots": "orderbook_snapshots", "deltas": "orderbook_deltas"}.items():
        opened.query(f"create view {view} as select * from file('{folder}/{stream}/**/*.parquet')")
    at_us = int(datetime.fromisoformat(at).timestamp()) * 1_000_000
    wanted = {"market": f"'{market if question == 'book' else ''}'", "at_us": at_us}
    text = QUERY.read_text().rstrip().removesuffix(";") % wanted
    opened.query("set output_format_decimal_trailing_zeros = 1")
    began, cpu_began = time.perf_counter(), time.process_time()
    found = str(opened.query(text, "CSV"))
    figures = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu_began}
    # What getrusage returns may be the memory of the process that this one came from.
    rss_max_mb = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    Path(answer).write_text(found.replace('"', ""))
    sys.stdout.write(json.dumps({**figures, "rss_max_mb": rss_max_mb}) + "\n")


main(*sys.argv[1:])
