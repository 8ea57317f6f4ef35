"""The market model: the same seed gives the same run, and the messages agree with each other."""

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.model import venue
from kalshi_data.simulator.model.lifecycles import lifecycle_message
from kalshi_data.simulator.model.market import Market, count_text
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings
from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS, PRICES, WHOLE

STARTED_US = 1_793_109_600_000_000
SECONDS = 25
Frame = dict[str, Any]


def run(path: Path, seed: int = 1, seconds: int = SECONDS, **plan: Any) -> list[Frame]:
    """Return the journal of a run."""
    model = MarketModel(ModelSettings(seed=seed, markets=40, **plan), Publisher(Journal(path)), lambda _: None)
    play = model.tick_publisher(STARTED_US)
    for _ in range(seconds * 100):
        play()
    model.close()
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    return run(tmp_path_factory.mktemp("run") / "journal", deltas_per_second=1_000, lifecycles_per_second=4)


def bodies(lines: list[Frame], kind: str) -> list[Frame]:
    return [line["frame"]["msg"] for line in lines if line.get("frame", {}).get("type") == kind]


def content(lines: list[Frame]) -> list[Frame]:
    return [{**line["frame"], "sending_ts_ms": 0} for line in lines if "frame" in line]


def test_the_journal_can_be_read_up_to_each_progress(tmp_path: Path) -> None:
    path, found = tmp_path / "journal", list[tuple[str, int]]()

    def announce(event: Frame) -> None:
        found.append((event["event"], path.read_bytes().count(b"\n")))

    model = MarketModel(
        ModelSettings(seconds=0.6, markets=40, deltas_per_second=200), Publisher(Journal(path)), announce
    )
    asyncio.run(model.run(StartCondition(0)))
    model.close()
    progress = [lines for event, lines in found if event == "progress"]
    assert progress
    assert progress == sorted(progress)
    assert progress[0] > 0


@pytest.mark.parametrize(("seconds", "is_reported"), [(0.3, True), (0, False)])
def test_without_an_end_progress_is_not_reported_at_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, is_reported: bool
) -> None:
    monkeypatch.setattr(venue, "PROGRESS_SECONDS", 0.0)
    found = list[Frame]()
    settings = ModelSettings(seconds=seconds, markets=4, deltas_per_second=200)
    model = MarketModel(settings, Publisher(Journal(tmp_path / "journal")), found.append)

    async def run_for_a_while() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(model.run(StartCondition(0)), None if seconds else 0.3)

    asyncio.run(run_for_a_while())
    model.close()
    assert ("progress" in [event["event"] for event in found]) == is_reported
    assert {event["unit"] for event in found if event["event"] != "finished"} == {"ticks of 10 ms"}


def test_a_run_without_an_end_keeps_its_markets(tmp_path: Path) -> None:
    """As many markets close as are listed, so without limits all would have closed at some time, and none come back."""
    settings = ModelSettings(seconds=0, markets=10, deltas_per_second=0, lifecycles_per_second=50)
    model = MarketModel(settings, Publisher(Journal(tmp_path / "journal")), lambda _: None)
    play = model.tick_publisher(STARTED_US)
    trading = list[int]()
    for _ in range(60):
        for _ in range(100):
            play()
        trading.append(sum(market.status in ("active", "inactive") for market in model.markets.values()))
    model.close()
    assert len(model.markets) > 200
    assert 2 <= min(trading) <= max(trading) <= 21


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    first, again, other = (run(tmp_path / f"{n}", seed=seed, seconds=3) for n, seed in enumerate((7, 7, 8)))
    assert content(first) == content(again)
    assert content(first) != content(other)


