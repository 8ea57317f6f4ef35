"""Control totals of a file and of production for the same hour, so that the two can be compared."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, NamedTuple, cast

import pyarrow as pa
import pyarrow.compute as pc

from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.database.connection import Connection, query

# Sums keep every digit that the archive can hold, for any number of rows.
DIGITS = 76


class ControlTotals(NamedTuple):
    """Rows, their first and last time, rows by gatherer, and the sum of each decimal and bigint column.

    The times are those of the stream's time column: None without rows or without such a column. Rows are counted by
    gatherer if the stream names one. A sum is a Decimal for a decimal column and an int for a bigint column.
    """

    rows: int
    first_at: datetime | None
    last_at: datetime | None
    gatherer_rows: Mapping[int, int]
    sums: Mapping[str, Decimal | int]

    def differences(
        self, archived: ControlTotals, expected: str = "production has", found: str = "the archive"
    ) -> list[str]:
        """Return in words how the archive's totals differ from these; `expected` and `found` name the two."""
        pairs = {
            "rows": (self.rows, archived.rows),
            "first time": (self.first_at, archived.first_at),
            "last time": (self.last_at, archived.last_at),
            "rows by gatherer": (dict(self.gatherer_rows), dict(archived.gatherer_rows)),
        }
        # A missing sum equals 0: production has none for a column without values.
        pairs |= {
            f"sum of {name}": (self.sums.get(name, 0), archived.sums.get(name, 0))
            for name in {*self.sums, *archived.sums}
        }
        return [
            f"{name}: {expected} {mine}, {found} {theirs}"
            for name, (mine, theirs) in sorted(pairs.items())
            if mine != theirs
        ]


class TotalsAccumulator:
    """Adds up the control totals of rows that come in parts."""

    def __init__(self, stream: ArchiveStream) -> None:
        """Start without rows."""
        self._time_column = stream.time_column
        self._counts_gatherers = any(column.name == "gatherer_id" for column in stream.columns)
        self._sum_types = {
            column.name: _sum_type(column.type)
            for column in stream.columns
            if pa.types.is_decimal(column.type) or pa.types.is_int64(column.type)
        }
        self._sums = dict.fromkeys(self._sum_types, Decimal(0))
        self._gatherers: Counter[int] = Counter()
        self._rows = 0
        self._span: tuple[datetime | None, datetime | None] = (None, None)

    def columns(self) -> list[str]:
        """Return the columns that rows must have."""
        others = ["gatherer_id"] if self._counts_gatherers else []
        return [*([self._time_column] if self._time_column else []), *others, *self._sum_types]

    def add(self, rows: pa.Table) -> None:
        """Add at least one row."""
        self._rows += rows.num_rows
        if self._counts_gatherers:
            gatherers = rows.column("gatherer_id").drop_null()
            values, counts = (each.to_pylist() for each in pc.value_counts(gatherers).flatten())
            self._gatherers.update(dict(cast("Iterable[tuple[int, int]]", zip(values, counts, strict=True))))
        if self._time_column:
            times = rows.column(self._time_column)
            ends = [pc.min(times).as_py(), pc.max(times).as_py(), *(end for end in self._span if end)]
            self._span = (min(ends), max(ends))
        with localcontext(prec=DIGITS):
            for name in self._sums:
                sum_of: Any = pc.sum(cast("Any", rows.column(name).cast(self._sum_types[name])))
                self._sums[name] += sum_of.as_py() or 0

    def totals(self) -> ControlTotals:
        """Return the totals of all rows added."""
        sums = {name: total if self._sum_types[name].scale else int(total) for name, total in self._sums.items()}
        return ControlTotals(self._rows, *self._span, dict(sorted(self._gatherers.items())), sums)


def _sum_type(of: Any) -> Any:
    """Return a type whose sums cannot overflow; a sum has as many digits as its decimal type can hold."""
    if pa.types.is_int64(of):
        return pa.decimal128(19, 0)
    return of if of.precision <= 19 else pa.decimal256(of.precision, of.scale)


def read_control_totals(
    production: Connection, stream: ArchiveStream, begins_at: datetime, ends_at: datetime
) -> ControlTotals:
    """Return production's totals of a stream between two times, or of its whole table if it has no time column."""
    asked = {"target": stream.table, "time_column": stream.time_column, "from_at": begins_at, "until_at": ends_at}
    rows = production.execute(query("production/archive/read_control_totals"), asked).fetchall()
    sums: Counter[str] = Counter()
    with localcontext(prec=DIGITS):
        for *_, gatherer_sums in rows:
            for name, text in gatherer_sums.items():
                if text is not None:
                    sums[name] += Decimal(text)  # pyright: ignore[reportArgumentType] - a counter of decimals
    return ControlTotals(
        rows=sum(count for _, count, *_ in rows),
        first_at=min((first for _, _, first, *_ in rows if first), default=None),
        last_at=max((last for _, _, _, last, _ in rows if last), default=None),
        gatherer_rows={number: count for number, count, *_ in rows if number is not None},
        sums=dict(sums),
    )
