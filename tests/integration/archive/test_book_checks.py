"""The archive's book checks are what production knows of each comparison, and are written again when that changes."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from kalshi_data.archive.partitions import HourSelection, Partitions
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.archive.verify import Verifier, read_records
from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.retention import delete_old
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from tests.integration.archive.followed_hours import FOLLOWING, HOURS, Row, follow_hours, upkeep
from tests.integration.completeness.test_steady_minutes import EVENTS, Event
from tests.support.books import delta, ensure_partitions, levels, snapshot
from tests.support.coverage import T0, at, beat, connect, cover
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings, states
from tests.support.line_checks import LineCheck, merge_line_checks

CHECKS = tuple(stream for stream in DERIVED if stream.name == "book_checks")
# What the tables hold, without the view.
TABLES = """
select market_ticker, 'clock', null, from_at, until_at, is_proven, wrong_level_count from ops.book_checks
union all
select market_ticker, 'line', gatherer_id, from_at, until_at, is_equal, wrong_level_count from ops.line_checks
"""
LATE = """
insert into ops.late_rows (stream, market_ticker, during)
values ('orderbook_snapshots', 'KXA-1', tstzrange(%s, %s, '[]'))
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


@FOLLOWING
@given(EVENTS)
def follow(ops: Connection, events: list[Event]) -> None:
    """Follow the hours while events become known."""
    with ops.transaction(force_rollback=True):
        follow_hours(ops, "book_checks", events)


def test_hours_are_written_again_if_anything_changes_their_checks(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


def fill(ops: Connection) -> None:
    """Cover a market for two hours and a half: books that prove, one that is wrong, and a connection's comparisons."""
    connect(ops, 3, 0)
    cover(ops, 1, 0, None)
    book = levels(("yes", "0.5", "1"))
    snapshot(ops, 10, 1, book)
    snapshot(ops, 20, 1, book)
    delta(ops, 30, 2, "yes", "0.5", "1")
    snapshot(ops, 70, 3, levels(("yes", "0.5", "9")))
    merge_line_checks(ops, [LineCheck(began=40, ended=50), LineCheck(began=50, ended=70)])
    merge_line_checks(ops, [LineCheck(began=80, ended=90, gatherer=2, is_equal=False)])
    beat(ops, 1, 150)
    upkeep(ops)


def export_checks(production: Database, folder: Path, **selected: Any) -> None:
    export(settings(production, folder), streams=CHECKS, from_at=at(0), until_at=at(600), **selected)


def in_file(folder: Path, hour: datetime) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(part(folder, "book_checks", hour)).to_pylist()
    assert all(hour <= row["from_at"] <= row["to_at"] <= hour + HOUR for row in rows)
    return rows


def cut(row: Row, hour: datetime) -> Row:
    ticker, kind, gatherer, from_at, until_at, is_proven, wrong = row
    return ticker, kind, gatherer, max(from_at, hour), min(until_at, hour + HOUR), is_proven, wrong


def test_the_files_hold_each_check_cut_to_their_hours(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    export_checks(production, tmp_path, early=True)
    rows = ops.execute(TABLES.encode()).fetchall()
    assert {(kind, is_proven) for _, kind, _, _, _, is_proven, _ in rows} == {
        ("clock", True),
        ("clock", False),
        ("line", True),
        ("line", False),
    }
    names = ("market_ticker", "kind", "gatherer_id", "from_at", "to_at", "is_proven", "wrong_levels")
    for hour in HOURS:
        found = [tuple(row[name] for name in names) for row in in_file(tmp_path, hour)]
        expected = [cut(row, hour) for row in rows if row[3] < hour + HOUR and row[4] > hour]
        assert sorted(found, key=str) == sorted(expected, key=str)
    clocks = [(row["from_clock"], row["to_clock"]) for row in in_file(tmp_path, T0) if row["kind"] == "clock"]
    assert clocks == [(1, 1), (1, 3)]


@pytest.mark.parametrize("deep", [False, True])
def test_book_checks_are_verified_like_any_stream(
    production: Database, ops: Connection, tmp_path: Path, deep: bool
) -> None:
    fill(ops)
    export_checks(production, tmp_path, early=True)
    verifier, selection = Verifier(settings(production, tmp_path).archive), HourSelection(CHECKS)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=deep))
    assert [(each.state, each.problems) for each in found] == [("verified", [])] * 3
    assert [each.state for each in verifier.offline(selection)] == ["verified"] * 3
    ops.execute("update ops.line_checks set is_equal = false, until_at = until_at + interval '1 h' where is_equal")
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=True))
    assert [each.state for each in found] == ["wrong", "wrong", "wrong"]


def test_a_late_comparison_writes_the_hours_that_it_spans_again(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_checks(production, tmp_path, early=True)
    merge_line_checks(ops, [LineCheck(began=30, ended=100, gatherer=2)])
    assert states(ops, "book_checks") == {T0: "pending", T0 + HOUR: "pending", T0 + 2 * HOUR: "verified"}


def test_a_check_makes_its_archived_hour_wait_before_its_minutes_are_classified(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_checks(production, tmp_path, early=True)
    held = len(ops.execute(TABLES.encode()).fetchall())
    snapshot(ops, 160, 4, levels(("yes", "0.5", "9")))
    ops.execute(LATE, (at(160), at(160)))
    ops.execute(query("production/books/check"), {"snapshots_max": 100})
    assert len(ops.execute(TABLES.encode()).fetchall()) == held + 1
    verifier = Verifier(settings(production, tmp_path).archive)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, HourSelection(CHECKS), deep=True))
    assert [each.state for each in found] == ["verified", "waiting", "waiting"]


def test_checks_stay_until_the_archive_holds_them_and_are_not_compared_afterwards(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_checks(production, tmp_path, early=True)
    old = timedelta(days=100)
    ops.execute("update ops.line_checks set from_at = from_at - %s, until_at = until_at - %s", (old, old))
    ops.execute("update ops.archive_partitions set state = 'pending' where hour = %s", (T0,))
    ops.execute("update ops.archive_partitions set hour = hour - %s", (old,))
    count = "select count(*) from ops.line_checks"
    delete_old(ops, ProductionRetentionSettings(), 90)
    assert ops.execute(count).fetchone() == (2,)
    ops.execute("update ops.archive_partitions set state = 'verified'")
    delete_old(ops, ProductionRetentionSettings(), 90)
    assert ops.execute(count).fetchone() == (0,)
    with production.connect("exporter") as reading:
        records = read_records(reading, HourSelection(CHECKS))
        assert [record.in_production for record in records] == [False] * 3
        partitions = Partitions(reading, settings(production, tmp_path).archive, [1])
        assert partitions.write_again(HourSelection(CHECKS)) == 0
    # A late comparison of those hours marks none of them.
    merge_line_checks(ops, [LineCheck(began=30 - 144_000, ended=100 - 144_000, gatherer=2)])
    assert set(states(ops, "book_checks").values()) == {"verified"}
