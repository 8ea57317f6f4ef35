"""What a run means for the reference day on the machines that have to carry it."""

from typing import NamedTuple

from tests.benchmarks.capacity.load import (
    DAY_SECONDS,
    GATHERER_BYTES,
    GATHERERS,
    PEAK,
    PRODUCTION_BYTES,
    PRODUCTION_MB,
    ROWS_A_DAY,
)
from tests.benchmarks.capacity.meter import StepCost
from tests.benchmarks.capacity.run import Measured
from tests.benchmarks.capacity.sizes import AUDITS, GATHERER_ROWS, PRODUCTION_ROWS, STATES, STORED_AUDITS

# Rows of packed streams are hot for this many hours of mean load: one until they are packed, one that goes on, one that
# waits for the archive, and twice more if one of them is the busiest. Of streams that are packed by the day, it is the
# day before, too.
HOT_HOURS = 5
PACKED_BY_DAY = {"trades": 24, "orderbook_snapshots": 24}
TIDY_SECONDS = 600
# Steps of the upkeep.
PACKED = "market_data.packed_"
UPKEEP = ("classify minutes", "check books", "count changes", "pack", "arbitration and retention")


class Aim(NamedTuple):
    """A limit of a figure: at least or at most."""

    limit: float
    is_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.limit:g}"


AIMS = {
    "production_days": Aim(45, is_least=True),
    "gatherer_outage_hours": Aim(24, is_least=True),
    "upkeep_core_share": Aim(0.25),
    "pack_bytes_per_delta": Aim(20),
    "packed_read_ratio": Aim(2),
    "rss_max_mb": Aim(PRODUCTION_MB),
}


def production_bytes_a_day(measured: Measured) -> dict[str, float]:
    """Return the bytes that a day adds to each table of production that keeps its rows."""
    hidden = {f"market_data.{name.removeprefix(PACKED)}" for name in measured.kept if name.startswith(PACKED)}
    return {
        table: size * PRODUCTION_ROWS[table]
        for table, size in measured.kept.items()
        if table in PRODUCTION_ROWS and table not in hidden
    }


def hot_bytes(measured: Measured) -> float:
    """Return the bytes of rows that wait to be packed, and of other rows that stay for some hours only."""
    hot = 0.0
    for table, row_bytes in measured.hot.items():
        stream = table.removeprefix("market_data.hot_")
        if stream != table:
            hot += (
                row_bytes * PRODUCTION_ROWS[f"market_data.{stream}"] / 24 * (HOT_HOURS + PACKED_BY_DAY.get(stream, 0))
            )
    return hot + measured.passing_bytes


def gatherer_bytes_a_day(measured: Measured) -> dict[str, float]:
    """Return the bytes that a day adds to each table of a gatherer."""
    return {
        table: measured.captured[table] * rows for table, rows in GATHERER_ROWS.items() if table in measured.captured
    }


def core_shares(measured: Measured) -> dict[str, float]:
    """Return the share of one processor that each step takes on production, in the mean of the day."""
    wide, hours = measured.wide_steps, measured.hours_steps
    a_second = {
        **{f"merge {stream}": merged_rows(stream) / DAY_SECONDS for stream in MERGED_ROWS},
        "classify minutes": 1 / 60,
        "check books": (STATES - PRODUCTION_ROWS["ops.expected"]) / DAY_SECONDS,
        "count changes": count_share(wide) * AUDITS * GATHERERS / DAY_SECONDS,
        "pack": sum(PRODUCTION_ROWS[table] for table in measured.kept if table.startswith(PACKED)) / DAY_SECONDS,
        "arbitration and retention": 1 / TIDY_SECONDS,
        "archive": sum(ROWS_A_DAY.values()) / DAY_SECONDS,
    }
    return {
        name: (wide if name in wide and wide[name].units else hours)[name].per_unit * units
        for name, units in a_second.items()
        if name in wide or name in hours
    }


MERGED_ROWS = {
    "orderbook_deltas": ROWS_A_DAY["orderbook_deltas"],
    **{stream: 2 * ROWS_A_DAY[stream] for stream in ("tickers", "trades", "lifecycle_events")},
    "orderbook_snapshots": STORED_AUDITS,
    "book_checks": AUDITS,
}


def merged_rows(stream: str) -> int:
    """Return how many rows of all gatherers are polled a day."""
    return MERGED_ROWS[stream] * GATHERERS


def count_share(steps: dict[str, StepCost]) -> float:
    """Return for which share of the comparisons of lines changes are counted."""
    merged = steps["merge book_checks"].units
    return steps["count changes"].units / merged if merged else 0.0


def busiest(name: str, share: float) -> float:
    """Return a step's share in the busiest hour: minutes and audits are as many as ever."""
    steady = ("classify", "check", "count", "arbitration", "merge book_checks", "merge orderbook_snapshots")
    return share if name.startswith(steady) else share * PEAK


def memory_mb(measured: Measured) -> float:
    """Return production's memory if every step happens at the same time, with the shared buffers that were used."""
    steps = {**measured.hours_steps, **measured.wide_steps}
    largest = {
        name: max(measured.hours_steps.get(name, step).private_mb, step.private_mb) for name, step in steps.items()
    }
    return measured.shared_mb + measured.idle_mb + sum(largest.values())


def figures(measured: Measured) -> dict[str, float]:
    """Return the figures that have aims, and those that are compared from run to run."""
    shares = core_shares(measured)
    a_day = sum(production_bytes_a_day(measured).values())
    return {
        "production_days": (PRODUCTION_BYTES - hot_bytes(measured)) / a_day,
        "gatherer_outage_hours": GATHERER_BYTES / sum(gatherer_bytes_a_day(measured).values()) * 24,
        "upkeep_core_share": sum(share for name, share in shares.items() if name in UPKEEP),
        "merge_core_share": sum(share for name, share in shares.items() if name.startswith("merge")),
        "pack_bytes_per_delta": measured.kept["market_data.packed_orderbook_deltas"],
        "hot_bytes_per_delta": measured.hot["market_data.hot_orderbook_deltas"],
        "packed_read_ratio": measured.packed_read_ms / measured.hot_read_ms,
        "rss_max_mb": memory_mb(measured),
    }
