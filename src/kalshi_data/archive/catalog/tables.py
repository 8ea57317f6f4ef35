"""The Iceberg table of a stream: its columns, its partition and its properties."""

from datetime import UTC, datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchIcebergTableError, NoSuchTableError
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.transforms import DayTransform, HourTransform, IdentityTransform
from pyiceberg.typedef import Identifier

from kalshi_data.archive.schemas import ArchiveStream, Column, file_type
from kalshi_data.errors import ArchiveError

# The day of a list that is written whole. Its files lack this column: readers take it from the partition.
DATE = "date"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROPERTIES = {
    # The files belong to the archive: other programs must not delete them with a snapshot or a table.
    "gc.enabled": "false",
    # A commit that is simply repeated could list a file twice: after a conflict everything is compared again.
    TableProperties.COMMIT_NUM_RETRIES: "0",
    TableProperties.MANIFEST_MERGE_ENABLED: "true",
    TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED: "true",
    TableProperties.METADATA_PREVIOUS_VERSIONS_MAX: "10",
}


def table_schema(stream: ArchiveStream) -> pa.Schema:
    """Return the columns of a stream's table; the comment of each is its unit."""
    day = () if stream.time_column else (Column(DATE, pa.date32(), "day, UTC", nullable=True),)
    return pa.schema(
        [
            pa.field(each.name, file_type(each.type), each.nullable, {"doc": each.unit})
            for each in (*stream.columns, *day)
        ]
    )


def partition_number(stream: ArchiveStream, hour: datetime) -> int:
    """Return the value of an hour's partition: hours since 1970, or days."""
    hours = int((hour - EPOCH).total_seconds()) // 3600
    return hours if stream.hours == 1 else hours // 24


def find_table(catalog: Catalog, identifier: Identifier) -> Table | None:
    """Return a table; None if it does not exist.

    Raises:
        ArchiveError: a table of another kind has its name.
    """
    try:
        return catalog.load_table(identifier)
    except NoSuchIcebergTableError as error:
        name = ".".join(identifier)
        raise ArchiveError(f"{name} is not an Iceberg table: choose another --namespace, or drop it") from error
    except NoSuchTableError:
        return None


def create_table(catalog: Catalog, identifier: Identifier, stream: ArchiveStream, location: str) -> Table:
    """Make the empty table of a stream; it exists either completely or not at all."""
    made = catalog.create_table_transaction(identifier, table_schema(stream), location, properties=PROPERTIES)
    with made.update_spec() as spec:
        if stream.time_column is None:
            spec.add_field(DATE, IdentityTransform(), DATE)
        else:
            is_hourly = stream.hours == 1
            name = "hour" if is_hourly else "day"
            spec.add_field(stream.time_column, HourTransform() if is_hourly else DayTransform(), name)
    map_names(made)
    return made.commit_transaction()


def add_columns(transaction: Transaction, stream: ArchiveStream) -> None:
    """Add the columns that the stream got since the table was made, at its end."""
    if set(table_schema(stream).names) <= set(transaction.table_metadata.schema().column_names):
        return
    with transaction.update_schema() as schema:
        schema.union_by_name(table_schema(stream))
    map_names(transaction)


def map_names(transaction: Transaction) -> None:
    """Let readers find columns by their names, since the archive's files have no numbers for them."""
    mapping = transaction.table_metadata.schema().name_mapping.model_dump_json()
    transaction.set_properties({TableProperties.DEFAULT_NAME_MAPPING: mapping})
