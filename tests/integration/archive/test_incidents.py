"""The archive's incidents explain each minute that was missed or lost, and are written again whenever that changes."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given

from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.archive.verify import Verifier
from kalshi_data.archive.verifying.findings import VERIFIED, WAITING, WRONG
from kalshi_data.database.connection import Connection
from tests.integration.archive.followed_hours import FOLLOWING, HOURS, follow_hours, upkeep
from tests.integration.completeness.test_steady_minutes import EVENTS, TICKERS, Event
from tests.support.books import delta, ensure_partitions, levels, snapshot
from tests.support.coverage import T0, at, beat, connect, cover, miss
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings
from tests.support.line_checks import LineCheck, merge_line_checks

INCIDENTS = tuple(stream for stream in DERIVED if stream.name == "incidents")
BOOKS = "orderbook_deltas"
ROWS = "select * from ops.incidents_during(%s, %s)"
RUNS = "select * from ops.coverage_during(%s, %s) where state in ('gap', 'repaired')"
COVERED = "select * from ops.coverage_by_gatherer('orderbook_delta', %s, tstzrange(%s, %s)) order by gatherer_id"
ALL_COVERED = """
select gatherer_id, covered, missed from ops.coverage_by_gatherer_during(tstzrange(%s, %s))
where channel = 'orderbook_delta' and market_ticker = %s order by gatherer_id
"""
COUNTED = """
insert into ops.line_counts (
    market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number, run_from_at, run_frame, until_at,
    from_change_at, until_change_at, inner_count, held_count, held_count_max, counts_agree, attempts
)
values ('KXA-1', %(from)s, 2, gen_random_uuid(), 1, 1, 1, %(from)s, 1, %(to)s, %(from)s, %(to)s, 7, 5, 5, false, 3)
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


def check_explained(ops: Connection, hour: datetime) -> None:
    """Each run of minutes that are no gap, but missed, or a gap, has incidents that say so, minute by minute."""
    found = ops.execute(ROWS, (hour, hour + HOUR)).fetchall()
    for stream, ticker, from_at, to_at, state in ops.execute(RUNS, (hour, hour + HOUR)).fetchall():
        for number in range(int((to_at - from_at) / timedelta(minutes=1))):
            minute = from_at + number * timedelta(minutes=1)
            repairs = {
                row[7]
                for row in found
                if row[:2] == (ticker, stream) and row[2] < minute + timedelta(minutes=1) and row[3] > minute
            }
            assert repairs & ({"none"} if state == "gap" else {"gatherer", "rest"}), (minute, state, found)


def check_missed(ops: Connection, hour: datetime, ticker: str) -> None:
    """What a gatherer missed is what it did not cover, without overlaps; all markets at once give the same as one."""
    by_gatherer = ops.execute(COVERED, (ticker, hour, hour + HOUR)).fetchall()
    assert ops.execute(ALL_COVERED.encode(), (hour, hour + HOUR, ticker)).fetchall() == by_gatherer
    covered = {row[0]: row[1] for row in by_gatherer}
    rows = ops.execute(ROWS, (hour, hour + HOUR)).fetchall()
    ends = dict[int | None, datetime]()
    for row in sorted((row for row in rows if row[0] == ticker and row[4] == "missed"), key=lambda row: row[2]):
        assert row[2] >= ends.get(row[5], hour)
        ends[row[5]] = row[3]
        assert all(row[2] >= each.upper or row[3] <= each.lower for each in covered.get(row[5], ()))
        for gatherer in (row[8] or "").split(",") if row[7] == "gatherer" else ():
            assert any(row[2] < each.upper and row[3] > each.lower for each in covered[int(gatherer)])


def covered(began: float, length: float, reason: str = "closed") -> Event:
    return Event("cover", 2, "KXA-1", began, length, reason, is_equal=True)


CLOSED = Event("close", 2, "KXA-1", 0, 7, "closed", is_equal=True)
PASSED = Event("advance", 1, "KXA-1", 0, 60, "closed", is_equal=True)
# Two hours are classified; then a gatherer turns out to have given the market up and taken it again in the second one.
TAKEN_AGAIN = [*[PASSED] * 8, covered(60, 10), covered(0, 0.5, "dropped")]
# A connection closes; its coverage turns out to have ended later, and later again.
LONGER = [CLOSED, PASSED, covered(0, 5), PASSED, covered(0, 10)]
# A gatherer falls silent; after its minutes are classified, its coverage turns out to have gone on for a while.
SILENT = [
    covered(0.5, 0.5)._replace(gatherer=1),
    Event("silence", 3, "KXA-1", 0, 0.5, "closed", is_equal=True),
    Event("advance", 1, "KXA-1", 0, 4, "closed", is_equal=True),
    Event("end", 3, "KXA-1", 1, 0.5, "closed", is_equal=True),
]


