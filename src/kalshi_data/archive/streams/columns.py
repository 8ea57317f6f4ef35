"""What streams of the archive are described with: types, columns, and the columns that many streams have."""

from typing import NamedTuple

import pyarrow as pa

TIME = pa.timestamp("us", "UTC")
# The exchange sends prices with 4 places and sizes with 2. A value that needs more than 6 is refused, never rounded.
DECIMAL = pa.decimal128(18, 6)
# An index may be in any unit: wide enough for 20 digits before the point and 18 after it.
WIDE_DECIMAL = pa.decimal128(38, 18)
# Text that repeats. Files hold it as text: tools skip no rows by a dictionary type, and cannot join it with text.
NAME = pa.dictionary(pa.int32(), pa.string())
DIGEST = pa.binary(32)
LEVEL = pa.struct([pa.field("price", DECIMAL, nullable=False), pa.field("size", DECIMAL, nullable=False)])
LEVELS = pa.list_(pa.field("element", LEVEL, nullable=False))


class Column(NamedTuple):
    """One column: its unit as stored in the files, and the version of the schema that added it."""

    name: str
    type: pa.DataType
    unit: str
    nullable: bool = False
    since: int = 1


class ArchiveStream(NamedTuple):
    """One stream of the archive, read by `sql/production/queries/export/<name>.sql`.

    `table` and `time_column` are production's; without a time column each file is a snapshot of the whole table. A file
    spans `hours`, and its rows are sorted by `order`: those of one moment in the order in which they were received,
    deltas by their clock. Its row groups have about `group_rows_max` rows: a reader of one market reads the groups that
    hold it, and no others. A stream that `is_derived` is merged from no gatherer: production computes its rows from
    others when the file is written, and `table` is a view with its columns.
    """

    name: str
    table: str
    time_column: str | None
    order: tuple[str, ...]
    columns: tuple[Column, ...]
    hours: int = 1
    group_rows_max: int = 1 << 17
    is_derived: bool = False

    @property
    def version(self) -> int:
        """The current version of the schema."""
        return max(column.since for column in self.columns)


MARKET = Column("market_ticker", NAME, "name at the exchange")
RECEIVED = (
    Column("received_at", TIME, "UTC microseconds, clock of the gatherer"),
    Column("gatherer_id", pa.int16(), "number of a gatherer"),
)


def exchange_time(name: str = "exchange_ts") -> Column:
    """Return the column of the exchange's own time."""
    return Column(name, TIME, "UTC microseconds, clock of the exchange")


def amount(name: str, unit: str, *, nullable: bool = False) -> Column:
    """Return a column of exact decimals."""
    return Column(name, DECIMAL, unit, nullable)


def text(name: str) -> Column:
    """Return a column of text that repeats; null if the exchange sent none."""
    return Column(name, NAME, "text", nullable=True)


def listed_time(name: str) -> Column:
    """Return a column of a time of the exchange; null if the exchange sent none."""
    return Column(name, TIME, "UTC microseconds, clock of the exchange", nullable=True)
