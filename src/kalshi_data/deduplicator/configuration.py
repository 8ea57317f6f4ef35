"""The deduplicator's settings; README.md lists them with their meaning."""

from typing import Annotated

from msgspec import Meta, field

from kalshi_data.health import Endpoint, Port
from kalshi_data.settings import Conninfo, Section


class Gatherer(Section):
    """One gatherer to read from, and the number its rows carry in production."""

    id: Annotated[int, Meta(ge=1, le=32767)]
    kalshi_ts: Conninfo
    kalshi_meta: Conninfo

    def conninfo(self, source: str) -> str:
        """Return how to reach the database whose SQL is in the folder `source`."""
        return {"capture": self.kalshi_ts, "registry": self.kalshi_meta}[source].conninfo


class Production(Section):
    """The database to write to; migrations run as its owner."""

    runtime: Conninfo
    owner: Conninfo


class Merging(Section):
    """How often and how much is polled, and how old a row may be."""

    poll_seconds: float = 0.1
    gatherer_seconds_max: float = 2.0
    batch_rows_min: Annotated[int, Meta(ge=1)] = 5_000
    batch_rows_max: Annotated[int, Meta(ge=1)] = 200_000
    memory_mb_max: Annotated[int, Meta(ge=1)] = 128
    late_days_max: int = 400
    acknowledge_seconds: float = 10.0
    heartbeat_seconds: float = 1.0
    heartbeat_seconds_max: float = 10.0


class Health(Endpoint):
    """Where /health and /metrics are served, and from when on something counts as wrong."""

    port: Port = 9102
    report_seconds: Annotated[float, Meta(gt=0)] = 2.0
    lag_seconds_max: float = 5.0
    lag_seconds_unhealthy: float = 30.0
    silence_seconds_max: float = 10.0


class DeduplicatorSettings(Section):
    """The whole file."""

    production: Production
    gatherers: Annotated[list[Gatherer], Meta(min_length=1)]
    merging: Merging = field(default_factory=Merging)
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        """Refuse two gatherers with one number.

        Raises:
            ValueError: with the number; msgspec adds where.
        """
        numbers = [gatherer.id for gatherer in self.gatherers]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"gatherers need an id of their own each, these have {numbers}")
