"""The deduplicator's settings; `python3 build.py docs` writes their table into the README.md of this folder."""

import math
from typing import Annotated

from msgspec import Meta, field

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.service.growth import EXCESS, GrowthLimits
from kalshi_data.service.health import Port
from kalshi_data.settings import BYTES_MAX, COUNT_MAX, DAYS_MAX, SECONDS_MAX, Conninfo, Section
from kalshi_data.streams import STREAMS

CONFIG = "/etc/kalshi/deduplicator.toml"
EXPIRABLE = tuple(stream.name for stream in STREAMS if stream.is_expirable)


class GathererSource(Section):
    """One gatherer to read from. The table is repeated for each gatherer."""

    id: Annotated[int, Meta(ge=1, le=32767, description="Number of this gatherer; production's rows carry it.")]
    kalshi_ts: Annotated[Conninfo, Meta(description="The gatherer's capture database.")]
    kalshi_meta: Annotated[Conninfo, Meta(description="The gatherer's registry database.")]

    def conninfo(self, source: str) -> str:
        """Return how to reach the database whose SQL is in the folder `source`."""
        return {"capture": self.kalshi_ts, "registry": self.kalshi_meta}[source].conninfo


class ProductionSettings(Section):
    """The database to write to, with a role for each task."""

    runtime: Annotated[Conninfo, Meta(description="Production, as the role that merges.")]
    owner: Annotated[Conninfo, Meta(description="Production, as the role that migrates.")]
    exporter: Annotated[
        Conninfo | None,
        Meta(description="Production, as the role that reads for the archive; `runtime` if it is not set."),
    ] = None


class MergingSettings(Section):
    """How often and how much is polled, and how old a row may be."""

    poll_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Pause between two polls of a gatherer if nothing is waiting.")
    ] = 0.1
    gatherer_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="A gatherer that needs longer is left out of the tick.")
    ] = 2.0
    batch_rows_min: Annotated[int, Meta(le=COUNT_MAX, ge=1, description="Rows polled per gatherer at first.")] = 5_000
    batch_rows_max: Annotated[
        int,
        Meta(le=COUNT_MAX, ge=1, description="Rows polled per gatherer at most; the batch grows while more rows wait."),
    ] = 200_000
    memory_mb_max: Annotated[
        int,
        Meta(
            le=COUNT_MAX,
            ge=1,
            description=(
                "Memory of production for each sort and for the staged batch of a stream. All streams together may "
                "take 39 times as much: 2.3 GB of the 8 GB of the smallest server."
            ),
        ),
    ] = 60
    late_days_max: Annotated[int, Meta(ge=1, le=DAYS_MAX, description="Older rows are rejected.")] = 400
    sightings_one_in: Annotated[
        int,
        Meta(
            le=COUNT_MAX,
            ge=1,
            description=(
                "One order-book change in this many is recorded with every gatherer that received it; each trade is."
            ),
        ),
    ] = 256
    line_check_sample_one_in: Annotated[
        int,
        Meta(
            le=COUNT_MAX,
            ge=1,
            description=(
                "Each time a gatherer proves an order book on a connection, it reports how many changes it received. "
                "For one report in this many, production's changes are counted and compared."
            ),
        ),
    ] = 4
    acknowledge_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which gatherers are sent what production holds.")
    ] = 10.0
    heartbeat_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which the gatherers' heartbeats are read.")
    ] = 1.0
    heartbeat_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Heartbeat age up to which a gatherer counts as alive.")
    ] = 10.0


class DeduplicatorHealthSettings(GrowthLimits):
    """Where /health and /metrics are served, and the limits beyond which the deduplicator is degraded or unhealthy."""

    port: Annotated[Port, Meta(description="Port of `/health` and `/metrics`; 0 serves neither.")] = 9102
    report_seconds: Annotated[
        float, Meta(le=SECONDS_MAX, gt=0, description="Interval at which lag is measured and stored in production.")
    ] = 2.0
    lag_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Lag at which one gatherer's copy of a stream is degraded.")
    ] = 5.0
    lag_seconds_unhealthy: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="A stream is unhealthy only if every gatherer's copy lags by more than this.",
        ),
    ] = 30.0
    silence_seconds_max: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description=(
                "Time without an answer of production after which the deduplicator is unhealthy; `deduplicator "
                "status` exits 1 if no report is younger."
            ),
        ),
    ] = 10.0


class UpkeepSettings(Section):
    """How often books are checked, minutes classified and partitions dropped, and in what steps."""

    pause_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Pause between two steps if nothing is waiting.")
    ] = 5.0
    completeness_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which minutes are classified.")
    ] = 60.0
    arbitration_seconds: Annotated[
        float,
        Meta(gt=0, le=SECONDS_MAX, description="Interval at which the contributions of each gatherer are summed."),
    ] = 600.0
    retention_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which old partitions are looked for and dropped.")
    ] = 600.0
    snapshots_max: Annotated[int, Meta(le=COUNT_MAX, ge=1, description="Books checked in one step.")] = 1_000
    late_marks_max: Annotated[int, Meta(le=COUNT_MAX, ge=1, description="Marks of late rows handled in one step.")] = (
        10_000
    )
    counts_max: Annotated[
        int, Meta(le=COUNT_MAX, ge=1, description="Intervals for which changes are counted in one step.")
    ] = 1_000
    line_checks_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=1, description="Days for which proofs of order books by single connections are kept.")
    ] = 90
    minutes_max: Annotated[int, Meta(ge=1, le=1440, description="Minutes classified in one step.")] = 60
    markets_max: Annotated[int, Meta(le=COUNT_MAX, ge=1, description="Markets classified again in one step.")] = 2_000


