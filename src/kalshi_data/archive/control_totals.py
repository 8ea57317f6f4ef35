"""What a file holds and what production holds of the same hour, counted so that they can be compared."""
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

from kalshi_data.archive.schemas import ArchiveStream
from kalshi_data.database.connection import Connection, query

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


class Facts(NamedTuple):
    """Rows, their first and last time, rows by gatherer, and the sum of each column of amounts."""

    rows: int
    first_at: datetime | None
    last_at: datetime | None
    gatherer_rows: Mapping[int, int]
    sums: Mapping[str, Decimal | int]

    def differences(self, other: Facts) -> list[str]:
        """Say in what two differ, this one being production."""
        pairs = {
            "rows": (self.rows, other.rows),
            "first time": (self.first_at, other.first_at),
            "last time": (self.last_at, other.last_at),
            "rows by gatherer": (dict(self.gatherer_rows), dict(other.gatherer_rows)),
        }
        # A column without a single value adds up to nothing, whichever way that is written.
        pairs |= {
            f"sum of {name}": (self.sums.get(name, 0), other.sums.get(name, 0)) for name in {*self.sums, *other.sums}
        }
        return [
            f"{name}: production has {mine}, the archive {theirs}"
            for name, (mine, theirs) in sorted(pairs.items())
            if mine != theirs
        ]


def read_facts(production: Connection, stream: ArchiveStream, begins_at: datetime, ends_at: datetime) -> Facts:
    """Count and add up what production holds of a stream and time; all of it where the stream has no time."""
    asked = {"target": stream.table, "time_column": stream.time_column, "from_at": begins_at, "until_at": ends_at}
    rows = production.execute(query("production/archive/read_control_totals"), asked).fetchall()
    sums: Counter[str] = Counter()
    for *_, added in rows:
        for name, text in added.items():
            if text is not None:
                sums[name] += Decimal(text)  # pyright: ignore[reportArgumentType] - a counter of decimals
    return Facts(
        rows=sum(count for _, count, *_ in rows),
        first_at=min((first for _, _, first, *_ in rows if first), default=None),
        last_at=max((last for _, _, _, last, _ in rows if last), default=None),
        gatherer_rows={number: count for number, count, *_ in rows if number is not None},
        sums=dict(sums),
    )
