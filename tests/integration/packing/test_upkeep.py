"""Upkeep packs hours of order-book changes that are over, frees their space, and drops old ones."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.monitoring import monitor as monitor_module
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.monitoring.status import draw_status, read_status
from kalshi_data.deduplicator.retention import drop_packed
from kalshi_data.deduplicator.state import State
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.shard import EVERYTHING
from tests.support.engines import Database
from tests.support.staging import settings

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
INSERT = """
insert into market_data.hot_orderbook_deltas
select h + interval '7 s', 'KXA-' || n, 1, 'yes', 0.41, 2, 0, h, 1, 6
from generate_series(%s, %s, interval '1 h') as h cross join generate_series(1, 5) as n
"""
VERIFIED = """
insert into ops.archive_partitions (stream, hour, state)
select 'orderbook_deltas', h, 'verified' from generate_series(%s, %s, interval '1 h') as h
"""
COUNTS = """
select (select count(*) from market_data.hot_orderbook_deltas), (select count(*) from market_data.orderbook_deltas)
"""
HOT_PARTITIONS = "select count(*) from timeseries.list_partitions('market_data.hot_orderbook_deltas')"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    """Changes of each hour of a day."""
    last = DAY + timedelta(hours=23)
    with production.connect("deduplicator") as connection:
        for hours in range(24):
            ensure = "select timeseries.ensure_partition('market_data.hot_orderbook_deltas', %s)"
            connection.execute(ensure, (DAY + timedelta(hours=hours),))
        connection.execute(INSERT, (DAY, last))
        yield connection


def pack(connection: Connection, *, needs_archive: bool = False, hours_after: int = 3) -> int:
    """Pack until no hour is due, and return the number of steps."""
    steps = 0
    while connection.execute("select * from ops.pack_next_hour(%s, 3, %s)", (hours_after, needs_archive)).fetchone():
        steps += 1
        assert steps < 100
    return steps


def test_a_packed_day_leaves_no_hot_partition(ops: Connection) -> None:
    assert pack(ops) == 48
    assert ops.execute(COUNTS).fetchall() == [(0, 120)]
    for _ in range(3):  # of ten partitions at most
        drop_packed(ops)
    assert ops.execute(HOT_PARTITIONS).fetchall() == [(0,)]
    assert ops.execute(COUNTS).fetchall() == [(0, 120)]


def test_upkeep_goes_on_until_all_emptied_partitions_are_dropped(production: Database, ops: Connection) -> None:
    pack(ops)
    upkeep = Upkeep(settings(production, [production]), threading.Event())
    assert upkeep.take_lock(ops)
    while upkeep.tick(ops):
        pass
    assert ops.execute(HOT_PARTITIONS).fetchall() == [(0,)]


def test_hours_that_are_not_over_for_long_enough_stay_hot(ops: Connection) -> None:
    assert pack(ops, hours_after=100) == 0
    drop_packed(ops)
    assert ops.execute(COUNTS).fetchall() == [(120, 120)]


def test_only_verified_hours_are_packed_and_a_partition_with_others_stays(ops: Connection) -> None:
    ops.execute(VERIFIED, (DAY, DAY + timedelta(hours=9)))
    pack(ops, needs_archive=True)
    drop_packed(ops)
    assert ops.execute(COUNTS).fetchall() == [(70, 120)]


def test_an_hour_of_which_rows_are_merged_keeps_no_other_one_waiting(production: Database, ops: Connection) -> None:
    with production.connect("deduplicator") as merging, merging.transaction():
        merging.execute("select ops.lock_hours('orderbook_deltas', %s)", ([DAY],))
        pack(ops)
        assert ops.execute(COUNTS).fetchall() == [(5, 120)]
    pack(ops)
    assert ops.execute(COUNTS).fetchall() == [(0, 120)]


def test_trades_of_a_day_that_are_merged_keep_no_hour_of_it_waiting(production: Database, ops: Connection) -> None:
    with production.connect("deduplicator") as merging, merging.transaction():
        merging.execute("select ops.lock_hours('trades', %s)", ([DAY],))
        pack(ops)
        assert ops.execute(COUNTS).fetchall() == [(0, 120)]


def test_retention_drops_packed_hours_that_the_archive_holds(ops: Connection) -> None:
    ops.execute(VERIFIED, (DAY, DAY + timedelta(hours=23)))
    pack(ops, needs_archive=True)
    for _ in range(3):  # of ten partitions at most
        drop_packed(ops)
    dropped = ops.execute("select * from ops.drop_archived_partitions('orderbook_deltas', 1)").fetchall()
    assert len(dropped) == 1
    assert ops.execute(COUNTS).fetchall() == [(0, 0)]
    assert ops.execute("select count(*) from ops.packed_hours").fetchall() == [(0,)]


def test_an_hour_is_due_since_its_rows_were_merged_or_archived(ops: Connection) -> None:
    due = "select due_since from ops.hours_to_pack(3, %s) where hour = %s"
    ended = DAY + timedelta(hours=1)
    assert ops.execute(due, (False, DAY)).fetchall() == [(ended + timedelta(hours=3),)]
    assert ops.execute(due, (True, DAY)).fetchall() == []
    ops.execute(VERIFIED, (DAY, DAY))
    merged, verified = ended + timedelta(hours=20), ended + timedelta(hours=21)
    ops.execute("update ops.archive_partitions set touched_at = %s, verified_at = %s", (merged, verified))
    assert ops.execute(due, (False, DAY)).fetchall() == [(merged,)]
    assert ops.execute(due, (True, DAY)).fetchall() == [(verified,)]


def test_the_lag_of_packing_is_measured_and_shown(
    ops: Connection, production: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(production, [production])
    monitor = Monitor(chosen, State(), EVERYTHING)
    try:
        monitor.measure()
        waiting = monitor.measurements.packing
        pack(ops)
        monitor.measure()
        # It is read twice a minute only.
        assert monitor.measurements.packing is waiting
        monkeypatch.setattr(monitor_module, "PACKING_SECONDS", 0.0)
        monitor.measure()
        packed = monitor.measurements.packing
    finally:
        monitor.close()
    assert (waiting.hours_due, waiting.hours_packed) == (24, 0)
    assert waiting.due_seconds > timedelta(days=1).total_seconds()
    assert packed == (0, 0.0, 24, 0, "")
    console = Console(width=160, file=io.StringIO())
    console.print(draw_status(read_status(ops, chosen)))
    assert isinstance(console.file, io.StringIO)
    shown = " ".join(console.file.getvalue().split())
    assert f"orderbook_deltas 24 0 0 - {DAY:%Y-%m-%d} 23:00" in shown
