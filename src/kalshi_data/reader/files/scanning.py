"""Reads files of one stream: several at once if little of each is wanted, and always in the order of time."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset

from kalshi_data.archive.schemas import file_schema
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.files.hour_files import ArchiveFolder, HourFile, stream_named, unreadable

dataset: Any = pyarrow.dataset
# Without the option each column of each row group would be a request of its own.
FORMAT = dataset.ParquetFileFormat(default_fragment_scan_options=dataset.ParquetFragmentScanOptions(pre_buffer=True))
# Files that are read at once. Each takes little memory if a filter names markets.
FILES_AT_ONCE = 8


class RowSelection(NamedTuple):
    """What is wanted of a stream: its columns in their order, and the filter of its rows."""

    stream: str
    columns: Sequence[str] | None
    wanted: Any
    is_selective: bool


def read_tables(folder: ArchiveFolder, files: Sequence[HourFile], selection: RowSelection) -> Iterator[pa.Table]:
    """Yield the wanted rows of each file, in the order of the files.

    Raises:
        ArchiveError: a file cannot be read, or a column does not exist.
    """
    schema = schema_of(folder, files, selection)
    at_once = FILES_AT_ONCE if selection.is_selective else 1
    coming = iter(files)
    with ThreadPoolExecutor(at_once, thread_name_prefix="archive") as pool:

        def begin(file: HourFile) -> Future[pa.Table]:
            return pool.submit(_read_table, folder, file, selection, schema)

        running = deque(begin(file) for file in islice(coming, at_once))
        done = 0
        while running:
            table = running.popleft().result()
            running.extend(begin(file) for file in islice(coming, 1))
            done += 1
            folder.progress(done, len(files))
            yield table


def read_batches(
    folder: ArchiveFolder, files: Sequence[HourFile], selection: RowSelection, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Yield the wanted rows of each file in batches, in memory that does not grow with the files.

    Raises:
        ArchiveError: a file cannot be read.
    """
    for done, file in enumerate(files, 1):
        with readable(file.path):
            fragment = _fragment(folder, file)
            names = [each for each in schema.names if each in fragment.physical_schema.names]
            for batch in fragment.to_batches(columns=names, filter=selection.wanted):
                yield from conformed(pa.Table.from_batches([batch]), schema).to_batches()
        folder.progress(done, len(files))


def schema_of(folder: ArchiveFolder, files: Sequence[HourFile], selection: RowSelection) -> pa.Schema:
    """Return the schema of the rows: this version's columns, then those that a newer version has added.

    Raises:
        ArchiveError: a wanted column does not exist.
    """
    fields = {each.name: each for each in file_schema(stream_named(selection.stream))}
    if files:
        with readable(files[-1].path):
            newest = _fragment(folder, files[-1]).physical_schema
        fields |= {each.name: each.with_nullable(True) for each in newest if each.name not in fields}
    if unknown := [each for each in selection.columns or () if each not in fields]:
        raise ArchiveError(f"{selection.stream} has no column {unknown[0]}: choose of {', '.join(fields)}")
    return pa.schema([fields[each] for each in selection.columns or fields])


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with exactly the columns of a schema; a column that an older file lacks is null."""
    columns = [
        table[each.name].cast(each.type) if each.name in table.schema.names else pa.nulls(table.num_rows, each.type)
        for each in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _read_table(folder: ArchiveFolder, file: HourFile, selection: RowSelection, schema: pa.Schema) -> pa.Table:
    with readable(file.path):
        fragment = _fragment(folder, file)
        names = [each for each in schema.names if each in fragment.physical_schema.names]
        return conformed(fragment.to_table(columns=names, filter=selection.wanted), schema)


def _fragment(folder: ArchiveFolder, file: HourFile) -> Any:
    return FORMAT.make_fragment(file.path, folder.filesystem, file_size=file.byte_count)


@contextmanager
def readable(path: str) -> Generator[None]:
    """Report an error of the file or of the store with the path of the file."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from error
