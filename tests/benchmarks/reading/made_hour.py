"""An hour of made-up order books: DuckDB makes the rows, and the exporter's writer makes files of them."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet

from kalshi_data.archive.parquet_writer import write_rows
from kalshi_data.archive.schemas import ARCHIVED, LEVELS, ArchiveStream, arrow_schema
from kalshi_data.archive.streams.columns import LEVEL

parquet: Any = pyarrow.parquet
SQL = Path(__file__).parent / "sql"
TABLES = ("chance", "made_markets", "made_changes", "made_books")
STREAMS = {stream.name: stream for stream in ARCHIVED}
MADE = {each: SQL / f"{each}.sql" for each in ("orderbook_deltas", "orderbook_snapshots", "books", "coverage")}
BEGIN = datetime(2026, 11, 2, 15, tzinfo=UTC)
# What memory DuckDB may take for it, beside the rest of the machine.
MEMORY = "6GB"


class HourSize(NamedTuple):
    """How many markets a made-up hour has, and how many changes are drawn for it."""

    markets: int
    changes: int


def write_hour(folder: Path, size: HourSize, more: Mapping[str, Path] = MappingProxyType({})) -> Path:
    """Write the hour into a folder, with files without rows of the other streams; return the folder of the streams.

    `more` names the files of SQL of further streams; those of whole days have no file otherwise.

    Raises:
        RuntimeError: DuckDB failed, with the reason.
    """
    raw, root = folder / "raw", folder / "archive" / "parquet"
    raw.mkdir(parents=True)
    made = {**MADE, **more}
    make_rows(raw, size, made)
    for name, stream in STREAMS.items():
        if name in made:
            write_file(root, stream, BEGIN, batches(stream, raw / f"{name}.parquet"))
            (raw / f"{name}.parquet").unlink()
        elif stream.hours == 1:
            write_file(root, stream, BEGIN, iter(()))
    return root


def make_rows(folder: Path, size: HourSize, made: Mapping[str, Path]) -> None:
    """Let DuckDB write the rows of each stream into a file of its name, as its SQL says."""
    program = Path(sys.executable).parent / "duckdb"
    statements = [
        f"set timezone = 'UTC'; set memory_limit = '{MEMORY}'; set preserve_insertion_order = false;",
        f"set variable begin_at = timestamptz '{BEGIN.isoformat()}';",
        f"set variable markets = {size.markets}; set variable changes = {size.changes};",
        *((SQL / f"{name}.sql").read_text() for name in TABLES),
        *(f"copy ({sql.read_text()}) to '{name}.parquet';" for name, sql in made.items()),
    ]
    done = subprocess.run(
        [program], input="\n".join(statements), cwd=folder, capture_output=True, check=False, text=True
    )
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(f"DuckDB made no hour: {done.stderr.strip()}")


def write_file(root: Path, stream: ArchiveStream, begin: datetime, rows: Iterator[pa.RecordBatch]) -> None:
    """Write a file where the exporter writes that of an hour, or of its day."""
    day = root / stream.name / f"date={begin:%Y-%m-%d}"
    path = (day / f"hour={begin:%H}" if stream.hours == 1 else day) / "part-0.parquet"
    path.parent.mkdir(parents=True)
    write_rows(stream, begin if stream.hours == 1 else begin.replace(hour=0), rows, path)


def batches(stream: ArchiveStream, path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file of DuckDB with the schema that a stream has in memory."""
    schema = arrow_schema(stream)
    for batch in parquet.ParquetFile(path).iter_batches(1 << 17):
        columns = [conformed(batch.column(each.name), each.type) for each in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def conformed(column: Any, kind: Any) -> Any:
    """Return a column in the type that the writer takes."""
    if pa.types.is_dictionary(kind):
        return column.dictionary_encode()
    if kind != LEVELS:
        return column.cast(kind)
    fields = [LEVEL.field(0), LEVEL.field(1)]
    values = [column.values.field(each.name).cast(each.type) for each in fields]
    return pa.ListArray.from_arrays(column.offsets, pa.StructArray.from_arrays(values, fields=fields), type=LEVELS)
