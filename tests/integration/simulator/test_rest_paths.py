"""The simulator's REST paths, each answered in the documented shape."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.simulator.venue.listings import rfc3339
from tests.integration.simulator.test_faults import STARTED_US, Running, serve

END_S = STARTED_US // 1_000_000 + 86_400
SPAN = {"start_ts": "1", "end_ts": str(END_S), "period_interval": "1"}
BOOK_SIDES = {"yes_dollars", "no_dollars"}


def ask(folder: Path, path: str, query: dict[str, str]) -> tuple[int, Any]:
    """Return status and body of one path."""
    answers: list[tuple[int, Any]] = []

    async def use(running: Running) -> None:
        answers.append(await running.get(path, **query))

    serve(folder, use)
    return answers[0]


@pytest.mark.parametrize(
    ("path", "query", "keys"),
    [
        ("/exchange/status", {}, {"exchange_active", "trading_active"}),
        ("/exchange/schedule", {}, {"schedule"}),
        ("/exchange/user_data_timestamp", {}, {"as_of_time"}),
        ("/account/endpoint_costs", {}, {"default_cost", "endpoint_costs"}),
        ("/series", {"category": "Recorded"}, {"series"}),
        ("/series/KXSIMA", {"include_volume": "true"}, {"series"}),
        ("/series/fee_changes", {}, {"series_fee_change_arr"}),
        ("/search/tags_by_categories", {}, {"tags_by_categories"}),
        ("/search/filters_by_sport", {}, {"filters_by_sports", "sport_ordering"}),
        ("/events", {"status": "open", "with_milestones": "true"}, {"events", "milestones", "cursor"}),
        ("/events/multivariate", {}, {"events", "cursor"}),
        ("/events/fee_changes", {}, {"event_fee_changes", "cursor"}),
        ("/events/KXSIMA-E0", {}, {"event", "markets"}),
        ("/events/KXSIMA-E0/metadata", {}, {"image_url", "market_details", "settlement_sources"}),
        ("/multivariate_event_collections", {}, {"multivariate_contracts", "cursor"}),
        ("/milestones", {"limit": "5"}, {"milestones", "cursor"}),
        ("/structured_targets", {}, {"structured_targets", "cursor"}),
        ("/incentive_programs", {}, {"incentive_programs", "next_cursor"}),
        ("/live_data/batch", {"milestone_ids": "a"}, {"live_datas"}),
        ("/markets", {"status": "open"}, {"markets", "cursor"}),
        ("/markets/KXSIMA-E0-T0", {}, {"market"}),
        ("/markets/KXSIMA-E0-T0/orderbook", {"depth": "2"}, {"orderbook_fp"}),
        ("/markets/orderbooks", {"tickers": "KXSIMA-E0-T0"}, {"orderbooks"}),
        ("/markets/trades", {"is_block_trade": "false"}, {"trades", "cursor"}),
        ("/markets/candlesticks", {**SPAN, "market_tickers": "KXSIMA-E0-T0,KXSIMA-E0-T1"}, {"markets"}),
        ("/series/KXSIMA/markets/KXSIMA-E0-T0/candlesticks", SPAN, {"ticker", "candlesticks"}),
        ("/historical/cutoff", {}, {"market_settled_ts", "trades_created_ts", "orders_updated_ts"}),
        ("/historical/trades", {}, {"trades", "cursor"}),
        ("/historical/markets", {"series_ticker": "KXSIMA"}, {"markets", "cursor"}),
    ],
)
def test_paths_answer_in_their_shape(tmp_path: Path, path: str, query: dict[str, str], keys: set[str]) -> None:
    status, body = ask(tmp_path, path, query)
    assert (status, keys <= set(body)) == (200, True)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/markets/KXNOBODY", {}, 404),
        ("/markets/KXNOBODY/orderbook", {}, 404),
        ("/events/KXNOBODY", {}, 404),
        ("/series/KXNOBODY", {}, 404),
        ("/exchange/announcements", {}, 404),
        ("/historical/markets/KXSIMA-E0-T0", {}, 404),
        ("/account/limits", {}, 401),
        ("/api_keys", {}, 401),
        ("/portfolio/balance", {}, 401),
        ("/milestones/none", {}, 404),
        ("/live_data/milestone/none", {}, 404),
        ("/markets", {"limit": "1001"}, 400),
        ("/markets", {"min_close_ts": "1", "min_created_ts": "1"}, 400),
        ("/events", {"limit": "201"}, 400),
        ("/events/KXSIMA-E0", {"with_nested_markets": "true", "exclude_markets": "true"}, 400),
        ("/events/multivariate", {"series_ticker": "A", "collection_ticker": "B"}, 400),
        ("/markets/KXSIMA-E0-T0/orderbook", {"depth": "101"}, 400),
        ("/markets/orderbooks", {}, 400),
        ("/markets/trades", {"is_block_trade": "maybe"}, 400),
        ("/markets/candlesticks", {"market_tickers": "A"}, 400),
        ("/historical/markets", {"series_ticker": "A", "mve_filter": "exclude"}, 400),
    ],
)
def test_wrong_requests_are_refused(tmp_path: Path, path: str, query: dict[str, str], status: int) -> None:
    answered, body = ask(tmp_path, path, query)
    assert answered == status
    assert {"code", "message"} <= set(body)


def test_trades_and_candles_agree(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        for _ in range(300):
            running.tick()
        _, answer = await running.get("/markets/trades", limit="1000")
        trades = answer["trades"]
        assert [each["created_time"] for each in trades] == sorted((t["created_time"] for t in trades), reverse=True)
        ticker = trades[0]["ticker"]
        path = f"/series/{ticker.partition('-')[0]}/markets/{ticker}/candlesticks"
        _, candles = await running.get(path, **SPAN)
        cents = [int(each["count_fp"].replace(".", "")) for each in trades if each["ticker"] == ticker]
        assert sum(int(each["volume_fp"].replace(".", "")) for each in candles["candlesticks"]) == sum(cents)
        highest = max(each["yes_price_dollars"] for each in trades if each["ticker"] == ticker)
        assert max(each["price"]["high_dollars"] or "" for each in candles["candlesticks"]) == highest
        _, book = await running.get(f"/markets/{ticker}/orderbook", depth="1")
        _, market = await running.get(f"/markets/{ticker}")
        assert set(book["orderbook_fp"]) == BOOK_SIDES
        assert book["orderbook_fp"]["yes_dollars"][-1][0] == market["market"]["yes_bid_dollars"]

    serve(tmp_path, use)


def test_what_is_older_than_the_cutoff_is_in_the_historical_tier_only(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        for _ in range(300):
            running.tick()
        settled, still_open = list(running.model.listings.markets.values())[:2]
        settled.settled_s = STARTED_US // 1_000_000
        _, cutoff = await running.get("/historical/cutoff")
        assert cutoff["trades_created_ts"] > rfc3339(settled.settled_s)
        _, live = await running.get("/markets/trades")
        _, old = await running.get("/historical/trades", limit="1000")
        assert (live["trades"], len(old["trades"]) > 10) == ([], True)
        assert all(each["created_time"] < cutoff["trades_created_ts"] for each in old["trades"])
        for path, status in ((f"/markets/{settled.ticker}", 404), (f"/historical/markets/{settled.ticker}", 200)):
            assert (await running.get(path))[0] == status
        assert (await running.get(f"/historical/markets/{still_open.ticker}"))[0] == 404
        _, markets = await running.get("/historical/markets")
        ended = [each.ticker for each in running.model.listings.markets.values() if each.settled_s is not None]
        assert sorted(market["ticker"] for market in markets["markets"]) == sorted(ended)
        _, candles = await running.get(f"/historical/markets/{settled.ticker}/candlesticks", **SPAN)
        assert {"open", "close", "mean"} <= set(candles["candlesticks"][0]["price"])

    serve(tmp_path, use, live_seconds=3_600)


def test_a_change_of_status_is_an_update(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        before = {each.ticker: each.status for each in running.model.listings.markets.values() if not each.is_combo}
        for _ in range(401):
            running.tick()
        changed = {name for name, status in before.items() if running.model.markets[name].status != status}
        assert {running.model.markets[name].status for name in changed} >= {"determined", "finalized"}
        since = {"min_updated_ts": str(STARTED_US // 1_000_000 - 1), "mve_filter": "exclude", "limit": "1000"}
        _, updated = await running.get("/markets", **since)
        assert changed <= {each["ticker"] for each in updated["markets"]}

    serve(tmp_path, use)


def test_an_empty_bucket_answers_429(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        answers = await asyncio.gather(*(running.get("/exchange/status") for _ in range(60)))
        refused = [body for status, body in answers if status == 429]
        assert 10 <= len(refused) <= 20
        assert refused[0] == {"error": "too many requests"}

    serve(tmp_path, use)


def test_unsigned_answers_may_be_stale(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        _, before = await running.get("/markets/trades")
        for _ in range(200):
            running.tick()
        assert (await running.get("/markets/trades"))[1] == before
        assert (await running.get("/markets/trades", limit="5"))[1]["trades"]

    serve(tmp_path, use, stale_seconds=15.0)


def test_a_slash_at_the_end_is_redirected(tmp_path: Path) -> None:
    async def use(running: Running) -> None:
        async with running.rest.get("/trade-api/v2/markets/", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (301, "/trade-api/v2/markets")

    serve(tmp_path, use)
