"""Reads files of one stream: several at once if little of each is wanted, and always in the order of time."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.dataset

from kalshi_data.archive.schemas import file_schema
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.files.hour_files import ArchiveFolder, HourFile, stream_named, unreadable

T = TypeVar("T")
dataset: Any = pyarrow.dataset
ENCODED_TEXT = pa.dictionary(pa.int32(), pa.string())
# Row groups of a file that are read while one is used: more would take memory, and leave no processor idle less.
GROUPS_AT_ONCE = 2
# Files that are read at once. Each takes little memory if a filter names markets.
FILES_AT_ONCE = 8


class RowSelection(NamedTuple):
    """What is wanted of a stream: its columns in their order, and the filter of its rows, None for all.

    Texts of columns that are `encoded` come as dictionaries: faster, but a filter by them skips no row group.
    """

    stream: str
    columns: Sequence[str] | None
    wanted: Any
    is_selective: bool
    encoded: Sequence[str] = ()


class FileRows:
    """The wanted rows of files of one stream. The footer of each file is read once."""

    def __init__(self, folder: ArchiveFolder, files: Sequence[HourFile], selection: RowSelection) -> None:
        """Take files in the order of time; that of the newest is read for its columns.

        Raises:
            ArchiveError: the newest file cannot be read, or a wanted column does not exist.
            TypeError: `columns` is a text.
        """
        self._folder, self._files, self._selection = folder, files, selection
        # Without pre_buffer each column of each row group would be a request; a whole file from disk needs less memory.
        of_scan = dataset.ParquetFragmentScanOptions(
            pre_buffer=folder.is_remote or selection.is_selective, page_checksum_verification=True
        )
        of_read = dataset.ParquetReadOptions(dictionary_columns=set(selection.encoded))
        self._format: Any = dataset.ParquetFileFormat(read_options=of_read, default_fragment_scan_options=of_scan)
        self._newest = self._opened(files[-1]) if files else None
        self.schema = self._schema()

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows of each file, in the order of the files.

        Raises:
            ArchiveError: a file cannot be read.
        """
        at_once = FILES_AT_ONCE if self._selection.is_selective else 1
        for done, table in enumerate(in_order(self._table, self._files, at_once), 1):
            self._folder.progress(done, len(self._files))
            yield table

    def table(self) -> pa.Table:
        """Return the rows of all files.

        Raises:
            ArchiveError: a file cannot be read.
        """
        return pa.concat_tables([self.schema.empty_table(), *self.tables()])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of all files in batches, in memory that does not grow with the files.

        Raises:
            ArchiveError: a file cannot be read.
        """
        for done, file in enumerate(self._files, 1):
            for table in in_order(self._group, self._groups(file), GROUPS_AT_ONCE):
                yield from table.to_batches()
            self._folder.progress(done, len(self._files))

    def _groups(self, file: HourFile) -> list[tuple[HourFile, Any]]:
        """Return the row groups of a file that can hold wanted rows."""
        fragment = self._fragment(file)
        with readable(file.path):
            found = fragment if self._selection.wanted is None else fragment.subset(self._selection.wanted)
            return [(file, fragment.subset(row_group_ids=[each.id])) for each in found.row_groups]

    def _group(self, group: tuple[HourFile, Any]) -> pa.Table:
        return self._rows(*group)

    def _table(self, file: HourFile) -> pa.Table:
        return self._rows(file, self._fragment(file))

    def _rows(self, file: HourFile, fragment: Any) -> pa.Table:
        with readable(file.path):
            held = [each for each in self.schema.names if each in fragment.physical_schema.names]
            return conformed(fragment.to_table(columns=held, filter=self._selection.wanted), self.schema)

    def _schema(self) -> pa.Schema:
        """Return this version's columns, then those that a newer version has added."""
        stream, columns = self._selection.stream, self._selection.columns
        if isinstance(columns, str):
            raise TypeError(f"columns is the text {columns!r}: write a list, such as [{columns!r}]")
        fields = {each.name: each for each in file_schema(stream_named(stream))}
        if self._newest:
            newest = self._newest.physical_schema
            fields |= {each.name: each.with_nullable(True) for each in newest if each.name not in fields}
        if unknown := [each for each in columns or () if each not in fields]:
            raise ArchiveError(f"{stream} has no column {unknown[0]}: choose of {', '.join(fields)}")
        fields |= {each: pa.field(each, ENCODED_TEXT) for each in self._selection.encoded}
        return pa.schema([fields[each] for each in columns or fields])

    def _fragment(self, file: HourFile) -> Any:
        return self._newest if file is self._files[-1] else self._opened(file)

    def _opened(self, file: HourFile) -> Any:
        """Return the file with its footer; as its size is known, nothing else is asked for."""
        with readable(file.path):
            fragment = self._format.make_fragment(file.path, self._folder.filesystem, file_size=file.byte_count)
            fragment.ensure_complete_metadata()
        require_stream(file.path, self._selection.stream, fragment)
        return fragment


def in_order(read: Callable[[T], pa.Table], parts: Iterable[T], at_once: int) -> Iterator[pa.Table]:
    """Yield what is read of each part, in their order, while the next ones are being read."""
    coming = iter(parts)
    with ThreadPoolExecutor(at_once, thread_name_prefix="archive") as pool:
        running = deque(pool.submit(read, each) for each in islice(coming, at_once))
        while running:
            table = running.popleft().result()
            running.extend(pool.submit(read, each) for each in islice(coming, 1))
            yield table


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with exactly the columns of a schema; a column that an older file lacks is null."""
    columns = [
        table[each.name].cast(each.type) if each.name in table.schema.names else pa.nulls(table.num_rows, each.type)
        for each in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def with_rows(folder: ArchiveFolder, files: Sequence[HourFile]) -> list[HourFile]:
    """Return the files that hold rows, by their footers.

    Raises:
        ArchiveError: a file cannot be read.
    """

    def row_count(file: HourFile) -> int:
        with readable(file.path):
            made: Any = dataset.ParquetFileFormat()
            return made.make_fragment(file.path, folder.filesystem, file_size=file.byte_count).metadata.num_rows

    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="footers") as pool:
        return [file for file, count in zip(files, pool.map(row_count, files), strict=True) if count]


def require_stream(path: str, stream: str, fragment: Any) -> None:
    """Require that a file holds a stream, with the columns by which its rows are ordered.

    Raises:
        ArchiveError: it holds another one.
    """
    held = (fragment.metadata.metadata or {}).get(b"kalshi.stream", stream.encode()).decode(errors="replace")
    missing = [each for each in stream_named(stream).order if each not in fragment.physical_schema.names]
    if held != stream or missing:
        what = f"is a file of {held}" if held != stream else f"has no column {missing[0]}"
        raise ArchiveError(f"{path} {what}, not one of {stream}: fetch it again, or have it written again")


@contextmanager
def readable(path: str) -> Generator[None]:
    """Report an error of the file or of the store with the path of the file."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if not is_contents(error):
            raise unreadable(path, error) from error
        text = " ".join(str(error).split())
        raise ArchiveError(f"{path} is damaged: fetch it again, or have it written again: {text}") from error


def is_contents(error: Exception) -> bool:
    """Return whether an error is one of a file's contents: it has neither a number of the system nor S3's answer."""
    return isinstance(error, pa.ArrowInvalid) or (
        isinstance(error, OSError) and error.errno is None and "AWS Error" not in str(error)
    )
