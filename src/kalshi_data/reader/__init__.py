"""Reads an archive: rows of its streams, order books at any moment, candles, outcomes, and what proves them.

It needs pyarrow and nothing else: `pip install kalshi-data[reader]`.

    from kalshi_data.reader import open_archive

    archive = open_archive("archive/parquet")
"""

from importlib.util import find_spec

if find_spec("pyarrow") is None:
    advice = 'kalshi_data.reader needs pyarrow, which is not installed: run pip install "kalshi-data[reader]"'
    raise ModuleNotFoundError(advice, name="pyarrow")

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.archive import Archive, open_archive
from kalshi_data.reader.book import Absent, Book, PriceLevel
from kalshi_data.reader.books import Interval, Step
from kalshi_data.reader.files.missing_hours import HoursMissing

__all__ = [
    "Absent",
    "Archive",
    "ArchiveError",
    "Book",
    "HoursMissing",
    "Interval",
    "PriceLevel",
    "Step",
    "open_archive",
]
