"""Settings of what production keeps, and how it is stored."""

import math
from typing import Annotated

from msgspec import Meta

from kalshi_data.service.growth import EXCESS
from kalshi_data.settings import BYTES_MAX, DAYS_MAX, SECONDS_MAX, Section
from kalshi_data.streams import STREAMS

EXPIRABLE = tuple(stream.name for stream in STREAMS if stream.is_expirable)


class PackingSettings(Section):
    """When rows of hours, or days, that are over are packed, which then take a tenth of the disk or less."""

    enabled: Annotated[bool, Meta(description="Pack hours that are over; readers see the same rows.")] = True
    hours_after: Annotated[
        int,
        Meta(
            le=24 * DAYS_MAX,
            ge=1,
            description="Hours from the end of an hour until it is packed, if the archive holds it, verified. "
            "Trades and order-book snapshots are packed by the day.",
        ),
    ] = 1
    rows_max: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Rows packed in one step; of order-book snapshots, a twentieth.")
    ] = 50_000
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
    exchange_status_days: Annotated[
        int, Meta(le=DAYS_MAX, ge=0, description="The same for what the exchange says of itself.")
    ] = 0
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
