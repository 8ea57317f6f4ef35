"""Asks the library one question: PLACE ENDPOINT QUESTION MARKET AT ANSWER; prints figures as JSON.

The endpoint is empty for a folder. The answer goes to a CSV file after the measurement.
"""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from kalshi_data.reader import Archive, open_archive

csv: Any = pyarrow.csv


def book(archive: Archive, market: str, at: datetime) -> pa.Table:
    """Return the levels of one book."""
    found = archive.book(market, at)
    if not found:
        raise ValueError(f"{market} at {at}: {found.reason}")
    rows = [("yes", *level) for level in found.yes.items()] + [("no", *level) for level in found.no.items()]
    names = ("side", "price", "size")
    return pa.Table.from_pylist([{"market_ticker": market, **dict(zip(names, row, strict=True))} for row in rows])


def books(archive: Archive, _: str, at: datetime) -> pa.Table:
    """Return the levels of all books."""
    return archive.books_at(at)


def bbo(archive: Archive, market: str, at: datetime) -> pa.Table:
    """Return the best prices of a market in the hour of a moment."""
    begin = at.replace(minute=0, second=0, microsecond=0)
    return archive.bbo(market, begin, begin + timedelta(hours=1))


QUESTIONS: dict[str, Callable[[Archive, str, datetime], pa.Table]] = {"book": book, "books": books, "bbo": bbo}


def main(place: str, endpoint: str, question: str, market: str, at: str, answer: str) -> None:
    """Measure from opening the archive to the answer."""
    store: dict[str, Any] = {"endpoint_override": endpoint, "region": "us-east-1", "anonymous": True}
    options = store if endpoint else {}
    began, cpu_began = time.perf_counter(), time.process_time()
    found = QUESTIONS[question](open_archive(place, **options), market, datetime.fromisoformat(at))
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    figures = {"seconds": seconds, "cpu_seconds": cpu_seconds, "rss_max_mb": rss_max_mb()}
    csv.write_csv(found, answer, csv.WriteOptions(include_header=False, quoting_style="none"))
    print(json.dumps({**figures, "rows": found.num_rows}), flush=True)  # noqa: T201
    # The S3 library of pyarrow ends slowly.
    os._exit(0)


def rss_max_mb() -> float:
    """Return the most memory that this program had; what getrusage returns may be that of the process it came from."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


if __name__ == "__main__":
    main(*sys.argv[1:])
