"""A part of the benchmark of capacity, small enough for each run of the tests."""

import io
import math
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks.capacity.display import show
from tests.benchmarks.capacity.figures import core_shares, figures, gatherer_bytes_a_day, production_bytes_a_day
from tests.benchmarks.capacity.load import GATHERERS, Period
from tests.benchmarks.capacity.platform import Servers
from tests.benchmarks.capacity.production import parameter_group
from tests.benchmarks.capacity.run import PERIODS_AN_HOUR, Load, Measured, measure_on
from tests.benchmarks.capacity.sizes import GATHERER_ROWS, PASSING, PRODUCTION_ROWS
from tests.support.engines import Engine
from tests.support.staging import NOW

LOAD = Load(share=0.001, hours=1, wide_share=0.001, wide_seconds=60)
KEYS = {
    *("production_days", "gatherer_outage_hours", "upkeep_core_share", "merge_core_share", "pack_bytes_per_delta"),
    *("hot_bytes_per_delta", "packed_read_ratio", "rss_max_mb"),
}
# Tables that the streams of a day make no larger.
FEW_ROWS = {
    *("ops.archive_partitions", "ops.arbitration", "ops.connections", "ops.cursors", "ops.deduplicators"),
    *("ops.delta_labels", "ops.heartbeats", "ops.hour_locks", "ops.locks", "ops.lost_lines", "ops.packed_hours"),
    *("ops.ticker_labels", "ops.watermarks", "ops.dropped_partitions"),
}


@pytest.fixture(scope="module")
def measured(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """One run on each engine."""
    folder: Path = tmp_path_factory.mktemp("capacity")
    return measure_on(Servers(engine, engine), LOAD, folder)


def made(stream: str) -> int:
    """Return how many rows of a stream the hour has."""
    return PERIODS_AN_HOUR * Period(0, NOW, share=LOAD.share).rows(stream)


def test_each_row_is_merged_archived_and_packed_once(measured: Measured) -> None:
    changes = made("orderbook_deltas")
    halves = PERIODS_AN_HOUR * (changes // PERIODS_AN_HOUR // 100)
    assert measured.wrong == 0
    assert measured.rows["market_data.packed_orderbook_deltas"] == changes + halves
    assert measured.rows["market_data.packed_tickers"] == made("tickers")
    assert measured.rows["market_data.packed_trades"] == made("trades")
    assert measured.rows["market_data.lifecycle_events"] == made("lifecycle_events")
    states = measured.rows["market_data.packed_orderbook_snapshots"]
    assert states > 0
    assert measured.packed_rows == changes + halves + made("tickers") + made("trades") + states
    assert {rows for table, rows in measured.rows.items() if table.startswith("market_data.hot_")} == {0}
    steps = measured.hours_steps
    assert steps["merge orderbook_deltas"].units == GATHERERS * (changes + halves)
    assert steps["merge tickers"].units == 2 * GATHERERS * made("tickers")
    assert steps["archive"].units >= changes + halves + made("tickers") + made("trades")
    assert steps["classify minutes"].units == 60
    assert steps["check books"].units > 0
    assert steps["count changes"].units > 0


def test_every_table_that_grows_is_counted(measured: Measured) -> None:
    streams = {table for table in measured.grown if table.startswith("market_data.")}
    assert streams <= {*PRODUCTION_ROWS, *PASSING}
    assert {*measured.grown} - streams <= {*PRODUCTION_ROWS, *PASSING, *FEW_ROWS}
    assert {*GATHERER_ROWS} <= {*measured.captured}


def test_the_figures_follow_from_what_was_measured(measured: Measured) -> None:
    found = figures(measured)
    assert set(found) == KEYS
    assert all(math.isfinite(value) and value > 0 for value in found.values())
    assert found["pack_bytes_per_delta"] < found["hot_bytes_per_delta"] / 5
    a_day = production_bytes_a_day(measured)
    assert found["production_days"] * sum(a_day.values()) < 400e9
    assert a_day["market_data.packed_orderbook_deltas"] == found["pack_bytes_per_delta"] * 300_000_000
    hours = sum(gatherer_bytes_a_day(measured).values()) / 24
    assert found["gatherer_outage_hours"] * hours == pytest.approx(100e9)
    shares = core_shares(measured)
    assert {"merge orderbook_deltas", "classify minutes", "check books", "pack", "archive"} <= shares.keys()
    assert sum(shares.values()) > found["upkeep_core_share"] + found["merge_core_share"] - 1e-9


def test_the_tables_show_each_aim(measured: Measured) -> None:
    console = Console(file=io.StringIO(), width=140)
    show(measured, console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert all(name in shown for name in KEYS)
    assert "≥ 45" in shown


def test_production_runs_with_the_parameters_of_the_infrastructure() -> None:
    parameters = parameter_group()
    assert parameters["default_toast_compression"] == "lz4"
    assert int(parameters["max_locks_per_transaction"]) >= 512
    assert int(parameters["max_connections"]) > 0
    assert len(parameters) > 15
