"""Writes rows of production to one sorted Parquet file, in bounded memory."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from kalshi_data.archive.control_totals import ControlTotals, TotalsAccumulator
from kalshi_data.archive.external_sort import ExternalSort
from kalshi_data.archive.production_reader import read
from kalshi_data.archive.schemas import file_schema
from kalshi_data.archive.streams.columns import LEVEL, LEVELS, TIME, ArchiveStream
from kalshi_data.database.connection import Connection

# Limits of a run, which is sorted in memory, and of a row group. Memory holds two of each, plus a copy while sorting.
RUN_ROWS = 1 << 19
RUN_BYTES = 64 << 20
GROUP_BYTES = 128 << 20

T = TypeVar("T")


class WrittenFile(NamedTuple):
    """A file that was written, with the control totals of its rows."""

    totals: ControlTotals
    byte_count: int
    sha256: bytes
    schema_version: int


def write_partition(
    connection: Connection,
    stream: ArchiveStream,
    begin: datetime,
    end: datetime,
    path: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> WrittenFile:
    """Write what `connection` sees of a stream in [begin, end) to a new file, which has a schema even without rows.

    `connection` is in a repeatable-read transaction, so that the caller reads the same state. Rows wait to be sorted in
    files beside `path`, about 70 bytes for an order-book change. `progress` is called with the number of rows read
    since its last call, and may raise to stop.

    Raises:
        ArchiveError: a value does not fit the archive's schema exactly.
        adbc_driver_manager.Error, psycopg.Error: the database failed.
        OSError: the disk is full.
    """
    with closing(read(connection, stream, begin, end)) as batches:
        return write_rows(stream, begin, batches, path, progress)


def write_rows(
    stream: ArchiveStream,
    begin: datetime,
    batches: Iterator[pa.RecordBatch],
    path: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> WrittenFile:
    """Write batches with the schema of a stream in memory, in any order, to a new file; as `write_partition` does."""
    accumulator = TotalsAccumulator(stream)
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        external_sort = ExternalSort(Path(folder), stream.order)
        with closing(_ahead(_runs(batches))) as runs:
            for run in runs:
                accumulator.add(run)
                external_sort.add(run)
                progress(run.num_rows)
        _write(stream, begin, external_sort, path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").digest()
    return WrittenFile(accumulator.totals(), path.stat().st_size, sha256, stream.version)


def _write(stream: ArchiveStream, begin: datetime, external_sort: ExternalSort, path: Path) -> None:
    """Write the sorted rows; if that fails, no incomplete file is left."""
    schema = described_schema(stream, begin)
    try:
        with (
            pq.ParquetWriter(path, schema, **options(stream)) as writer,
            closing(_ahead(external_sort.merge(stream.group_rows_max, GROUP_BYTES))) as groups,
        ):
            for group in groups:
                writer.write_batch(group.cast(schema), row_group_size=group.num_rows)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _runs(batches: Iterator[pa.RecordBatch]) -> Generator[pa.Table]:
    """Yield runs of as many rows as are sorted at once."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= RUN_ROWS or size >= RUN_BYTES:
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(held)


def _ahead(items: Iterator[T]) -> Generator[T]:
    """Yield items while a thread makes the next one, so that database and disk do not wait for each other."""
    with ThreadPoolExecutor(1, thread_name_prefix="archive") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def described_schema(stream: ArchiveStream, begin: datetime) -> pa.Schema:
    """Return the schema with metadata about the file, also for readers that do not read Arrow schemas."""
    columns = {each.name: {"unit": each.unit, "since": each.since} for each in stream.columns}
    return file_schema(stream).with_metadata(
        {
            "kalshi.stream": stream.name,
            "kalshi.begin_at": begin.isoformat(),
            "kalshi.hours": str(stream.hours),
            "kalshi.schema_version": str(stream.version),
            "kalshi.columns": msgspec.json.encode(columns).decode(),
        }
    )


def options(stream: ArchiveStream) -> dict[str, Any]:
    """Return the Parquet writer's options for a stream.

    Measured with order-book changes: times and clocks take a quarter less space as differences than as plain values,
    and all other columns take the least space with a dictionary.
    """
    leaves = {leaf: type_ for each in stream.columns for leaf, type_ in _leaves(each.name, each.type)}
    differences = [leaf for leaf, type_ in leaves.items() if type_ in (TIME, pa.int64())]
    repeated = [leaf for leaf, type_ in leaves.items() if leaf not in differences and not _is_unique(type_)]
    names = [each.name for each in stream.columns]
    return {
        "compression": "zstd",
        "version": "2.6",
        "store_decimal_as_integer": True,
        "write_statistics": True,
        "write_page_index": True,
        "write_page_checksum": True,
        "use_dictionary": repeated,
        "column_encoding": dict.fromkeys(differences, "DELTA_BINARY_PACKED"),
        "sorting_columns": [pq.SortingColumn(names.index(name)) for name in stream.order],
    }


def _leaves(name: str, type_: pa.DataType) -> list[tuple[str, pa.DataType]]:
    """Return the Parquet leaf columns of a column."""
    if type_ != LEVELS:
        return [(name, type_)]
    return [(f"{name}.list.element.{field.name}", field.type) for field in LEVEL]


def _is_unique(type_: pa.DataType) -> bool:
    """Return whether a dictionary saves no space: identities, digests and bodies do not repeat, booleans are bits."""
    return pa.types.is_string(type_) or pa.types.is_fixed_size_binary(type_) or pa.types.is_boolean(type_)
