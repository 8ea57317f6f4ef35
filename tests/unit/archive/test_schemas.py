"""A version of an archived schema never changes, and readers of an old version can read files of a new one."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from kalshi_data.archive.parquet_writer import options
from kalshi_data.archive.schemas import ARCHIVED, file_schema, file_type
from kalshi_data.archive.streams.columns import ArchiveStream, Column

GOLDEN = Path(__file__).parents[2] / "golden" / "archive.json"
SERIES = next(stream for stream in ARCHIVED if stream.name == "series")
LATER = SERIES._replace(columns=(*SERIES.columns, Column("tags", pa.string(), "text", nullable=True, since=2)))


def described(stream: ArchiveStream) -> dict[str, Any]:
    """Return the columns of each version of a stream, with their types in the files."""
    return {
        str(version): [
            f"{each.name}: {file_type(each.type)}{'' if each.nullable else ' not null'}"
            for each in stream.columns
            if each.since <= version
        ]
        for version in range(1, stream.version + 1)
    }


def test_schemas_equal_the_golden_file(pytestconfig: pytest.Config) -> None:
    found = {stream.name: described(stream) for stream in ARCHIVED}
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    assert found == msgspec.json.decode(GOLDEN.read_bytes())


@pytest.mark.parametrize("stream", [*ARCHIVED, LATER], ids=lambda stream: f"{stream.name}-{stream.version}")
def test_new_columns_stand_at_the_end_and_may_be_null(stream: ArchiveStream) -> None:
    versions = [column.since for column in stream.columns]
    assert versions == sorted(versions)
    assert all(column.nullable for column in stream.columns if column.since > 1)
    assert len({column.name for column in stream.columns}) == len(stream.columns)


def test_names_have_the_same_type_in_all_streams() -> None:
    """A tool that knows the types of two columns joins them without a cast."""
    of_markets = {"ticker", "market_ticker", "subject_ticker", "event_ticker", "series_ticker"}
    found = {str(field.type) for stream in ARCHIVED for field in file_schema(stream) if field.name in of_markets}
    assert found == {"string"}


def test_a_file_of_a_new_version_is_read_with_the_schema_of_an_old_one_and_the_other_way_round(tmp_path: Path) -> None:
    for number, stream in enumerate((SERIES, LATER), start=1):
        values = {field.name: pa.nulls(1, field.type) for field in file_schema(stream)}
        values |= {"ticker": pa.array([f"KX{number}"])} | ({"tags": pa.array(["new"])} if number == 2 else {})
        nullable = pa.schema([field.with_nullable(True) for field in file_schema(stream)])
        pq.write_table(pa.table(values, nullable), tmp_path / f"{number}.parquet", **options(stream))
    old, new = (ds.dataset(tmp_path, schema=file_schema(stream)) for stream in (SERIES, LATER))
    assert old.to_table(columns=["ticker"]).to_pylist() == [{"ticker": "KX1"}, {"ticker": "KX2"}]
    assert "tags" not in old.schema.names
    assert new.to_table(columns=["ticker", "tags"]).to_pylist() == [
        {"ticker": "KX1", "tags": None},
        {"ticker": "KX2", "tags": "new"},
    ]
