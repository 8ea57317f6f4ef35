"""The tables for Athena match the archive's files."""

import re

import pytest

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.archive.streams.columns import ArchiveStream
from tests.conftest import ROOT

TABLES = ROOT / "sql" / "athena" / "tables"
SIMPLE = {
    "int64": "bigint",
    "int32": "int",
    "int16": "smallint",
    "bool": "boolean",
    "string": "string",
    "dictionary<values=string, indices=int32, ordered=0>": "string",
    "fixed_size_binary[32]": "binary",
    "timestamp[us, tz=UTC]": "timestamp",
}
LEVEL = re.compile(r"list<element: struct<price: (.+) not null, size: (.+) not null> not null>")


def athena_type(of: str) -> str:
    if level := LEVEL.fullmatch(of):
        price, size = map(athena_type, level.groups())
        return f"array<struct<price: {price}, size: {size}>>"
    return of.replace("decimal128", "decimal") if of.startswith("decimal128") else SIMPLE[of]


@pytest.mark.parametrize("stream", ARCHIVED, ids=lambda stream: stream.name)
def test_a_table_has_the_columns_of_its_stream(stream: ArchiveStream) -> None:
    text = (TABLES / f"{stream.name}.sql").read_text()
    listed = re.findall(r"^    (\w+) (.+) comment '(.*)',?$", text, re.MULTILINE)
    assert listed == [(each.name, athena_type(str(each.type)), each.unit) for each in stream.columns]


@pytest.mark.parametrize("stream", ARCHIVED, ids=lambda stream: stream.name)
def test_a_table_has_the_partitions_of_the_archive(stream: ArchiveStream) -> None:
    text = (TABLES / f"{stream.name}.sql").read_text()
    hour = "hour=${hour}/" if stream.hours == 1 else ""
    assert f"'s3://BUCKET/parquet/{stream.name}/date=${{date}}/{hour}'\n" in text
    assert ("partitioned by (`date` date, hour int)" if hour else "partitioned by (`date` date)") in text


def test_every_table_belongs_to_a_stream() -> None:
    assert {path.stem for path in TABLES.glob("*.sql")} == {stream.name for stream in ARCHIVED}
