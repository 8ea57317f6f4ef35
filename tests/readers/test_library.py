"""The library's answers over the archives of demos are those of production, of the exchange, and of the snapshots."""

import random
import shutil
from bisect import bisect_right
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kalshi_data.reader import Archive, Book, open_archive
from kalshi_data.reader.times import instant, microseconds
from tests.readers.conftest import KeptDemo
from tests.readers.test_readers import CANDLES, production
from tests.support.sample_archive import drop_row

BOOKS = """
select v.market, v.at_us, b.side, b.price::numeric(18, 6), b.size::numeric(18, 6)
from (values {points}) as v (market, at_us)
cross join lateral market_data.book_at(v.market, timestamptz 'epoch' + v.at_us * interval '1 us') as b
"""
SETTLED = """
select ticker, body ->> 'result', (body ->> 'settlement_value_dollars')::numeric(18, 6)
from market_data.markets where body ->> 'result' <> '' order by 1
"""
Point = tuple[str, int]
Levels = dict[tuple[str, Decimal], Decimal]


class DemoArchive:
    """The archive of a demo with the range of its hours and the markets that have books."""

    def __init__(self, kept: KeptDemo) -> None:
        self.kept = kept
        self.folder = kept.folder / "archive" / "parquet"
        self.archive = open_archive(self.folder)
        held = self.archive.streams()["orderbook_deltas"]
        assert held.first_at
        assert held.until_at
        self.begin, self.end = held.first_at, held.until_at
        found = self.archive.snapshots(self.begin, self.end, columns=["market_ticker"])["market_ticker"].to_pylist()
        self.markets = sorted({str(each) for each in found})


@pytest.fixture(scope="module")
def demo(kept: KeptDemo) -> DemoArchive:
    """The archive of each demo in turn."""
    return DemoArchive(kept)


def points(demo: DemoArchive) -> list[Point]:
    """Return random moments of markets, and the very times of changes."""
    chance = random.Random(11)
    columns = ["market_ticker", "exchange_ts"]
    changes = demo.archive.deltas(demo.begin, demo.end, columns=columns).to_pylist()
    times = [(row["market_ticker"], microseconds(row["exchange_ts"])) for row in changes]
    first, last = min(at for _, at in times), max(at for _, at in times)
    found = [(chance.choice(demo.markets), chance.randrange(first, last + 3_000_000)) for _ in range(60)]
    return [*found, *chance.sample(times, 30)]


def levels(book: Book) -> Levels:
    sides = (("yes", book.yes), ("no", book.no))
    return {(side, price): size for side, held in sides for price, size in held.items()}


def test_books_are_those_of_production(demo: DemoArchive) -> None:
    asked = points(demo)
    values = ", ".join(f"('{market}', {at_us})" for market, at_us in asked)
    expected: dict[Point, Levels] = {each: {} for each in asked}
    for market, at_us, side, price, size in production(demo.kept, BOOKS.format(points=values)):
        expected[market, int(at_us)][side, Decimal(price)] = Decimal(size)
    assert sum(map(bool, expected.values())) > 60
    for (market, at_us), held in expected.items():
        book = demo.archive.book(market, instant(at_us), over_gaps=True)
        assert (levels(book) if book else {}) == held


def test_all_books_are_each_book(demo: DemoArchive) -> None:
    for _, at_us in points(demo)[::15]:
        found: dict[str, Levels] = {}
        for row in demo.archive.books_at(instant(at_us)).to_pylist():
            held = found.setdefault(str(row["market_ticker"]), {})
            if row["side"]:
                held[row["side"], row["price"]] = row["size"]
        alone = {market: demo.archive.book(market, instant(at_us), over_gaps=True) for market in demo.markets}
        assert found == {market: levels(book) for market, book in alone.items() if book}


def test_every_later_snapshot_proves_the_walk_and_a_lost_change_is_noticed(demo: DemoArchive, tmp_path: Path) -> None:
    intervals = [each for market in demo.markets for each in demo.archive.prove(market, demo.begin, demo.end)]
    states = {each.state for each in intervals}
    if not demo.kept.has_clock:
        assert states == {"unproven"}
        return
    assert states == {"proven", "unproven"}
    market, _ = first_proven(demo.archive, demo)
    shutil.copytree(demo.folder, tmp_path / "parquet")
    (path,) = (tmp_path / "parquet" / "orderbook_deltas").rglob("*.parquet")
    drop_row(path, place_of_a_proven_change(demo, market))
    found = open_archive(tmp_path).prove(market, demo.begin, demo.end)
    assert [each.wrong_levels for each in found if each.state == "wrong"] == [1]


def first_proven(archive: Archive, demo: DemoArchive) -> tuple[str, datetime]:
    """Return a market with changes between two snapshots, and the time of the second one."""
    for market in demo.markets:
        changes = 0
        for step, _ in archive.walk(market, demo.begin, demo.end):
            changes = 0 if step.is_snapshot and not step.proven else changes + (not step.is_snapshot)
            if step.proven and changes > 1:
                return market, step.received_at
    raise AssertionError("no snapshot proves a change")


def place_of_a_proven_change(demo: DemoArchive, market: str) -> int:
    """Return the number in the file of the last change of a market that its first proof with changes holds."""
    rows = demo.archive.deltas(demo.begin, demo.end, columns=["market_ticker", "clock"]).to_pylist()
    clock = 0
    for step, _ in demo.archive.walk(market, demo.begin, demo.end):
        if step.proven and clock:
            break
        clock = 0 if step.is_snapshot else step.clock
    return next(number for number, row in enumerate(rows) if (row["market_ticker"], row["clock"]) == (market, clock))


def test_candles_are_those_of_production(demo: DemoArchive) -> None:
    expected = production(demo.kept, CANDLES)
    assert expected
    found: list[list[str]] = []
    for market in sorted({row[0] for row in expected}):
        first = datetime.fromtimestamp(min(int(row[1]) for row in expected if row[0] == market), UTC)
        last = datetime.fromtimestamp(max(int(row[1]) for row in expected if row[0] == market) + 5, UTC)
        for row in demo.archive.candles(market, first, last, "5s").to_pylist():
            if row["trades"]:
                prices = [str(row[each]) for each in ("open", "high", "low", "close", "volume", "trades")]
                found.append([market, str(int(row["at"].timestamp())), *prices])
    assert found == expected


def test_best_prices_are_those_of_the_exchange(demo: DemoArchive) -> None:
    """Without clock and time, a change and a ticker cannot be ordered."""
    compared = 0
    for market in demo.markets if demo.kept.has_clock else ():
        quotes = demo.archive.bbo(market, demo.begin, demo.end).to_pylist()
        times = [microseconds(row["at"]) for row in quotes]
        for ticker in demo.archive.tickers(demo.begin, demo.end, market).to_pylist():
            # A ticker has whole milliseconds.
            quote = quotes[bisect_right(times, microseconds(ticker["exchange_ts"]) + 999) - 1]
            if quote["is_known"]:
                assert (quote["bid"] or 0, 1 if quote["ask"] is None else quote["ask"]) == (
                    ticker["yes_bid"],
                    ticker["yes_ask"],
                )
                compared += 1
    assert compared > 100 or not demo.kept.has_clock


def test_outcomes_are_those_of_production(demo: DemoArchive) -> None:
    expected = production(demo.kept, SETTLED)
    found = demo.archive.settlements(demo.begin, demo.end).to_pylist()
    assert [[row["market_ticker"], row["result"], str(row["yes_value"])] for row in found] == expected
