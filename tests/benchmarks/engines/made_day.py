"""A made-up day: an hour that the exporter wrote, written 23 times more by its writer with other times and clocks."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.archive.schemas import TIME, ArchiveStream
from tests.benchmarks.engines.production import CLOCKS_PER_HOUR, HOUR, TABLES
from tests.benchmarks.reading.made_hour import BEGIN, STREAMS, batches, write_file

compute: Any = pyarrow.compute
DAY = BEGIN.replace(hour=0)
HOURS = 24


def write_day(root: Path) -> None:
    """Write the other hours of the day beside the one that the exporter wrote."""
    for name in TABLES:
        for number in range(HOURS):
            if DAY + number * HOUR != BEGIN:
                write_tile(root, STREAMS[name], root, DAY + number * HOUR)


def write_tile(source: Path, stream: ArchiveStream, target: Path, begin: datetime) -> None:
    """Write the rows of the exported hour as those of another one."""
    path = source / stream.name / f"date={BEGIN:%Y-%m-%d}" / f"hour={BEGIN:%H}" / "part-0.parquet"
    write_file(target, stream, begin, moved(batches(stream, path), begin - BEGIN))


def moved(rows: Iterator[pa.RecordBatch], by: timedelta) -> Iterator[pa.RecordBatch]:
    """Yield rows with later times and clocks."""
    changes = {TIME: pa.scalar(by, pa.duration("us")), "clock": pa.scalar(by // HOUR * CLOCKS_PER_HOUR, pa.int64())}
    for batch in rows:
        columns = [
            compute.add(column, change)
            if (change := changes.get(field.name, changes.get(field.type))) is not None
            else column
            for field, column in zip(batch.schema, batch.columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)
