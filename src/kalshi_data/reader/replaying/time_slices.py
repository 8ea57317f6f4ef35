"""Reads a stream in the order of time, though its files lie in the order of markets, in bounded memory."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.archive.schemas import DECIMAL, TIME, ArchiveStream
from kalshi_data.archive.streams.columns import WIDE_DECIMAL
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.files.hour_files import ArchiveFolder, HourFile, stream_named, width
from kalshi_data.reader.files.scanning import FileRows, RowSelection
from kalshi_data.reader.rows import row_filter

compute: Any = pyarrow.compute
# A table in memory; while it is sorted, there are two more.
BYTES_MAX = 40_000_000
# A value of a type that is not listed is a text.
WIDTHS: Mapping[Any, int] = MappingProxyType({DECIMAL: 16, WIDE_DECIMAL: 16, TIME: 8, pa.int64(): 8, pa.int16(): 2})
NAME_BYTES, TEXT_BYTES = 4, 64


class TimeSlices:
    """The rows of one stream in [begin, until), as tables that follow each other in time.

    A table is sorted by the time of its stream; rows of one moment keep the order of the file: changes of a market by
    clock, its trades in the order of receipt. A file is read once for each of its slices: the first slice is a whole
    hour, and becomes shorter until it has at most `bytes_max` bytes, since all markets of a moment lie far apart.
    """

    def __init__(
        self,
        folder: ArchiveFolder,
        stream: str,
        range_us: tuple[int, int],
        wanted: Sequence[str] | None,
        columns: Sequence[str],
        bytes_max: int = BYTES_MAX,
    ) -> None:
        """Read `columns` of a stream, of the markets that names and patterns mean, or of all."""
        self._folder = folder
        self._stream = stream_named(stream)
        self._begin, self._until = range_us
        self._wanted = wanted
        self._columns = columns
        self._rows_max = max(1, bytes_max // row_bytes(self._stream, columns, texts=wanted is not None))
        if self._stream.time_column is None:
            raise ArchiveError(f"{stream} is a listing of each day and has no order in time")
        self._time = self._stream.time_column
        # Names repeat, so they are read as numbers; patterns are compared with texts.
        repeated = [each.name for each in self._stream.columns if pa.types.is_dictionary(each.type)]
        self._encoded = [each for each in repeated if each in columns and wanted is None]

    def __iter__(self) -> Iterator[pa.Table]:
        """Yield the tables; hours whose file is missing have no rows.

        Raises:
            ArchiveError: a file cannot be read.
        """
        files, _ = self._folder.files(self._stream.name, self._begin, self._until)
        length = width(self._stream.name)
        for file in files:
            begin = max(file.begin_us, self._begin)
            last = min(file.begin_us + width(self._stream.name), self._until)
            while begin < last:
                table, end = self._slice(file, begin, min(begin + length, last))
                if table.num_rows:
                    yield table
                length = (end - begin) * (2 if 2 * table.num_rows <= self._rows_max else 1)
                begin = end

    def _slice(self, file: HourFile, begin: int, end: int) -> tuple[pa.Table, int]:
        """Return the sorted rows from `begin` on, and where they end: earlier than wished if they are too many."""
        parts: list[pa.Table] = []
        rows, wished = 0, end
        for batch in self._batches(file, begin, end):
            part = pa.Table.from_batches([batch])
            parts.append(part if end == wished else self._before(part, end))
            rows += parts[-1].num_rows
            while rows > self._rows_max and end - begin > 1:
                end = begin + (end - begin) // 2
                parts = [self._before(each, end) for each in parts]
                rows = sum(each.num_rows for each in parts)
        return self._sorted(parts), end

    def _batches(self, file: HourFile, begin: int, end: int) -> Iterator[pa.RecordBatch]:
        columns = list(dict.fromkeys((*self._columns, self._time)))
        wanted = row_filter(self._stream.name, begin, end, self._wanted)
        selective = self._wanted is not None
        selection = RowSelection(self._stream.name, columns, wanted, is_selective=selective, encoded=self._encoded)
        yield from FileRows(self._folder, [file], selection).batches()

    def _before(self, table: pa.Table, end: int) -> pa.Table:
        return table.filter(compute.less(table[self._time], pa.scalar(end, pa.int64()).cast(TIME)))

    def _sorted(self, parts: Sequence[pa.Table]) -> pa.Table:
        """Return one table in the order of time."""
        if not parts:
            return pa.table({each: pa.nulls(0) for each in self._columns})
        table = pa.concat_tables(parts).combine_chunks()
        return table.take(compute.sort_indices(table[self._time])).select(list(self._columns))


def row_bytes(stream: ArchiveStream, columns: Sequence[str], *, texts: bool) -> int:
    """Return about how much memory the columns of a row take; names that repeat are numbers, unless read as `texts`."""
    types: list[Any] = [each.type for each in stream.columns if each.name in columns]
    name_bytes = TEXT_BYTES if texts else NAME_BYTES
    return sum(name_bytes if pa.types.is_dictionary(each) else WIDTHS.get(each, TEXT_BYTES) for each in types)
