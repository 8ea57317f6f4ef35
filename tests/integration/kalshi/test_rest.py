"""The REST client with a local server: retries, pages, signatures and the budget."""

import asyncio
import tracemalloc
import zlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, web
from tenacity import RetryCallState, wait_none

from kalshi_data.demo.keys import make_key
from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.exchange_status.rest_refusals import RestRefusals
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.refusals import BadAnswer, retry_after_seconds
from kalshi_data.kalshi.rest import Budget, Rest, wait_seconds
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
    pages = [msgspec.json.decode(page.encoded) async for page in rest.pages("/markets", "markets", {"status": "open"})]
    return [each["ticker"] for page in pages for each in page]


def test_every_page_comes_once_with_the_same_filters() -> None:
    listed = five_markets()
    assert serve(listed, tickers) == TICKERS
    assert [each.get("cursor") for each in listed.requests] == [None, "2", "4"]
    assert {each["status"] for each in listed.requests} == {"open"}
    assert not any(listed.signed)


@pytest.mark.parametrize(
    ("value", "expected"), [("null", []), ("[]", []), ('{"a": 1}', None), ("7", None), ("true", None), ('"[]"', None)]
)
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


def paged(*pages: str) -> Listed:
    """Return an exchange that answers with these bodies in turn, and with the last one again and again."""
    listed = Listed()
    left = list(pages)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=left.pop(0) if len(left) > 1 else left[0], content_type="application/json")

    listed.answers["markets"] = answer
    return listed


def body(*names: str, cursor: str = '""') -> str:
    return f'{{"markets": [{", ".join(f"{{{json_name(name)}}}" for name in names)}], "cursor": {cursor}}}'


def json_name(name: str) -> str:
    return f'"ticker": "{name}"'


def test_an_empty_page_that_repeats_the_cursor_ends_a_list() -> None:
    listed = paged(body("A", cursor='"end"'), body(cursor='"end"'))
    assert serve(listed, tickers) == ["A"]
    assert len(listed.requests) == 2


def test_a_list_goes_on_behind_an_empty_page_but_not_for_ever() -> None:
    assert serve(paged(body("A", cursor='"1"'), body(cursor='"2"'), body("B")), tickers) == ["A", "B"]
    empty = [body(cursor=f'"{number}"') for number in range(50)]
    listed = paged(body("A", cursor='"first"'), *empty)
    assert serve(listed, tickers) == ["A"]
    assert len(listed.requests) == rest_module.EMPTY_PAGES_MAX + 2


def test_a_list_that_never_ends_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "PAGES_MAX", 20)
    listed = paged(*(body("A", cursor=f'"{number}"') for number in range(50)))
    with pytest.raises(ExchangeError, match="more than 20 pages"):
        serve(listed, tickers)
    assert len(listed.requests) == 20


@pytest.mark.parametrize("cursor", ["5", "true", "{}", "[]", "1.5", '"\\ud800"', '"' + "c" * 5_000 + '"'])
def test_a_cursor_that_cannot_be_sent_back_is_an_error(cursor: str) -> None:
    listed = paged(body("A", cursor=cursor))
    with pytest.raises(ExchangeError, match="GET /markets: the cursor"):
        serve(listed, tickers)
    assert len(listed.requests) == 1


def test_an_answer_without_its_list_is_an_error_in_the_words_of_the_exchange() -> None:
    listed = paged('{"error": {"code": "service_unavailable", "message": "try\\u0000 later"}}')
    with pytest.raises(ExchangeError, match=r"GET /markets: the answer has no markets: error: .*service_unavailable"):
        serve(listed, tickers)
    with pytest.raises(ExchangeError, match=r"GET /markets: the answer has no markets: $"):
        serve(paged("{}"), tickers)


