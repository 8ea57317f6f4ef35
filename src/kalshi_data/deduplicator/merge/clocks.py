"""Clocks: production rejects rows by its own, so that one is compared with the gatherers' and with this host's."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import ClockWrong

READ_SECONDS = 10.0


class SourceClock:
    """The clock of one gatherer's database, as read from time to time; any thread may ask for it."""

    def __init__(self) -> None:
        """Start without a reading."""
        self._reading: tuple[datetime, float] | None = None

    def read(self, connection: Connection) -> None:
        """Read the clock, unless that was done a moment ago."""
        if self._reading and time.monotonic() - self._reading[1] < READ_SECONDS:
            return
        row = connection.execute(query("sessions/read_clock")).fetchone()
        self._reading = (row[0], time.monotonic()) if row else None

    @property
    def now(self) -> datetime | None:
        """The time by this clock; None if it was not read yet."""
        if self._reading is None:
            return None
        read, at_seconds = self._reading
        return read + timedelta(seconds=time.monotonic() - at_seconds)


def require_right_clock(cursor: psycopg.Cursor[Any], clocks: Sequence[datetime | None]) -> None:
    """Compare production's clock with those of gatherers, and with that of this host.

    Raises:
        ClockWrong: most of the others differ from it.
    """
    others = [clock for clock in (*clocks, datetime.now(UTC)) if clock is not None]
    row = cursor.execute(query("production/clocks/compare"), {"clocks": others}).fetchone()
    if row is None or 2 * row[1] >= len(others):
        return
    raise ClockWrong(
        f"production's clock shows {row[0]:%Y-%m-%d %H:%M} UTC, but {len(others) - row[1]} of {len(others)} clocks of "
        f"gatherers and of this host differ by more than a day: set it by NTP; rows wait until then"
    )
