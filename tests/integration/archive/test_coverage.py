"""The archive's coverage is what production knows of each minute, and is written again whenever that changes."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.archive.partitions import HourSelection, Partitions
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.archive.verify import Verifier, read_records
from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.retention import delete_old
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from tests.integration.completeness.test_minutes import classify
from tests.integration.completeness.test_steady_minutes import EVENTS, Event, Reports
from tests.support.books import delta, ensure_partitions
from tests.support.coverage import T0, at, beat, connect, cover
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings, states

COVERAGE = tuple(stream for stream in DERIVED if stream.name == "coverage")
MINUTE = timedelta(minutes=1)
PENDING = """
update ops.archive_partitions set state = 'verified' where stream = 'coverage' and state = 'pending' returning hour
"""
RUNS = "select stream, market_ticker, from_at, to_at, state from ops.coverage_during(%s, %s)"
MINUTES = """
select stream, market_ticker, minute, state from market_data.minute_states
where minute >= %(from_at)s::timestamptz and minute < %(until_at)s::timestamptz
"""
Minutes = set[tuple[str, str, datetime, str]]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


def expand(runs: list[tuple[str, str, datetime, datetime, str]]) -> list[tuple[str, str, datetime, str]]:
    """Return the single minutes of runs."""
    return [
        (stream, ticker, from_at + number * MINUTE, state)
        for stream, ticker, from_at, to_at, state in runs
        for number in range(int((to_at - from_at) / MINUTE))
    ]


def minutes_of(ops: Connection, from_at: datetime, until_at: datetime) -> Minutes:
    return set(ops.execute(MINUTES.encode(), {"from_at": from_at, "until_at": until_at}).fetchall())


def in_file(folder: Path, hour: datetime) -> list[tuple[str, str, datetime, str]]:
    """Return the single minutes of an hour's file, each of which it holds once."""
    rows: list[dict[str, Any]] = parquet.read_table(part(folder, "coverage", hour)).to_pylist()
    assert all(hour <= row["from_at"] < row["to_at"] <= hour + HOUR for row in rows)
    return expand([(row["stream"], row["market_ticker"], row["from_at"], row["to_at"], row["state"]) for row in rows])


class WrittenHours:
    """Holds what was last written of each hour, as the exporter does: an hour is written if it is marked."""

    def __init__(self, ops: Connection) -> None:
        self._ops = ops
        self._hours: dict[datetime, list[tuple[str, str, datetime, str]]] = {}

    def write(self) -> None:
        for (hour,) in self._ops.execute(PENDING.encode()).fetchall():
            self._hours[hour] = expand(self._ops.execute(RUNS.encode(), (hour, hour + HOUR)).fetchall())

    def check(self) -> None:
        """Compare all hours with production, unless minutes of them are still to be classified again."""
        if self._ops.execute("select from ops.market_minutes_due limit 1").fetchall():
            return
        held = [minute for hour in self._hours.values() for minute in hour]
        assert len(held) == len(set(held))
        assert set(held) == minutes_of(self._ops, T0 - timedelta(days=3), T0 + timedelta(days=1))


