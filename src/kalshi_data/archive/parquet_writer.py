"""Rows of production to one sorted Parquet file, in bounded memory."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from kalshi_data.archive.control_totals import Tally
from kalshi_data.archive.external_sort import ExternalSort
from kalshi_data.archive.production_reader import read
from kalshi_data.archive.schemas import LEVELS, TIME, ArchiveStream, arrow_schema
from kalshi_data.database.connection import Connection

# What is sorted at once. Two runs and two row groups are in memory at a time, some of them twice while they are sorted.
RUN_ROWS = 1 << 19
RUN_BYTES = 64 << 20
GROUP_ROWS = 1 << 20
GROUP_BYTES = 128 << 20

T = TypeVar("T")


class Written(NamedTuple):
    """What a file holds; `first_at` and `last_at` are of the stream's time column, None without rows or column.

    `gatherer_rows` counts rows by the gatherer that brought them, where the stream says so; `sums` holds each decimal
    column's sum as Decimal and that of each bigint column as int, nulls left out.
    """

    row_count: int
    byte_count: int
    sha256: bytes
    schema_version: int
    first_at: datetime | None
    last_at: datetime | None
    gatherer_rows: dict[int, int]
    sums: dict[str, Decimal | int]


def write_partition(
    connection: Connection,
    stream: ArchiveStream,
    begin: datetime,
    end: datetime,
    path: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> Written:
    """Write what `connection` sees of a stream in [begin, end) to a new file; without rows it has none, but a schema.

    `connection` is in a repeatable-read transaction: what the caller reads on it is of the same moment. Rows wait
    beside `path` to be sorted, a change of a book in about 70 bytes. `progress` is told how many rows were read since
    it was told last, and may raise to stop.

    Raises:
        ArchiveError: a value does not fit the archive's schema exactly.
        adbc_driver_manager.Error, psycopg.Error: the database failed.
        OSError: the disk is full.
    """
    tally = Tally(stream)
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        spool = ExternalSort(Path(folder), stream.order)
        with closing(read(connection, stream, begin, end)) as batches, closing(_ahead(_runs(batches))) as runs:
            for run in runs:
                tally.add(run)
                spool.add(run)
                progress(run.num_rows)
        _write(stream, begin, spool, path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").digest()
    return Written(tally.rows, path.stat().st_size, sha256, stream.version, *tally.span, tally.gatherers, tally.sums)


def _write(stream: ArchiveStream, begin: datetime, spool: ExternalSort, path: Path) -> None:
    """Write what was spooled; where that fails, nothing is left that looks like a file."""
    try:
        with (
            pq.ParquetWriter(path, _described(stream, begin), **options(stream)) as writer,
            closing(_ahead(spool.merge(GROUP_ROWS, GROUP_BYTES))) as groups,
        ):
            for group in groups:
                writer.write_batch(group, row_group_size=group.num_rows)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _runs(batches: Iterator[pa.RecordBatch]) -> Generator[pa.Table]:
    """Yield as many rows as are sorted at once."""
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
    """Yield items while the next one is made by a thread: neither the database nor the disk waits for the other."""
    with ThreadPoolExecutor(1, thread_name_prefix="archive") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _described(stream: ArchiveStream, begin: datetime) -> pa.Schema:
    """Return the schema with what a reader wants to know of the file, also one who does not know Arrow."""
    columns = {each.name: {"unit": each.unit, "since": each.since} for each in stream.columns}
    return arrow_schema(stream).with_metadata(
        {
            "kalshi.stream": stream.name,
            "kalshi.begin_at": begin.isoformat(),
            "kalshi.hours": str(stream.hours),
            "kalshi.schema_version": str(stream.version),
            "kalshi.columns": msgspec.json.encode(columns).decode(),
        }
    )


def options(stream: ArchiveStream) -> dict[str, Any]:
    """Return how a stream's files are written.

    Measured with changes of books: times and clocks take a quarter less as differences than as they are, all else
    takes least as numbers of a dictionary.
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
        "use_dictionary": repeated,
        "column_encoding": dict.fromkeys(differences, "DELTA_BINARY_PACKED"),
        "sorting_columns": [pq.SortingColumn(names.index(name)) for name in stream.order],
    }


def _leaves(name: str, type_: pa.DataType) -> list[tuple[str, pa.DataType]]:
    """Return the Parquet columns of a column."""
    if type_ != LEVELS:
        return [(name, type_)]
    return [(f"{name}.list.element.{field.name}", field.type) for field in LEVELS.value_type]


def _is_unique(type_: pa.DataType) -> bool:
    """Tell whether a dictionary wins nothing: identities, digests and bodies do not repeat, and truth takes a bit."""
    return pa.types.is_string(type_) or pa.types.is_fixed_size_binary(type_) or pa.types.is_boolean(type_)
