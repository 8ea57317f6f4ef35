"""Upkeep repeats the SQL functions of its tasks until nothing is left to do."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.errors import LockLost
from tests.support.books import delta, ensure_partitions, late, levels, snapshot
from tests.support.coverage import at, beat, cover
from tests.support.engines import Database
from tests.support.line_checks import LineCheck, merge_line_checks
from tests.support.staging import settings
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

OLD = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=40)
TICKERS = "select timeseries.ensure_partition('market_data.hot_tickers', %s)"
CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = 'deduplicator upkeep' and datname = current_database()
"""
ARCHIVED = """
insert into ops.archive_partitions (stream, hour, state)
select 'tickers', hour, 'verified' from generate_series(%s, %s, interval '1 h') as hour
"""

CHANGE = "insert into market_data.hot_orderbook_deltas values (%s, 'KXA-1', 7, 'yes', 0.43, 5, 0, %s, 1, 6)"
WAITS = "select from pg_locks where not granted and relation = 'ops.rejected_rows'::regclass"


@pytest.fixture
def chosen(production: Database) -> DeduplicatorSettings:
    return settings(production, [production])


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-180), at(0), at(180))
        yield connection


def fill(ops: Connection) -> None:
    """Cover a market for an hour, with a book before and after one change."""
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    snapshot(ops, 0, 10)
    delta(ops, 1, 11, "yes", "0.5", "1")
    snapshot(ops, 20, 11, levels(("yes", "0.5", "1")))


def holding(chosen: DeduplicatorSettings, ops: Connection) -> Upkeep:
    upkeep = Upkeep(chosen, threading.Event())
    assert upkeep.take_lock(ops)
    return upkeep


def proven(ops: Connection) -> int:
    row = ops.execute("select count(*) from ops.completeness where state = 'proven'").fetchone()
    return int(row[0]) if row else 0


def test_one_tick_checks_books_and_classifies_minutes(ops: Connection, chosen: DeduplicatorSettings) -> None:
    fill(ops)
    assert holding(chosen, ops).tick(ops) is False
    assert proven(ops) == 20


def test_one_tick_counts_changes_and_deletes_old_proofs(ops: Connection, chosen: DeduplicatorSettings) -> None:
    delta(ops, 5, 0, "yes", "0.5", "1")
    new = LineCheck(began=1, ended=10, inner=1, from_change=at(1), until_change=at(9))
    merge_line_checks(ops, [new, LineCheck(began=-144_000, ended=-143_999)])
    holding(chosen, ops).tick(ops)
    checks = "select counted_checks, counted_changes from ops.line_checks"
    assert ops.execute(checks).fetchall() == [(1, 1)]
    assert ops.execute("select from ops.line_counts").fetchall() == []


def test_it_runs_until_it_is_stopped(ops: Connection, chosen: DeduplicatorSettings) -> None:
    fill(ops)
    stop = threading.Event()
    working = threading.Thread(target=Upkeep(chosen, stop).run)
    working.start()
    wait_until(lambda: proven(ops) >= 20, progress=lambda: proven(ops))
    stop.set()
    working.join(STILL_SECONDS_MAX)
    assert not working.is_alive()
    assert proven(ops) == 20


def test_it_continues_after_its_connection_is_cut(
    production: Database, ops: Connection, chosen: DeduplicatorSettings
) -> None:
    stop = threading.Event()
    chosen.upkeep.pause_seconds = chosen.upkeep.completeness_seconds = 0.05
    working = threading.Thread(target=Upkeep(chosen, stop).run)
    working.start()
    with production.connect() as superuser:
        wait_until(lambda: superuser.execute(CUT).rowcount)
    fill(ops)
    late(ops, "orderbook_snapshots", 0, 20)
    wait_until(lambda: proven(ops) >= 20, progress=lambda: proven(ops))
    stop.set()
    working.join(STILL_SECONDS_MAX)
    assert not working.is_alive()
    assert proven(ops) == 20


def test_steps_follow_each_other_while_more_work_waits(production: Database, ops: Connection) -> None:
    fill(ops)
    for minute in range(30, 36):
        snapshot(ops, minute, 11, levels(("yes", "0.5", "1")))
    sections = settings(production, [production])
    sections.upkeep.snapshots_max = 3
    sections.upkeep.minutes_max = 10
    upkeep = holding(sections, ops)
    steps = 1
    while upkeep.tick(ops):
        steps += 1
    assert 3 <= steps <= 20
    assert ops.execute("select count(*) from ops.book_checks").fetchone() == (7,)


def test_only_one_of_several_does_the_upkeep(
    production: Database, ops: Connection, chosen: DeduplicatorSettings
) -> None:
    first = holding(chosen, ops)
    second = Upkeep(chosen, threading.Event())
    with production.connect("deduplicator") as other:
        assert not second.take_lock(other)
        with pytest.raises(LockLost):
            second.tick(other)
        assert first.tick(ops) is False


def test_old_archived_partitions_are_dropped_and_locked_ones_are_left(
    production: Database, ops: Connection, chosen: DeduplicatorSettings
) -> None:
    ops.execute(TICKERS, (OLD,))
    ops.execute(
        "insert into market_data.hot_tickers (exchange_ts, market_ticker, values_sha256, received_at, gatherer_id) "
        "values (%s, 'KXA-1', '', now(), 1)",
        (OLD,),
    )
    ops.execute(ARCHIVED, (OLD, OLD + timedelta(hours=23)))
    with production.connect("deduplicator") as reading, reading.transaction():
        reading.execute("select count(*) from market_data.tickers")
        holding(chosen, ops).tick(ops)
    assert ops.execute("select count(*) from market_data.tickers").fetchone() == (1,)
    holding(chosen, ops).tick(ops)
    assert ops.execute("select count(*) from market_data.tickers").fetchone() == (0,)


def test_retention_leaves_out_streams_kept_for_ever() -> None:
    assert ProductionRetentionSettings().days() == {"orderbook_deltas": 90, "orderbook_snapshots": 90, "tickers": 30}


def test_deleting_old_rows_keeps_no_merge_waiting(
    production: Database, chosen: DeduplicatorSettings, ops: Connection
) -> None:
    ops.execute("select timeseries.ensure_partition('market_data.hot_orderbook_deltas', %s)", (OLD,))
    ops.execute(CHANGE, (OLD, OLD))
    ops.execute("select ops.pack_hour('orderbook_deltas', %s, 10, false)", (OLD,))
    with (
        production.connect() as superuser,
        production.connect("deduplicator") as working,
        ThreadPoolExecutor(1) as thread,
    ):
        with superuser.transaction():
            superuser.execute("lock table ops.rejected_rows")
            running = thread.submit(holding(chosen, working).tick, working)
            wait_until(lambda: ops.execute(WAITS).fetchone() is not None)
            with ops.transaction():
                ops.execute("lock table market_data.hot_orderbook_deltas in row exclusive mode nowait")
                ops.execute("select from ops.hour_locks for key share nowait")
        running.result(STILL_SECONDS_MAX)
