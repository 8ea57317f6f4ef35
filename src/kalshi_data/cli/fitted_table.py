"""A table that fits its console: no number is ever cut, however narrow the terminal is.

If the whole table is too wide, headers break between words. If it is still too wide, the values of the first column
become headings between the rows, if a table allows that. Then its columns go into several tables below each other,
each with the first columns. Only a text that is longer than the console continues on the next line.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

Row = list[Text]
GAP = 2
# A column of free text gets at least this much, or a table of its own.
TEXT_MIN = 20
# What a key keeps if a single column needs nearly the whole console.
KEY_MIN = 8


class TableColumn(NamedTuple):
    """One column: its header, and what its cells are.

    A text may continue on the next line. A table that is too wide is divided before a column that begins a part.
    """

    name: str
    is_number: bool
    is_text: bool = False
    begins_part: bool = False


class FittedTable:
    """Rows of cells; how they are laid out follows from the width of the console that prints them."""

    def __init__(
        self, columns: Sequence[TableColumn], title: str = "", *, keys: int = 1, grouped: bool = False
    ) -> None:
        """Make an empty table; each part of it shows the first `keys` columns.

        If `grouped`, the values of the first column may become headings.
        """
        self._columns = list(columns)
        self._title = title
        self._keys = keys
        self._grouped = grouped
        self._rows: list[Row] = []

    def add_row(self, *cells: str | Text) -> None:
        """Add a row with one cell per column."""
        self._rows.append([each if isinstance(each, Text) else Text(each) for each in cells])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the title and as many tables as the width needs."""
        width = options.max_width
        if self._title:
            yield Text(self._title, "bold")
        everything = range(len(self._columns))
        if self._total(self._widths(broken=False), everything) <= width:
            yield self._draw(everything, self._widths(broken=False), self._rows)
            return
        widths = self._widths(broken=True)
        first = 1 if self._grouped and self._total(widths, everything) > width else 0
        self._narrow(widths, width, first)
        for number, part in enumerate(self._parts(widths, width, first)):
            if number:
                yield ""
            if first:
                yield from self._draw_grouped(part, widths)
            else:
                yield self._draw(part, widths, self._rows)

    def _widths(self, *, broken: bool) -> list[int]:
        """Return what each column needs, if headers break between words or do not."""
        needed: list[int] = []
        for number, column in enumerate(self._columns):
            header = two_lines(column.name) if broken else len(column.name)
            lines = [line.cell_len for row in self._rows for line in row[number].split()]
            needed.append(max([header, *lines]))
        return needed

    def _narrow(self, widths: list[int], width: int, first: int) -> None:
        """Let keys, texts and strips continue on the next line if they take more than the console has."""
        keys = range(first, self._keys)
        values = range(self._keys, len(widths))
        beside = max((widths[n] for n in values if not self._columns[n].is_text), default=0)
        room = width - GAP * len(keys) - min(beside, width // 2)
        for longest in sorted(keys, key=lambda n: -widths[n]):
            excess = max(0, sum(widths[n] for n in keys) - room)
            widths[longest] = max(min(KEY_MIN, widths[longest]), widths[longest] - excess)
        alone = max(1, width - sum(widths[n] + GAP for n in keys))
        for number in values:
            room = width - sum(widths[n] + GAP for n in (*keys, *values) if n != number)
            is_text = self._columns[number].is_text and room >= TEXT_MIN
            widths[number] = min(widths[number], room if is_text else alone)

    def _parts(self, widths: Sequence[int], width: int, first: int) -> Iterable[list[int]]:
        """Yield the columns of each table, filled from left to right; each begins with the keys."""
        keys = list(range(first, self._keys))
        part = list(keys)
        for number in range(self._keys, len(self._columns)):
            is_full = self._columns[number].begins_part or self._total(widths, [*part, number]) > width
            if len(part) > len(keys) and is_full:
                yield part
                part = list(keys)
            part.append(number)
        yield part

    @staticmethod
    def _total(widths: Sequence[int], part: Iterable[int]) -> int:
        used = [widths[number] for number in part]
        return sum(used) + GAP * (len(used) - 1)

    def _draw(self, part: Sequence[int], widths: Sequence[int], rows: Iterable[Row], *, header: bool = True) -> Table:
        made = Table(
            box=box.SIMPLE_HEAD, show_edge=False, show_header=header, pad_edge=False, padding=(0, GAP - 1, 0, 0)
        )
        for number in part:
            column = self._columns[number]
            justify = "right" if column.is_number else "left"
            made.add_column(column.name, justify=justify, width=widths[number], overflow="fold")
        for row in rows:
            made.add_row(*(row[number] for number in part))
        return made

    def _draw_grouped(self, part: Sequence[int], widths: Sequence[int]) -> RenderResult:
        """Yield the header, then each value of the first column above its rows."""
        yield self._draw(part, widths, ())
        for value, rows in groupby(self._rows, lambda row: row[0].plain):
            yield Text(value, "bold")
            yield self._draw(part, widths, rows, header=False)


def two_lines(header: str) -> int:
    """Return the width that a header needs on two lines."""
    words = header.split()
    breaks = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words) + 1)]
    return min((max(len(first), len(second)) for first, second in breaks), default=0)
