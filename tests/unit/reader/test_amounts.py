"""Exact amounts of any part of a column."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.reader import amounts
from kalshi_data.reader.amounts import decimals, millionths

VALUES = st.lists(st.integers(-(10**17), 10**17), max_size=20)


@given(VALUES, VALUES, st.integers(0, 40), st.integers(0, 40))
def test_a_slice_of_a_column_has_its_own_amounts(first: list[int], second: list[int], begin: int, count: int) -> None:
    column = pa.chunked_array([decimals(first), decimals(second)])
    assert millionths(column.slice(begin, count)) == [*first, *second][begin : begin + count]


def test_a_slice_costs_as_much_as_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book is a slice of a column of all books, so the rest of the column must not be read for each."""
    column, made = decimals(range(1_000)), list[int]()

    def from_buffers(kind: Any, length: int, *rest: Any, **named: Any) -> Any:
        made.append(length)
        return pa.Array.from_buffers(kind, length, *rest, **named)

    counted = SimpleNamespace(from_buffers=from_buffers)
    monkeypatch.setattr(amounts, "pa", SimpleNamespace(Array=counted, ChunkedArray=pa.ChunkedArray, int64=pa.int64))
    assert millionths(column.slice(990, 3)) == [990, 991, 992]
    assert made == [6]
