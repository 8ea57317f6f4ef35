"""A filter by market reads only the row groups that hold it, whatever the names have."""

from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from kalshi_data.archive.parquet_writer import options
from kalshi_data.archive.schemas import file_schema
from kalshi_data.reader.files.selection import named
from kalshi_data.reader.rows import row_filter
from kalshi_data.reader.times import microseconds
from tests.support.sample_archive import HOUR, STREAMS, complete, delta

parquet: Any = pyarrow.parquet
dataset: Any = pyarrow.dataset
DELTAS = STREAMS["orderbook_deltas"]
GROUPS = 8
RANGE = (microseconds(HOUR), microseconds(HOUR) + 3_600_000_000)


@pytest.fixture(scope="module")
def fragment(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A file with a market in each row group."""
    path = tmp_path_factory.mktemp("pruned") / "part-0.parquet"
    rows = [delta(number, number + 1, "yes", "0.4", "1", f"KX{chr(65 + number)}-1") for number in range(GROUPS)]
    table = pa.Table.from_pylist([complete(DELTAS, row) for row in rows], schema=file_schema(DELTAS))
    parquet.write_table(table, path, row_group_size=1, **options(DELTAS))
    (found,) = dataset.dataset(path).get_fragments()
    return found


@pytest.mark.parametrize(
    ("wanted", "groups"),
    [
        (["KXC-1"], 1),
        (["KXC-*"], 1),
        (["KXC-1", "KXE-1"], 2),
        (["KXC-1", "KXE-*"], 2),
        ([f"KXC-{number}" for number in range(100)], 1),
        ([], 0),
        (["KXZ-1"], 0),
        (None, GROUPS),
    ],
)
def test_other_row_groups_are_skipped(fragment: Any, wanted: list[str] | None, groups: int) -> None:
    assert fragment.subset(row_filter("orderbook_deltas", *RANGE, wanted)).num_row_groups == groups


def test_no_name_selects_nothing(fragment: Any) -> None:
    assert fragment.to_table(filter=named("market_ticker", [])).num_rows == 0