def test_the_rate_is_kept_with_bursts_of_ten_times_the_mean(lines: list[Frame]) -> None:
    deltas = bodies(lines, "orderbook_delta")
    halves = Counter((each["ts_ms"] - STARTED_US // 1000) // 500 for each in deltas)
    assert len(deltas) / SECONDS == pytest.approx(1_000, rel=0.1)
    assert max(halves, key=lambda half: halves[half]) == 39
    assert halves[39] > 4_000


def test_an_idle_exchange_publishes_no_delta(tmp_path: Path) -> None:
    quiet = run(tmp_path / "journal", seconds=2, deltas_per_second=0, lifecycles_per_second=0)
    assert {line["frame"]["type"] for line in quiet if "frame" in line} == {"cfbenchmarks_value"}


def test_books_never_cross_and_after_is_the_level(lines: list[Frame]) -> None:
    books: dict[str, dict[str, dict[str, Decimal]]] = {}
    for line in lines:
        if "book" in line:
            book = line["book"]
            sides = {side: book.get(f"{side}_dollars_fp", []) for side in ("yes", "no")}
            levels = {side: {p: Decimal(s) for p, s in each} for side, each in sides.items()}
            books.setdefault(book["market_ticker"], levels)
        elif "after" in line:
            body = line["frame"]["msg"]
            ladder = books.setdefault(body["market_ticker"], {"yes": {}, "no": {}})[body["side"]]
            size = ladder.get(body["price_dollars"], Decimal(0)) + Decimal(body["delta_fp"])
            assert size == Decimal(line["after"]) >= 0
            ladder[body["price_dollars"]] = size
    for sides in books.values():
        best = [max((Decimal(p) for p, s in ladder.items() if s), default=Decimal(0)) for ladder in sides.values()]
        assert sum(best) <= 1


def test_a_trade_takes_from_the_makers_side(lines: list[Frame]) -> None:
    taken: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for body in bodies(lines, "trade"):
        assert Decimal(body["yes_price_dollars"]) + Decimal(body["no_price_dollars"]) == 1
        if not body["is_block_trade"]:
            side = "no" if body["taker_book_side"] == "bid" else "yes"
            taken[body["market_ticker"], body["ts_ms"], side, body[f"{side}_price_dollars"]] -= Decimal(
                body["count_fp"]
            )
    changed: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for body in bodies(lines, "orderbook_delta"):
        changed[body["market_ticker"], body["ts_ms"], body["side"], body["price_dollars"]] += Decimal(body["delta_fp"])
    assert len(taken) > 500
    # Actions of one market within a millisecond add up; nearly all stand alone.
    assert sum(changed[key] != size for key, size in taken.items()) < len(taken) / 50


def test_it_publishes_the_rare_cases_that_parsers_must_handle(lines: list[Frame]) -> None:
    deltas, trades = bodies(lines, "orderbook_delta"), bodies(lines, "trade")
    equal = Counter(msgspec.json.encode(each) for each in deltas)
    assert max(equal.values()) >= 100
    assert sorted(line["occurrence"] for line in lines if line.get("occurrence", 0) >= 100)[0] == 100
    assert any(not each["delta_fp"].endswith(".00") for each in deltas)
    assert any(not each["price_dollars"].endswith("00") for each in deltas)
    assert any(each["is_block_trade"] for each in trades)
    several = Counter((each["market_ticker"], each["ts_ms"], each["count_fp"]) for each in trades)
    assert max(several.values()) >= 3
    amended = Counter((each["market_ticker"], each["clock"]) for each in deltas)
    assert 2 in amended.values()


def test_a_ticker_follows_every_change_of_the_top(lines: list[Frame]) -> None:
    for body in bodies(lines, "ticker"):
        assert Decimal(body["yes_bid_dollars"]) <= Decimal(body["yes_ask_dollars"])
    last = {body["market_ticker"]: body for body in bodies(lines, "ticker")}
    volume: dict[str, Decimal] = defaultdict(Decimal)
    for body in bodies(lines, "trade"):
        volume[body["market_ticker"]] += Decimal(body["count_fp"])
    assert {ticker: Decimal(last[ticker]["volume_fp"]) for ticker in volume} == volume


def test_lifecycles_go_from_created_to_settled(lines: list[Frame]) -> None:
    kinds = defaultdict[str, list[str]](list)
    for body in bodies(lines, "market_lifecycle_v2"):
        assert not body["market_ticker"].startswith("KXMVE")
        kinds[body["market_ticker"]].append(body["event_type"])
    assert ["close_date_updated", "determined", "settled"] in [
        [kind for kind in each if kind not in {"deactivated", "activated", "metadata_updated"}]
        for each in kinds.values()
    ]
    assert {kind for each in kinds.values() for kind in each} >= {"created", "deactivated", "activated"}
    assert bodies(lines, "event_lifecycle")
    assert bodies(lines, "event_fee_update")
    combos = bodies(lines, "multivariate_market_lifecycle")
    assert all("price_ranges" not in body for body in combos)


def test_activation_empties_the_book(lines: list[Frame]) -> None:
    books: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    resumed = 0
    for n, line in enumerate(lines):
        if "book" in line:
            book = line["book"]
            sides = {side: book.get(f"{side}_dollars_fp", []) for side in ("yes", "no")}
            books[book["market_ticker"]] = {(side, price): size for side in sides for price, size in sides[side]}
        body = line.get("frame", {}).get("msg", {})
        if "after" in line:
            books[body["market_ticker"]][body["side"], body["price_dollars"]] = line["after"]
        if body.get("event_type") == "activated":
            held = [size for size in books[body["market_ticker"]].values() if size != "0.00"]
            emptied = [each for each in lines[n + 1 : n + 1 + len(held)] if each["after"] == "0.00"]
            assert len(emptied) == len(held)
            resumed += len(held) > 5
    assert resumed


@pytest.mark.parametrize("label", PRICE_GRIDS)
def test_whole_cents_are_on_every_grid(label: str) -> None:
    grid = PRICE_GRIDS[label]
    assert set(range(100, WHOLE, 100)) <= set(grid.prices)
    assert (grid.ranges[0]["start"], grid.ranges[-1]["end"]) == ("0.0000", "1.0000")
    assert all(Decimal(PRICES[price]) * WHOLE == price for price in grid.prices)


def test_sizes_have_two_decimals() -> None:
    assert [count_text(size) for size in (0, 5, 150, -5, -12_345)] == ["0.00", "0.05", "1.50", "-0.05", "-123.45"]


def test_lifecycle_messages_of_combos_have_their_own_channel() -> None:
    market = Market("KXMVEA-1-T1", PRICE_GRIDS["linear_cent"], random.Random(1), (0, 10))
    assert lifecycle_message(market, "settled", settled_ts=1).channel == "multivariate_market_lifecycle"
