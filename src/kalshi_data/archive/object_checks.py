"""Compares the contents of an object with its manifest and with production."""

# pyarrow carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kalshi_data.archive.control_totals import ControlTotals, TotalsAccumulator
from kalshi_data.archive.manifest import Manifest
from kalshi_data.archive.partitions import ArchiveHour
from kalshi_data.archive.storage.base import ObjectStore, digest
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import ArchiveError

BATCH_ROWS = 20_000


def check_object(bucket: ObjectStore, stream: ArchiveStream, manifest: Manifest, path: Path) -> list[str]:
    """Fetch an object to `path`, and return how it differs from its manifest.

    Raises:
        ArchiveError: the bucket cannot be read.
    """
    if not bucket.fetch(manifest.key, path):
        return [f"{manifest.key} is missing"]
    if (size := path.stat().st_size) != manifest.bytes:
        return [f"{manifest.key} has {size:,} bytes, its manifest says {manifest.bytes:,}"]
    if (sha256 := digest(path).hex()) != manifest.sha256:
        return [f"{manifest.key} has sha256 {sha256}, its manifest says {manifest.sha256}"]
    # A file of an older version lacks the columns that came later.
    columns = tuple(column for column in stream.columns if column.since <= manifest.schema_version)
    try:
        held = stream._replace(columns=columns)
        return list(_read_footer(held, manifest, path)) or _compare_totals(held, manifest, path)
    except Exception as error:  # a file may say anything, and pyarrow has no error of its own for it
        return [f"{manifest.key} is not a Parquet file that can be read: {type(error).__name__}: {error}"]


def _read_footer(stream: ArchiveStream, manifest: Manifest, path: Path) -> Iterator[str]:
    """Yield problems that the footer shows: the columns, the number of rows, and the order of the row groups."""
    with pq.ParquetFile(path) as file:
        footer, schema = file.metadata, file.schema_arrow
    if missing := sorted({column.name for column in stream.columns} - set(schema.names)):
        yield f"{manifest.key} has no column {', '.join(missing)}"
        return
    if footer.num_rows != manifest.rows:
        yield f"{manifest.key} has {footer.num_rows:,} rows, its manifest says {manifest.rows:,}"
    first = schema.get_field_index(stream.order[0])
    found = [footer.row_group(number).column(first).statistics for number in range(footer.num_row_groups)]
    spans: list[tuple[Any, Any]] = [(each.min, each.max) for each in found if each is not None and each.has_min_max]
    if any(highest > lowest for (_, highest), (lowest, _) in pairwise(spans)):
        yield f"{manifest.key} is not sorted by {stream.order[0]}"


def _compare_totals(stream: ArchiveStream, manifest: Manifest, path: Path) -> list[str]:
    """Return how the times, the rows by gatherer and the sums of a file differ from those of its manifest."""
    accumulator = TotalsAccumulator(stream)
    columns = accumulator.columns() or [stream.order[0]]
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            if batch.num_rows:
                accumulator.add(pa.Table.from_batches([batch]))
    differences = totals_of(manifest).differences(accumulator.totals(), "its manifest says", "its rows say")
    return [f"{manifest.key}: {each}" for each in differences]


def totals_of(manifest: Manifest) -> ControlTotals:
    """Return the control totals in a manifest."""
    sums = {name: Decimal(text) for name, text in manifest.sums.items()}
    by_gatherer = {int(number): rows for number, rows in manifest.gatherer_rows.items()}
    return ControlTotals(manifest.rows, manifest.first_at, manifest.last_at, by_gatherer, sums)


def compare_rows(production: Connection, hour: ArchiveHour, path: Path) -> list[str]:
    """Compare a file with production's rows of the same hour, row by row and in order, and return the differences."""
    stream = hour.stream
    asked = {"target": stream.table, "time_column": stream.time_column}
    with production.transaction():
        problems = load_rows(production, stream, path)
        span = {"from_at": hour.begins_at, "until_at": hour.ends_at}
        row = production.execute(query("production/archive/compare_rows"), {**asked, **span}).fetchone()
    if row is None:
        raise ArchiveError(f"{stream.name} of {hour.begins_at} could not be compared")
    only_archived, only_production, archived_row, production_row = row
    if only_archived:
        problems.append(f"{only_archived:,} rows are not in production, such as {archived_row}")
    if only_production:
        problems.append(f"{only_production:,} rows of production are missing, such as {production_row}")
    return problems


def load_rows(production: Connection, stream: ArchiveStream, path: Path) -> list[str]:
    """Load the rows of a file into pg_temp.archived_rows, which lasts until the open transaction ends.

    Returns:
        A problem if the rows are not sorted.
    """
    made = production.execute(query("production/archive/make_rows"), {"target": stream.table})
    columns = [name for (name,) in made.fetchall()]
    order = [columns.index(name) for name in stream.order]
    previous: tuple[Any, ...] = ()
    unsorted = 0
    with production.cursor().copy(query("production/archive/copy_rows")) as copy, pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            for row in zip(*(_values(batch, name) for name in columns), strict=True):
                copy.write_row(row)
                key = tuple(row[position] for position in order)
                unsorted += key < previous
                previous = key
    return [f"{unsorted:,} rows are not in the order of {', '.join(stream.order)}"] if unsorted else []


def _values(batch: pa.RecordBatch, column: str) -> list[Any]:
    """Return a column as the database holds it, which has two arrays for a side's levels."""
    if column in batch.schema.names:
        return batch.column(column).to_pylist()
    side, _, what = column.partition("_")
    levels: list[Any] = batch.column(f"{side}_levels").to_pylist()
    return [[level[what.removesuffix("s")] for level in each] for each in levels]
