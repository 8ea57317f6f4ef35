"""Describes the archive's Parquet files to Iceberg, by their footers."""

# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from kalshi_data.archive.catalog.inventory import CatalogHour
from kalshi_data.archive.catalog.tables import partition_number
from kalshi_data.archive.schemas import ArchiveStream, file_schema
from kalshi_data.errors import ArchiveError


class BeingWritten(ArchiveError):
    """An object is not the one that its record describes: it is being written again."""


def describe_file(
    io: FileIO, metadata: TableMetadata, stream: ArchiveStream, location: str, hour: CatalogHour
) -> DataFile:
    """Return what a table says about a file.

    Raises:
        BeingWritten: the file has another size or another number of rows than was recorded.
        ArchiveError: the file is missing, or is not a file of the stream.
    """
    source: Any = io.new_input(location)
    being_written = BeingWritten(f"{location} is being written again: the next run registers it")
    try:
        size = len(source)
        if size != hour.bytes:
            raise being_written
        with source.open() as opened:
            footer = pq.read_metadata(opened)
    except FileNotFoundError as error:
        raise ArchiveError(f"{location} is missing: run archive verify, then write its hour again") from error
    except pa.ArrowInvalid as error:
        raise ArchiveError(f"{location} is not a Parquet file: write its hour again with export --again") from error
    if footer.num_rows != hour.rows:
        raise being_written
    if problem := check_columns(stream, footer.schema.to_arrow_schema()):
        raise ArchiveError(f"{location} {problem}")
    schema = metadata.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        footer, compute_statistics_plan(schema, metadata.properties), parquet_path_to_id_mapping(schema)
    )
    partition = Record(partition_number(stream, hour.begins_at))
    if stream.time_column is not None and found_partition(statistics, metadata) != partition:
        raise ArchiveError(f"{location} has rows of another hour: write its hour again with export --again")
    arguments: dict[str, Any] = statistics.to_serialized_dict()
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **arguments,
    )


def found_partition(statistics: Any, metadata: TableMetadata) -> Record | None:
    """Return the partition that a file's times are in; None if they are in several or are not known."""
    try:
        return statistics.partition(metadata.spec(), metadata.schema())
    except (ValueError, TypeError):
        return None


def check_columns(stream: ArchiveStream, found: pa.Schema) -> str | None:
    """Return why readers of the table could not read a file with these columns; None if they can."""
    expected = {field.name: field.type for field in file_schema(stream)}
    if unknown := [name for name in found.names if name not in expected]:
        return f"has the column {unknown[0]}, which this release does not know: install the release that wrote it"
    wrong = [field.name for field in found if field.type != expected[field.name]]
    return f"has another type in {wrong[0]}: write its hour again with export --again" if wrong else None


def listed_files(table: Table) -> Iterator[DataFile]:
    """Yield the files of a table, with the entries of one manifest in memory at a time."""
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        for entry in manifest.fetch_manifest_entry(table.io):
            yield entry.data_file
