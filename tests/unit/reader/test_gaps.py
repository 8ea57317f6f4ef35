"""From a gap to the next snapshot a book is not known, in each table as in the book itself."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader import Archive, ArchiveError, Book, open_archive
from kalshi_data.reader.holes import NEVER, Hole, first_hole, split
from tests.support.sample_archive import HEAT, HOUR, Row, after, write_rows, write_sample

END = HOUR + timedelta(hours=1)
# Changes were lost from 130 s to 200 s, which minutes show as 120 s to 240 s. Snapshots came at 10 s and 1800 s.
GAP = (120, 240)
LOST = (130, 200)
NEXT = 1800


def run(begin: float, end: float, state: str, market: str = HEAT) -> Row:
    times = {"from_at": after(begin), "to_at": after(end)}
    return {"market_ticker": market, "stream": "orderbook_deltas", **times, "state": state}


def incident(begin: float, end: float, repair: str) -> Row:
    times = {"from_at": after(begin), "to_at": after(end)}
    facts = {"kind": "missed", "gatherer_id": 1, "reason": "it crashed", "repair": repair}
    return {"market_ticker": HEAT, "stream": "orderbook_deltas", **times, **facts}


def archive_with(folder: Path, gaps: Sequence[tuple[float, float]], incidents: Sequence[Row] = ()) -> Archive:
    """Return the sample with gaps in the coverage of one market, and with incidents."""
    root = write_sample(folder)
    write_rows(root, "coverage", [run(*each, "gap") for each in gaps] + [run(600, 900, "proven")])
    write_rows(root, "incidents", incidents)
    return open_archive(root)


@pytest.fixture
def exact(tmp_path: Path) -> Archive:
    """An archive whose incidents say when changes were lost; others were repaired."""
    return archive_with(tmp_path, [GAP], [incident(*LOST, "none"), incident(60, 300, "gatherer")])


@pytest.fixture
def minutes(tmp_path: Path) -> Archive:
    """An archive that knows the minutes of a gap only."""
    return archive_with(tmp_path, [GAP])


def unknown(rows: list[Row], name: str) -> list[float]:
    """Return the seconds of rows that are not known."""
    return [(row["at"] - HOUR).total_seconds() for row in rows if row[name] in (None, False)]


@pytest.mark.parametrize(("seconds", "is_known"), [(129, True), (131, False), (1799, False), (1800, True)])
def test_a_book_is_not_known_from_the_loss_to_the_next_snapshot(exact: Archive, seconds: float, is_known: bool) -> None:
    found = exact.book(HEAT, after(seconds))
    assert bool(found) is is_known
    assert is_known or getattr(found, "reason", "") == "gap"
    assert exact.book(HEAT, after(seconds), over_gaps=True)


def test_sampled_books_are_known_when_the_book_is(exact: Archive) -> None:
    rows = exact.books(HEAT, after(60), END, every="10s").to_pylist()
    assert unknown(rows, "bids") == [10.0 * number for number in range(13, 180)]
    assert not unknown(exact.books(HEAT, after(60), END, every="10s", over_gaps=True).to_pylist(), "bids")


def test_best_prices_end_at_the_loss(exact: Archive) -> None:
    rows = exact.bbo(HEAT, after(60), END).to_pylist()
    assert unknown(rows, "is_known") == [LOST[0]]
    assert [row["bid"] for row in rows if not row["is_known"]] == [None]
    assert (rows[-1]["at"] - HOUR).total_seconds() == NEXT
    assert all(row["is_known"] for row in exact.bbo(HEAT, after(60), END, over_gaps=True).to_pylist())


def test_candles_of_a_gap_say_that_the_book_is_not_known(exact: Archive) -> None:
    rows = exact.candles(HEAT, after(60), END).to_pylist()
    assert unknown(rows, "is_known") == [60.0 * number for number in range(2, 30)]
    # Trades are there, whatever is known of the book.
    assert [row["trades"] for row in rows] == [
        row["trades"] for row in exact.candles(HEAT, after(60), END, over_gaps=True).to_pylist()
    ]


def test_a_walk_forgets_the_book_and_begins_again(exact: Archive) -> None:
    states = [((step.at - HOUR).total_seconds(), book.is_known) for step, book in exact.walk(HEAT, after(60), END)]
    assert (130.0, False) in states
    assert states[-1] == (float(NEXT), True)
    assert all(book.is_known for _, book in exact.walk(HEAT, after(60), END, over_gaps=True))


@pytest.mark.parametrize("levels", ["bids", "asks", "yes", "no"])
def test_a_book_that_is_not_known_never_looks_like_an_empty_one(exact: Archive, levels: str) -> None:
    unknown_books = 0
    for _, book in exact.walk(HEAT, HOUR, after(3600)):
        assert bool(book) is book.is_known
        if not book:
            unknown_books += 1
            with pytest.raises(ArchiveError, match=rf"the book of {HEAT} at 2026-11-02T.*Z is not known: (before|gap)"):
                ask(book, levels)
    assert unknown_books == 2
    assert not next(iter(exact.walk("NOPE", HOUR, after(3600))))[1]


def ask(book: Book, levels: str) -> None:
    found = getattr(book, levels)
    if callable(found):
        found()


def test_a_range_that_begins_in_a_gap_begins_without_a_book(exact: Archive) -> None:
    first = exact.bbo(HEAT, after(300), END).to_pylist()[0]
    assert (first["is_known"], first["bid"], first["at"]) == (False, None, after(300))


def test_without_incidents_whole_minutes_are_not_known(minutes: Archive) -> None:
    found = {seconds: bool(minutes.book(HEAT, after(seconds))) for seconds in (119, 121, 239, 1799, 1800)}
    assert found == {119: True, 121: False, 239: False, 1799: False, 1800: True}
    assert unknown(minutes.bbo(HEAT, after(60), END).to_pylist(), "is_known") == [GAP[0]]


def test_a_snapshot_in_the_last_minute_of_a_gap_is_believed(tmp_path: Path) -> None:
    """The gap of 0 s to 60 s may have ended before the snapshot of 10 s."""
    archive = archive_with(tmp_path, [(0, 60)])
    assert archive.book(HEAT, after(100))
    assert not unknown(archive.bbo(HEAT, after(11), END).to_pylist(), "is_known")


def test_a_loss_after_a_snapshot_of_the_same_minute_counts(tmp_path: Path) -> None:
    archive = archive_with(tmp_path, [(0, 60)], [incident(30, 40, "none")])
    assert [bool(archive.book(HEAT, after(seconds))) for seconds in (20, 35, 59, 100)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("hole", "snapshot_us", "begins_us"),
    [
        (Hole(5, 9, "gap"), 9, NEVER),
        (Hole(5, 9, "gap"), 8, 8),
        (Hole(60_000_000, 180_000_000, "gap", is_minutes=True), 61_000_000, 120_000_000),
        (Hole(60_000_000, 120_000_000, "gap", is_minutes=True), 61_000_000, NEVER),
    ],
)
def test_a_hole_counts_for_snapshots_before_its_end(hole: Hole, snapshot_us: int, begins_us: int) -> None:
    assert hole.after(snapshot_us) == begins_us


def test_the_first_hole_after_a_snapshot_gives_the_reason() -> None:
    holes: Any = [Hole(50, 60, "hour not in the archive"), Hole(20, 30, "gap"), Hole(0, 5, "gap")]
    assert [first_hole(holes, each) for each in (10, 30, 60)] == [
        (20, "gap"), (50, "hour not in the archive"), (NEVER, "")
    ]  # fmt: skip
    assert split([(0, 10)], [(20, 30)], "gap") == [Hole(0, 10, "gap", is_minutes=True)]
