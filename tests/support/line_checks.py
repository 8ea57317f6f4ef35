"""Stages comparisons of order books that gatherers made on single connections, and merges them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, query
from tests.support.coverage import EPOCH, at

STAGE = """
insert into stage values (%(gatherer)s, %(epoch)s, %(frame)s, %(connection)s, 1, %(ticker)s, %(from_at)s, %(until_at)s,
%(from_seq)s, %(until_seq)s, 0, 0, %(from_change)s, %(until_change)s, %(changes)s, %(inner)s, 4, %(equal)s, %(wrong)s,
%(difference)s, '1')
"""


class LineCheck(msgspec.Struct, kw_only=True):
    """One comparison; times are minutes, and sequence and frame numbers follow from them."""

    began: float
    ended: float
    gatherer: int = 1
    connection: int = 1
    ticker: str = "KXA-1"
    epoch: UUID = EPOCH
    is_equal: bool = True
    changes: int = 0
    inner: int | None = None
    from_change: datetime | None = None
    until_change: datetime | None = None
    from_seq: int | None = None

    def parameters(self) -> dict[str, Any]:
        """Return the values of its row."""
        numbers = [round(minute * 600_000) for minute in (self.began, self.ended)]
        return {
            "gatherer": self.gatherer,
            "epoch": self.epoch,
            "frame": numbers[1],
            "connection": self.connection,
            "ticker": self.ticker,
            "from_at": at(self.began),
            "until_at": at(self.ended),
            "from_seq": numbers[0] if self.from_seq is None else self.from_seq,
            "until_seq": numbers[1],
            "from_change": self.from_change,
            "until_change": self.until_change,
            "changes": self.changes,
            "inner": self.inner,
            "equal": self.is_equal,
            "wrong": 0 if self.is_equal else 1,
            "difference": None if self.is_equal else Jsonb([{"side": "yes", "price": "0.41"}]),
        }


def merge_line_checks(connection: Connection, checks: Iterable[LineCheck], sample_one_in: int = 1) -> int:
    """Merge comparisons in one tick, and return how many were new."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.stage")
        cursor.execute(query("production/stage/book_checks"))
        cursor.executemany(STAGE, [each.parameters() for each in checks])
        cursor.execute(query("production/reject/book_checks"), {"late_days_max": 400})
        sample = {"line_check_sample_one_in": sample_one_in}
        merged = cursor.execute(query("production/merge/book_checks"), sample).fetchall()
        hours = [hour for _, hour, _ in merged if hour is not None]
        cursor.execute(query("production/archive/mark_hours"), {"stream": "book_checks", "hours": list(set(hours))})
        return sum(new for *_, new in merged)
