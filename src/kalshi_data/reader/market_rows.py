"""The snapshots and changes of one market as plain Python values, for the fold."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

import pyarrow as pa

from kalshi_data.reader.amounts import levels, millionths
from kalshi_data.reader.book import Ladder
from kalshi_data.reader.times import SECOND

# A snapshot's time is its gatherer's; changes count if they are up to this much older by the exchange's time.
SKEW_US_MAX = 300 * SECOND
MILLISECOND = 1_000

SNAPSHOT_COLUMNS = (
    "received_at",
    "clock",
    "occurrence",
    "last_change_at",
    "gatherer_id",
    "yes_levels",
    "no_levels",
)
CHECKPOINT_COLUMNS = ("at", "clock", "yes_levels", "no_levels", "snapshot_at")
# What orders changes that have a clock, and what orders those without one: a third of the bytes.
CLOCKED_COLUMNS = ("exchange_ts", "clock", "side", "price", "size_delta")
CHANGE_COLUMNS = (*CLOCKED_COLUMNS, "received_at", "gatherer_id", "time_digits")


class Change(NamedTuple):
    """One change of one level."""

    at_us: int
    clock: int
    side: str
    price: int
    size_delta: int
    received_us: int
    gatherer: int
    time_digits: int | None


class Snapshot(NamedTuple):
    """A whole book, and what decides which changes came after it.

    `has_clock` is true if the exchange sent a clock with it, which is 0 for a market without a change.
    """

    received_us: int
    clock: int
    has_clock: bool
    last_change_us: int | None
    gatherer: int
    yes: Ladder
    no: Ladder

    def precedes(self, change: Change) -> bool:
        """Return whether a change came after the snapshot: the rule of production's market_data.book_at."""
        if self.has_clock and change.clock > 0:
            return change.clock > self.clock
        digits = change.time_digits
        if self.last_change_us is not None and digits is not None and digits >= 3:
            if change.at_us >= self.last_change_us + MILLISECOND:
                return True
            is_later = change.gatherer == self.gatherer and change.received_us > self.received_us
            return change.at_us >= self.last_change_us and is_later
        return change.received_us > self.received_us

    def leads_to(self, changes: Sequence[Change], later: Sequence["Snapshot"]) -> bool:
        """Return whether all that follows has a clock that is higher than that of this book.

        Only then this book stands for everything before it: what a change without a clock, or one that came out of
        order, belongs to depends on the snapshot that this book was made of.
        """
        return all(each.clock > self.clock for each in changes) and all(
            each.has_clock and each.clock >= self.clock for each in later
        )


def changes_of(table: pa.Table) -> list[Change]:
    """Return the rows of orderbook_deltas in their order, which may lack what only changes without a clock need."""
    count = table.num_rows
    columns: list[Any] = [
        whole(table["exchange_ts"]),
        table["clock"].to_pylist(),
        table["side"].to_pylist(),
        millionths(table["price"]),
        millionths(table["size_delta"]),
    ]
    if table.num_columns == len(CHANGE_COLUMNS):
        columns += [whole(table["received_at"]), table["gatherer_id"].to_pylist(), table["time_digits"].to_pylist()]
    else:
        columns += [[0] * count, [0] * count, [None] * count]
    # What Change._make does, without a call of a Python function for each of many rows.
    return list(map(tuple.__new__, repeat(Change), zip(*columns, strict=True)))


def snapshots_of(table: pa.Table) -> list[Snapshot]:
    """Return the rows of orderbook_snapshots in their order: by the time of receipt, then by clock."""
    clocks: list[Any] = table["clock"].to_pylist()
    occurrences: list[Any] = table["occurrence"].to_pylist()
    columns: list[Any] = [
        whole(table["received_at"]),
        clocks,
        [clock > 0 or occurrence == 0 for clock, occurrence in zip(clocks, occurrences, strict=True)],
        whole(table["last_change_at"]),
        table["gatherer_id"].to_pylist(),
        levels(table["yes_levels"]),
        levels(table["no_levels"]),
    ]
    return list(map(Snapshot._make, zip(*columns, strict=True)))


def checkpoints_of(table: pa.Table) -> list[tuple[Snapshot, int]]:
    """Return the rows of `books`, each with the time of the snapshot that it began with.

    A book without a clock is left out: which changes came after it is not known exactly.
    """
    at, clocks = whole(table["at"]), table["clock"].to_pylist()
    pairs = zip(levels(table["yes_levels"]), levels(table["no_levels"]), strict=True)
    rows = zip(at, clocks, pairs, whole(table["snapshot_at"]), strict=True)
    return [
        (Snapshot(at_us, clock, has_clock=True, last_change_us=None, gatherer=0, yes=yes, no=no), since_us)
        for at_us, clock, (yes, no), since_us in rows
        if clock
    ]


def whole(column: Any) -> list[Any]:
    """Return times as microseconds since 1970, null as None."""
    return column.cast(pa.int64()).to_pylist()
