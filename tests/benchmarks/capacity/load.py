"""The reference day, which all sizes are stated against, and the machines that have to carry it."""

from datetime import datetime, timedelta
from typing import NamedTuple

BOOKS = 50_000
# Books that change within an hour. Half of them change in one period, the others in the next.
ACTIVE_BOOKS = 20_000
ROWS_A_DAY = {"orderbook_deltas": 300_000_000, "tickers": 38_000_000, "trades": 5_000_000, "lifecycle_events": 200_000}
DAY_SECONDS = 86_400
# Each gatherer audits each book once in this time.
AUDIT_SECONDS = 900
GATHERERS = 3
# The busiest hour has this many times the rows of the mean one.
PEAK = 3.0
PRODUCTION_BYTES = 400e9
GATHERER_BYTES = 100e9
# A db.t4g.large has two Graviton2 cores and 8 GB. One processor of this machine counts as one of them: both are a whole
# core or half of one with about its speed in PostgreSQL. A figure for another machine is to be scaled.
PRODUCTION_CORES = 2
PRODUCTION_MB = 8192
# One action of the exchange has one value of its clock.
CLOCK_STEP = 1.0


class Period(NamedTuple):
    """A stretch of the reference day, `share` of its width, with which the benchmark works at once."""

    number: int
    began: datetime
    seconds: int = AUDIT_SECONDS
    share: float = 1.0

    @property
    def ended(self) -> datetime:
        """The time at which the next period begins."""
        return self.began + timedelta(seconds=self.seconds)

    @property
    def books(self) -> int:
        """Order books that are open."""
        return max(10, round(BOOKS * self.share))

    @property
    def active(self) -> int:
        """Order books that change in this period or in the next one: an even number."""
        return max(4, 2 * round(ACTIVE_BOOKS * self.share / 2))

    def hours(self) -> list[datetime]:
        """Return times in all hours of the period, and its end."""
        return [self.began + timedelta(hours=hour) for hour in range(self.seconds // 3600 + 1)] + [self.ended]

    def rows(self, stream: str) -> int:
        """Return how many rows of a stream are made."""
        return max(1, round(ROWS_A_DAY[stream] * self.share * self.seconds / DAY_SECONDS))

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the SQL that makes the rows."""
        return {
            "began": self.began,
            "seconds": self.seconds,
            "period": self.number,
            "first": self.number * 100_000_000,
            "active": self.active,
            "parity": self.number % 2,
            "rows": self.rows("orderbook_deltas"),
            "clock_step": CLOCK_STEP / self.share,
            "audit_every": max(1, round(AUDIT_SECONDS / self.seconds)),
            **{stream: self.rows(stream) for stream in ROWS_A_DAY},
        }
