"""What all books of one hour begin with: their last snapshots in it, or the books at its beginning."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.reader.all_books.clocked_books import BASES
from kalshi_data.reader.all_books.ruled_books import all_of, any_of, column, whole
from kalshi_data.reader.market_rows import SKEW_US_MAX

compute: Any = pyarrow.compute
CHECKPOINT_COLUMNS = ("market_ticker", "clock", "yes_levels", "no_levels")
SNAPSHOT_COLUMNS = ("market_ticker", "received_at", "clock", "occurrence", "yes_levels", "no_levels")


def last_in_order(rows: pa.Table) -> pa.Table:
    """Return the last row of each market, if rows of a market follow each other as in the files.

    Example:
        >>> rows = pa.table({"market_ticker": ["KXA-1", "KXA-1", "KXB-1"], "clock": [1, 2, 7]})
        >>> last_in_order(rows)["clock"].to_pylist()
        [2, 7]
    """
    if not rows.num_rows:
        return rows
    names = column(rows, "market_ticker")
    differs = compute.not_equal(names.slice(0, len(names) - 1), names.slice(1))
    return rows.filter(pa.concat_arrays([differs, pa.array([True])]))


def hour_bases(snapshots: pa.Table, checkpoints: pa.Table, hour: int) -> tuple[pa.Table, set[str]]:
    """Return the bases of books by clock, and the markets for which rows of the hour do not suffice.

    Args:
        snapshots: The last of each market in the hour, until the moment of the books.
        checkpoints: The books at the beginning of the hour.
        hour: The beginning of the hour, in microseconds.
    """
    names, clock = column(snapshots, "market_ticker"), column(snapshots, "clock")
    places = compute.index_in(names, value_set=column(checkpoints, "market_ticker"))
    clock_before = column(checkpoints, "clock").take(places)
    received = whole(column(snapshots, "received_at"))
    # The file of the hour before has changes after the snapshot only if they are not in the book of the beginning.
    is_settled = any_of(
        [
            compute.greater_equal(received, hour + SKEW_US_MAX),
            all_of([compute.greater(clock_before, 0), compute.less_equal(clock_before, clock)]),
        ]
    )
    has_clock = any_of([compute.greater(clock, 0), compute.equal(snapshots["occurrence"].combine_chunks(), 0)])
    is_sure = all_of([has_clock, is_settled])
    doubtful = set(names.filter(compute.invert(is_sure)).to_pylist())
    none = pa.nulls(len(names), pa.int64()).fill_null(0)
    first = [names, clock, compute.subtract(received, SKEW_US_MAX), none, *_levels(snapshots)]

    unseen = checkpoints.filter(compute.invert(compute.is_in(checkpoints["market_ticker"], value_set=names)))
    has_clock = compute.greater(unseen["clock"], 0)
    doubtful.update(unseen.filter(compute.invert(has_clock))["market_ticker"].to_pylist())
    unseen = unseen.filter(has_clock)
    clock = column(unseen, "clock")
    since = pa.nulls(len(clock), pa.int64()).fill_null(hour)
    second = [column(unseen, "market_ticker"), clock, since, clock, *_levels(unseen)]
    bases = [pa.Table.from_arrays(first, names=list(BASES)).filter(is_sure)]
    return pa.concat_tables([*bases, pa.Table.from_arrays(second, names=list(BASES))]), doubtful


def _levels(rows: pa.Table) -> list[Any]:
    return [column(rows, "yes_levels"), column(rows, "no_levels")]
