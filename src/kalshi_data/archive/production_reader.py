"""Reads rows of production as columns with the ADBC driver, which makes no Python object for a value."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString, cast

import adbc_driver_manager
import adbc_driver_postgresql  # pyright: ignore[reportMissingTypeStubs]
import psycopg
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcDatabase, AdbcStatement
from psycopg import ClientCursor

from kalshi_data.archive.schemas import arrow_schema
from kalshi_data.archive.streams.columns import LEVEL, LEVELS, ArchiveStream, Column
from kalshi_data.database.connection import Connection, conninfo_of, query
from kalshi_data.errors import MisfitError

# A transaction can only adopt a snapshot if it is a repeatable-read transaction from its start.
TRANSACTION = "-c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on"
BATCH_BYTES = 8 << 20
BATCH_OPTION = "adbc.postgresql.batch_size_hint_bytes"
# A program exports from one production.
DATABASES_MAX = 2


def read(connection: Connection, stream: ArchiveStream, begin: datetime, end: datetime) -> Generator[pa.RecordBatch]:
    """Return what the open transaction of `connection` sees of a stream in [begin, end), in no particular order.

    A second connection reads the same snapshot, so `connection` must be in a repeatable-read transaction that stays
    open until the last batch.

    Raises:
        MisfitError: a value does not fit the archive's schema.
        psycopg.OperationalError: production does not answer.
        adbc_driver_manager.Error: the database refused the query.
    """
    ((snapshot,),) = connection.execute(query("production/snapshot/share")).fetchall()
    adopt = _bind(connection, query("production/snapshot/adopt"), {"snapshot": snapshot})
    rows = _bind(connection, query(f"production/export/{stream.name}"), {"begin_at": begin, "end_at": end})
    return _stream(stream, _conninfo(connection), adopt, rows)


def _stream(stream: ArchiveStream, conninfo: str, adopt: str, rows: str) -> Generator[pa.RecordBatch]:
    schema = arrow_schema(stream)
    with _lost_sessions(), AdbcConnection(_database(conninfo)) as reading:
        reading.set_autocommit(False)
        with AdbcStatement(reading) as statement:
            statement.set_sql_query(adopt)
            statement.execute_update()
        with AdbcStatement(reading) as statement:
            statement.set_options(**{BATCH_OPTION: str(BATCH_BYTES)})
            # The driver wraps the query in COPY, where a semicolon is not allowed.
            statement.set_sql_query(rows.rstrip().removesuffix(";"))
            found, _ = statement.execute_query()
            with pa.RecordBatchReader.from_stream(found) as batches:
                for batch in batches:
                    yield pa.RecordBatch.from_arrays(list(_columns(stream, batch)), schema=schema)


@contextmanager
def _lost_sessions() -> Generator[None]:
    """Raise what psycopg raises if production does not answer: the driver has errors of its own for that.

    pyarrow passes on the driver's error as one of the operating system if rows were already read.
    """
    try:
        yield
    except (adbc_driver_manager.OperationalError, OSError) as error:
        raise psycopg.OperationalError(str(error).strip()) from error


@lru_cache(DATABASES_MAX)
def _database(conninfo: str) -> AdbcDatabase:
    """Return the driver's view of a database, for which it reads all types: 0.1 s. It holds no connection."""
    return adbc_driver_postgresql.connect(conninfo)


def _conninfo(connection: Connection) -> str:
    """Return how the driver connects as `connection` does, to read only."""
    return conninfo_of(connection, options=f"{connection.info.get_parameters().get('options', '')} {TRANSACTION}")


def _bind(connection: Connection, statement: bytes, values: dict[str, Any]) -> str:
    """Return a query with its values inserted as literals, since COPY has no parameters."""
    return ClientCursor(connection).mogrify(cast("LiteralString", statement.decode()), values)


def _columns(stream: ArchiveStream, batch: pa.RecordBatch) -> Iterator[pa.Array[Any]]:
    """Yield a batch's columns in the archive's types."""
    sources = iter(batch.columns)
    for column in stream.columns:
        parts = [next(sources) for _ in range(2 if column.type == LEVELS else 1)]
        try:
            yield _pairs(parts) if column.type == LEVELS else _converted(parts[0], column.type)
        except pa.ArrowInvalid as error:
            raise MisfitError(_describe_misfit(stream, column, parts)) from error


def _converted(source: pa.Array[Any], wanted: pa.DataType) -> pa.Array[Any]:
    """Return a column converted exactly to the wanted type, or raise ArrowInvalid."""
    if pa.types.is_dictionary(wanted):
        return source.dictionary_encode()
    if pa.types.is_decimal(wanted):
        # Amounts repeat, so each distinct one is converted once.
        encoded = cast("pa.DictionaryArray[Any, Any]", source.dictionary_encode())
        return encoded.dictionary.cast(wanted).take(encoded.indices)
    return source if source.type == wanted else source.cast(wanted)


def _pairs(parts: Sequence[pa.Array[Any]]) -> pa.Array[Any]:
    """Return lists of prices and lists of sizes as lists of levels; raise ArrowInvalid if their lengths differ."""
    prices, sizes = cast("Sequence[pa.ListArray[Any]]", parts)
    if not prices.offsets.equals(sizes.offsets):
        raise pa.ArrowInvalid("the number of prices differs from the number of sizes")
    fields = [LEVEL.field(0), LEVEL.field(1)]
    values = [_converted(each.values, field.type) for each, field in zip((prices, sizes), fields, strict=True)]
    return pa.ListArray.from_arrays(prices.offsets, pa.StructArray.from_arrays(values, fields=fields), type=LEVELS)


def _describe_misfit(stream: ArchiveStream, column: Column, parts: Sequence[pa.Array[Any]]) -> str:
    """Return an error message with the first value that cannot be archived."""
    name = f"{stream.table}, column {column.name}"
    if column.type == LEVELS:
        parts = [cast("pa.ListArray[Any]", part).values for part in parts]
    wanted = LEVEL.field(0).type if column.type == LEVELS else column.type
    misfits = (value for part in parts for value in part.unique() if not _fits(value, wanted))
    wrong = next(misfits, None)
    if wrong is None:
        return f"{name} holds prices without sizes: correct the row, then its hour can be archived"
    return (
        f"{name} holds {wrong.as_py()!r}, which is not exactly a {wanted}: nothing is rounded, so widen the column in "
        "a new version of the archive's schema, or correct the row"
    )


def _fits(value: pa.Scalar[Any], wanted: pa.DataType) -> bool:
    try:
        value.cast(wanted)
    except pa.ArrowInvalid:
        return False
    return True
