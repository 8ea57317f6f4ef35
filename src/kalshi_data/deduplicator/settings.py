"""The deduplicator's settings; README.md lists them with their meaning."""

from typing import Annotated

from msgspec import Meta, field

from kalshi_data.archive.settings import Archive
from kalshi_data.service.health import Endpoint, Port
from kalshi_data.settings import Conninfo, Section

CONFIG = "/etc/kalshi/deduplicator.toml"


class Gatherer(Section):
    """One gatherer to read from, and the number its rows carry in production."""

    id: Annotated[int, Meta(ge=1, le=32767)]
    kalshi_ts: Conninfo
    kalshi_meta: Conninfo

    def conninfo(self, source: str) -> str:
        """Return how to reach the database whose SQL is in the folder `source`."""
        return {"capture": self.kalshi_ts, "registry": self.kalshi_meta}[source].conninfo


class Production(Section):
    """The database to write to; migrations run as its owner, exports as who merges unless `exporter` says otherwise."""

    runtime: Conninfo
    owner: Conninfo
    exporter: Conninfo | None = None


class Merging(Section):
    """How often and how much is polled, and how old a row may be."""

    poll_seconds: float = 0.1
    gatherer_seconds_max: float = 2.0
    batch_rows_min: Annotated[int, Meta(ge=1)] = 5_000
    batch_rows_max: Annotated[int, Meta(ge=1)] = 200_000
    memory_mb_max: Annotated[int, Meta(ge=1)] = 128
    late_days_max: int = 400
    sightings_one_in: Annotated[int, Meta(ge=1)] = 256
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


class UpkeepSettings(Section):
    """How often and in what steps books are checked, minutes judged and partitions dropped."""

    pause_seconds: float = 5.0
    ledger_seconds: float = 60.0
    arbitration_seconds: float = 600.0
    retention_seconds: float = 600.0
    snapshots_max: Annotated[int, Meta(ge=1)] = 1_000
    late_marks_max: Annotated[int, Meta(ge=1)] = 10_000
    ledger_minutes_max: Annotated[int, Meta(ge=1, le=1440)] = 60
    ledger_markets_max: Annotated[int, Meta(ge=1)] = 2_000


class Retention(Section):
    """How many days production keeps rows of a stream at least, once they are archived; 0 for ever."""

    trades_days: Annotated[int, Meta(ge=0)] = 0
    orderbook_deltas_days: Annotated[int, Meta(ge=0)] = 90
    orderbook_snapshots_days: Annotated[int, Meta(ge=0)] = 90
    tickers_days: Annotated[int, Meta(ge=0)] = 30
    lifecycle_events_days: Annotated[int, Meta(ge=0)] = 0

    def days(self) -> dict[str, int]:
        """Return the days of each stream that is not kept for ever."""
        given = {name.removesuffix("_days"): getattr(self, name) for name in self.__struct_fields__}
        return {stream: days for stream, days in given.items() if days > 0}


class DeduplicatorSettings(Section):
    """The whole file."""

    production: Production
    gatherers: Annotated[list[Gatherer], Meta(min_length=1)]
    merging: Merging = field(default_factory=Merging)
    health: Health = field(default_factory=Health)
    upkeep: UpkeepSettings = field(default_factory=UpkeepSettings)
    retention: Retention = field(default_factory=Retention)
    archive: Archive = field(default_factory=Archive)

    def __post_init__(self) -> None:
        """Refuse two gatherers with one number.

        Raises:
            ValueError: with the number; msgspec adds where.
        """
        numbers = [gatherer.id for gatherer in self.gatherers]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"gatherers need an id of their own each, these have {numbers}")
