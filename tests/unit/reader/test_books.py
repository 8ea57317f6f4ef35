"""Books of a small archive: what is not known is never an empty book, and what is lost is noticed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader import Absent, Archive, ArchiveError, Book, open_archive
from tests.support.sample_archive import (
    FED,
    HEAT,
    HOUR,
    ROWS,
    after,
    delta,
    drop_row,
    snapshot,
    write_rows,
    write_sample,
)

END = HOUR + timedelta(hours=1)


def reason(archive: Archive, market: str, at: Any) -> str:
    found = archive.book(market, at)
    assert isinstance(found, Absent)
    assert not found
    return found.reason


def test_what_is_not_known_has_a_reason(archive: Archive) -> None:
    assert reason(archive, HEAT, after(9)) == "before the first snapshot"
    assert reason(archive, "KXNONE-1", after(9)) == "not recorded"
    assert reason(archive, HEAT, END) == "hour not in the archive"
    assert reason(archive, HEAT, HOUR - timedelta(days=9)) == "hour not in the archive"
    with pytest.raises(ValueError, match="name one market, or ask books_at"):
        archive.book("KX*", HOUR)


def test_an_empty_book_is_known(tmp_path: Path) -> None:
    write_rows(tmp_path, "orderbook_snapshots", [snapshot(1, 1, {}, {}, "KXEMPTY-1")])
    write_rows(tmp_path, "orderbook_deltas", [])
    archive = open_archive(tmp_path)
    book = archive.book("KXEMPTY-1", after(2))
    assert isinstance(book, Book)
    assert (book.bids(), book.asks(), book.is_known) == ([], [], True)
    assert archive.books_at(after(2)).to_pylist() == [
        {"market_ticker": "KXEMPTY-1", "side": None, "price": None, "size": None}
    ]
    assert archive.books_at(HOUR).num_rows == 0


def test_a_delta_that_is_lost_is_noticed(tmp_path: Path) -> None:
    lost = len([each for each in ROWS["orderbook_deltas"] if each["market_ticker"] == HEAT])
    for number in range(lost):
        root = write_sample(tmp_path / f"{number}")
        drop_row(root / "orderbook_deltas/date=2026-11-02/hour=15/part-0.parquet", number)
        archive = open_archive(root)
        states = [(each.state, each.wrong_levels) for each in archive.prove(HEAT, HOUR, END)]
        assert states == [("unproven", 0), ("wrong", 1), ("unproven", 0)]
        # After the snapshot the book is right again.
        assert archive.book(HEAT, after(1801)) == open_archive(write_sample(tmp_path / "whole")).book(HEAT, after(1801))


def later_hours(root: Path) -> list[Any]:
    """Write the hours after the sample: one without a file of deltas, and one that begins with a snapshot."""
    hours = [HOUR + timedelta(hours=number) for number in (1, 2, 3)]
    for hour in hours:
        write_rows(root, "orderbook_snapshots", [], hour)
        write_rows(root, "trades", [], hour)
    write_rows(root, "orderbook_deltas", [], hours[1])
    write_rows(root, "orderbook_deltas", [], hours[2])
    write_rows(root, "orderbook_snapshots", [snapshot(7200 + 60, 20, {"0.4": "1"}, {})], hours[1])
    return hours


def test_a_missing_hour_makes_the_book_unknown_until_the_next_snapshot(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    hours = later_hours(root)
    archive = open_archive(root)
    assert reason(archive, HEAT, hours[1] + timedelta(seconds=59)) == "hour not in the archive"
    assert reason(archive, FED, hours[2]) == "hour not in the archive"
    assert isinstance(archive.book(HEAT, hours[2]), Book)
    steps = [(step.at, book.is_known) for step, book in archive.walk(HEAT, after(3000), hours[2])]
    assert steps == [(after(3000), True), (hours[0], False), (hours[1] + timedelta(seconds=60), True)]
    assert {row["market_ticker"] for row in archive.books_at(hours[2]).to_pylist()} == {HEAT}
    with pytest.raises(ArchiveError, match="no orderbook_deltas from 2026-11-02T16:00Z to 2026-11-02T17:00Z"):
        archive.books_at(hours[0])
    candles = archive.candles(HEAT, HOUR, hours[2], "1h")
    assert candles["is_known"].to_pylist() == [True, False, True]
    assert candles["bid_close"].to_pylist() == [Decimal("0.42"), None, Decimal("0.4")]


def test_a_quiet_book_is_found_in_an_earlier_hour(tmp_path: Path) -> None:
    root = write_sample(tmp_path)
    for number in range(1, 20):
        for name in ("orderbook_deltas", "orderbook_snapshots"):
            write_rows(root, name, [], HOUR + timedelta(hours=number))
    found = open_archive(root).book(FED, HOUR + timedelta(hours=19))
    assert isinstance(found, Book)
    assert found.no == {Decimal("0.3"): Decimal(5)}


def test_an_exchange_whose_clock_begins_again_is_followed(tmp_path: Path) -> None:
    rows = [snapshot(0, 500, {"0.4": "1"}, {}), snapshot(600, 3, {"0.5": "2"}, {})]
    write_rows(tmp_path, "orderbook_snapshots", rows)
    write_rows(tmp_path, "orderbook_deltas", [delta(10, 501, "yes", "0.4", "1"), delta(700, 4, "yes", "0.5", "1")])
    steps = [book.copy() for _, book in open_archive(tmp_path).walk(HEAT, HOUR, END)]
    assert [each.yes for each in steps][-1] == {Decimal("0.5"): Decimal(3)}
    assert len(steps) == 4


def test_candles_show_quotes_where_nothing_trades(archive: Archive) -> None:
    found = archive.candles(HEAT, after(0), after(240)).to_pylist()
    assert [row["trades"] for row in found] == [0, 1, 1, 0]
    assert [str(row["bid_close"]) for row in found] == ["0.420000", "0.430000", "0.430000", "0.420000"]
    assert [str(row["bid_high"]) for row in found] == ["0.420000", "0.430000", "0.430000", "0.420000"]
    assert [str(row["bid_open"]) for row in found] == ["0.420000", "0.430000", "0.430000", "0.420000"]
    assert [row["is_known"] for row in found] == [True] * 4
    unknown = archive.candles("KXNONE-1", after(0), after(60)).to_pylist()
    assert [(row["is_known"], row["ask_close"], row["trades"]) for row in unknown] == [(False, None, 0)]
    with pytest.raises(ValueError, match="candles of this range are too many"):
        archive.candles(HEAT, HOUR, END, timedelta(microseconds=1))


def test_candles_of_any_length_begin_where_those_of_production_do(archive: Archive) -> None:
    monday, seven_hours = datetime(2000, 1, 3, tzinfo=UTC), timedelta(hours=7)
    begin = monday + (HOUR - monday) // seven_hours * seven_hours
    # The trade of 90 s is before `start`, though in the first candle.
    (candle,) = archive.candles(HEAT, after(100), END, "7h").to_pylist()
    assert begin < HOUR < END < begin + seven_hours
    assert (candle["at"], candle["trades"], str(candle["open"])) == (begin, 2, "0.430000")
    assert archive.books(HEAT, HOUR, END, every="7h").num_rows == 0
    # Of a length that does not divide a day, books are those of the moments at which candles begin.
    begins: list[Any] = archive.candles(HEAT, HOUR, END, "7s")["at"].to_pylist()
    assert archive.books(HEAT, HOUR, END, every="7s")["at"].to_pylist() == [each for each in begins if each >= HOUR]


def test_no_level_is_no_depth(archive: Archive) -> None:
    book = archive.book(HEAT, after(150))
    assert isinstance(book, Book)
    for depth in (0, -1):
        with pytest.raises(ValueError, match="at least 1 level"):
            book.bids(depth)
        with pytest.raises(ValueError, match="at least 1 level"):
            archive.books("KXNONE-1", HOUR, after(60), depth)


def test_best_prices_are_unknown_before_the_first_snapshot(archive: Archive) -> None:
    found = archive.bbo(HEAT, HOUR, END).to_pylist()
    assert [(row["is_known"], row["bid"]) for row in found[:2]] == [(False, None), (True, Decimal("0.42"))]
    assert archive.bbo("KXNONE-1", HOUR, END)["is_known"].to_pylist() == [False]


@pytest.mark.parametrize(
    ("payload", "result", "value"),
    [
        ('{"result": "no", "settlement_value": "0"}', "no", Decimal(0)),
        ('{"result": 7, "settlement_value": "NaN", "determination_ts": 1e300}', None, None),
        ('{"settlement_value": null, "determination_ts": "soon"}', None, None),
        ('["yes"]', None, None),
        ("yes", None, None),
        ("[" * 100_000, None, None),
    ],
)
def test_an_outcome_that_cannot_be_understood_is_null(
    tmp_path: Path, payload: str, result: str | None, value: Decimal | None
) -> None:
    event = {"subject_ticker": HEAT, "seen_at": after(5), "kind": "determined", "payload": payload}
    write_rows(tmp_path, "lifecycle_events", [event])
    (row,) = open_archive(tmp_path).settlements(HOUR, END).to_pylist()
    assert (row["result"], row["yes_value"], row["determined_at"]) == (result, value, None)


def test_markets_hold_nothing_that_was_learned_later(archive: Archive, tmp_path: Path) -> None:
    assert archive.markets(after(0)).num_rows == 2
    with pytest.raises(ArchiveError, match="no listing of markets of 2026-11-02T01:00Z or the days before"):
        archive.markets("2026-11-02T01:00")
    before, since = archive.markets(after(3000)), archive.markets(after(3002))
    assert (before["status"].to_pylist(), since["status"].to_pylist()) == (
        ["active", "active"],
        ["active", "determined"],
    )
    assert since.schema.equals(before.schema)
