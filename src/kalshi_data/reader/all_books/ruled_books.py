"""Every market's order book at one moment, made column by column."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.archive.schemas import TIME
from kalshi_data.reader.amounts import DECIMAL
from kalshi_data.reader.market_rows import SKEW_US_MAX

compute: Any = pyarrow.compute
ORDER: list[Any] = [("market_ticker", "ascending"), ("side", "descending"), ("price", "descending")]
LEVEL_KEYS = ["market_ticker", "side", "price"]
SCHEMA = pa.schema([("market_ticker", pa.string()), ("side", pa.string()), ("price", DECIMAL), ("size", DECIMAL)])
BASE_COLUMNS = (
    "market_ticker",
    "received_at",
    "clock",
    "occurrence",
    "last_change_at",
    "gatherer_id",
    "yes_levels",
    "no_levels",
)
CHANGE_COLUMNS = (
    "market_ticker",
    "exchange_ts",
    "clock",
    "side",
    "price",
    "size_delta",
    "received_at",
    "gatherer_id",
    "time_digits",
)


def last_of_each(snapshots: pa.Table, beside: pa.Table) -> pa.Table:
    """Return the last row of each market in the order of the file; rows of markets that `beside` has are left out."""
    is_new = compute.invert(compute.is_in(snapshots["market_ticker"], value_set=column(beside, "market_ticker")))
    snapshots = snapshots.filter(is_new)
    numbered = pa.table({"market_ticker": snapshots["market_ticker"], "place": pa.array(range(snapshots.num_rows))})
    places = numbered.group_by("market_ticker").aggregate([("place", "max")])["place_max"]
    return snapshots.take(places)


def books(bases: pa.Table, batches: Iterator[pa.RecordBatch], at_us: int) -> pa.Table:
    """Return the levels of each book: its base's, and the changes after it; a book without levels is a row of nulls."""
    parts = [levels(bases, "yes"), levels(bases, "no")]
    changed = [summed(after_their_bases(bases, batch, at_us)) for batch in batches]
    whole = summed(pa.concat_tables([*parts, *changed]))
    held = whole.filter(compute.not_equal(whole["size"], pa.scalar(Decimal(0), DECIMAL)))
    known, shown = column(bases, "market_ticker"), column(held, "market_ticker")
    empty = known.filter(compute.invert(compute.is_in(known, value_set=shown)))
    nulls = [pa.nulls(len(empty), each.type) for each in list(SCHEMA)[1:]]
    rows = pa.concat_tables([held, pa.Table.from_arrays([empty, *nulls], schema=SCHEMA)])
    return rows.sort_by(ORDER)


def levels(bases: pa.Table, side: str) -> pa.Table:
    """Return the levels of one side of all bases, a row for each."""
    lists = column(bases, f"{side}_levels")
    parents, flat = compute.list_parent_indices(lists), lists.flatten()
    names = column(bases, "market_ticker").take(parents)
    sides = pa.nulls(len(flat), pa.string()).fill_null(side)
    return pa.Table.from_arrays([names, sides, flat.field("price"), flat.field("size")], schema=SCHEMA)


def summed(rows: pa.Table) -> pa.Table:
    """Return the sum of the sizes of each level."""
    found = rows.group_by(LEVEL_KEYS).aggregate([("size", "sum")])
    return pa.Table.from_arrays([*(found[each] for each in LEVEL_KEYS), found["size_sum"].cast(DECIMAL)], schema=SCHEMA)


def after_their_bases(bases: pa.Table, batch: pa.RecordBatch, at_us: int) -> pa.Table:
    """Return the levels that changed after the snapshots of their markets, a row for each change."""
    chosen = changes_after(bases, batch, at_us)
    return pa.Table.from_arrays(
        [chosen["market_ticker"], chosen["side"], chosen["price"], chosen["size_delta"]], schema=SCHEMA
    )


def changes_after(bases: pa.Table, batch: pa.RecordBatch, at_us: int) -> pa.Table:
    """Return the changes that came after the snapshots of their markets, by the rule of production's book_at."""
    places = compute.index_in(batch["market_ticker"], value_set=column(bases, "market_ticker"))
    has_base = compute.is_valid(places)
    rows, places = pa.Table.from_batches([batch]).filter(has_base), places.filter(has_base)
    base = {each: column(bases, each).take(places) for each in BASE_COLUMNS[1:6]}
    has_clock = any_of([compute.greater(base["clock"], 0), compute.equal(base["occurrence"], 0)])
    received, base_us = whole(rows["received_at"]), whole(base["received_at"])
    at, last = whole(rows["exchange_ts"]), whole(base["last_change_at"])
    is_received_later = compute.greater(received, base_us)
    by_last_change = any_of(
        [
            compute.greater_equal(at, compute.add(last, 1_000)),
            all_of(
                [
                    compute.greater_equal(at, last),
                    compute.equal(rows["gatherer_id"], base["gatherer_id"]),
                    is_received_later,
                ]
            ),
        ]
    )
    is_later = compute.case_when(
        compute.make_struct(
            all_of([has_clock, compute.greater(rows["clock"], 0)]),
            all_of([compute.is_valid(last), compute.fill_null(compute.greater_equal(rows["time_digits"], 3), False)]),
        ),
        compute.greater(rows["clock"], base["clock"]),
        compute.fill_null(by_last_change, False),
        is_received_later,
    )
    wanted = all_of(
        [
            compute.greater(at, compute.subtract(base_us, SKEW_US_MAX)),
            any_of([has_clock, compute.less(base_us, at_us)]),
            is_later,
        ]
    )
    return rows.filter(wanted)


def column(table: pa.Table, name: str) -> Any:
    """Return a column in one piece."""
    found: Any = table[name].combine_chunks()
    return found


def whole(times: Any) -> Any:
    """Return times as microseconds since 1970."""
    return times.cast(TIME).cast(pa.int64())


def all_of(tests: Sequence[Any]) -> Any:
    """Return where all of some tests are true."""
    first, *others = tests
    for each in others:
        first = compute.and_(first, each)
    return first


def any_of(tests: Sequence[Any]) -> Any:
    """Return where any of some tests is true; null counts as false."""
    first, *others = [compute.fill_null(each, False) for each in tests]
    for each in others:
        first = compute.or_(first, each)
    return first
