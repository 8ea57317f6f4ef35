"""How far production is behind a gatherer, and why."""

from datetime import datetime
from typing import NamedTuple

from kalshi_data.database import Connection, query
from kalshi_data.deduplicator.streams import Stream


class Lag(NamedTuple):
    """Rows of one stream that a gatherer holds and production does not; counted up to a million.

    `rows_held` of them cannot be read yet, because of `cause`: an older transaction that is still open there.
    """

    rows_waiting: int
    waiting_since: datetime | None
    rows_held: int
    cause: str | None


def lag(gatherer: Connection, stream: Stream, after: str) -> Lag:
    """Ask a gatherer's database, the one that holds `stream`, what follows the cursor `after`.

    Raises:
        psycopg.Error: the gatherer is away.
    """
    asked = {"stream": stream.name, "after": after}
    row = gatherer.execute(query(f"{stream.source}/read_lag"), asked).fetchone()
    return Lag(*row) if row else Lag(0, None, 0, None)
