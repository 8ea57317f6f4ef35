"""A window in the order of time: no row lost or twice; the books before it; its gaps."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.errors import ArchiveError
from kalshi_data.reader import Archive, open_archive
from kalshi_data.reader.times import instant, microseconds
from tests.support.sample_archive import FED, HEAT, HOUR, Row, after, delta, made_levels, snapshot, write_rows

COLUMNS = ("exchange_ts", "market_ticker", "clock", "price")
MARKETS = ("KXA-1", "KXA-2", "KXB-1")
NEXT = HOUR + timedelta(hours=1)
# Few moments, so that many changes share one; the first ones of the next hour are the last ones of a window.
CHANGES = st.lists(st.tuples(st.sampled_from(MARKETS), st.integers(0, 40), st.booleans()), max_size=60)


def made_changes(drawn: list[tuple[str, int, bool]]) -> Iterator[Row]:
    """Return changes some microseconds after the beginning of two hours, each with a clock of its own."""
    for clock, (market, micros, is_late) in enumerate(drawn, 1):
        at = (NEXT if is_late else HOUR) + timedelta(microseconds=micros)
        yield delta(0, clock, "yes", "0.43", "1", market, exchange_ts=at)


@settings(deadline=None, max_examples=25)
@given(drawn=CHANGES, bounds=st.tuples(st.integers(0, 45), st.integers(0, 45)), bytes_max=st.integers(1, 400))
def test_a_window_has_each_row_once_in_the_order_of_time(
    drawn: list[tuple[str, int, bool]], bounds: tuple[int, int], bytes_max: int
) -> None:
    changes = list(made_changes(drawn))
    begin, end = HOUR + timedelta(microseconds=bounds[0]), NEXT + timedelta(microseconds=bounds[1])
    with tempfile.TemporaryDirectory() as name:
        for hour in (HOUR, NEXT):
            rows = [each for each in changes if each["exchange_ts"].replace(minute=0, second=0, microsecond=0) == hour]
            write_rows(Path(name), "orderbook_deltas", rows, hour)
        tables = open_archive(name).in_time_order("orderbook_deltas", begin, end, None, COLUMNS, bytes_max)
        found = [row for table in tables for row in table.to_pylist()]
    inside = [each for each in changes if begin <= each["exchange_ts"] < end]
    # The order of the file among the rows of one moment: by market, then by clock.
    expected = sorted(inside, key=lambda each: (each["exchange_ts"], each["market_ticker"], each["clock"]))
    assert [each["clock"] for each in found] == [each["clock"] for each in expected]
    assert [each["exchange_ts"] for each in found] == [each["exchange_ts"] for each in expected]


def test_patterns_choose_markets(archive: Archive) -> None:
    (table,) = archive.in_time_order("trades", HOUR, NEXT, "KXFED-*", ["market_ticker", "exchange_ts"])
    assert table["market_ticker"].to_pylist() == [FED]


def test_a_listing_has_no_order_in_time(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="markets is a listing of each day"):
        next(archive.in_time_order("markets", HOUR, NEXT, None, ["ticker"]))


@pytest.mark.parametrize("minutes", [1, 3, 19, 20, 29, 40, 59])
def test_opening_books_are_those_of_a_moment_before(archive: Archive, minutes: int) -> None:
    at = after(60 * minutes)
    opening = archive.opening_books(at)
    assert set(opening) == {FED, HEAT}
    for market in opening:
        held, book = opening.get(market), archive.book(market, at - timedelta(microseconds=1))
        assert held
        assert book
        assert (held.yes, held.no, held.clock) == (book.yes_ladder, book.no_ladder, book.clock)
        assert opening.clock(market) == book.clock


def checkpoint(market: str, clock: int, **given: Any) -> Row:
    sides = {"yes_levels": made_levels({"0.40": "7"}), "no_levels": []}
    return {"market_ticker": market, "at": HOUR, "snapshot_at": after(-900), "clock": clock, **sides, **given}


def test_opening_books_begin_with_the_newer_of_checkpoint_and_snapshot(tmp_path: Path) -> None:
    write_rows(tmp_path, "books", [checkpoint("KXA-1", 5), checkpoint("KXA-2", 5), checkpoint("KXA-3", 0)])
    # The second market has a newer snapshot in the hour; the third one's exchange sends no clock.
    write_rows(tmp_path, "orderbook_snapshots", [snapshot(30, 9, {"0.41": "3"}, {}, "KXA-2")])
    changes = [
        delta(10, 6, "yes", "0.40", "1", "KXA-1"),
        delta(10, 6, "yes", "0.40", "1", "KXA-2"),
        delta(10, 0, "yes", "0.40", "1", "KXA-3"),
        delta(60, 8, "yes", "0.40", "-8", "KXA-1"),
    ]
    write_rows(tmp_path, "orderbook_deltas", changes)
    archive = open_archive(tmp_path)
    levels = {each: archive.opening_books(HOUR).get(each) for each in ("KXA-1", "KXA-2", "KXA-3", "KXB-1")}
    assert [each and each.yes for each in levels.values()] == [{400_000: 7_000_000}] * 3 + [None]
    opening = archive.opening_books(after(61))
    later = [opening.get(each) for each in ("KXA-1", "KXA-2", "KXA-3")]
    assert [each and (each.clock, each.yes) for each in later] == [
        (8, {}),
        (9, {410_000: 3_000_000}),
        (0, {400_000: 8_000_000}),
    ]


def run(market: str, state: str, minutes: tuple[int, int], stream: str = "orderbook_deltas") -> Row:
    first, last = (after(60 * each) for each in minutes)
    return {"market_ticker": market, "stream": stream, "from_at": first, "to_at": last, "state": state}


def test_gaps_of_a_window_are_those_of_its_markets_and_missing_hours(sample: Path, tmp_path: Path) -> None:
    for stream in ("trades", "orderbook_deltas", "tickers", "lifecycle_events"):
        write_rows(tmp_path, stream, [])
    runs = [run(HEAT, "gap", (3, 5)), run(FED, "gap", (50, 51)), run(HEAT, "proven", (0, 3)), run("", "gap", (9, 10))]
    write_rows(tmp_path, "coverage", runs)
    archive = open_archive(tmp_path)
    found = archive.gaps(after(240), NEXT, "KXHIGHNY-*")
    assert [(each.market_ticker, each.from_us) for each in found] == [
        (HEAT, microseconds(after(240))),
        ("", microseconds(after(540))),
    ]
    assert not archive.gaps(after(660), after(2_000))
    missing = archive.gaps(after(3_500), NEXT + timedelta(minutes=1))
    assert {(each.state, instant(each.from_us)) for each in missing} == {("missing", NEXT)}


def test_ids_are_those_of_snapshots(tmp_path: Path) -> None:
    write_rows(tmp_path, "orderbook_snapshots", [snapshot(1, 3, {}, {}, "KXA-1", market_id="a-1")])
    assert open_archive(tmp_path).market_ids(after(1_800), NEXT) == {"KXA-1": "a-1"}
