"""The order books of all open markets at the beginning of a window, each made when it is asked for."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute

from kalshi_data.archive.schemas import file_schema
from kalshi_data.reader.all_books.ruled_books import BASE_COLUMNS, LEVEL_KEYS, SCHEMA, changes_after
from kalshi_data.reader.amounts import DECIMAL, packed_millionths
from kalshi_data.reader.book import Ladder
from kalshi_data.reader.files.hour_files import stream_named

compute: Any = pyarrow.compute
SIDES = ("yes", "no")
CLOCKS = pa.schema([("market_ticker", pa.string()), ("clock", pa.int64())])


class OpeningBook(NamedTuple):
    """A book before the window: the clock of its last change, 0 without one, and its levels in millionths."""

    clock: int
    yes: Ladder
    no: Ladder


class FlatLevels:
    """The levels of one side of many books, one after the other: whole numbers take less memory than ladders."""

    def __init__(self, lists: Any) -> None:
        """Take a column of lists of levels."""
        flat = lists.combine_chunks().flatten()
        self._prices, self._sizes = (packed_millionths(flat.field(each)) for each in ("price", "size"))
        self._ends: list[int] = [0, *accumulate(each or 0 for each in compute.list_value_length(lists).to_pylist())]

    def ladder(self, place: int) -> Ladder:
        """Return the levels of the book at a place of the column."""
        first, end = self._ends[place], self._ends[place + 1]
        return dict(zip(self._prices[first:end], self._sizes[first:end], strict=True))


class OpeningBooks:
    """The books of many markets; each takes memory only as whole numbers until it is asked for."""

    def __init__(self, bases: pa.Table, changes: pa.Table, clocks: pa.Table) -> None:
        """Keep a base of each market, the sums of the changes after it by level, and their highest clocks."""
        self._levels = {side: FlatLevels(bases[f"{side}_levels"]) for side in SIDES}
        names: list[Any] = bases["market_ticker"].to_pylist()
        self._places: dict[str, int] = {name: place for place, name in enumerate(names)}
        base_clocks: list[Any] = bases["clock"].to_pylist()
        self._clocks: dict[str, int] = dict(zip(names, base_clocks, strict=True))
        pairs: Any = zip(clocks["market_ticker"].to_pylist(), clocks["clock"].to_pylist(), strict=True)
        for name, clock in pairs:
            self._clocks[name] = max(clock, self._clocks.get(name, 0))
        # Files lie in the order of markets, so the changes of a market stand together.
        self._spans = dict(spans(changes["market_ticker"].to_pylist()))
        self._sides: list[Any] = changes["side"].to_pylist()
        self._prices, self._sizes = (packed_millionths(changes[each]) for each in ("price", "size"))

    def __iter__(self) -> Iterator[str]:
        """Yield the markets whose books are known."""
        return iter(self._places)

    def clock(self, market: str) -> int:
        """Return the clock of the last change in a book, 0 without one, and for a book that is not known."""
        return self._clocks.get(market, 0)

    def get(self, market: str) -> OpeningBook | None:
        """Return the book of a market, None if it is not known."""
        place = self._places.get(market)
        if place is None:
            return None
        sides = {side: levels.ladder(place) for side, levels in self._levels.items()}
        first, count = self._spans.get(market, (0, 0))
        for each in range(first, first + count):
            ladder, price = sides[self._sides[each]], self._prices[each]
            ladder[price] = ladder.get(price, 0) + self._sizes[each]
            if not ladder[price]:
                del ladder[price]
        return OpeningBook(self.clock(market), sides["yes"], sides["no"])


def spans(names: Iterable[Any]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each name of a sorted column with its first place and its count.

    Example:
        >>> dict(spans(["KXA", "KXA", "KXB"]))
        {'KXA': (0, 2), 'KXB': (2, 1)}
    """
    place = 0
    for name, group in groupby(names):
        count = sum(1 for _ in group)
        yield name, (place, count)
        place += count


def bases_of(snapshots: pa.Table, checkpoints: pa.Table) -> pa.Table:
    """Return what each book begins with: of its last snapshot in the hour and its row in `books` the newer one.

    A row of `books` stands for a snapshot at the beginning of the hour. If it has no clock, the changes after the
    beginning of the hour come after it.
    """
    last = as_snapshots(checkpoints)
    both = pa.concat_tables([last, snapshots.select(list(BASE_COLUMNS)).cast(last.schema)])
    ordered = both.sort_by([(each, "ascending") for each in ("market_ticker", "clock", "received_at")]).combine_chunks()
    names = ordered["market_ticker"].to_pylist()
    places = [first + count - 1 for _, (first, count) in spans(names)]
    return ordered.take(pa.array(places, pa.int64()))


def as_snapshots(checkpoints: pa.Table) -> pa.Table:
    """Return rows of `books` in the columns of snapshots."""
    rows = checkpoints.num_rows
    fields = {each.name: each for each in file_schema(stream_named("orderbook_snapshots"))}
    lengths = [compute.list_value_length(checkpoints[f"{side}_levels"]) for side in ("yes", "no")]
    is_empty = compute.equal(compute.add(*lengths), 0)
    is_untouched = compute.and_(is_empty, compute.is_null(checkpoints["last_change_at"]))
    # A book that never changed has the clock 0, which differs from no clock.
    has_clock = compute.or_(compute.greater(checkpoints["clock"], 0), is_untouched)
    columns: dict[str, Any] = {
        "market_ticker": checkpoints["market_ticker"],
        "received_at": checkpoints["at"],
        "clock": checkpoints["clock"],
        "occurrence": compute.if_else(has_clock, 0, 1),
        "last_change_at": checkpoints["last_change_at"],
        "gatherer_id": pa.nulls(rows, pa.int16()).fill_null(0),
        "yes_levels": checkpoints["yes_levels"],
        "no_levels": checkpoints["no_levels"],
    }
    schema = pa.schema([fields[each] for each in BASE_COLUMNS])
    return pa.table([columns[each].cast(fields[each].type) for each in BASE_COLUMNS], schema=schema)


def opening_books(bases: pa.Table, batches: Iterable[pa.RecordBatch], at_us: int) -> OpeningBooks:
    """Return the books of bases and of the changes after them, which were read up to a moment in the order of files."""
    changes, clocks = [SCHEMA.empty_table()], [CLOCKS.empty_table()]
    for batch in batches:
        chosen = changes_after(bases, batch, at_us)
        if chosen.num_rows:
            sizes = chosen.group_by(LEVEL_KEYS).aggregate([("size_delta", "sum")]).sort_by("market_ticker")
            levels_changed = [sizes[each] for each in LEVEL_KEYS]
            changes.append(
                pa.Table.from_arrays([*levels_changed, sizes["size_delta_sum"].cast(DECIMAL)], schema=SCHEMA)
            )
            last = chosen.group_by("market_ticker").aggregate([("clock", "max")])
            clocks.append(pa.Table.from_arrays([last["market_ticker"], last["clock_max"]], schema=CLOCKS))
    return OpeningBooks(bases, pa.concat_tables(changes), pa.concat_tables(clocks))
