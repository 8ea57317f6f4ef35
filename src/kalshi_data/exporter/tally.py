"""What a file holds, counted while it is written, so that it can be compared with production later."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from kalshi_data.exporter.schemas import ArchiveStream

# Sums have room for every digit that the archive can hold, however many rows there are.
DIGITS = 76


class Tally:
    """Rows, rows by gatherer, the first and last time, and sums."""

    def __init__(self, stream: ArchiveStream) -> None:
        """Begin with nothing."""
        self._time_column = stream.time_column
        self._counts_gatherers = any(column.name == "gatherer_id" for column in stream.columns)
        self._room = {
            column.name: _room(column.type)
            for column in stream.columns
            if pa.types.is_decimal(column.type) or pa.types.is_int64(column.type)
        }
        self._sums = dict.fromkeys(self._room, Decimal(0))
        self._gatherers: Counter[int] = Counter()
        self.rows = 0
        self.span: tuple[datetime | None, datetime | None] = (None, None)

    def add(self, rows: pa.Table) -> None:
        """Count at least one row."""
        self.rows += rows.num_rows
        if self._counts_gatherers:
            values, counts = (each.to_pylist() for each in pc.value_counts(rows.column("gatherer_id")).flatten())
            self._gatherers.update(dict(cast("Iterable[tuple[int, int]]", zip(values, counts, strict=True))))
        if self._time_column:
            times = rows.column(self._time_column)
            ends = [pc.min(times).as_py(), pc.max(times).as_py(), *(end for end in self.span if end)]
            self.span = (min(ends), max(ends))
        with localcontext(prec=DIGITS):
            for name in self._sums:
                sum_of: Any = pc.sum(cast("Any", rows.column(name).cast(self._room[name])))
                self._sums[name] += sum_of.as_py() or 0

    @property
    def gatherers(self) -> dict[int, int]:
        """Rows by the gatherer that brought them, in the order of their numbers."""
        return dict(sorted(self._gatherers.items()))

    @property
    def sums(self) -> dict[str, Decimal | int]:
        """The sum of each decimal column as Decimal, of each bigint column as int."""
        return {
            name: self._sums[name] if self._room[name].scale else int(self._sums[name])  # whole numbers have no places
            for name in self._sums
        }


def _room(of: Any) -> Any:
    """Return a type whose sums cannot overflow; they have as many digits as their kind of decimal can hold."""
    if pa.types.is_int64(of):
        return pa.decimal128(19, 0)
    return of if of.precision <= 19 else pa.decimal256(of.precision, of.scale)
