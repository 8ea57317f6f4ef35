"""What the command prints: tables for people, JSON for programs, and how far a long read is."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

# A read that takes less shows no progress.
QUIET_SECONDS = 1.0
ROWS_MAX = 1_000


def plain(value: Any) -> Any:
    """Return a value as JSON has it: amounts as exact text, times in RFC 3339.

    Example:
        >>> plain({"price": Decimal("0.430000"), "levels": [Decimal("2")]})
        {'price': '0.43', 'levels': ['2']}
    """
    if isinstance(value, Decimal):
        return amount(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def amount(value: Decimal) -> str:
    """Return an amount without zeros at its end.

    Example:
        >>> amount(Decimal("100.000000")), amount(Decimal("0.500000"))
        ('100', '0.5')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def print_json(value: Any, out: TextIO | None = None) -> None:
    """Print a value as one line of JSON."""
    print(json.dumps(plain(value)), file=out or sys.stdout)


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], out: TextIO | None = None) -> None:
    """Print rows as a table with a heading: numbers at the right, words at the left, - for none."""
    shown = [[cell(row[each]) for each in columns] for row in rows[:ROWS_MAX]]
    widths = [max(map(len, column)) for column in zip(columns, *shown, strict=True)]
    is_number = [all(isinstance(row[each], int | Decimal | None) for row in rows) for each in columns]
    for line in (columns, *shown):
        cells = zip(line, widths, is_number, strict=True)
        text = "  ".join(each.rjust(width) if right else each.ljust(width) for each, width, right in cells)
        print(text.rstrip(), file=out or sys.stdout)
    if len(rows) > ROWS_MAX:
        print(f"... {len(rows) - ROWS_MAX:,} more rows, see --json", file=out or sys.stdout)


def cell(value: Any) -> str:
    """Return a value as a person reads it; a time without the parts that are 0."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}" + (f".{value:%f}".rstrip("0") if value.microsecond else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else amount(value) if isinstance(value, Decimal) else str(value)


class ReadProgress:
    """Shows on a terminal how many files have been read, or other units, if that takes more than a moment."""

    def __init__(self, unit: str = "files", out: TextIO | None = None) -> None:
        """Begin to measure."""
        self._unit = unit
        self._out = out or sys.stderr
        self._began = time.monotonic()
        self._is_shown = False

    def __call__(self, done: int, of: int) -> None:
        """Show how far it is, or clear the line at the end."""
        if not self._out.isatty() or of < 2:
            return
        if done == of and self._is_shown:
            self._out.write("\r\033[K")
            self._is_shown = False
        elif time.monotonic() - self._began > QUIET_SECONDS:
            self._out.write(f"\r  read {done:,} of {of:,} {self._unit} ")
            self._is_shown = True
        self._out.flush()
