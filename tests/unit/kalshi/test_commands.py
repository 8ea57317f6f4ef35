"""The commands of the feed."""

from kalshi_data.kalshi.commands import subscribe, update

TICKERS = [f"KXA-26NOV-T{number}" for number in range(25)]


def test_each_command_has_the_parameters_that_the_exchange_requires() -> None:
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
