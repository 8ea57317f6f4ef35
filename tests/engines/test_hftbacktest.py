"""hftbacktest follows each exported book state by state, sees the trades, and fills orders at its prices."""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader import open_archive
from kalshi_data.reader.engines.export_tardis import TardisFiles, TardisWriter
from kalshi_data.reader.times import span
from tests.benchmarks.environments import interpreter_for
from tests.engines.conftest import HERE, EngineArchives, answer
from tests.engines.page import snippet
from tests.support.engine_archive import BUSY, EMPTY, END, MARKETS, START, EngineState, states, tied_events
from tests.support.engine_gaps import states_over_gap
from tests.support.sample_archive import HEAT, write_sample

# Between the first and the last tick of 0.0001 dollars.
TICKS = {"lowest": 1, "ticks": 9_999}
# The engine has nothing to follow in a market without an order.
FOLLOWED = [each for each in MARKETS if each != EMPTY]
OVER_GAP = "over a gap"
CHANGES_TIED = 20_000
# When the last change is received, when the trade happens, and when that is received.
TIED = (CHANGES_TIED + 10, CHANGES_TIED, CHANGES_TIED + 20)
# A hundredth of a cent in millionths of a dollar.
TICK = 100


def times(expected: Sequence[EngineState]) -> list[int]:
    """Return a moment after each time of receipt, in nanoseconds."""
    return sorted({each.local_us * 1_000 + 500 for each in expected})


def last_of_each_time(expected: Sequence[EngineState]) -> list[tuple[Any, Any]]:
    return list({each.local_us: (each.bids, each.asks) for each in expected}.values())


def window(market: str, **given: Any) -> dict[str, Any]:
    return {"market": market, "start": START, "end": END, **given}


@pytest.fixture(scope="module")
def expected(archives: EngineArchives) -> dict[str, list[EngineState]]:
    """Each book of the library's walk, by market."""
    of_gap = states_over_gap(open_archive(archives.with_gap))
    return {**{each: states(archives.archive, each) for each in FOLLOWED}, OVER_GAP: of_gap}


@pytest.fixture(scope="module")
def exported(archives: EngineArchives, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TardisFiles]:
    folder = tmp_path_factory.mktemp("tardis")
    found = {each.market: each for each in archives.archive.export_tardis(folder / "whole", MARKETS, START, END)}
    with_gap = open_archive(archives.with_gap)
    (found[OVER_GAP],) = with_gap.export_tardis(folder / "with-gap", BUSY, START, END, over_gaps=True)
    return found


