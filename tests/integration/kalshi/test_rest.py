"""The REST client with a local server: retries, pages, signatures and the budget."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession

from kalshi_data.demo.keys import make_key
from kalshi_data.errors import ExchangeError
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.rest import Budget, Rest
from kalshi_data.simulator.server import API
from tests.integration.simulator.test_faults import Running
from tests.integration.simulator.test_faults import serve as serve_simulator
from tests.support.listing_server import Listed, market, serve

TICKERS = [f"KXA-1-T{number}" for number in range(5)]


def five_markets() -> Listed:
    listed = Listed()
    listed.lists["markets"] = [market(ticker) for ticker in TICKERS]
    return listed


async def tickers(rest: Rest) -> list[str]:
    pages = [msgspec.json.decode(page) async for page in rest.pages("/markets", "markets", {"status": "open"})]
    return [each["ticker"] for page in pages for each in page]


def test_every_page_comes_once_with_the_same_filters() -> None:
    listed = five_markets()
    assert serve(listed, tickers) == TICKERS
    assert [each.get("cursor") for each in listed.requests] == [None, "2", "4"]
    assert {each["status"] for each in listed.requests} == {"open"}
    assert not any(listed.signed)


@pytest.mark.parametrize(("value", "expected"), [("null", []), ("[]", []), ('{"a": 1}', None), ("7", None)])
def test_a_page_is_a_list(value: str, expected: list[str] | None) -> None:
    listed = five_markets()
    listed.raw["markets"] = f'{{"markets": {value}, "cursor": null}}'
    if expected is None:
        with pytest.raises(ExchangeError, match="GET /markets: markets is not a list"):
            serve(listed, tickers)
    else:
        assert serve(listed, tickers) == expected


@pytest.mark.parametrize("fault", ["busy", "truncated"])
def test_a_request_is_repeated_after_an_error_that_may_pass(fault: str) -> None:
    listed = five_markets()
    setattr(listed, fault, 2)
    assert serve(listed, tickers) == TICKERS
    assert len(listed.requests) == 5


def test_a_cursor_that_is_returned_again_is_an_error() -> None:
    listed = five_markets()
    listed.repeats_cursor = 1
    with pytest.raises(ExchangeError, match="GET /markets: a cursor came back again"):
        serve(listed, tickers)
    assert len(listed.requests) == 2


def test_an_exchange_that_stays_busy_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 2)
    listed = five_markets()
    listed.busy = 10
    with pytest.raises(ExchangeError, match="GET /markets: 429 Too Many Requests") as caught:
        serve(listed, tickers)
    assert (caught.value.status, len(listed.requests)) == (429, 2)


def test_a_refused_request_is_sent_once() -> None:
    listed = five_markets()
    listed.refuses = 1
    with pytest.raises(ExchangeError, match="GET /markets: 401 Unauthorized") as caught:
        serve(listed, tickers)
    assert (caught.value.status, len(listed.requests)) == (401, 1)


def test_the_error_without_a_server_names_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 2)

    async def ask() -> None:
        async with ClientSession() as session:
            await Rest(session, "http://127.0.0.1:9").get("/series", {})

    with pytest.raises(ExchangeError, match="GET /series: Cannot connect"):
        asyncio.run(ask())


def test_signed_answers_are_never_stale(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    key = make_key(tmp_path, 1)

    async def use(running: Running) -> None:
        signer = load_signer(running.key.key_id, running.key.private)
        url = f"http://{running.address}{API}"
        signed, unsigned = Rest(running.rest, url, signer), Rest(running.rest, url)
        first = [await rest.get("/markets/trades", {}) for rest in (signed, unsigned)]
        for _ in range(100):
            running.tick()
        second = [await rest.get("/markets/trades", {}) for rest in (signed, unsigned)]
        assert bytes(first[0]["trades"]) != bytes(second[0]["trades"])
        assert bytes(first[1]["trades"]) == bytes(second[1]["trades"])
        stranger = Rest(running.rest, url, load_signer("stranger", key.private))
        with pytest.raises(ExchangeError, match="GET /series: 401 Unauthorized"):
            await stranger.get("/series", {})

    serve_simulator(tmp_path / "exchange", use, stale_seconds=60.0)


def test_the_budget_lets_a_burst_through_and_then_its_rate() -> None:
    async def take(budget: Budget, requests: int) -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(budget.take() for _ in range(requests)))
        return asyncio.get_running_loop().time() - began

    async def run() -> None:
        budget = Budget(tokens_per_second=10, tokens_max=100, tokens_per_request=10)
        # Ten requests one by one would take nine seconds at this rate; a busy machine may take a little longer.
        assert await take(budget, 10) < 5
        assert await take(budget, 1) > 0.5

    asyncio.run(run())
