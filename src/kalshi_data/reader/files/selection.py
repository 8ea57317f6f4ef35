"""Which markets are wanted, as a filter that skips row groups by their statistics."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

import pyarrow.compute
import pyarrow.dataset

compute: Any = pyarrow.compute
field: Any = pyarrow.dataset.field
Names: TypeAlias = str | Sequence[str]
WILDCARDS = re.compile(r"[*?]")
# No name has it, and each character of a name is less.
HIGHEST = "\U0010ffff"
# Each of more names would cost more than the row groups it skips.
NAMES_APART_MAX = 64


def listed(names: Names | None) -> list[str]:
    """Return one name or several as a list."""
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def patterns(markets: Names | None, series: Names | None) -> list[str] | None:
    """Return the names and patterns of the markets that are wanted; None for all.

    A ticker begins with its series: KXFED-26DEC-T4 is of the series KXFED.

    Example:
        >>> patterns("KXA-1", ["KXB", "KXC"])
        ['KXA-1', 'KXB-*', 'KXC-*']
    """
    return None if markets is None and series is None else [*listed(markets), *(f"{each}-*" for each in listed(series))]


def named(column: str, wanted: Sequence[str]) -> Any:
    """Return the filter for a column that holds one of these names, in which * and ? are wildcards.

    Example:
        >>> import pyarrow as pa
        >>> table = pa.table({"name": ["KXA-1", "KXA-2", "KXB-1"]})
        >>> table.filter(named("name", ["KXA-*"])).num_rows
        2
    """
    whole = sorted({each for each in wanted if not WILDCARDS.search(each)})
    tests = [_like(column, each) for each in wanted if WILDCARDS.search(each)]
    if len(whole) <= NAMES_APART_MAX:
        tests += [field(column) == each for each in whole]
    else:
        between = (field(column) >= whole[0]) & (field(column) <= whole[-1])
        tests.append(between & field(column).isin(whole))
    # With a test that needs no name beside them, statistics would rule no row group out.
    return reduce(or_, tests) if tests else compute.scalar(value=False)


def _like(column: str, pattern: str) -> Any:
    stem = WILDCARDS.split(pattern)[0]
    text = "".join({"*": ".*", "?": "."}.get(each) or re.escape(each) for each in pattern)
    matches = compute.match_substring_regex(field(column), f"(?s)^{text}$")
    if not stem:
        return matches
    # Statistics know the range of names, but no patterns.
    return (field(column) >= stem) & (field(column) <= stem + HIGHEST) & matches
