"""What production says that it holds of a time, counted by SQL, to compare files with."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from kalshi_data.database import Connection, query
from kalshi_data.exporter.schemas import ArchiveStream


class Facts(NamedTuple):
    """Rows, their first and last time, rows by gatherer, and the sum of each column of amounts."""

    rows: int
    first_at: datetime | None
    last_at: datetime | None
    gatherer_rows: Mapping[int, int]
    sums: Mapping[str, Decimal | int]

    def differences(self, other: "Facts") -> list[str]:
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
    rows = production.execute(query("production/read_archive_facts"), asked).fetchall()
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
