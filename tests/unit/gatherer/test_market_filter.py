from typing import Any

import pytest

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.settings import SubscriptionSettings
from kalshi_data.kalshi.listings import SeriesFields
from kalshi_data.shard import Shard, parse_shard

TICKERS = [f"KXA-26NOV{day:02}-T{number}" for day in range(1, 31) for number in range(100)]


def filter_by(**lists: Any) -> MarketFilter:
    return MarketFilter(SubscriptionSettings(**lists))


def test_empty_lists_include_everything_but_combos() -> None:
    everything = filter_by()
    assert (everything.includes("KXA-1", ""), everything.includes("KXMVEA-1", "")) == (True, False)
    assert not everything.needs_events
    assert filter_by(combos=True).includes("KXMVEA-1", "")


@pytest.mark.parametrize(
    ("pattern", "ticker", "expected"),
    [
        ("KXA-1", "KXA-1", True),
        ("KXA-1", "KXA-12", False),
        ("KXA-*", "KXA-1-T.5", True),
        ("KXA-?", "KXA-12", False),
        ("KX[AB]-1", "KXB-1", True),
        ("KX[!AB]-1", "KXB-1", False),
        ("kxa-1", "KXA-1", False),
        ("KXA.1", "KXA-1", False),
        ("KXMVE*", "KXMVEA-1", False),
    ],
)
def test_patterns_are_shell_patterns_and_case_matters(pattern: str, ticker: str, *, expected: bool) -> None:
    assert filter_by(tickers=("nothing", pattern)).includes(ticker, "") is expected
    if not ticker.startswith("KXMVE"):
        for chosen in (filter_by(series=("nothing", pattern)), filter_by(categories=(pattern,))):
            chosen.learn_series(SeriesFields(ticker, category=ticker))
            chosen.learn_event("E", ticker)
            assert chosen.includes("KXOTHER-1", "E") is expected


def test_a_market_is_included_if_any_list_names_it() -> None:
    chosen = filter_by(series=("KXA",), tickers=("KXB-1*",))
    assert chosen.needs_events
    assert (chosen.includes("KXB-1-T1", ""), chosen.includes("KXMVEA-1", "")) == (True, False)
    assert chosen.includes("KXA-1-T1", "KXA-1") is None, "its event is not known yet"
    chosen.learn_event("KXA-1", "KXA")
    assert chosen.includes("KXA-1-T1", "KXA-1")
    assert filter_by(tickers=("KXB-1*",)).includes("KXA-1-T1", "KXA-1") is False, "its event is not needed"


def test_events_are_forgotten_that_no_market_names() -> None:
    chosen = filter_by(series=("KXA",))
    for number in range(1000):
        chosen.learn_event(f"KXA-{number}", "KXA")
    chosen.forget_events()
    assert chosen.includes("KXA-7-T1", "KXA-7"), "it was learned since the last time"
    chosen.name_event("KXA-7")
    chosen.name_event("KXA-UNKNOWN")
    chosen.forget_events()
    assert [number for number in range(1000) if chosen.includes(f"KXA-{number}-T1", f"KXA-{number}")] == [7]
    for number in range(1000):
        chosen.learn_event(f"KXA-{number}", "KXA", is_news=False)
    assert chosen.includes("KXA-8-T1", "KXA-8") is None, "it may be an event of years ago"
    chosen.learn_event("KXA-7", "", is_news=False)
    assert chosen.includes("KXA-7-T1", "KXA-7") is False
    chosen.forget_events()
    assert chosen.includes("KXA-7-T1", "KXA-7") is None


def test_every_market_is_in_one_shard_and_shards_are_of_similar_size() -> None:
    for parts in (1, 2, 3, 8):
        shards = [Shard(number, parts) for number in range(1, parts + 1)]
        assert all(sum(shard.holds(ticker) for shard in shards) == 1 for ticker in TICKERS)
        for shard in shards:
            share = sum(map(shard.holds, TICKERS)) / len(TICKERS)
            assert abs(share - 1 / parts) < 0.05
    # A market must stay in its shard across versions.
    assert [number for number in range(1, 9) if Shard(1, 4).holds(f"KXA-{number}")] == [1, 8]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", " 1/2", "²/3"])
@pytest.mark.parametrize("between", ["/", "-of-"])
def test_an_invalid_shard_is_refused(text: str, between: str) -> None:
    with pytest.raises(SettingsError, match="expected i/n with 1 <= i <= n, such as 2/3"):
        parse_shard(text.replace("/", between))


def test_shards_are_numbered_from_one() -> None:
    assert parse_shard("2/3") == parse_shard("2-of-3") == Shard(2, 3)
