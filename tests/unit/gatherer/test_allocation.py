"""Which books lie on which connection."""

from typing import Any

import pytest

from kalshi_data.gatherer.connections.allocation import Link, Placement
from kalshi_data.gatherer.connections.commands import subscribe, update
from kalshi_data.gatherer.connections.error_policy import Reaction, reaction_to
from kalshi_data.gatherer.connections.snapshot_requests import Rotation
from kalshi_data.gatherer.counters import Figures
from kalshi_data.gatherer.settings import Subscriptions

TICKERS = [f"KXA-26NOV-T{number}" for number in range(25)]


def placement(**settings: Any) -> tuple[Placement, Figures]:
    figures = Figures()
    return Placement(Subscriptions(**settings), figures), figures


def books(placed: Placement) -> list[Link]:
    return [link for link in placed.links if link.has_books]


def test_each_channel_of_all_markets_is_on_two_connections_and_books_grow_as_needed() -> None:
    placed, _ = placement(markets_per_connection_max=10)
    assert [link.name for link in placed.links] == ["all-markets-1", "all-markets-2"]
    assert placed.links[0].channels == (
        *("ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle", "cfbenchmarks_value"),
    )
    placed.place(TICKERS)
    assert sorted(len(link.tickers) for link in books(placed)) == [8, 8, 9]
    assert {ticker for link in books(placed) for ticker in link.tickers} == set(TICKERS)
    assert placed.grown.is_set()


def test_a_book_goes_where_the_fewest_are() -> None:
    placed, _ = placement(markets_per_connection_max=10)
    placed.place(TICKERS)
    first = books(placed)[0]
    kept = [ticker for ticker in TICKERS if ticker not in first.tickers]
    placed.place([*kept, "KXNEW-1"])
    assert list(first.tickers) == ["KXNEW-1"]
    assert first.changed.is_set()


def test_what_is_not_wanted_any_more_is_dropped() -> None:
    placed, figures = placement()
    placed.place(TICKERS)
    placed.place(TICKERS[:3])
    assert list(books(placed)[0].tickers) == TICKERS[:3]
    assert figures.markets_wanted == 3


def test_markets_without_room_are_counted_and_come_back_when_there_is() -> None:
    placed, figures = placement(markets_per_connection_max=10, connections_max=3)
    placed.place(TICKERS)
    assert (len(placed.links), figures.markets_homeless) == (3, 15)
    placed.place(TICKERS[10:])
    placed.place(TICKERS[15:])
    assert figures.markets_homeless == 0
    assert set(books(placed)[0].tickers) == set(TICKERS[15:])


def test_a_full_subscription_gives_its_markets_to_others_and_a_refused_market_stays_out() -> None:
    placed, figures = placement(markets_per_connection_max=100)
    placed.place(TICKERS)
    (only,) = books(placed)
    placed.limit(only, 10)
    assert [len(link.tickers) for link in books(placed)] == [10, 15]
    placed.refuse(TICKERS[0])
    placed.place(TICKERS)
    assert TICKERS[0] not in {ticker for link in books(placed) for ticker in link.tickers}
    assert figures.markets_homeless == 0


def test_commands_say_what_must_be_said() -> None:
    books_command = subscribe("orderbook_delta", TICKERS)["params"]
    assert (books_command["use_yes_price"], books_command["skip_ticker_ack"]) == (False, True)
    assert books_command["market_tickers"] == TICKERS
    assert subscribe("ticker")["params"] == {"channels": ["ticker"], "skip_ticker_ack": True}
    assert subscribe("cfbenchmarks_value")["params"]["index_ids"] == ["all"]
    assert update(6, "get_snapshot", TICKERS[:1])["params"] == {
        "sid": 6,
        "action": "get_snapshot",
        "market_tickers": TICKERS[:1],
    }


@pytest.mark.parametrize(
    ("code", "reaction"),
    [
        (7, Reaction.RESUBSCRIBE),
        (8, Reaction.WITHOUT),
        (9, Reaction.WITHOUT),
        (10, Reaction.RESUBSCRIBE),
        (11, Reaction.DIVIDE),
        (12, Reaction.RESUBSCRIBE),
        (13, Reaction.WITHOUT),
        (14, Reaction.DIVIDE),
        (15, Reaction.WITHOUT),
        (18, Reaction.RETRY),
        *((code, Reaction.WITHOUT) for code in range(19, 25)),
        (25, Reaction.RESUBSCRIBE),
        (26, Reaction.MOVE),
        (27, Reaction.SLOW_DOWN),
        (99, Reaction.DIVIDE),
    ],
)
def test_each_error_has_its_reaction(code: int, reaction: Reaction) -> None:
    assert reaction_to(code, markets=5) is reaction


def test_every_book_is_audited_once_per_interval_evenly_spread() -> None:
    rotation = Rotation(interval_seconds=100.0)
    assert rotation.due(TICKERS, 0.0) == []
    seen = [rotation.due(TICKERS, float(second)) for second in range(1, 101)]
    assert max(map(len, seen)) == 1
    assert sorted(ticker for due in seen for ticker in due) == sorted(TICKERS)
    assert Rotation(0.0).due(TICKERS, 5.0) == []


def test_a_long_pause_asks_for_no_book_twice() -> None:
    rotation = Rotation(interval_seconds=100.0)
    rotation.due(TICKERS, 0.0)
    assert sorted(rotation.due(TICKERS, 1_000_000.0)) == sorted(TICKERS)
