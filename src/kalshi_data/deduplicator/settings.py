"""The deduplicator's settings; `python3 build.py docs` writes their table into the README.md of this folder."""

from typing import Annotated

from msgspec import Meta, field

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.deduplicator.storage_settings import PackingSettings, ProductionRetentionSettings
from kalshi_data.service.growth import GrowthLimits
from kalshi_data.service.health import Port
from kalshi_data.settings import COUNT_MAX, DAYS_MAX, SECONDS_MAX, Conninfo, Section

CONFIG = "/etc/kalshi/deduplicator.toml"
# Of the schema, in the order in which they are made.
COMPONENTS = ("timeseries", "production")


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
        float,
        Meta(ge=0, le=SECONDS_MAX, description="Longest pause between two polls; many rows that arrive shorten it."),
    ] = 0.1
    gatherer_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="A gatherer that needs longer is left out of the tick.")
    ] = 2.0
    batch_rows_min: Annotated[int, Meta(le=COUNT_MAX, ge=1, description="Rows polled per gatherer at first.")] = 5_000
    batch_rows_max: Annotated[
        int,
        Meta(le=COUNT_MAX, ge=1, description="Rows polled per gatherer at most; the batch grows while more rows wait."),
    ] = 100_000
    memory_mb_max: Annotated[
        int,
        Meta(
            le=COUNT_MAX,
            ge=1,
            description=(
                "Memory of production for each sort and for the staged batch of a stream. All streams together may "
                "take 45 times as much: 2.7 GB of the 8 GB of the smallest server."
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
        float, Meta(ge=0, le=SECONDS_MAX, description="Interval at which gatherers are sent what production holds.")
    ] = 10.0
    heartbeat_seconds: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Interval at which the gatherers' heartbeats are read.")
    ] = 1.0
    heartbeat_seconds_max: Annotated[
        float, Meta(gt=0, le=SECONDS_MAX, description="Heartbeat age up to which a gatherer counts as alive.")
    ] = 10.0


class DeduplicatorHealthSettings(GrowthLimits):
    """Where /health and /metrics are served, and the limits beyond which the deduplicator is degraded or unhealthy."""

    port: Annotated[Port, Meta(description="Port of `/health`, `/metrics` and the status page; 0 serves none.")] = 9102
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
    count_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="Interval at which completeness is counted; at least thirty times as long as a count takes.",
        ),
    ] = 60.0
    repair_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="Degraded if a minute is a gap for longer than this; sooner, a source may still repair it.",
        ),
    ] = 3600.0
    certificate_days_min: Annotated[
        float,
        Meta(ge=0, le=DAYS_MAX, description="Degraded if a database's certificate ends in fewer days than this."),
    ] = 30.0


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
