import pytest

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.markets.market_filter import Selection
from kalshi_data.shard import Shard, parse_shard

TICKERS = [f"KXA-26NOV{day:02}-T{number}" for day in range(1, 31) for number in range(100)]


def test_without_lists_everything_but_combos_is_chosen() -> None:
    selection = Selection()
    assert (selection.chooses_ticker("KXA-1"), selection.chooses_ticker("KXMVEA-1")) == (True, False)
    assert not selection.needs_series
    assert Selection(combos=True).chooses_ticker("KXMVEA-1")


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
def test_patterns_are_those_of_a_shell_and_know_upper_case(pattern: str, ticker: str, *, expected: bool) -> None:
    assert Selection(tickers=["nothing", pattern]).chooses_ticker(ticker) == expected
    if not ticker.startswith("KXMVE"):
        assert Selection(series=["nothing", pattern]).chooses_series(ticker, []) == expected
        assert Selection(categories=[pattern]).chooses_series("other", ["nothing", ticker]) == expected


def test_lists_add_up() -> None:
    selection = Selection(series=["KXA"], tickers=["KXB-1*"])
    assert selection.needs_series
    assert (selection.chooses_ticker("KXB-1-T1"), selection.chooses_ticker("KXA-1-T1")) == (True, False)
    assert (selection.may_choose("KXA-1-T1"), selection.may_choose("KXMVEA-1")) == (True, False)
    assert not Selection(tickers=["KXB-1*"]).may_choose("KXA-1-T1")


def test_every_market_is_in_one_shard_and_shards_are_alike() -> None:
    for parts in (1, 2, 3, 8):
        shards = [Shard(number, parts) for number in range(1, parts + 1)]
        assert all(sum(shard.holds(ticker) for shard in shards) == 1 for ticker in TICKERS)
        for shard in shards:
            share = sum(map(shard.holds, TICKERS)) / len(TICKERS)
            assert abs(share - 1 / parts) < 0.05
    # What was once divided stays divided in the same way.
    assert [number for number in range(1, 9) if Shard(1, 4).holds(f"KXA-{number}")] == [1, 8]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", " 1/2", "²/3"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected i/n with 1 <= i <= n, such as 2/3"):
        parse_shard(text)


def test_a_shard_is_counted_from_one() -> None:
    assert parse_shard("2/3") == Shard(2, 3)
