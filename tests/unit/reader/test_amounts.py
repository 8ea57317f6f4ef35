"""Exact amounts of any part of a column."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.reader.amounts import decimals, integer_words, millionths

VALUES = st.lists(st.integers(-(10**17), 10**17), max_size=20)


@given(VALUES, VALUES, st.integers(0, 40), st.integers(0, 40))
def test_a_slice_of_a_column_has_its_own_amounts(first: list[int], second: list[int], begin: int, count: int) -> None:
    column = pa.chunked_array([decimals(first), decimals(second)])
    assert millionths(column.slice(begin, count)) == [*first, *second][begin : begin + count]


def test_a_slice_costs_as_much_as_it_is_long() -> None:
    """A book is a slice of a column of all books, so the rest of the column must not be read for each."""
    (words,) = integer_words(decimals(range(1_000)).slice(990, 3))
    assert words.tolist() == [990, 991, 992]
    assert words.nbytes == 3 * 8
