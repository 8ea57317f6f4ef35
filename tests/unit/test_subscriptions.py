import msgspec

from kalshi_data.gatherer.configuration import Subscriptions
from kalshi_data.gatherer.subscriptions import Commands, Plan, plan_connections

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
