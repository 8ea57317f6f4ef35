"""Writes the page that describes each column of the archive's streams, from their schemas and production's comments."""

import re
from collections.abc import Iterator
from functools import cache

from kalshi_data.archive.schemas import ARCHIVED, ArchiveStream, Column, file_type
from tests.conftest import ROOT

PAGE = ROOT / "src" / "kalshi_data" / "reader" / "STREAMS.md"
HEADER = """\
# The streams of the archive

Generated from the schemas and from production's comments by `python3 build.py docs`: change those instead.

Each stream is a folder of Parquet files, one per hour, or per day for listings. Amounts are exact decimals
(`decimal128(18, 6)`: US dollars or contracts), and times are UTC in microseconds. `since` is the version of the schema
that added the column; older files lack it. A column that may be null is marked in its type.
"""
COMMENT = re.compile(r"comment on column (?:market_data|ops)\.(\w+)\.(\w+) is\s+((?:'(?:[^']|'')*'\s*)+);")
# What stands for a column in production if its name differs.
OTHER_NAMES = {
    "yes_levels": "Bids for YES: price in dollars of YES, and contracts.",
    "no_levels": "Bids for NO: price in dollars of NO, and contracts.",
}
TYPES = {"timestamp[us, tz=UTC]": "time", "fixed_size_binary[32]": "32 bytes", "bool": "boolean", "string": "text"}


def write() -> None:
    """Write the page."""
    PAGE.write_text(render())


def render() -> str:
    """Return the page as the schemas are now."""
    return "\n".join([HEADER, *(section(stream) for stream in ARCHIVED)])


def section(stream: ArchiveStream) -> str:
    """Return the heading and the table of a stream."""
    per = "hour" if stream.hours == 1 else "day"
    order = ", ".join(f"`{each}`" for each in stream.order)
    head = ("| column | type | unit | meaning | since |", "|---|---|---|---|---|")
    lines = [f"## `{stream.name}`", "", f"A file per {per}, sorted by {order}.", "", *head, *rows(stream)]
    return "\n".join([*lines, ""])


def rows(stream: ArchiveStream) -> Iterator[str]:
    """Yield a line for each column."""
    for column in stream.columns:
        cells = (f"`{column.name}`", kind(column), column.unit, meaning(stream, column), str(column.since))
        yield f"| {' | '.join(cells)} |"


def kind(column: Column) -> str:
    """Return the type of a column in the files."""
    text = str(file_type(column.type))
    shown = "list of price and size" if text.startswith("list") else TYPES.get(text, text)
    return f"{shown}, may be null" if column.nullable else shown


def meaning(stream: ArchiveStream, column: Column) -> str:
    """Return what production says of a column, if it has one of that name."""
    if column.name in OTHER_NAMES:
        return OTHER_NAMES[column.name]
    for relation in (stream.name, stream.table.split(".")[1]):
        if (relation, column.name) in comments():
            return comments()[relation, column.name]
    return ""


@cache
def comments() -> dict[tuple[str, str], str]:
    """Return the comments on columns that readers see, by relation and column."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted((ROOT / "sql" / "production").rglob("*.sql")):
        for relation, column, literals in COMMENT.findall(path.read_text()):
            parts = re.findall(r"'((?:[^']|'')*)'", literals)
            found[relation, column] = " ".join("".join(parts).replace("''", "'").replace("|", "\\|").split())
    return found
