"""NautilusTrader follows each exported book state by state, sees the trades, fills orders and pays what was settled."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.reader import open_archive
from kalshi_data.reader.times import microseconds
from tests.benchmarks.environments import PythonMissing, find_python, interpreter_for
from tests.engines.conftest import HERE, EngineArchives, answer
from tests.engines.page import snippet
from tests.support.engine_archive import BUSY, END, MARKETS, SETTLED, START, EngineState, states
from tests.support.engine_gaps import states_over_gap
from tests.support.sample_archive import HEAT, after, delta, snapshot, write_rows, write_sample

PYTHON_VERSION, OLDEST = "3.13", ">=3.12"
MISSING = "NO TEST RAN IN NAUTILUSTRADER, which needs Python 3.12 or later: install python3.12, or let uv fetch one"
MIDDLE = "2026-11-02T16:00Z"
FINE = "KXFINE-26NOV02-T1"
# Long after the last change before each, so that all of them are received.
MOMENTS = ("2026-11-02T15:30:00.9Z", "2026-11-02T16:30:00.9Z", "2026-11-02T17:00:00.9Z")
SIDES = {"yes": "BUYER", "no": "SELLER", None: "NO_AGGRESSOR"}
Found = Mapping[str, Any]


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of the engine's environment."""
    try:
        return interpreter_for(HERE / "nautilus.lock", find_python(PYTHON_VERSION, OLDEST))
    except PythonMissing as error:
        pytest.skip(f"{MISSING}: {error}")


