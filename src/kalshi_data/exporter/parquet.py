"""Rows of production to one sorted Parquet file, in bounded memory."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Written(NamedTuple):
    """What a file holds; `first_at` and `last_at` are of the stream's time column, None without rows or column.

    `gatherer_rows` counts rows by the gatherer that brought them, where the stream says so; `sums` holds each decimal
    column's sum as Decimal and that of each bigint column as int, nulls left out.
    """

    rows: int
    bytes: int
    sha256: bytes
    schema_version: int
    first_at: datetime | None
    last_at: datetime | None
    gatherer_rows: dict[int, int]
    sums: dict[str, Decimal | int]