class PackingSettings(Section):
    """When hours of order-book changes and market summaries are packed, which then take a twentieth of the disk."""

    enabled: Annotated[bool, Meta(description="Pack hours that are over; readers see the same rows.")] = True
    hours_after: Annotated[
        int,
        Meta(
            le=24 * DAYS_MAX,
            ge=1,
            description="Hours from the end of an hour until it is packed, if the archive holds it, verified.",
        ),
    ] = 3
    rows_max: Annotated[int, Meta(ge=1, le=1_000_000, description="Rows packed in one step.")] = 50_000
    late_seconds_max: Annotated[
        float, Meta(le=SECONDS_MAX, gt=0, description="An hour that is due for longer makes the deduplicator degraded.")
    ] = 21_600.0


class ProductionRetentionSettings(Section):
    """How many days production keeps rows at least, and how much space they may take. Archived rows may go then."""

    trades_days: Annotated[
        int,
        Meta(
            le=DAYS_MAX,
            ge=0,
            description="Age at which trades may be dropped, once they are archived; 0 keeps them for ever.",
        ),
    ] = 0
    orderbook_deltas_days: Annotated[int, Meta(le=DAYS_MAX, ge=0, description="The same for order-book deltas.")] = 90
    orderbook_snapshots_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=0, description="The same for order-book snapshots.")
    ] = 90
    tickers_days: Annotated[int, Meta(le=DAYS_MAX, ge=0, description="The same for tickers.")] = 30
    lifecycle_events_days: Annotated[int, Meta(le=DAYS_MAX, ge=0, description="The same for lifecycle events.")] = 0
    index_values_days: Annotated[int, Meta(le=DAYS_MAX, ge=0, description="The same for index values.")] = 0
    database_bytes_max: Annotated[
        int,
        Meta(
            le=BYTES_MAX,
            ge=0,
            description=(
                "Size of production above which the oldest partitions are dropped that are archived and older than a "
                "day, whatever their stream. If that does not help, nothing is merged from a tenth more on; it waits "
                "at the gatherers. 0 sets no bound."
            ),
        ),
    ] = 0
    book_checks_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=1, description="Age at which checks of order books are deleted.")
    ] = 90
    coverage_days: Annotated[
        int,
        Meta(
            le=DAYS_MAX,
            ge=1,
            description="Age at which ended connections, subscriptions and expectations, and gaps are deleted.",
        ),
    ] = 400
    minutes_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=1, description="Age at which classified minutes are deleted.")
    ] = 400
    arbitration_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=1, description="Age at which sums per gatherer are deleted.")
    ] = 400
    rejected_rows_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=1, description="Age at which rejected rows are deleted.")
    ] = 90
    history_days: Annotated[
        int,
        Meta(le=DAYS_MAX, ge=1, description="Age at which replaced bodies of series, events and markets are deleted."),
    ] = 400

    @property
    def bytes_max(self) -> float:
        """Return the bound on production's size, infinite if there is none."""
        return self.database_bytes_max or math.inf

    def why_full(self, database_bytes: int) -> str:
        """Return why nothing may be merged into a production of this size; an empty text if it may."""
        if database_bytes <= self.bytes_max * EXCESS:
            return ""
        return (
            "production exceeds [retention] database_bytes_max by a tenth, and too little in it is archived and "
            "verified: look at deduplicator archive status, or enlarge its storage"
        )

    def days(self) -> dict[str, int]:
        """Return the days of each stream that is not kept for ever."""
        days = {stream: getattr(self, f"{stream}_days") for stream in EXPIRABLE}
        return {stream: count for stream, count in days.items() if count > 0}

    def days_of_tables(self) -> dict[str, int]:
        """Return the days of each group of tables that have no partitions, by the name that SQL gives the group."""
        given = {name.removesuffix("_days"): getattr(self, name) for name in self.__struct_fields__}
        return {name: days for name, days in given.items() if name not in {*EXPIRABLE, "database_bytes_max"}}


class DeduplicatorSettings(Section):
    """The deduplicator's configuration file."""

    production: ProductionSettings
    gatherers: Annotated[list[GathererSource], Meta(min_length=1)]
    merging: MergingSettings = field(default_factory=MergingSettings)
    health: DeduplicatorHealthSettings = field(default_factory=DeduplicatorHealthSettings)
    upkeep: UpkeepSettings = field(default_factory=UpkeepSettings)
    packing: PackingSettings = field(default_factory=PackingSettings)
    retention: ProductionRetentionSettings = field(default_factory=ProductionRetentionSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)

    def __post_init__(self) -> None:
        """Reject two gatherers with one number.

        Raises:
            ValueError: with the numbers; msgspec adds the key.
        """
        numbers = [gatherer.id for gatherer in self.gatherers]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"each gatherer needs an id of its own, but these have {numbers}")

    @property
    def packing_condition(self) -> dict[str, int | bool]:
        """Return the condition under which an hour is due to be packed, as SQL's parameters."""
        return {"hours_after": self.packing.hours_after, "needs_archive": bool(self.archive.target)}