@pytest.fixture(scope="module")
def seen(archives: EngineArchives, python: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What was written, and what the engine saw of it."""
    folder = tmp_path_factory.mktemp("nautilus")
    write_sample(folder / "archive")
    fine = write_fine_prices(folder / "fine")
    (csv,) = archives.archive.export_tardis(folder / "tardis", BUSY, START, END, exchange="binance")
    window = {"start": START, "end": END}
    whole = {"archive": archives.whole, "catalog": folder / "whole"}
    halves = {"archive": archives.whole, "catalog": folder / "halves", "markets": SETTLED}
    with_gap = {"archive": archives.with_gap, "catalog": folder / "with-gap", "markets": BUSY, **window}
    asked: dict[str, Any] = {
        "snippet": snippet("nautilus"),
        "exports": [
            {**whole, "markets": MARKETS, **window},
            # The same once more, and a part of it.
            {**whole, "markets": BUSY, **window},
            {**whole, "markets": BUSY, **window, "block_trades": True},
            {**halves, "start": START, "end": MIDDLE},
            {**halves, "start": MIDDLE, "end": END},
            {**with_gap, "over_gaps": True},
        ],
        "catalogs": {name: folder / name for name in ("whole", "halves", "with-gap")},
        "traded": [BUSY, SETTLED],
        "tardis": {BUSY: csv.files},
        "engines": {
            "whole": {"archive": archives.whole, "markets": MARKETS, "traded": [BUSY, SETTLED], **window},
            "with-gap": {"archive": archives.with_gap, "markets": BUSY, "traded": [], "over_gaps": True, **window},
        },
        "books": {"archive": archives.whole, "markets": MARKETS, "moments": MOMENTS, **window},
        "refused": [
            with_gap,
            {**with_gap, "archive": fine, "markets": FINE, "catalog": folder / "refused"},
            {"method": "nautilus_engine", "archive": archives.with_gap, "markets": BUSY, **window},
            {"method": "nautilus_engine", "archive": archives.whole, "markets": "KXNONE-1", **window},
        ],
    }
    return answer(python, "with_nautilus.py", asked, folder)


def write_fine_prices(root: Path) -> Path:
    """Write an archive with a price that has more places than the engine's instrument."""
    for number in range(3):
        hour = after(3_600 * number)
        for stream in ("trades", "orderbook_deltas", "orderbook_snapshots", "lifecycle_events"):
            write_rows(root, stream, [], hour)
    write_rows(root, "orderbook_snapshots", [snapshot(1, 1, {}, {}, FINE)])
    write_rows(root, "orderbook_deltas", [delta(60, 2, "yes", "0.123456", "1", FINE)])
    return root


def millionths(text: str) -> int:
    return int(Decimal(text).scaleb(6))


def followed(found: Found) -> list[EngineState]:
    """Return the books after each event that the strategy got."""
    sides = [[{millionths(p): millionths(s) for p, s in side.items()} for side in each[2:]] for each in found["states"]]
    return [
        EngineState(at // 1_000, local // 1_000, *books)
        for (at, local, *_), books in zip(found["states"], sides, strict=True)
    ]


@pytest.mark.parametrize("market", MARKETS)
def test_each_book_is_that_of_the_walk(archives: EngineArchives, seen: Found, market: str) -> None:
    """Each event is one state of the whole book, on both clocks: what happened at once arrives at once."""
    expected = states(archives.archive, market)
    assert followed(seen["catalogs"]["whole"][market]) == expected
    assert len(expected) > (400 if market == BUSY else 0)


def test_over_a_gap_the_book_is_empty_until_the_next_snapshot(archives: EngineArchives, seen: Found) -> None:
    found = followed(seen["catalogs"]["with-gap"][BUSY])
    expected = states_over_gap(open_archive(archives.with_gap))
    assert found == expected
    assert [number for number, each in enumerate(found) if not each.bids and not each.asks] != []


def test_windows_follow_each_other(archives: EngineArchives, seen: Found) -> None:
    found = followed(seen["catalogs"]["halves"][SETTLED])
    expected = states(archives.archive, SETTLED)
    middle = microseconds(MIDDLE)
    # The second window begins with the whole book, which may be none that is new.
    of_both = [each for each in found if each.at_us != middle]
    assert of_both == [each for each in expected if each.at_us != middle]
    assert len(found) >= len(expected)


def test_no_event_goes_back_in_time(seen: Found) -> None:
    """The engine sorts by the time of receipt, so that must be the order of the exchange, too."""
    for found in (each for catalog in seen["catalogs"].values() for each in catalog.values()):
        for number in (0, 1):
            times = [each[number] for each in found["states"]]
            assert times == sorted(times)
        assert all(each[1] >= each[0] for each in found["states"])


@pytest.mark.parametrize("market", MARKETS)
def test_each_trade_arrives(archives: EngineArchives, seen: Found, market: str) -> None:
    rows = archives.archive.trades(START, END, market).to_pylist()
    rows.sort(key=lambda each: (each["exchange_ts"], each["received_at"], each["trade_id"]))
    # The busy market's block trades were asked for, last of all.
    expected = [
        [
            each["trade_id"],
            each["yes_price"],
            each["size"],
            SIDES[each["taker_side"]],
            microseconds(each["exchange_ts"]),
        ]
        for each in rows
        if market == BUSY or not each["is_block_trade"]
    ]
    found = [
        [name, Decimal(price), Decimal(size), side, at // 1_000]
        for name, price, size, side, at, _ in seen["catalogs"]["whole"][market]["trades"]
    ]
    assert found == expected
    assert len(found) > (150 if market == BUSY else -1)


def test_orders_are_filled_at_the_prices_of_the_book(seen: Found) -> None:
    for market in (BUSY, SETTLED):
        found = seen["catalogs"]["whole"][market]
        ask, bid = found["quotes"]
        assert found["fills"][:2] == [["BUY", ask, "2.00"], ["SELL", bid, "1.00"]]


def test_a_settled_market_pays_its_outcome(seen: Found) -> None:
    found = seen["catalogs"]["whole"][SETTLED]
    assert found["closes"] == ["1.0000"]
    assert found["fills"][2:] == [["SELL", "1.0000", "1.00"]]
    (position,) = found["positions"]
    assert Decimal(position["quantity"]) == 0
    ask, bid = map(Decimal, found["quotes"])
    # The engine keeps money in cents.
    assert abs(Decimal(found["balance"]) - (1000 - 2 * ask + bid + 1)) <= Decimal("0.02")
    assert not seen["catalogs"]["whole"][BUSY]["closes"]


def test_a_ticker_with_a_dot_has_a_book(seen: Found) -> None:
    """The engine makes no book for a symbol with a dot."""
    assert "." in BUSY
    kind, name, title = seen["catalogs"]["whole"][BUSY]["instrument"]
    assert (kind, name, title) == ("BinaryOption", f"{BUSY.replace('.', '_')}.KALSHI", f"{BUSY}?")


def test_what_is_written_twice_is_there_once(seen: Found) -> None:
    first, again, with_block_trades = (
        next(each for each in written if each["market"] == BUSY) for written in seen["written"][:3]
    )
    assert again == first
    assert with_block_trades["trades"] == first["trades"] + first["block_trades"]
    assert first["block_trades"] > 10


def test_the_engine_s_own_loader_reads_the_files_of_tardis(archives: EngineArchives, seen: Found) -> None:
    """It gives rows one by one, so only the last of a moment is a book of the exchange."""
    found = followed(seen["tardis"][BUSY])
    last = [list(each)[-1] for _, each in groupby(found, lambda state: state[:2])]
    expected: Sequence[EngineState] = states(archives.archive, BUSY)
    assert last == [list(each)[-1] for _, each in groupby(expected, lambda state: state[:2])]
    assert len(seen["tardis"][BUSY]["trades"]) > 150


def test_what_cannot_be_written_is_refused(seen: Found) -> None:
    gap, fine, engine_over_gap, unknown = seen["refused"]
    assert engine_over_gap == gap
    assert unknown == "the archive has no book of KXNONE-1 in that time: choose others, or a later end"
    assert "lacks orderbook_deltas from 2026-11-02T16:10:00Z to 2026-11-02T16:25:00Z" in gap
    assert "0.123456 has more than 4 places" in fine


@pytest.mark.parametrize("market", MARKETS)
def test_the_library_s_engine_shows_the_same(archives: EngineArchives, seen: Found, market: str) -> None:
    """All markets are in one engine, and no block trades."""
    found, of_catalog = seen["engines"]["whole"][market], seen["catalogs"]["whole"][market]
    assert followed(found) == states(archives.archive, market)
    rows = archives.archive.trades(START, END, market).to_pylist()
    on_book = {each["trade_id"] for each in rows if not each["is_block_trade"]}
    assert found["trades"] == [each for each in of_catalog["trades"] if each[0] in on_book]
    for each in ("quotes", "fills", "positions"):
        assert found[each] == of_catalog[each]


def test_the_library_s_engine_goes_over_a_gap(archives: EngineArchives, seen: Found) -> None:
    found = followed(seen["engines"]["with-gap"][BUSY])
    assert found == states_over_gap(open_archive(archives.with_gap))


def test_the_library_s_engine_pays_an_outcome_and_leaves_other_positions_open(seen: Found) -> None:
    whole = seen["engines"]["whole"]
    assert whole[SETTLED]["fills"][2:] == [["SELL", "1.0000", "1.00"]]
    ((busy,), (settled,)) = (whole[each]["positions"] for each in (BUSY, SETTLED))
    assert (Decimal(busy["quantity"]), Decimal(settled["quantity"])) == (1, 0)
    spent = sum(2 * Decimal(ask) - Decimal(bid) for ask, bid in (whole[each]["quotes"] for each in (BUSY, SETTLED)))
    # The engine keeps money in cents.
    assert abs(Decimal(whole[BUSY]["balance"]) - (1000 - spent + 1)) <= Decimal("0.03")


def test_the_library_s_engine_has_the_library_s_books_without_a_strategy(archives: EngineArchives, seen: Found) -> None:
    for moment, found in zip(MOMENTS, seen["books"], strict=True):
        for market in MARKETS:
            book = archives.archive.book(market, moment)
            sides = (book.bids(1), book.asks(1)) if book else ((), ())
            assert found[market] == [f"{side[0].price:.4f}" if side else "None" for side in sides]


def test_the_page_s_backtest_prints_the_best_prices_of_the_library(seen: Found, tmp_path: Path) -> None:
    book = open_archive(write_sample(tmp_path)).book(HEAT, "2026-11-02T15:01:30")
    assert book
    best = [side[0].price for side in (book.bids(1), book.asks(1))]
    assert best == [Decimal("0.43"), Decimal("0.45")]
    assert [Decimal(each) for each in seen["shown"].split()] == best