@pytest.fixture(scope="module")
def seen(
    archives: EngineArchives,
    expected: dict[str, list[EngineState]],
    exported: dict[str, TardisFiles],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """What the engine saw."""
    folder = tmp_path_factory.mktemp("hftbacktest")
    write_sample(folder / "archive")
    markets: dict[str, dict[str, Any]] = {
        name: {"files": exported[name].files, "times": times(expected[name]), **TICKS} for name in expected
    }
    whole, with_gap = {"archive": archives.whole}, {"archive": archives.with_gap}
    for name in FOLLOWED:
        markets[name] |= {**whole, "window": window(name)}
    markets[OVER_GAP] |= {**with_gap, "window": window(BUSY, over_gaps=True)}
    refused = [
        {**with_gap, "window": window(BUSY)},
        {**whole, "window": window(EMPTY)},
        {**whole, "window": window("KXNONE-1")},
        {**whole, "window": window("KXB*")},
        {**whole, "window": window(BUSY, order_latency_seconds=-1)},
    ]
    trading: dict[str, Any] = {"trading": exported[BUSY].files, "busy": BUSY}
    # If a trade is the last to be received but not to happen, the conversion may end the process.
    tied = TardisWriter(folder, "kalshi", span(START, END)).write("KXTIED", *tied_events(CHANGES_TIED, *TIED))
    trading["tied"] = tied.files
    asked = {"markets": markets, **trading, "snippet": snippet("hftbacktest"), "refused": refused}
    return answer(interpreter_for(HERE / "hftbacktest.lock"), "with_hftbacktest.py", asked, folder)


@pytest.mark.parametrize("market", [*FOLLOWED, OVER_GAP])
def test_each_book_is_that_of_the_walk(expected: dict[str, list[EngineState]], seen: Any, market: str) -> None:
    """All levels of both sides, also if a snapshot was received later than the next change happened.

    The books after a gap consist of changes, as the engine's conversion loses levels of a second snapshot.
    """
    found = [
        tuple({int(tick) * TICK: round(size * 1_000_000) for tick, size in side.items()} for side in book)
        for book in seen["markets"][market]["books"]
    ]
    assert found == last_of_each_time(expected[market])
    assert len(found) > (300 if market in (BUSY, OVER_GAP) else 0)


@pytest.mark.parametrize("market", [*FOLLOWED, OVER_GAP])
def test_each_best_price_is_that_of_the_walk(expected: dict[str, list[EngineState]], seen: Any, market: str) -> None:
    best = [
        [
            max(bids) / 1_000_000 if bids else None,
            bids[max(bids)] / 1_000_000 if bids else 0,
            min(asks) / 1_000_000 if asks else None,
            asks[min(asks)] / 1_000_000 if asks else 0,
        ]
        for bids, asks in last_of_each_time(expected[market])
    ]
    assert seen["markets"][market]["best"] == best


def test_prices_between_cents_are_among_the_books(expected: dict[str, list[EngineState]]) -> None:
    prices = {price for each in expected[BUSY] for price in (*each.bids, *each.asks)}
    assert {price % 10_000 for price in prices} >= {0, 5_000, 100, 9_900}


def test_over_a_gap_the_book_is_empty_and_then_whole_again(expected: dict[str, list[EngineState]]) -> None:
    empty = [number for number, each in enumerate(expected[OVER_GAP]) if not each.bids and not each.asks]
    assert len(empty) == 1
    assert 100 < empty[0] < len(expected[OVER_GAP]) - 100
    assert len(expected[OVER_GAP][empty[0] + 1].bids) > 5


@pytest.mark.parametrize("market", FOLLOWED)
def test_each_trade_arrives(exported: dict[str, TardisFiles], seen: Any, market: str) -> None:
    sides = {"buy": 1, "sell": -1, "unknown": 0}
    with gzip.open(exported[market].trades, "rt") as file:
        written = [[float(row["price"]), float(row["amount"]), sides[row["side"]]] for row in csv.DictReader(file)]
    found = seen["markets"][market]["trades"]
    # Trades after the last change of the book are not seen at the times asked for.
    assert found == written[: len(found)]
    assert len(found) > (len(written) - 5 if market == BUSY else -1)


def test_orders_are_filled_at_the_prices_of_the_book(seen: Any) -> None:
    """A purchase at the market pays the ask, a sale gets the bid, and a bid that waits is filled once it is met."""
    ask, bought, paid, bid, sold, earned, waiting, position = seen["trading"]
    assert (bought, paid) == (1, ask)
    assert (sold, earned) == (0, bid)
    assert 0.49 <= waiting <= bid < ask <= 0.51
    assert position == 0.25


@pytest.mark.parametrize("market", [*FOLLOWED, OVER_GAP])
def test_the_library_s_engine_shows_the_same(seen: Any, market: str) -> None:
    """It holds its events itself, as their file is deleted when the engine is returned."""
    assert seen["engines"][market] == seen["markets"][market]


def test_orders_are_filled_in_the_library_s_engine(seen: Any) -> None:
    assert seen["traded"] == seen["trading"]


def test_an_engine_that_would_show_nothing_or_something_else_is_refused(seen: Any) -> None:
    gap, empty, unknown, pattern, latency = seen["refused"]
    assert "lacks orderbook_deltas from 2026-11-02T16:10:00Z to 2026-11-02T16:25:00Z" in gap
    assert empty == f"{EMPTY}: the book has no order in that time: choose another time or market"
    assert unknown == "the archive has no book of KXNONE-1 in that time: choose others, or a later end"
    assert "give a ticker without wildcards" in pattern
    assert "give 0 or more" in latency


def test_the_page_s_backtest_prints_the_best_prices_of_the_library(seen: Any, tmp_path: Path) -> None:
    book = open_archive(write_sample(tmp_path)).book(HEAT, "2026-11-02T15:01:30")
    assert book
    best = [float(side[0].price) for side in (book.bids(1), book.asks(1))]
    assert best == [0.43, 0.45]
    assert [float(each) for each in seen["shown"].split()] == best


def test_a_trade_that_is_received_after_the_last_change_is_converted(seen: Any) -> None:
    """Of the last moment the engine has a change before the trade, the trade, and that level again."""
    assert seen["tied"]["trades"] == 1
    assert seen["tied"]["bid_size"] == CHANGES_TIED


def test_the_engine_s_files_are_read_in_the_order_of_their_kinds(exported: dict[str, TardisFiles]) -> None:
    for each in exported.values():
        assert [Path(name).name.split("_")[1] for name in each.files] == ["trades", "incremental"]
