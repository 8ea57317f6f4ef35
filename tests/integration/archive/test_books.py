"""The archive's books at the beginning of each hour are those of production, whatever becomes known later."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.archive.verify import Verifier, read_records
from kalshi_data.database.connection import Connection
from tests.integration.completeness.test_minutes import classify
from tests.integration.completeness.test_steady_minutes import EVENTS, TICKERS, Event, Reports
from tests.support.books import delta, ensure_partitions, late, levels, snapshot
from tests.support.coverage import T0, at, beat, connect, cover
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings, states

BOOKS = tuple(stream for stream in DERIVED if stream.name == "books")
MIDNIGHT = T0.replace(hour=0)
HOURS = (T0, T0 + HOUR, T0 + 2 * HOUR)
RECORD = "insert into ops.archive_partitions (stream, hour) values ('books', %s)"
PENDING = """
update ops.archive_partitions set state = 'verified' where stream = 'books' and state = 'pending' returning hour
"""
DURING = "select b::text from ops.books_during(%s, %s) as b order by 1"
OPEN = """
select e.market_ticker from ops.expected as e
where e.channel = 'orderbook_delta' and e.during @> %s::timestamptz
and exists (select from market_data.last_snapshot(e.market_ticker, %s))
"""
BOOK_AT = "select side, price, size from market_data.book_at(%s, %s)"
Levels = dict[tuple[str, Decimal], Decimal]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


def written(ops: Connection, hour: datetime) -> list[tuple[Any, ...]]:
    return ops.execute(DURING, (hour, hour + HOUR)).fetchall()


@hypothesis_settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(EVENTS)
def follow(ops: Connection, events: list[Event]) -> None:
    """Report events, write the hours that are marked after each step of time, and compare all hours."""
    with ops.transaction(force_rollback=True):
        reports, held = Reports(ops), dict[datetime, list[tuple[Any, ...]]]()
        for hour in HOURS:
            ops.execute(RECORD, (hour,))
        for event in [*events, *[Event("advance", 1, "", 0, 60, "", is_equal=True)] * 3]:
            reports.report(event)
            if event.kind == "first-snapshot":
                late(ops, "orderbook_snapshots", event.began, event.began, event.ticker)
            if event.kind == "advance":
                classify(ops)
                for (hour,) in ops.execute(PENDING).fetchall():
                    held[hour] = written(ops, hour)
                for hour in HOURS:
                    assert held[hour] == written(ops, hour)


def test_hours_are_written_again_if_anything_late_changes_their_books(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


def fill(ops: Connection) -> None:
    """Cover two markets of which one has no snapshot, with changes before and after the hour."""
    connect(ops, 3, 0)
    for ticker in (*TICKERS, "KXA-3"):
        cover(ops, 1, 0, None, ticker=ticker)
    snapshot(ops, 1, 1, levels(("yes", "0.5", "7"), ("no", "0.3", "2")))
    snapshot(ops, 1, 1, ticker="KXA-2")
    for number, minute in enumerate((30, 59.9, 60, 60.1), start=2):
        delta(ops, minute, number, "yes", "0.5", "1")
        delta(ops, minute, number, "no", "0.3", "-1" if number < 4 else "1")
    beat(ops, 1, 150)
    classify(ops)


def export_books(production: Database, folder: Path) -> None:
    export(settings(production, folder), streams=BOOKS, from_at=at(0), until_at=at(600))


def in_file(folder: Path, hour: datetime) -> dict[str, dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(part(folder, "books", hour)).to_pylist()
    return {row["market_ticker"]: row for row in rows}


def levels_of(row: dict[str, Any]) -> Levels:
    return {(side, each["price"]): each["size"] for side in ("yes", "no") for each in row[f"{side}_levels"]}


def test_each_open_book_is_there_as_it_was_at_the_beginning_of_the_hour(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_books(production, tmp_path)
    assert states(ops, "books") == dict.fromkeys(HOURS, "verified")
    assert in_file(tmp_path, T0) == {}
    for hour in HOURS[1:]:
        found = in_file(tmp_path, hour)
        # Nothing is known of the market without a snapshot, which is not the same as an empty book.
        assert set(found) == {ticker for (ticker,) in ops.execute(OPEN.encode(), (hour, hour)).fetchall()}
        assert set(found) == set(TICKERS)
        for ticker, row in found.items():
            expected = ops.execute(BOOK_AT, (ticker, hour)).fetchall()
            assert levels_of(row) == {(side, price): size for side, price, size in expected}
            assert row["at"] == hour
    row = in_file(tmp_path, HOURS[1])["KXA-1"]
    assert (row["clock"], row["last_change_at"], row["snapshot_at"]) == (4, at(60), at(1))
    assert levels_of(row) == {("yes", Decimal("0.5")): Decimal(10), ("no", Decimal("0.3")): Decimal(1)}


def test_an_early_export_writes_no_books_of_a_moment_that_has_not_come(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    later = HOURS[2] + HOUR
    ops.execute(RECORD, (later,))
    export(settings(production, tmp_path), streams=BOOKS, from_at=at(0), until_at=at(600), early=True)
    assert states(ops, "books") == {**dict.fromkeys(HOURS, "verified"), later: "pending"}
    assert not part(tmp_path, "books", later).exists()


@pytest.mark.parametrize("deep", [False, True])
def test_books_are_verified_like_any_stream(production: Database, ops: Connection, tmp_path: Path, deep: bool) -> None:
    fill(ops)
    export_books(production, tmp_path)
    verifier, selection = Verifier(settings(production, tmp_path).archive), HourSelection(BOOKS)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=deep))
    assert [(each.state, each.problems) for each in found] == [("verified", [])] * 3
    assert [each.state for each in verifier.offline(selection)] == ["verified"] * 3


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_late_change_writes_the_hours_until_the_next_snapshot_again(
    production: Database, ops: Connection, tmp_path: Path, is_packed: bool
) -> None:
    fill(ops)
    snapshot(ops, 90, 9, levels(("yes", "0.5", "9")))
    export_books(production, tmp_path)
    if is_packed:
        packed = ops.execute("select * from ops.pack_hour('orderbook_snapshots', %s, 100, false)", (MIDNIGHT,))
        assert packed.fetchall() == [(3, True)]
    delta(ops, 59, 3, "yes", "0.4", "1")
    late(ops, "orderbook_deltas", 59, 59, "KXA-1")
    classify(ops)
    assert states(ops, "books") == {T0: "verified", T0 + HOUR: "pending", T0 + 2 * HOUR: "verified"}
    export_books(production, tmp_path)
    assert ("yes", Decimal("0.4")) in levels_of(in_file(tmp_path, T0 + HOUR)["KXA-1"])


def test_an_hour_whose_changes_production_has_dropped_stays_as_it_is(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_books(production, tmp_path)
    with production.connect() as superuser:
        superuser.execute(
            "insert into ops.dropped_partitions values ('orderbook_deltas', tstzrange(%s, %s))", (at(0), at(60))
        )
    late(ops, "orderbook_deltas", 59, 59, "KXA-1")
    classify(ops)
    assert set(states(ops, "books").values()) == {"verified"}
    with production.connect("exporter") as reading:
        assert [each.in_production for each in read_records(reading, HourSelection(BOOKS))] == [False] * 3
