"""How fast that part of a database grows which may not be dropped, and for how many days there is room for it."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from kalshi_data.service.health import Endpoint, Reason, Severity
from kalshi_data.settings import DAYS_MAX

# If a database exceeds its bound by this factor although all is dropped that may be, nothing more is written to it.
EXCESS = 1.1
# For this long the rate of the last hour may go on.
RECENT_DAYS_MAX = 0.5


class GrowthLimits(Endpoint):
    """Where /health is served, and how early it reports that a database will be full."""

    full_days_min: Annotated[
        float,
        Meta(
            le=DAYS_MAX,
            gt=0,
            description=(
                "Degraded if what may not be dropped fills the database in fewer days than this, at the rate of the "
                "last day, or in half a day at that of the last hour."
            ),
        ),
    ] = 7.0
    full_days_unhealthy: Annotated[
        float, Meta(le=DAYS_MAX, gt=0, description="Unhealthy if it does in fewer days than this.")
    ] = 1.0


class Growth(NamedTuple):
    """The size of a database, how much of it may not be dropped, and how fast that grows; 0 if that is not known.

    `recent_bytes_per_day` is what it grew by for sure in the last hour or so. A busy hour says little about days, so it
    counts only if the database would soon be full.
    """

    database_bytes: int = 0
    kept_bytes: int = 0
    bytes_per_day: float = 0.0
    recent_bytes_per_day: float = 0.0

    @classmethod
    def of(cls, row: tuple[Any, ...] | None) -> "Growth":
        """Return what a query of samples found."""
        return cls(int(row[0]), int(row[1]), float(row[2]), float(row[3])) if row else cls()

    def toward(self, bytes_max: float) -> "Growth":
        """Return this growth at the rate of the last hour, if more than `bytes_max` would soon be kept at that."""
        recent = self._replace(bytes_per_day=max(self.bytes_per_day, self.recent_bytes_per_day))
        return recent if recent.days_left(bytes_max) < RECENT_DAYS_MAX else self

    def days_left(self, bytes_max: float) -> float:
        """Return after how many days more than `bytes_max` is to be kept; infinite if never."""
        if self.bytes_per_day <= 0 or bytes_max == math.inf:
            return math.inf
        return max(0.0, (bytes_max - self.kept_bytes) / self.bytes_per_day)


def full_reasons(days: float, bytes_per_day: float, limits: GrowthLimits, what: str, remedy: str) -> Iterator[Reason]:
    """Yield a reason if a database is full in fewer days than it should be."""
    if days >= limits.full_days_min:
        return
    severity = Severity.UNHEALTHY if days < limits.full_days_unhealthy else Severity.DEGRADED
    text = f"{what} is full in {days:.1f} days at the present rate, {bytes_per_day / 1e9:,.1f} GB a day: {remedy}"
    yield Reason(severity, "space", text)


def describe_growth(bytes_per_day: float, days: float | None) -> str:
    """Return the growth of a database in words, an empty text if it is not known; `days` is None if it never fills."""
    if not bytes_per_day:
        return ""
    ending = "" if days is None or days == math.inf else f", full in {days:.1f} days"
    return f", grows by {bytes_per_day / 1e9:,.1f} GB a day{ending}"
