"""An hour that cannot be packed keeps no other one waiting, is reported, and is tried again in smaller steps."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import psycopg
import pytest
from rich.console import Console

from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.monitoring.status import draw_status, read_status
from kalshi_data.deduplicator.packing import HourPacking
from kalshi_data.deduplicator.state import State
from kalshi_data.deduplicator.storage_settings import PackingSettings
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.shard import EVERYTHING
from tests.support.engines import Database
from tests.support.staging import settings

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
HOUR = timedelta(hours=1)
BAD_HOUR = DAY + 2 * HOUR
ENSURE = """
select timeseries.ensure_partition('market_data.hot_orderbook_deltas', h)
from generate_series(%s, %s, interval '1 h') as h
"""
INSERT = """
insert into market_data.hot_orderbook_deltas
select h + n * interval '7 s', 'KXA-' || (n / 8), 1, 'yes', 0.41, 2, 0, h, 1, 6
from generate_series(%s, %s, interval '1 h') as h cross join generate_series(0, 15) as n
"""
REFUSE = "alter table market_data.packed_orderbook_deltas add constraint too_large check ({})"
HOT = "select distinct date_trunc('hour', exchange_ts, 'UTC') from market_data.hot_orderbook_deltas"
DUE_NOW = "update ops.packing_failures set retry_at = now() - interval '1 s'"
COUNT = "select count(*), count(distinct exchange_ts) from market_data.orderbook_deltas"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    """Changes of each of five hours."""
    with production.connect("deduplicator") as connection:
        connection.execute(ENSURE, (DAY, DAY + 4 * HOUR))
        connection.execute(INSERT, (DAY, DAY + 4 * HOUR))
        yield connection


def refuse(production: Database, condition: str) -> None:
    """Let production refuse packed rows for which a condition does not hold."""
    with production.connect() as owner:
        owner.execute(REFUSE.format(condition).encode())


def pack(connection: Connection, rows_max: int = 16) -> list[tuple[datetime, str | None]]:
    """Pack until nothing is due now; return the hours and the errors of all steps."""
    steps: list[tuple[datetime, str | None]] = []
    while row := connection.execute("select hour, error from ops.pack_next_hour(3, %s, false)", (rows_max,)).fetchone():
        steps.append((row[0], row[1]))
        assert len(steps) < 200
    return steps


def test_the_hours_after_one_that_fails_are_packed(production: Database, ops: Connection) -> None:
    refuse(production, f"hour <> '{BAD_HOUR}'")
    failed = [(hour, error) for hour, error in pack(ops) if error]
    assert [hour for hour, _ in failed] == [BAD_HOUR]
    assert "too_large" in str(failed[0][1])
    assert ops.execute(HOT.encode()).fetchall() == [(BAD_HOUR,)]
    assert ops.execute(COUNT).fetchall() == [(80, 80)]


def test_a_failed_hour_is_tried_again_later_and_ever_later(production: Database, ops: Connection) -> None:
    refuse(production, f"hour <> '{BAD_HOUR}'")
    pack(ops)
    waits: list[float] = []
    for _ in range(12):
        ops.execute(DUE_NOW)
        assert [hour for hour, _ in pack(ops)] == [BAD_HOUR]
        found = ops.execute("select extract(epoch from retry_at - failed_at)::float8 from ops.packing_failures")
        waits += [seconds for (seconds,) in found.fetchall()]
    assert len(waits) == 12  # one row, however often it fails
    assert 90 <= waits[0] <= 150
    assert 0.75 * 21_600 <= waits[-1] <= 1.25 * 21_600
    assert ops.execute("select attempts from ops.packing_failures").fetchall() == [(13,)]


def test_an_hour_whose_rows_are_too_much_for_one_is_packed_in_smaller_steps(
    production: Database, ops: Connection
) -> None:
    refuse(production, f"hour <> '{BAD_HOUR}' or row_count <= 2")
    for _ in range(4):
        pack(ops)
        ops.execute(DUE_NOW)
    assert ops.execute(HOT.encode()).fetchall() == []
    assert ops.execute(COUNT).fetchall() == [(80, 80)]
    assert ops.execute("select count(*) from ops.packing_failures").fetchall() == [(0,)]


def test_a_step_that_takes_too_long_counts_as_failed(production: Database, ops: Connection) -> None:
    refuse(production, f"hour <> '{DAY}' or pg_sleep(30) is null")
    with ops.transaction():
        ops.execute("set local statement_timeout = '1s'")
        found = ops.execute("select hour, error from ops.pack_next_hour(3, 1000, false)").fetchall()
    assert found[0][0] == DAY
    assert "statement timeout" in found[0][1]
    pack(ops)
    assert ops.execute(HOT.encode()).fetchall() == [(DAY,)]


def test_a_full_disk_is_no_fault_of_the_hour(production: Database, ops: Connection) -> None:
    with production.connect() as owner:
        owner.execute(
            "create function ops.fill_disk() returns trigger language plpgsql as"
            " $$begin raise 'no space' using errcode = 'disk_full'; end$$"
        )
        owner.execute(
            "create trigger fill before insert on market_data.packed_orderbook_deltas"
            " for each row execute function ops.fill_disk()"
        )
    with pytest.raises(psycopg.errors.DiskFull):
        pack(ops)
    assert ops.execute("select count(*) from ops.packing_failures").fetchall() == [(0,)]


def test_failures_are_forgotten_with_the_hours(production: Database, ops: Connection) -> None:
    refuse(production, "false")
    pack(ops)
    assert ops.execute("select count(*) from ops.packing_failures").fetchall() == [(5,)]
    ops.execute(
        "insert into ops.archive_partitions (stream, hour, state)"
        " select 'orderbook_deltas', h, 'verified' from generate_series(%s, %s, interval '1 h') as h",
        (DAY, DAY + 23 * HOUR),
    )
    ops.execute("select ops.drop_archived_partitions('orderbook_deltas', 1)")
    assert ops.execute("select count(*) from ops.packing_failures").fetchall() == [(0,)]


def test_failed_hours_are_measured_shown_and_pass_upkeep(production: Database, ops: Connection) -> None:
    refuse(production, f"hour <> '{BAD_HOUR}'")
    chosen = settings(production, [production])
    upkeep = Upkeep(chosen, threading.Event())
    assert upkeep.take_lock(ops)
    for _ in range(12):
        upkeep.tick(ops)
    monitor = Monitor(chosen, State(), EVERYTHING)
    try:
        monitor.measure()
        measured = monitor.measurements.packing
    finally:
        monitor.close()
    assert (measured.hours_due, measured.hours_packed, measured.hours_failing) == (0, 4, 1)
    named = f"orderbook_deltas of {BAD_HOUR:%Y-%m-%d %H:%M}: "
    assert named in measured.failure
    console = Console(width=300, file=io.StringIO())
    console.print(draw_status(read_status(ops, chosen)))
    assert isinstance(console.file, io.StringIO)
    assert f"cannot be packed: {named}" in console.file.getvalue()


def test_a_step_that_production_does_not_survive_gets_smaller(production: Database, ops: Connection) -> None:
    chosen = msgspec.structs.replace(settings(production, [production]), packing=PackingSettings(rows_max=1024))
    packing = HourPacking(chosen)
    with production.connect("deduplicator") as lost:
        lost.close()
        for _ in range(4):
            with pytest.raises(psycopg.OperationalError):
                packing.step(lost)
    refuse(production, "row_count <= 4")  # a 256th of 1,024 rows
    assert packing.step(ops)
    assert ops.execute("select count(*) from ops.packing_failures").fetchall() == [(0,)]


class Refusing:
    """A connection of which each statement fails while it has an error; it remembers how many rows are asked for."""

    def __init__(self, error: type[psycopg.Error]) -> None:
        self.error: type[psycopg.Error] | None = error
        self.rows_asked: list[int] = []

    def execute(self, _: bytes, parameters: dict[str, Any]) -> "Refusing":
        self.rows_asked.append(parameters["rows_max"])
        if self.error is not None:
            raise self.error
        return self

    def fetchone(self) -> tuple[Any, ...]:
        return ("trades", DAY, 0, True, None, 0)


@pytest.mark.parametrize(
    ("error", "slower_hours"), [(psycopg.errors.DiskFull, 0), (psycopg.OperationalError, 4)], ids=["disk", "lost"]
)
def test_after_a_long_outage_few_hours_are_packed_in_small_steps(
    production: Database, error: type[psycopg.Error], slower_hours: int
) -> None:
    chosen = msgspec.structs.replace(settings(production, [production]), packing=PackingSettings(rows_max=1024))
    packing, refusing = HourPacking(chosen), Refusing(error)
    for _ in range(100):
        with pytest.raises(error):
            packing.step(cast("Connection", refusing))
    refusing.error = None
    refusing.rows_asked.clear()
    for _ in range(10):
        packing.step(cast("Connection", refusing))
    assert refusing.rows_asked.count(1024) == 10 - slower_hours
    assert refusing.rows_asked == sorted(refusing.rows_asked)
