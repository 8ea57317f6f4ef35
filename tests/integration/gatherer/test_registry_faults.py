"""No list, page, object or message of the exchange stops the registry, and all that is good is loaded."""

import asyncio
import itertools
from collections.abc import Sequence

import msgspec
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from structlog.testing import capture_logs

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.markets import registry as registry_module
from kalshi_data.gatherer.markets.registry import Registry
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.retry import Backoff
from tests.integration.gatherer.test_registry import (
    NOWHERE,
    SOON_SECONDS,
    WITHOUT_COMBOS,
    Clock,
    exchange,
    settings,
    soon,
    titles,
    use_registry,
    wanted_after_load,
)
from tests.support.engines import Database
from tests.support.listing_server import Answer, Listed, event, market, serve
from tests.support.waiting import wait_until_async


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat requests and steps without a pause."""
    monkeypatch.setattr(rest_module, "ATTEMPTS_MAX", 1)
    monkeypatch.setattr(Backoff, "next_seconds", soon)
    monkeypatch.setattr(registry_module, "TICK_SECONDS", SOON_SECONDS)


BROKEN = {
    "html": web.Response(text="<html>maintenance</html>"),
    "error": web.Response(text='{"error": {"code": "service_unavailable"}}'),
    "truncated": web.Response(text='{"series": [{"ticker": "KX'),
    "deep": web.Response(text="[" * 5_000),
    "no list": web.Response(text='{"series": {}, "events": 5, "markets": "x", "cursor": ""}'),
    "cursor": web.Response(text='{"series": [], "events": [], "markets": [], "cursor": 5}'),
    "gone": web.Response(status=404),
    "moved": web.Response(status=301),
    "refused": web.Response(status=403, text="blocked"),
    "failing": web.Response(status=500),
}


def always(response: web.Response) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=response.status, body=response.body)

    return answer


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("fault", "name"), [*zip(BROKEN, itertools.cycle(["series", "events", "events/multivariate"]), strict=False)]
)
def test_a_broken_list_holds_up_no_other(kalshi_meta: Database, name: str, fault: str) -> None:
    listed, clock, counters = exchange(), Clock(), Counters()
    listed.answers[name] = always(BROKEN[fault])

    async def look(registry: Registry) -> None:
        assert sorted(registry.wanted) == WITHOUT_COMBOS
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 8)
        await wait_until_async(lambda: counters.registry_failing.get(f"list /{name}"))
        assert counters.registry_failures.total() >= 1
        assert bool(counters.refused) == (fault == "refused")
        del listed.answers[name]
        await wait_until_async(lambda: not counters.registry_failing or clock.pass_seconds(1))
        assert not counters.refused
        await wait_until_async(lambda: [len(titles(kalshi_meta, each)) for each in ("series", "events")] == [3, 5])

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look, clock=clock, counters=counters)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", ["open", "paused", "unopened"])
def test_a_broken_list_of_markets_holds_up_neither_the_others_nor_messages(status: str) -> None:
    listed, clock, counters = exchange(), Clock(), Counters()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.query.get("status") == status:
            return web.json_response({"markets": [7], "cursor": {}})
        del listed.answers["markets"]
        response = await listed.answer(request)
        listed.answers["markets"] = answer
        return response

    listed.answers["markets"] = answer

    async def run(rest: Rest) -> None:
        registry = Registry(rest, NOWHERE, settings(), counters, None, clock)
        running = asyncio.ensure_future(registry.run())
        await registry.load()
        registry.take_lifecycle("created", "KXN-1-T1", b'{"open_ts":%d}' % clock.now_s)
        await wait_until_async(lambda: "KXN-1-T1" in registry.wanted)
        # The list of changes holds the others.
        await wait_until_async(lambda: {*WITHOUT_COMBOS} <= {*registry.wanted})
        running.cancel()
        await asyncio.wait([running])

    serve(listed, run)
    assert counters.registry_refused["markets"] > 0


@pytest.mark.usefixtures("quick")
def test_messages_are_applied_while_the_exchange_is_away() -> None:
    listed, clock, counters = exchange(), Clock(), Counters()
    listed.answers = dict.fromkeys(listed.lists, always(BROKEN["failing"]))

    async def run(rest: Rest) -> None:
        registry = Registry(rest, NOWHERE, settings(), counters, None, clock)
        tasks = [asyncio.ensure_future(each) for each in (registry.run(), registry.load())]
        registry.take_lifecycle("created", "KXN-1-T1", b"{}")
        await wait_until_async(lambda: [*registry.wanted] == ["KXN-1-T1"])
        assert not tasks[1].done()
        listed.answers = {}
        await wait_until_async(tasks[1].done)
        assert {*WITHOUT_COMBOS} <= {*registry.wanted}
        tasks[0].cancel()
        await asyncio.wait(tasks)

    serve(listed, run)


@pytest.mark.usefixtures("quick")
def test_a_table_that_is_missing_fails_its_own_list(kalshi_meta: Database) -> None:
    with kalshi_meta.connect() as connection:
        connection.execute("alter table registry.events rename to away")
    clock, counters = Clock(), Counters()

    async def look(registry: Registry) -> None:
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 8)
        await wait_until_async(lambda: "list /events" in counters.registry_failing)
        assert "UndefinedTable" in counters.registry_failing["list /events"]
        with kalshi_meta.connect() as connection:
            connection.execute("alter table registry.away rename to events")
        await wait_until_async(lambda: len(titles(kalshi_meta, "events")) == 5 or clock.pass_seconds(1))
        assert sorted(registry.wanted) == WITHOUT_COMBOS

    use_registry(exchange(), kalshi_meta.conninfo("gatherer"), look, clock=clock, counters=counters)


@pytest.mark.usefixtures("quick")
def test_nulls_of_a_market_hide_no_book(kalshi_meta: Database) -> None:
    listed, none = Listed(page_rows=9), ("event_ticker", "status", "open_time", "close_time", "updated_time")
    listed.lists["markets"] = [
        market("KXN-1-T1"),
        *(market(f"KXN-2-T{n}", **{name: None}) for n, name in enumerate(none)),
    ]
    listed.lists["markets"] += [market("KXN-3-T1", **dict.fromkeys(none)), market("KXN-3-T2", close_time="")]
    listed.lists["events"] = [event("KXN-1", "KXN"), {"event_ticker": "KXN-2", "series_ticker": None}]

    async def look(registry: Registry) -> None:
        tickers = sorted(each["ticker"] for each in listed.lists["markets"])
        assert sorted(registry.wanted) == tickers
        await wait_until_async(lambda: [ticker for ticker, _ in titles(kalshi_meta, "markets")] == tickers)
        await wait_until_async(lambda: len(titles(kalshi_meta, "events")) == 2)

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look)


@pytest.mark.usefixtures("quick")
def test_a_bad_object_fails_its_own_fetch_alone(kalshi_meta: Database) -> None:
    """Several markets are asked for at once. If the exchange refuses all because of one, fewer are asked for."""
    listed, clock, counters = exchange(), Clock(), Counters()

    async def answer(request: web.Request) -> web.StreamResponse:
        if "KXBAD-1" in request.query.get("tickers", ""):
            return web.Response(status=400, text="bad ticker")
        del listed.answers["markets"]
        response = await listed.answer(request)
        listed.answers["markets"] = answer
        return response

    listed.answers["markets"] = answer

    async def look(registry: Registry) -> None:
        for number in range(9):
            listed.lists["markets"].append(market(f"KXNEW-{number}", "2026-10-01T00:00:00Z"))
            registry.take_lifecycle("metadata_updated", f"KXNEW-{number}", b"{}")
        registry.take_lifecycle("created", "KXBAD-1", b"{}")
        await wait_until_async(
            lambda: sum(each.startswith("KXNEW") for each in registry.wanted) == 9 or clock.pass_seconds(1)
        )
        assert "KXBAD-1" in registry.wanted
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 17)

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look, clock=clock, counters=counters)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**400), 10**400) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
TEXTS = JSON.map(
    lambda value: msgspec.json.encode(value, enc_hook=repr) if not isinstance(value, int) else b"%d" % value
)
ODD = st.sampled_from(
    [b"1e400", b"NaN", b'"\\ud800"', b'"\\u0000"', b"[" * 3_000 + b"]" * 3_000, b'"' + b"x" * 9_000 + b'"', b"-", b""]
)
FIELDS = (
    "ticker event_ticker series_ticker status open_time close_time updated_time categories open_ts close_ts"
    " additional_metadata last_updated_ts title"
)
NAMES = st.sampled_from(FIELDS.split())


def encode(members: Sequence[tuple[str, bytes]]) -> bytes:
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in members) + b"}"


KINDS = st.sampled_from(["created", "close_date_updated", "event_lifecycle", "activated", "other"])
OBJECTS = st.lists(st.tuples(NAMES, TEXTS | ODD), max_size=5).map(encode)


@pytest.mark.usefixtures("quick")
@examples(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(OBJECTS | TEXTS, max_size=8),
    st.lists(
        st.tuples(st.sampled_from(["created", "close_date_updated", "event_lifecycle", "x"]), OBJECTS | TEXTS | ODD)
    ),
)
def test_whatever_lists_and_messages_hold_the_good_markets_are_wanted(
    objects: list[bytes], messages: list[tuple[str, bytes]]
) -> None:
    listed, clock = exchange(), Clock()
    good = [market("KXA-1-T1"), market("KXB-1-T1")]
    members = [msgspec.json.encode(good[0]), *objects, msgspec.json.encode(good[1])]
    listed.raw["markets"] = b'{"markets":[' + b",".join(each or b"null" for each in members) + b'],"cursor":""}'

    async def look(registry: Registry) -> None:
        for kind, payload in messages:
            registry.take_lifecycle(kind, "KXODD", payload)
        registry.take_lifecycle("created", "KXN-1-T1", b'{"close_ts":%d}' % (clock.now_s + 99))
        await wait_until_async(lambda: {"KXA-1-T1", "KXB-1-T1", "KXN-1-T1"} <= {*registry.wanted})

    use_registry(listed, NOWHERE, look, clock=clock)


@pytest.mark.usefixtures("quick")
def test_a_step_that_fails_is_logged_when_that_begins_and_ends() -> None:
    listed, counters = exchange(), Counters()
    listed.answers["series"] = always(BROKEN["html"])

    async def run(rest: Rest) -> None:
        registry = Registry(rest, NOWHERE, settings(categories=["Sports"]), counters, None, Clock())
        await registry.load()
        assert not registry.wanted
        running = asyncio.ensure_future(registry.run())
        await wait_until_async(lambda: counters.registry_failures["load /series"] > 5)
        listed.answers.clear()
        await wait_until_async(lambda: len(registry.wanted) == 3)
        running.cancel()
        await asyncio.wait([running])

    with capture_logs() as logged:
        serve(listed, run)
    failures = [each["event"] for each in logged if "load /series" in str(each.values())]
    assert failures == ["registry: cannot load /series, trying again", "incident over"]


@pytest.mark.usefixtures("quick")
def test_wanted_books_do_not_depend_on_series_that_cannot_be_listed() -> None:
    listed = exchange()
    listed.answers["series"] = always(BROKEN["html"])
    assert wanted_after_load(listed, tickers=["KXA-*"], categories=["Sports"]) == ["KXA-1-T1", "KXA-2-T1"]