@FOLLOWING
@example([covered(20, 5), CLOSED, covered(0, 0.5)])
@example(TAKEN_AGAIN)
@example(LONGER)
@example(SILENT)
@given(EVENTS)
def follow(ops: Connection, events: list[Event]) -> None:
    """Follow the hours while events become known, and explain each minute of them."""
    with ops.transaction(force_rollback=True):
        follow_hours(ops, "incidents", events)
        for hour in HOURS:
            check_explained(ops, hour)
            for ticker in TICKERS:
                check_missed(ops, hour, ticker)


def test_every_missed_minute_is_explained_whatever_becomes_known_later(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


def fill(ops: Connection) -> None:
    """Let a gatherer miss a market that another one receives, and all of them some of it; trades are fetched."""
    connect(ops, 3, 0)
    cover(ops, 1, 0, 40, reason="gap")
    cover(ops, 1, 45, None)
    cover(ops, 2, 0, 20, reason="crashed")
    cover(ops, 2, 30, 42, reason="stopped")
    cover(ops, 2, 45, None)
    cover(ops, 1, 0, 10, ticker="", channel="trade", reason="gap")
    cover(ops, 1, 15, None, ticker="", channel="trade")
    miss(ops, 1, 9, 16, "rest")
    beat(ops, 1, 150)
    beat(ops, 2, 150)
    upkeep(ops)


def export_incidents(production: Database, folder: Path) -> None:
    export(settings(production, folder), streams=INCIDENTS, from_at=at(0), until_at=at(600), early=True)


def in_file(folder: Path, hour: datetime) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(part(folder, "incidents", hour)).to_pylist()
    assert all(hour <= row["from_at"] <= row["to_at"] <= hour + HOUR for row in rows)
    return rows


def test_the_files_say_who_missed_what_why_and_who_repaired_it(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_incidents(production, tmp_path)
    found = [
        (
            row["stream"],
            row["gatherer_id"],
            row["from_at"],
            row["to_at"],
            row["reason"],
            row["repair"],
            row["repaired_by"],
        )
        for row in in_file(tmp_path, T0)
    ]
    gap, crashed, stopped = "it missed messages on its connection", "it crashed", "it was stopped"
    assert sorted(found, key=lambda row: (row[2], row[1])) == [
        ("trades", 1, at(10), at(15), gap, "rest", "1"),
        (BOOKS, 2, at(20), at(30), crashed, "gatherer", "1"),
        (BOOKS, 1, at(40), at(42), gap, "gatherer", "2"),
        (BOOKS, 1, at(42), at(45), gap, "none", None),
        (BOOKS, 2, at(42), at(45), stopped, "none", None),
    ]
    assert [row["repaired_at"] for row in in_file(tmp_path, T0)] == [at(17), *[None] * 4]
    assert in_file(tmp_path, HOURS[1]) == []


def test_wrong_books_and_counts_are_incidents(production: Database, ops: Connection, tmp_path: Path) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 2, 0, None)
    snapshot(ops, 10, 1, levels(("yes", "0.5", "1")))
    delta(ops, 15, 2, "yes", "0.5", "1")
    snapshot(ops, 20, 3, levels(("yes", "0.5", "9")))
    merge_line_checks(ops, [LineCheck(began=30, ended=35, gatherer=2, is_equal=False)])
    ops.execute(COUNTED, {"from": at(40), "to": at(42)})
    beat(ops, 1, 150)
    beat(ops, 2, 150)
    upkeep(ops)
    export_incidents(production, tmp_path)
    names = ("kind", "gatherer_id", "from_at", "to_at", "reason", "repair", "repaired_by")
    found = [tuple(row[name] for name in names) for row in in_file(tmp_path, T0)]
    assert found == [
        ("wrong book", None, at(10), at(20), "the changes do not explain 1 levels of the next snapshot", "none", None),
        ("missed", 2, at(30), at(35), "the book that it kept differed from the next snapshot", "gatherer", "1"),
        ("wrong count", 2, at(40), at(42), "its connection received 7 changes, and production holds 5", "none", None),
    ]


@pytest.mark.parametrize("deep", [False, True])
def test_incidents_are_verified_like_any_stream(
    production: Database, ops: Connection, tmp_path: Path, deep: bool
) -> None:
    fill(ops)
    export_incidents(production, tmp_path)
    verifier, selection = Verifier(settings(production, tmp_path).archive), HourSelection(INCIDENTS)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=deep))
    assert [(each.state, each.problems) for each in found] == [("verified", [])] * 3
    assert [each.state for each in verifier.offline(selection)] == ["verified"] * 3
    ops.execute("update ops.gaps set ended_at = ended_at + interval '1 s', repair = 'rest'")
    with production.connect("exporter") as reading:
        assert [each.state for each in verifier.online(reading, selection, deep=True)] == [WAITING, VERIFIED, VERIFIED]
        ops.execute("update ops.archive_partitions set state = 'verified'")
        assert [each.state for each in verifier.online(reading, selection, deep=True)] == [WRONG, VERIFIED, VERIFIED]


def test_a_reader_sees_what_went_wrong_without_a_right_to_the_tables(production: Database) -> None:
    with production.connect("reader") as reader:
        assert reader.execute("select * from market_data.incidents").fetchall() == []
        assert reader.execute("select * from market_data.book_checks").fetchall() == []
