"""Asks the library for a book: FOLDER MARKET AT ANSWER."""

import os
import sys
from pathlib import Path

from kalshi_data.reader import open_archive
from tests.benchmarks.engines.asking import Meter


def main(folder: str, market: str, at: str, answer: str) -> None:
    """Measure until the answer is a file.

    Raises:
        ValueError: the book is not known.
    """
    meter = Meter(os.getpid())
    archive = open_archive(folder)

    def ask() -> None:
        book = archive.book(market, at)
        if not book:
            raise ValueError(f"{market} at {at}: {book.reason}")
        levels = [("yes", *each) for each in book.yes.items()] + [("no", *each) for each in book.no.items()]
        Path(answer).write_text("".join(f"{market},{side},{price},{size}\n" for side, price, size in levels))

    meter.report(ask)


if __name__ == "__main__":
    main(*sys.argv[1:])
