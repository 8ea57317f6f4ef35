"""Asks DuckDB for books by what `reader sql` prints: SQL_FILE ENDPOINT QUESTION MARKET AT ANSWER.

The endpoint is that of a bucket, empty for a folder. It prints figures as JSON.
"""

import json
import sys
import time
from pathlib import Path

import duckdb
import duckdb_extension_httpfs

SECRET = "create secret (type s3, endpoint '{}', use_ssl false, url_style 'path', region 'us-east-1')"
QUESTIONS = {
    "book": "select '{market}' as market_ticker, side, price, size from book_at('{market}', '{at}')",
    "books": "select market_ticker, side, price, size from books_at('{at}')",
}


def main(sql_file: str, endpoint: str, question: str, market: str, at: str, answer: str) -> None:
    """Measure from the question to the answer in a table."""
    connection = duckdb.connect(config={"temp_directory": str(Path(answer).parent)})
    if endpoint:
        extension = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension"))
        connection.execute(f"load '{extension}'")
        connection.execute(SECRET.format(endpoint.partition("://")[2]))
    # The views read the footers, as opening the archive does elsewhere.
    began, cpu_began = time.perf_counter(), time.process_time()
    connection.execute(Path(sql_file).read_text())
    text = QUESTIONS[question].format(market=market, at=at)
    connection.execute(f"create temp table answer as {text}")
    figures = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu_began}
    # What getrusage returns may be the memory of the process that this one came from.
    rss_max_mb = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    connection.execute(f"copy answer to '{answer}' (format csv, header false)")
    sys.stdout.write(json.dumps({**figures, "rss_max_mb": rss_max_mb}) + "\n")


main(*sys.argv[1:])
