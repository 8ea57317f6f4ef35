"""What is exported for backtest engines is what the archive's walk has, state by state, or a clear error."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.errors import ArchiveError
from kalshi_data.reader import Archive, Book, Step, open_archive
from kalshi_data.reader.engines.export_tardis import TardisFiles, TardisWriter
from kalshi_data.reader.engines.market_events import TradeCount
from kalshi_data.reader.times import microseconds, span
from tests.support.engine_archive import (
    BIDS_ONLY,
    BORN,
    BUSY,
    EMPTY,
    END,
    HOURS,
    MARKETS,
    QUIET,
    SETTLED,
    START,
    EngineState,
    states,
    tied_events,
    write_engine_archive,
)
from tests.support.engine_gaps import GAP, states_over_gap, write_archive_with_gap
from tests.support.sample_archive import drop_row, made_levels, trade, write_rows

KINDS = {"with clock": True, "without clock": False}
MINUTES = timedelta(minutes=1)


@pytest.fixture(scope="session", params=KINDS)
def busy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return open_archive(write_engine_archive(tmp_path_factory.mktemp("engines"), has_clock=KINDS[request.param]))


@pytest.fixture(scope="session")
def exported(busy: Archive, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TardisFiles]:
    found = busy.export_tardis(tmp_path_factory.mktemp("tardis"), MARKETS, START, END)
    return {each.market: each for each in found}


@pytest.fixture
def with_clock(tmp_path: Path) -> Path:
    return write_engine_archive(tmp_path / "archive")


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        yield from csv.DictReader(file)


def replayed(files: TardisFiles) -> list[EngineState]:
    """Return the book after all rows that have the same two times."""
    bids, asks = dict[int, int](), dict[int, int]()
    found = list[EngineState]()
    for (at, local), together in groupby(rows(files.book), lambda row: (row["timestamp"], row["local_timestamp"])):
        for row in together:
            ladder = bids if row["side"] == "bid" else asks
            price, size = (round(float(row[each]) * 1_000_000) for each in ("price", "amount"))
            ladder[price] = size
            if not size:
                del ladder[price]
        found.append(EngineState(int(at), int(local), {**bids}, {**asks}))
    return found


def last_of_each_time(expected: list[EngineState]) -> list[EngineState]:
    return [list(each)[-1] for _, each in groupby(expected, lambda state: state[:2])]


@pytest.mark.parametrize("market", [each for each in MARKETS if each != EMPTY])
def test_the_rows_of_a_book_lead_to_each_state_of_the_walk(
    busy: Archive, exported: dict[str, TardisFiles], market: str
) -> None:
    expected = states(busy, market)
    # A market that had no order yet has no row until its first one.
    if not (expected[0].bids or expected[0].asks):
        del expected[0]
    assert replayed(exported[market]) == last_of_each_time(expected)
    assert len(expected) > (300 if market == BUSY else 0)


@pytest.mark.parametrize("market", MARKETS)
def test_there_is_one_snapshot_and_a_row_after_it(exported: dict[str, TardisFiles], market: str) -> None:
    """The best level is first, and bids are before asks."""
    found = list(rows(exported[market].book))
    marks = [row["is_snapshot"] for row in found]
    assert marks == sorted(marks, reverse=True)
    assert not marks or marks[-1] == "false"
    first = [row for row in found if row["is_snapshot"] == "true"]
    best = [(row["side"], float(row["price"]) * (-1 if row["side"] == "bid" else 1)) for row in first]
    assert best == sorted(best, key=lambda level: (level[0] == "ask", level[1]))


@pytest.mark.parametrize("market", MARKETS)
def test_no_clock_goes_back_and_no_row_is_received_before_it_happened(
    exported: dict[str, TardisFiles], market: str
) -> None:
    for path in (exported[market].trades, exported[market].book):
        times = [(int(row["timestamp"]), int(row["local_timestamp"])) for row in rows(path)]
        assert all(local >= at for at, local in times)
        for number in (0, 1):
            assert [each[number] for each in times] == sorted(each[number] for each in times)


def test_each_print_on_the_book_is_in_its_file(busy: Archive, tmp_path: Path) -> None:
    archived = busy.trades(START, END, BUSY).to_pylist()
    archived.sort(key=lambda each: (each["exchange_ts"], each["received_at"], each["trade_id"]))
    (files,) = busy.export_tardis(tmp_path / "a", BUSY, START, END)
    (every,) = busy.export_tardis(tmp_path / "b", BUSY, START, END, block_trades=True)
    on_book = [each for each in archived if not each["is_block_trade"]]
    sides = {"yes": "buy", "no": "sell", None: "unknown"}
    assert [(row["id"], float(row["price"]), row["side"]) for row in rows(files.trades)] == [
        (each["trade_id"], float(each["yes_price"]), sides[each["taker_side"]]) for each in on_book
    ]
    assert (files.trade_rows, files.block_trades) == (len(on_book), len(archived) - len(on_book))
    assert (every.trade_rows, every.block_trades) == (len(archived), 0)
    assert files.block_trades > 10


def test_a_window_written_twice_is_the_same_and_windows_follow_each_other(busy: Archive, tmp_path: Path) -> None:
    middle = "2026-11-02T16:00Z"
    (first,) = busy.export_tardis(tmp_path, BUSY, START, middle)
    before = first.book.read_bytes()
    (again,) = busy.export_tardis(tmp_path, BUSY, START, middle)
    (second,) = busy.export_tardis(tmp_path, BUSY, middle, END)
    assert again.book.read_bytes() == before
    one, two = replayed(first), replayed(second)
    assert one[-1].local_us < two[0].local_us
    expected = last_of_each_time(states(busy, BUSY))
    # The second window begins with the book after all that happened at its first moment.
    of_both = {each.at_us: each[2:] for each in (*one, *two)}
    truth = {each.at_us: each[2:] for each in expected}
    assert of_both == {two[0].at_us: two[0][2:], **truth}
    assert len(list(tmp_path.iterdir())) == 4


def test_patterns_name_markets(busy: Archive, tmp_path: Path) -> None:
    found = busy.export_tardis(tmp_path, ["KXB*", QUIET], START, END)
    assert [each.market for each in found] == [BIDS_ONLY, BORN, BUSY, QUIET]
    with pytest.raises(ArchiveError, match=r"no book of KXNONE-\*.*choose others"):
        busy.export_tardis(tmp_path, "KXNONE-*", START, END)


def test_a_book_that_is_known_later_begins_later(busy: Archive, tmp_path: Path) -> None:
    (files,) = busy.export_tardis(tmp_path, BORN, START, END)
    assert files.known_from == HOURS[0] + 20 * MINUTES
    assert files.book_rows == 1


@pytest.mark.parametrize("market", ["KXNONE-1", "KXNONE-*"])
def test_a_market_that_the_archive_does_not_know_is_refused(busy: Archive, tmp_path: Path, market: str) -> None:
    with pytest.raises(ArchiveError, match=r"no book of KXNONE-[1*] in that time: choose others"):
        busy.export_tardis(tmp_path / "out", [QUIET, market], START, END)
    assert not (tmp_path / "out").exists()


def test_a_market_of_which_only_trades_are_there_is_reported(tmp_path: Path) -> None:
    root = write_engine_archive(tmp_path / "archive")
    write_rows(root, "trades", [trade(100, "0.5", "3", "yes", "KXTRADED-1")])
    (files,) = open_archive(root).export_tardis(tmp_path / "out", "KXTRADED-1", START, END)
    assert (files.known_from, files.book_rows, files.trade_rows) == (None, 0, 1)


def test_a_book_of_the_beginning_of_an_hour_is_found_without_its_snapshot(tmp_path: Path) -> None:
    root = write_engine_archive(tmp_path / "archive")
    sides = {"yes_levels": made_levels({"0.4": "3"}), "no_levels": []}
    held = {"market_ticker": "KXHELD-1", "at": HOURS[0], "clock": 7, "snapshot_at": HOURS[0] - 90 * MINUTES, **sides}
    write_rows(root, "books", [held])
    for market in ("KXHELD-1", "KXHELD-*"):
        (files,) = open_archive(root).export_tardis(tmp_path / "out", market, START, "2026-11-02T16:00Z")
        assert (files.market, files.book_rows) == ("KXHELD-1", 2)


@pytest.mark.parametrize("name", ["trades", "my-trades-2026"])
def test_a_folder_by_which_hftbacktest_would_misread_books_is_refused(busy: Archive, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="takes it for trades: choose a folder"):
        busy.export_tardis(tmp_path / name, QUIET, START, END)


def test_a_ticker_names_no_other_folder(tmp_path: Path) -> None:
    trades = TradeCount([], block_trades=False)
    files = TardisWriter(tmp_path / "in", "kalshi", span(START, END)).write("../../KX/A", [], trades)
    assert files.book.parent == tmp_path / "in"


@pytest.mark.parametrize(("trade_at", "received", "added"), [(9, 12, 1), (9, 10, 0), (8, 12, 0), (10, 12, 0)])
def test_no_row_is_the_last_to_happen_but_not_the_last_to_be_received(
    tmp_path: Path, trade_at: int, received: int, added: int
) -> None:
    """A trade that happened at the same time as the last change but was received later would follow it."""
    events, trades = tied_events(9, 10, trade_at, received)
    files = TardisWriter(tmp_path, "kalshi", span(START, END)).write("KXA", events, trades)
    assert (files.book_rows, files.trade_rows) == (11 + added, 1)
    last = [list(rows(path))[-1] for path in (files.book, files.trades)]
    assert [int(each["local_timestamp"]) for each in last] == [received if added else 10, received]
    assert {(int(each["timestamp"]), each["price"], each["amount"]) for each in last[:1]} == {(9, "0.4", "9")}


def test_a_missing_hour_is_reported_before_anything_is_written(tmp_path: Path) -> None:
    archive = open_archive(write_engine_archive(tmp_path / "archive", without=[HOURS[1]]))
    with pytest.raises(ArchiveError) as error:
        archive.export_tardis(tmp_path / "out", [QUIET, BUSY], START, END)
    assert "orderbook_deltas from 2026-11-02T16:00:00Z to 2026-11-02T17:00:00Z" in str(error.value)
    assert "over_gaps" in str(error.value)
    assert not (tmp_path / "out").exists()


def test_over_a_gap_the_book_is_empty_until_it_is_known_again(tmp_path: Path) -> None:
    archive = open_archive(write_engine_archive(tmp_path / "archive", without=[HOURS[1]]))
    (files,) = archive.export_tardis(tmp_path / "out", BUSY, START, END, over_gaps=True)
    found = {state.at_us: state for state in replayed(files)}
    expected = {each.at_us: each for each in states(archive, BUSY)}
    gap_us = round(HOURS[1].timestamp() * 1_000_000)
    assert found.keys() == {*expected, gap_us}
    assert (found[gap_us].bids, found[gap_us].asks) == ({}, {})
    assert {at: each[2:] for at, each in found.items() if at != gap_us} == {
        at: each[2:] for at, each in expected.items() if at != gap_us
    }
    assert {row["is_snapshot"] for row in rows(files.book) if int(row["timestamp"]) >= gap_us} == {"false"}


def test_a_time_that_coverage_judges_as_lost_is_a_gap(tmp_path: Path) -> None:
    archive = open_archive(write_archive_with_gap(tmp_path / "archive"))
    with pytest.raises(ArchiveError, match="lacks orderbook_deltas from 2026-11-02T16:10:00Z to 2026-11-02T16:25:00Z"):
        archive.export_tardis(tmp_path / "out", MARKETS, START, END)
    (files,) = archive.export_tardis(tmp_path / "out", BUSY, START, END, over_gaps=True)
    found = replayed(files)
    assert found == last_of_each_time(states_over_gap(archive))
    assert [each.at_us for each in found if not each.bids] == [microseconds(GAP[0])]
    (quiet,) = archive.export_tardis(tmp_path / "quiet", QUIET, START, END)
    assert replayed(quiet) == last_of_each_time(states(archive, QUIET))


def test_a_lost_change_that_no_judgement_knows_is_reported(with_clock: Path, tmp_path: Path) -> None:
    path = with_clock / f"orderbook_deltas/date={HOURS[1]:%Y-%m-%d}/hour={HOURS[1]:%H}/part-0.parquet"
    drop_row(path, 5)
    archive = open_archive(with_clock)
    with pytest.raises(ArchiveError, match=r"do not lead to \d+ levels? of the snapshot"):
        archive.export_tardis(tmp_path / "out", BUSY, START, END)
    assert list((tmp_path / "out").iterdir()) == []
    (files,) = archive.export_tardis(tmp_path / "out", BUSY, START, END, over_gaps=True)
    assert replayed(files) == last_of_each_time(states(archive, BUSY))


@pytest.mark.parametrize("changes", [10, 50])
def test_a_busy_hour_is_read_in_parts_and_gives_the_same_states(
    busy: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    """So memory does not grow with the changes of an hour, nor with the window."""
    monkeypatch.setattr("kalshi_data.reader.engines.event_reader.CHANGES_OF_A_PART", changes)
    parts: list[tuple[datetime, datetime]] = []
    walk = Archive.walk

    def noted(
        archive: Archive, market: str, start: datetime, end: datetime, **asked: bool
    ) -> Iterator[tuple[Step, Book]]:
        parts.append((start, end))
        return walk(archive, market, start, end, **asked)

    monkeypatch.setattr(Archive, "walk", noted)
    (files,) = busy.export_tardis(tmp_path, BUSY, START, END)
    monkeypatch.undo()
    assert replayed(files) == last_of_each_time(states(busy, BUSY))
    times: list[Any] = busy.deltas(START, END, BUSY)["exchange_ts"].to_pylist()
    at_once = max(Counter(times).values())
    for (begin, _), (following, _) in pairwise(parts):
        assert sum(begin <= each < following for each in times) < changes + at_once
    assert len(parts) > len(set(times)) // changes - len(HOURS)


def test_progress_counts_hours_of_markets(with_clock: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    archive = open_archive(with_clock, lambda done, of: seen.append((done, of)))
    archive.export_tardis(tmp_path / "out", [BUSY, QUIET], START, END)
    assert seen[-1] == (6, 6)
    hours = [done for done, of in seen if of == 6]
    assert hours == sorted(hours)


def test_a_folder_that_cannot_be_made_is_a_clear_error(busy: Archive, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="cannot be written: free some space or name another folder"):
        busy.export_tardis(tmp_path / "file" / "below", QUIET, START, END)


def test_without_nautilus_trader_the_error_names_the_package(busy: Archive, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"pip install 'kalshi-data\[nautilus\]'"):
        busy.export_nautilus(tmp_path, SETTLED, START, END)