def test_bad_members_of_a_page_cost_no_other() -> None:
    bad = 'null, 7, "x", [], {"title": "\\ud800"}, {"strike": NaN}, {"deep": ' + "[" * 3_000 + "]" * 3_000 + "}"
    listed = paged(f'{{"markets": [{{"ticker": "A"}}, {bad}, {{"ticker": "B"}}], "cursor": "x"}}', body("C"))
    assert serve(listed, tickers) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("status", "text", "headers", "attempts", "message"),
    [
        (
            401,
            "API has been\nmoved to\x00 https://api.example.test/",
            {},
            1,
            "401 Unauthorized: API has been moved to h",
        ),
        (
            403,
            "<html><h1>403 Forbidden</h1>" + "x" * 9_000,
            {},
            1,
            r"403 Forbidden: <html><h1>403 Forbidden</h1>x{100}",
        ),
        (404, "", {}, 1, "404 Not Found$"),
        (302, "", {"Location": "https://elsewhere.test/"}, 1, "redirected to https://elsewhere.test/; set rest_url"),
        (304, "", {}, 1, "304 Not Modified: redirected to nowhere"),
        (204, "", {}, 1, "204 No Content"),
        (408, "", {}, 2, "408 Request Timeout"),
        (500, "oops", {}, 2, "500 Internal Server Error: oops"),
        (503, "", {"Retry-After": "0"}, 2, "503 Service Unavailable"),
        (
            200,
            "<html>scheduled maintenance</html>",
            {},
            2,
            "the answer is no JSON object .*<html>scheduled",
        ),
        (200, "", {}, 2, "the answer is no JSON object"),
        (200, "[" * 3_000, {}, 2, "the answer is no JSON object"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error_in_the_words_of_the_exchange(
    monkeypatch: pytest.MonkeyPatch, status: int, text: str, headers: dict[str, str], attempts: int, message: str
) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 2)
    monkeypatch.setattr(rest_module, "tenacity_wait", wait_none)
    listed = Listed()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    listed.answers["markets"] = answer
    with pytest.raises(ExchangeError, match=message) as caught:
        serve(listed, tickers)
    assert (caught.value.status, len(listed.requests)) == (status, attempts)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()


def test_a_redirect_is_not_followed() -> None:
    listed = Listed()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": "/api/events"})

    listed.answers["markets"] = answer
    with pytest.raises(ExchangeError, match="308"):
        serve(listed, tickers)
    assert [each["list"] for each in listed.requests] == ["markets"], "the signature goes to no other address"


def test_the_exchange_chooses_the_pause_within_a_limit() -> None:
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    given = (
        "2",
        "0",
        "-5",
        "1e9",
        "inf",
        "nan",
        "soon",
        "",
        "Sat, 28 Nov 2026 12:00:07 GMT",
        "Sat, 28 Nov 2026 1:00:00 GMT",
    )
    found = [retry_after_seconds(text, now) for text in given]
    assert found == [2.0, 0.0, 0.0, 60.0, 0.0, 0.0, 0.0, 0.0, 7.0, 0.0]
    assert retry_after_seconds("Fri, 31 Dec 9999 23:59:59 GMT", now) == 60.0
    state = RetryCallState(None, None, (), {})  # pyright: ignore[reportArgumentType]
    state.set_exception((BadAnswer, BadAnswer("busy", 429, is_transient=True, retry_after_seconds=5.0), None))
    assert 5.2 <= wait_seconds(state) <= 5.4


def test_every_request_of_the_budget_waits_if_one_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock moves when something waits, so the test takes no time."""
    now, slept = [100.0], list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    async def use() -> None:
        budget = Budget(1e6, 1e6)
        await budget.take()
        budget.wait(7.0)
        budget.wait(2.0)
        await budget.take()
        await budget.take()

    monkeypatch.setattr(rest_module.asyncio, "sleep", sleep)
    monkeypatch.setattr(rest_module.time, "monotonic", lambda: now[0])
    asyncio.run(use())
    assert slept == [7.0]


def test_a_refusal_is_reported_though_the_request_then_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "tenacity_wait", wait_none)
    counters, listed = Counters(), five_markets()
    left: list[tuple[int, dict[str, str]]] = [(429, {"Retry-After": "0"}), (503, {}), (404, {})]

    async def answer(_: web.Request) -> web.Response:
        status, headers = left.pop(0)
        return web.Response(status=status, text='{"code": "slow", "message": "down"}', headers=headers)

    async def use(rest: Rest) -> None:
        with pytest.raises(ExchangeError, match="404"):
            await rest.get("/markets", {})

    listed.answers["markets"] = answer
    serve(listed, use, refused=RestRefusals(counters, lambda: 9.0).take)
    assert counters.requests_refused == {429: 1, 503: 1, 404: 1}
    assert counters.rest_refusal == "GET /markets: 503 Service Unavailable: slow: down"
    assert (counters.rest_refused_at_seconds, counters.rest_waits_until_seconds) == (9.0, 0.0)


@pytest.mark.parametrize(
    ("status", "text", "is_answer"),
    [
        (503, '{"exchange_active": false}', True),
        (500, '{"exchange_active": null}', True),
        (503, '{"code": "unavailable"}', False),
        (503, "<html>", False),
        (403, '{"exchange_active": false}', False),
    ],
)
def test_an_answer_that_says_what_was_asked_is_one_whatever_its_status(
    monkeypatch: pytest.MonkeyPatch, status: int, text: str, is_answer: bool
) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 1)
    listed = Listed()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    async def ask(rest: Rest) -> bool:
        try:
            return "exchange_active" in await rest.get("/markets", {}, "exchange_active")
        except BadAnswer:
            return False

    listed.answers["markets"] = answer
    assert serve(listed, ask) is is_answer


def test_an_answer_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 4_000_000
    monkeypatch.setattr(rest_module, "BODY_BYTES_MAX", limit)
    listed = Listed()

    packer = zlib.compressobj(wbits=31)
    packed = b"".join([packer.compress(b'{"markets": ['), *(packer.compress(b" " * limit) for _ in range(50))])

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=packed + packer.flush(), headers={"Content-Encoding": "gzip"})

    listed.answers["markets"] = answer
    tracemalloc.start()
    try:
        with pytest.raises(ExchangeError, match="larger than 4,000,000 bytes"):
            serve(listed, tickers)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(listed.requests) == 1
    assert peak_bytes < 5 * limit


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 1)
    monkeypatch.setattr(rest_module, "REQUEST_SECONDS_MAX", 0.3)
    listed = Listed()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    listed.answers["markets"] = answer
    with pytest.raises(ExchangeError, match="GET /markets: TimeoutError"):
        serve(listed, tickers)


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
