import msgspec
import pytest

from kalshi_data.gatherer.configuration import Subscriptions
from kalshi_data.gatherer.subscriptions import Commands, Plan, plan_connections
from kalshi_data.simulator.listings import BadRequest, Listings
from kalshi_data.simulator.recording import RecordedFrame

TICKERS = [f"KXA-26NOV-T{number}" for number in range(25)]


def test_books_are_spread_over_connections() -> None:
    plans = plan_connections(TICKERS, Subscriptions(markets_per_connection_max=10))
    assert [len(plan.tickers) for plan in plans] == [0, 10, 10, 5]
    assert [ticker for plan in plans for ticker in plan.tickers] == TICKERS
    assert plans[0].channels == ("ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle")
    assert len(plan_connections([], Subscriptions())) == 1


def test_commands_come_one_after_the_other_and_say_what_must_be_said() -> None:
    commands = Commands(Plan("books", ("orderbook_delta",), tuple(TICKERS)), Subscriptions(markets_per_command_max=10))
    sent = [msgspec.json.decode(command) for command in iter(lambda: commands.following(sid=6), None)]
    assert [command["id"] for command in sent] == [1, 2, 3]
    assert [command["cmd"] for command in sent] == ["subscribe", "update_subscription", "update_subscription"]
    assert (sent[0]["params"]["use_yes_price"], sent[0]["params"]["skip_ticker_ack"]) == (False, True)
    assert [command["params"].get("sid") for command in sent] == [None, 6, 6]
    assert [ticker for command in sent for ticker in command["params"]["market_tickers"]] == TICKERS
    assert commands.awaited is None


def test_each_channel_of_all_markets_has_a_command_of_its_own() -> None:
    commands = Commands(Plan("all", ("ticker", "trade")), Subscriptions())
    sent = [msgspec.json.decode(command) for command in iter(lambda: commands.following(sid=None), None)]
    assert [command["params"]["channels"] for command in sent] == [["ticker"], ["trade"]]


def test_listings_have_pages_and_filters() -> None:
    listings = Listings([RecordedFrame(10**18, "trade", ticker, {}) for ticker in [*TICKERS, "KXMVEA-1"]])
    first = listings.page("markets", {"limit": "20"})
    assert (len(first["markets"]), first["cursor"]) == (20, "20")
    last = listings.page("markets", {"limit": "20", "cursor": first["cursor"]})
    assert (len(last["markets"]), last["cursor"]) == (6, "")
    assert len(listings.page("markets", {"mve_filter": "exclude"})["markets"]) == 25
    assert len(listings.page("markets", {"mve_filter": "only"})["markets"]) == 1
    assert len(listings.page("markets", {"event_ticker": "KXA-26NOV"})["markets"]) == 25
    assert len(listings.page("markets", {"series_ticker": "KXMVEA"})["markets"]) == 1
    assert not listings.page("markets", {"status": "settled"})["markets"]
    assert [event["event_ticker"] for event in listings.page("events", {})["events"]] == ["KXA-26NOV", "KXMVEA"]
    assert list(listings.series) == ["KXA", "KXMVEA"]
    with pytest.raises(BadRequest):
        listings.page("markets", {"limit": "many"})
