"""The external sort returns all rows in order, in batches of bounded size."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.archive import external_sort
from kalshi_data.archive.external_sort import ExternalSort, Mark, boundaries

ORDER = ("ticker", "at", "number")
ROWS = st.tuples(st.sampled_from(("KX", "KXA", "KXÄ", "", "KX-Z")), st.integers(0, 9), st.integers(0, 999))
RUNS = st.lists(st.lists(ROWS, min_size=1, max_size=40), max_size=6)


def run_of(rows: list[tuple[str, int, int]]) -> pa.Table:
    """Return rows in chunks with different dictionaries, as the database sends them."""
    chunks: list[Any] = []
    for first in range(0, len(rows), 7):
        tickers, times, numbers = zip(*rows[first : first + 7], strict=True)
        columns: list[Any] = [pa.array(tickers).dictionary_encode(), pa.array(times), pa.array(numbers)]
        chunks.append(pa.RecordBatch.from_arrays(columns, names=list(ORDER)))
    return pa.Table.from_batches(chunks)


@settings(deadline=None)
@given(RUNS, st.integers(1, 60))
def test_runs_are_merged_in_order(runs: list[list[tuple[str, int, int]]], rows: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(external_sort, "BATCH_ROWS", 3)
        external = ExternalSort(Path(folder), ORDER)
        for run in runs:
            external.add(run_of(run))
        pieces = [[tuple(row.values()) for row in piece.to_pylist()] for piece in external.merge(rows, 1 << 30)]
    everything = [row for run in runs for row in run]
    assert [row for piece in pieces for row in piece] == sorted(everything, key=lambda r: (r[0].encode(), *r[1:]))
    assert all(pieces)
    # A batch has the wanted rows, and of each run at most one batch more; equal keys stay together.
    equal = max((sum(row[:2] == other[:2] for row in everything) for other in everything), default=0)
    assert max(map(len, pieces), default=0) <= max(rows, 3) + 3 * len(runs) + equal


@given(
    st.lists(st.builds(Mark, st.tuples(st.integers(0, 50)), st.integers(1, 100), st.integers(1, 5000)), max_size=60),
    st.integers(100, 1000),
    st.integers(5000, 20000),
)
def test_wide_rows_make_smaller_batches(marks: list[Mark], rows: int, size: int) -> None:
    keys = boundaries(marks, rows, size)
    assert keys == sorted(set(keys))
    for first, last in zip([None, *keys], [*keys, None], strict=True):
        within = [m for m in marks if (first is None or m.key >= first) and (last is None or m.key < last)]
        if len({mark.key for mark in within}) > 1:
            assert sum(mark.rows for mark in within) <= rows
            assert sum(mark.bytes_in_memory for mark in within) <= size