@hypothesis_settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(EVENTS, st.integers(1, 20))
def follow(ops: Connection, events: list[Event], minutes_max: int) -> None:
    """Report events, write what is marked after each step of time, and compare the whole."""
    with ops.transaction(force_rollback=True):
        reports, written = Reports(ops), WrittenHours(ops)
        for event in [*events, *[Event("advance", 1, "", 0, 60, "", is_equal=True)] * 6]:
            reports.report(event)
            if event.kind == "advance":
                classify(ops, minutes_max)
                written.write()
                written.check()
        for _ in range(400 // minutes_max):
            classify(ops, minutes_max)
        written.write()
        written.check()


def test_the_union_of_all_files_equals_production_after_any_reports(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


def fill(ops: Connection) -> None:
    """Cover a market for two hours and a half, with changes and a gap, all classified."""
    connect(ops, 3, 0)
    cover(ops, 1, 0, 70)
    cover(ops, 1, 75, None)
    cover(ops, 1, 0, None, ticker="", channel="trade")
    delta(ops, 59.5, 1, "yes", "0.5", "1")
    delta(ops, 61, 2, "yes", "0.5", "1")
    beat(ops, 1, 150)
    classify(ops)


def export_coverage(production: Database, folder: Path, **selected: Any) -> None:
    export(settings(production, folder), streams=COVERAGE, from_at=at(0), until_at=at(600), **selected)


def test_hours_are_written_once_all_their_minutes_are_classified(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_coverage(production, tmp_path)
    assert states(ops, "coverage") == {T0: "verified", T0 + HOUR: "verified", T0 + 2 * HOUR: "pending"}
    for hour in (T0, T0 + HOUR):
        found = in_file(tmp_path, hour)
        assert len(found) == len(set(found)) == 120
        assert set(found) == minutes_of(ops, hour, hour + HOUR)
    assert {state for *_, state in in_file(tmp_path, T0 + HOUR)} == {"covered", "gap", "idle"}
    export_coverage(production, tmp_path, early=True)
    assert states(ops, "coverage")[T0 + 2 * HOUR] == "verified"
    assert set(in_file(tmp_path, T0 + 2 * HOUR)) == minutes_of(ops, T0 + 2 * HOUR, T0 + 3 * HOUR)


def test_an_hour_is_written_again_when_its_minutes_are_classified_again(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_coverage(production, tmp_path, early=True)
    cover(ops, 2, 60, 80)
    assert set(states(ops, "coverage").values()) == {"verified"}
    classify(ops)
    assert states(ops, "coverage")[T0] == "verified"
    assert states(ops, "coverage")[T0 + HOUR] == "pending"
    export_coverage(production, tmp_path, early=True)
    found = in_file(tmp_path, T0 + HOUR)
    assert set(found) == minutes_of(ops, T0 + HOUR, T0 + 2 * HOUR)
    assert {state for *_, state in found} == {"covered", "repaired", "idle"}


@pytest.mark.parametrize("deep", [False, True])
def test_coverage_is_verified_like_any_stream(
    production: Database, ops: Connection, tmp_path: Path, deep: bool
) -> None:
    fill(ops)
    export_coverage(production, tmp_path, early=True)
    verifier = Verifier(settings(production, tmp_path).archive)
    selection = HourSelection(COVERAGE)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=deep))
    assert [(each.state, each.problems) for each in found] == [("verified", [])] * 3
    assert {each.compared_with for each in found} == {"rows" if deep else "counts and sums"}
    assert [each.state for each in verifier.offline(selection)] == ["verified"] * 3
    ops.execute("update ops.classified_minutes set gap = '{}' where market_ticker <> ''")
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=True))
    assert [each.state for each in found] == ["verified", "wrong", "verified"]


def test_minutes_stay_until_the_archive_holds_them_and_are_not_compared_afterwards(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    ops.execute("update ops.classified_minutes set day = day - 500")
    export_coverage(production, tmp_path, early=True)
    ops.execute("update ops.archive_partitions set state = 'pending' where hour = %s", (T0,))
    ops.execute("update ops.archive_partitions set hour = hour - interval '500 days'")
    retention = ProductionRetentionSettings()
    count = "select count(*) from ops.classified_minutes"
    delete_old(ops, retention, 1)
    assert ops.execute(count).fetchone() == (2,)
    ops.execute("update ops.archive_partitions set state = 'verified'")
    delete_old(ops, retention, 1)
    assert ops.execute(count).fetchone() == (0,)
    # The rows of the first hours are gone, so a comparison would find them missing.
    with production.connect("exporter") as reading:
        records = read_records(reading, HourSelection(COVERAGE))
        assert [record.in_production for record in records] == [False] * 3
        partitions = Partitions(reading, settings(production, tmp_path).archive, [1])
        assert partitions.write_again(HourSelection(COVERAGE)) == 0
