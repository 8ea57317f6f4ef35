"""Every market's order book at one moment, of rows with the exchange's clock: integers instead of texts and decimals.

A level has one number as its key: the market's place among the names, its side, and its price in millionths counted
down from the highest. So keys are in the order of the answer: by market, YES first, the best price first.
"""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import pyarrow as pa
import pyarrow.compute

from kalshi_data.reader.all_books.ruled_books import SCHEMA, all_of, any_of, column, whole
from kalshi_data.reader.amounts import from_integers, integers

compute: Any = pyarrow.compute
COLUMNS = ("market_ticker", "exchange_ts", "clock", "side", "price", "size_delta")
# Texts of these columns are read as numbers: few differ.
ENCODED = ("market_ticker", "side")
BASES = ("market_ticker", "clock", "from_us", "least_clock", "yes_levels", "no_levels")
PRICE_BITS = 21
SIDE_BIT = 1 << PRICE_BITS
# Stands for the price of a book without levels; markets whose prices are not below it are doubtful.
PRICE_MAX = SIDE_BIT - 1


class ClockedBooks:
    """The books of some markets: their bases, and the changes after them, added up batch by batch.

    `doubtful` are the places of markets whose changes cannot be added by clock alone.
    """

    def __init__(self, bases: pa.Table, at_us: int) -> None:
        """Begin with bases of different markets.

        Columns: market_ticker, clock, from_us (changes until then do not count), least_clock (a change up to this
        clock makes a market doubtful), yes_levels, no_levels.
        """
        bases = bases.take(compute.sort_indices(bases["market_ticker"])).combine_chunks()
        self._names: Any = column(bases, "market_ticker")
        self._places = {name: place for place, name in enumerate(self._names.to_pylist())}
        self._base: dict[str, Any] = {each: column(bases, each) for each in BASES[1:4]}
        self._at_us = at_us
        self.doubtful = set[int]()
        self._sums = [self._levels(column(bases, f"{side}_levels"), side) for side in ("yes", "no")]

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the changes of a batch that came after the bases of their markets."""
        places = self._numbered(batch.column("market_ticker"), self._places)
        clock, at = batch.column("clock"), whole(batch.column("exchange_ts"))
        base: dict[str, Any] = {name: values.take(places) for name, values in self._base.items()}
        in_time = all_of([compute.less_equal(at, self._at_us), compute.greater(at, base["from_us"])])
        doubted = all_of([in_time, compute.less_equal(clock, base["least_clock"])])
        self.doubtful.update(compute.unique(places.filter(doubted)).to_pylist())
        is_later = all_of([in_time, compute.greater(clock, base["clock"])])
        sides = self._numbered(batch.column("side"), {"yes": 0, "no": 1})
        chosen = [each.filter(is_later) for each in (places, sides, batch.column("price"), batch.column("size_delta"))]
        self._sums.append(self._summed(self._keyed(*chosen)))

    def names(self, places: set[int]) -> list[str]:
        """Return the names of markets."""
        return self._names.take(pa.array(sorted(places), pa.int64())).to_pylist()

    def table(self) -> pa.Table:
        """Return the levels of each book that is not doubtful; a book without levels is a row of nulls."""
        rows = self._summed(pa.concat_tables(self._sums))
        keys = rows.filter(compute.not_equal(rows["size"], 0))
        left_out = pa.array(sorted(self.doubtful), pa.int64())
        shown = compute.unique(compute.shift_right(keys["key"], PRICE_BITS + 1))
        known = pa.array(range(len(self._names)), pa.int64())
        accounted = any_of([compute.is_in(known, value_set=each) for each in (shown, left_out)])
        empty = known.filter(compute.invert(accounted))
        bare = pa.table({"key": compute.shift_left(empty, PRICE_BITS + 1), "size": pa.nulls(len(empty), pa.int64())})
        held = pa.concat_tables([keys.select(["key", "size"]), bare])
        held = held.take(compute.sort_indices(held["key"])).combine_chunks()
        key: Any = column(held, "key")
        places = compute.shift_right(key, PRICE_BITS + 1)
        if self.doubtful:
            is_sure = compute.invert(compute.is_in(places, value_set=left_out))
            key, places, held = key.filter(is_sure), places.filter(is_sure), held.filter(is_sure)
        prices = compute.subtract(PRICE_MAX, compute.bit_wise_and(key, PRICE_MAX))
        has_level = compute.less(prices, PRICE_MAX)
        side = compute.if_else(compute.equal(compute.bit_wise_and(key, SIDE_BIT), 0), "yes", "no")
        nothing: Any = pa.NA
        columns = [
            self._names.take(places),
            compute.if_else(has_level, side, nothing),
            from_integers(compute.if_else(has_level, prices, nothing)),
            from_integers(column(held, "size")),
        ]
        return pa.Table.from_arrays(columns, schema=SCHEMA)

    def _levels(self, lists: Any, side: str) -> pa.Table:
        """Return the levels of one side of all bases."""
        places, flat = compute.list_parent_indices(lists), lists.flatten()
        sides = pa.nulls(len(flat), pa.int64()).fill_null(int(side == "no"))
        return self._keyed(places, sides, flat.field("price"), flat.field("size"))

    def _keyed(self, places: Any, sides: Any, prices: Any, sizes: Any) -> pa.Table:
        """Return sizes by key; a market with a price that has no key becomes doubtful."""
        places, price = places.cast(pa.int64()), integers(prices)
        has_key = all_of([compute.greater_equal(price, 0), compute.less(price, PRICE_MAX)])
        if compute.all(has_key, min_count=0).as_py() is False:
            self.doubtful.update(compute.unique(places.filter(compute.invert(has_key))).to_pylist())
            price = compute.if_else(has_key, price, 0)
        level = compute.add(compute.shift_left(sides.cast(pa.int64()), PRICE_BITS), compute.subtract(PRICE_MAX, price))
        key = compute.add(compute.shift_left(places, PRICE_BITS + 1), level)
        return pa.table({"key": key, "size": integers(sizes)})

    @staticmethod
    def _summed(rows: pa.Table) -> pa.Table:
        found = rows.group_by("key").aggregate([("size", "sum")])
        return pa.table({"key": found["key"], "size": found["size_sum"]})

    @staticmethod
    def _numbered(texts: Any, numbers: dict[str, int]) -> Any:
        """Return the number of each text of a column, null for one without a number."""
        texts = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
        return pa.array([numbers.get(each) for each in texts.dictionary.to_pylist()], pa.int32()).take(texts.indices)
