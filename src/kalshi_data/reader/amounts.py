"""Exact amounts: integers of a millionth inside of the library, decimals outside.

The archive holds amounts as decimal128(18, 6), whose integers fit into 64 bits.
"""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from array import array
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

DOLLAR = 1_000_000
PLACES = 6
DECIMAL = pa.decimal128(18, PLACES)
# Whole numbers of as many digits, and of as many as 64 bits may have.
WHOLE, WIDE = pa.decimal128(18, 0), pa.decimal128(19, 0)


def millionths(column: Any) -> list[int]:
    """Return the integers of a decimal column without nulls; no Decimal is made on the way.

    Example:
        >>> millionths(pa.array([Decimal("0.43"), Decimal("-2.5")], DECIMAL))
        [430000, -2500000]
    """
    return [each for words in integer_words(column) for each in words.tolist()]


def packed_millionths(column: Any) -> "array[int]":
    """Return the integers of a decimal column without nulls, each in eight bytes.

    Example:
        >>> packed_millionths(pa.array([Decimal("0.43"), Decimal("-2.5")], DECIMAL))
        array('q', [430000, -2500000])
    """
    found = array("q")
    for words in integer_words(column):
        found.frombytes(words.tobytes())
    return found


def integer_words(column: Any) -> Iterator["memoryview[int]"]:
    """Yield the integers of each chunk of a decimal column without nulls, where they are in memory.

    Example:
        >>> [each.tolist() for each in integer_words(pa.array([Decimal("0.43"), Decimal("-2.5")], DECIMAL))]
        [[430000, -2500000]]
    """
    # A decimal takes 16 bytes, whose lower 8 hold the integer.
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        if len(chunk):
            held: Any = chunk.buffers()[1]
            words = memoryview(held).cast("q")
            yield words[2 * chunk.offset : 2 * (chunk.offset + len(chunk)) : 2]


def integers(column: Any) -> Any:
    """Return the millionths of a decimal array as an integer array.

    Example:
        >>> integers(pa.array([Decimal("0.43"), None], DECIMAL)).to_pylist()
        [430000, None]
    """
    # The same bytes as decimals without places.
    buffers = column.buffers()
    return pa.Array.from_buffers(WHOLE, len(column), buffers, column.null_count, column.offset).cast(pa.int64())


def from_integers(column: Any) -> Any:
    """Return an integer array of millionths as exact decimals.

    Example:
        >>> from_integers(pa.array([430000, None])).to_pylist()
        [Decimal('0.430000'), None]
    """
    made = column.cast(WIDE).cast(WHOLE)
    return pa.Array.from_buffers(DECIMAL, len(made), made.buffers(), made.null_count, made.offset)


def decimals(values: Sequence[int | None]) -> Any:
    """Return millionths as a column of exact decimals; None becomes null.

    Example:
        >>> decimals([430000, None]).to_pylist()
        [Decimal('0.430000'), None]
    """
    words = array("q")
    for value in values:
        words.extend((value or 0, -1 if (value or 0) < 0 else 0))
    valid = pa.array([value is not None for value in values], pa.bool_())
    return pa.Array.from_buffers(DECIMAL, len(values), [valid.buffers()[1], pa.py_buffer(words)])


def decimal(value: int) -> Decimal:
    """Return millionths as a decimal.

    Example:
        >>> decimal(430000)
        Decimal('0.430000')
    """
    return Decimal(value).scaleb(-PLACES)


def to_millionths(value: Decimal) -> int:
    """Return the integer of a decimal that has at most 6 places."""
    return int(value.scaleb(PLACES))


def levels(column: Any) -> list[dict[int, int]]:
    """Return each row's levels as a dictionary of price to size, in millionths."""
    found: list[dict[int, int]] = []
    chunks: list[Any] = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for chunk in chunks:
        flat = chunk.flatten()
        pairs = list(zip(millionths(flat.field("price")), millionths(flat.field("size")), strict=True))
        first = 0
        for length in _lengths(chunk):
            found.append(dict(pairs[first : first + length]))
            first += length
    return found


def _lengths(chunk: Any) -> Iterable[int]:
    return [0 if each is None else each for each in chunk.value_lengths().to_pylist()]
