"""Prints a run as tables for people."""

from rich.console import Console
from rich.table import Table

from tests.benchmarks.capacity.figures import (
    AIMS,
    UPKEEP,
    busiest,
    core_shares,
    figures,
    gatherer_bytes_a_day,
    hot_bytes,
    production_bytes_a_day,
)
from tests.benchmarks.capacity.load import PRODUCTION_CORES, ROWS_A_DAY
from tests.benchmarks.capacity.meter import StepCost
from tests.benchmarks.capacity.production import settings_mb_max
from tests.benchmarks.capacity.run import Measured


def show(measured: Measured, console: Console) -> None:
    """Print what was measured, and what it means."""
    for table in (
        streams_table(measured),
        days_table("production, a reference day", production_bytes_a_day(measured), measured.kept),
        days_table("a gatherer, a reference day", gatherer_bytes_a_day(measured), measured.captured),
        steps_table("steps, hours of a part of the day", measured.hours_steps),
        steps_table("steps, minutes of the whole width", measured.wide_steps),
        cores_table(measured),
        aims_table(measured),
    ):
        console.print(table)
    console.print(
        f"waiting to be packed and passing rows: {hot_bytes(measured) / 1e9:.1f} GB\n"
        f"a book at a time: {measured.hot_read_ms:.2f} core ms hot, {measured.packed_read_ms:.2f} packed\n"
        f"production's settings allow {settings_mb_max():,} MB, this process took {measured.own_rss_mb:,.0f} MB\n"
        "one processor of this machine counts as one Graviton2 core"
    )


def numbers(title: str, first: str, *columns: str) -> Table:
    """Return a table whose columns but the first are numbers."""
    table = Table(first, title=title)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def amount(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def streams_table(measured: Measured) -> Table:
    """Return the bytes of a row in each place that holds it."""
    table = numbers("bytes a row", "stream", "gatherer", "hot", "packed", "archived")
    for stream in (*ROWS_A_DAY, "orderbook_snapshots"):
        hot = measured.hot.get(f"market_data.hot_{stream}", measured.hot.get(f"market_data.{stream}"))
        packed = measured.kept.get(f"market_data.packed_{stream}")
        places = (measured.captured.get(f"capture.{stream}"), hot, packed, measured.archived.get(stream))
        table.add_row(stream, *map(amount, places))
    return table


def days_table(title: str, bytes_a_day: dict[str, float], row_sizes: dict[str, float]) -> Table:
    """Return what a day adds to each table."""
    table = numbers(title, "table", "rows, million", "bytes a row", "GB")
    for name, size in sorted(bytes_a_day.items(), key=lambda each: -each[1]):
        table.add_row(name, amount(size / row_sizes[name] / 1e6, 2), amount(row_sizes[name]), amount(size / 1e9, 2))
    table.add_row("sum", "", "", amount(sum(bytes_a_day.values()) / 1e9, 2))
    return table


def steps_table(title: str, steps: dict[str, StepCost]) -> Table:
    """Return what each step cost."""
    table = numbers(title, "step", "units", "a second", "core s a million", "deduplicator's", "MB")
    for name, cost in sorted(steps.items()):
        if cost.units:
            own = cost.own_seconds / cost.units * 1e6
            values = (cost.units, cost.units / cost.seconds, cost.per_unit * 1e6, own)
            table.add_row(name, *map(amount, values), amount(cost.private_mb, 0))
    return table


def cores_table(measured: Measured) -> Table:
    """Return the share of production's processors that each step takes."""
    table = numbers(f"percent of production's {PRODUCTION_CORES} cores", "step", "mean", "busiest hour")
    shares = core_shares(measured)
    for name, share in shares.items():
        values = (share, busiest(name, share))
        table.add_row(name, *(amount(value / PRODUCTION_CORES * 100, 2) for value in values))
    peak = sum(busiest(name, share) for name, share in shares.items())
    table.add_row("sum", *(amount(each / PRODUCTION_CORES * 100) for each in (sum(shares.values()), peak)))
    table.caption = f"upkeep is {', '.join(UPKEEP)}"
    return table


def aims_table(measured: Measured) -> Table:
    """Return each figure beside its aim."""
    table = numbers("aims", "figure", "aim", "actual", "")
    for name, value in figures(measured).items():
        aim = AIMS.get(name)
        verdict = "" if aim is None else ("holds" if aim.holds(value) else "MISSED")
        table.add_row(name, f"{aim}" if aim else "", f"{value:,.2f}", verdict)
    return table
