"""The registry: bodies and their history in the database, and which order books are wanted."""

import asyncio
import random
import string
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from tenacity import wait_none

from kalshi_data.database.connection import Connection, connect
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import KEY_REFUSED
from kalshi_data.gatherer.markets import fetch_queue as fetch_queue_module
from kalshi_data.gatherer.markets import registry as registry_module
from kalshi_data.gatherer.markets import store as store_module
from kalshi_data.gatherer.markets.registry import Registry
from kalshi_data.gatherer.markets.store import RegistryStore, save_page
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.retry import Backoff
from kalshi_data.settings import decode_path
from kalshi_data.shard import Shard
from tests.support.engines import Database
from tests.support.listing_server import Listed, Object, event, market, seconds, series, serve
from tests.support.waiting import wait_until, wait_until_async

EARLY, LATE = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00.5Z"
NOW = "2026-11-03T00:00:00Z"
SOON_SECONDS = 0.02
NOWHERE = "host=/nowhere dbname=nothing"


def soon(*_: object) -> float:
    return SOON_SECONDS


def page(*objects: Object) -> bytes:
    return msgspec.json.encode(objects)


def save(connection: Connection, table: str, *objects: Object) -> int:
    """Save a page; return how many objects had changed."""
    return save_page(connection, table, page(*objects)).changed


def titles(database: Database, table: str) -> list[tuple[str, str]]:
    with database.connect() as connection:
        statement = f"select ticker, body ->> 'title' from registry.{table} order by 1, fetched_at, body ->> 'title'"
        return connection.execute(statement.encode()).fetchall()


def body(table: str, ticker: str, updated: str | None, title: str) -> Object:
    name = "event_ticker" if table == "events" else "ticker"
    return {name: ticker, "updated_time" if table == "markets" else "last_updated_ts": updated, "title": title}


@pytest.mark.parametrize("table", ["series", "events", "markets"])
def test_the_newest_body_wins_and_each_replaced_one_is_kept_once(kalshi_meta: Database, table: str) -> None:
    one, two, three = (body(table, "A", *each) for each in ((EARLY, "one"), (LATE, "two"), (LATE, "three")))
    with kalshi_meta.connect("gatherer") as connection:
        assert save(connection, table, one, body(table, "B", None, "b")) == 2
        assert save(connection, table, one) == 0
        assert save(connection, table, two, one) == 1
        assert save(connection, table, one) == 0, "what is older than the newest was known before"
        assert save(connection, table, two) == 0
        assert save(connection, table, three) == 1, "a change within the same time is a change"
        assert save(connection, table, {"no": "ticker"}) == 0
    assert titles(kalshi_meta, table) == [("A", "three"), ("B", "b")]
    assert titles(kalshi_meta, f"{table}_history") == [("A", "one"), ("A", "two")]
    with kalshi_meta.connect("dedup_reader") as connection:
        for view, rows in ((f"{table}_v1", 2), (f"{table}_history_v1", 2)):
            assert connection.execute(f"select count(*) from sync.{view}".encode()).fetchone() == (rows,)


def test_a_session_that_the_server_ends_while_it_is_idle_costs_no_page(kalshi_meta: Database) -> None:
    store = RegistryStore(kalshi_meta.conninfo("gatherer"))
    try:
        for number in range(3):
            assert store.save("series", page(series(f"KX{number}"))) == (1, [])
            with kalshi_meta.connect() as connection:
                ended = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'gatherer'"
                assert connection.execute(f"{ended} and datname = current_database()".encode()).fetchall() == [(True,)]
    finally:
        store.close()


def test_a_page_on_its_way_is_saved_after_the_store_is_closed_and_leaves_no_session(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "CLOSE_SECONDS_MAX", 0.0)
    store = RegistryStore(kalshi_meta.conninfo("gatherer"))
    with kalshi_meta.connect() as connection, ThreadPoolExecutor() as threads:
        with connection.transaction():
            connection.execute("lock table registry.series")
            saving = threads.submit(store.save, "series", page(series("KXA")))
            waiting = b"select count(*) from pg_locks where not granted"
            wait_until(lambda: connection.execute(waiting).fetchone() == (1,))
            store.close()
        assert saving.result() == (1, [])
    assert not store.is_available()
    with kalshi_meta.connect() as connection:
        left = b"select count(*) from pg_stat_activity where usename = 'gatherer' and datname = current_database()"
        wait_until(lambda: connection.execute(left).fetchone() == (0,))


def test_quotes_alone_change_nothing(kalshi_meta: Database) -> None:
    first = market("KXA-1-T1", title="one", yes_bid_dollars="0.4100", volume_fp="1.00")
    with kalshi_meta.connect("gatherer") as connection:
        assert save(connection, "markets", first) == 1
        assert save(connection, "markets", {**first, "yes_bid_dollars": "0.4200", "volume_fp": "2.00"}) == 0
        assert save(connection, "markets", {**first, "volume_fp": "2.00", "status": "closed"}) == 1
    assert titles(kalshi_meta, "markets_history") == [("KXA-1-T1", "one")]


def test_an_object_with_a_name_of_another_type_is_not_saved(kalshi_meta: Database) -> None:
    with kalshi_meta.connect("gatherer") as connection:
        assert save(connection, "markets", {"ticker": 7}, {"ticker": None}, {"ticker": []}, market("KXA-1-T1")) == 1
        assert save(connection, "events", {"event_ticker": {}}, event("KXA-1", "KXA"), event("KXA-1", "KXB")) == 1
        (last,) = connection.execute("select body ->> 'series_ticker' from registry.events").fetchall()
    assert last == ("KXB",), "of two that are equally new, the last one of the page"


def test_an_object_that_the_database_refuses_costs_no_other(kalshi_meta: Database) -> None:
    good = [market(f"KXA-1-T{number}", title="good") for number in range(7)]
    noise = "".join(random.choices(string.ascii_letters, k=9000))
    bad = [market("KXBAD-1", title="\0"), market(noise), market("KXBAD-3", cap_strike=msgspec.Raw(b"1e200000"))]
    with kalshi_meta.connect("gatherer") as connection:
        changed, refused = save_page(connection, "markets", page(*good[:3], *bad, *good[3:]))
    assert changed == len(good)
    assert [word for reason in refused for word in ("Unicode", "index row", "overflow") if word in reason] == [
        "Unicode",
        "index row",
        "overflow",
    ]
    assert titles(kalshi_meta, "markets") == [(each["ticker"], "good") for each in good]


def settings(**subscriptions: Any) -> GathererSettings:
    section = {"conninfo": ""}
    exchange = {
        "rest_url": "http://localhost",
        "websocket_url": "ws://localhost",
        "key_id": "",
        "private_key_file": "key.pem",
    }
    value = {
        "exchange": exchange,
        "databases": {"kalshi_ts": section, "kalshi_meta": section},
        "registry": {"reconcile_seconds": SOON_SECONDS},
        "subscriptions": subscriptions,
    }
    return msgspec.convert(value, GathererSettings, dec_hook=decode_path)


class Clock:
    """A clock that a test sets."""

    def __init__(self, text: str = NOW) -> None:
        self.now_s = seconds(text)

    def __call__(self) -> float:
        return self.now_s

    def pass_seconds(self, seconds: float) -> None:
        self.now_s += seconds


def use_registry(
    listed: Listed,
    conninfo: str,
    use: Callable[[Registry], Awaitable[None]],
    *,
    clock: Clock | None = None,
    shard: Shard | None = None,
    counters: Counters | None = None,
    **subscriptions: Any,
) -> None:
    """Load a registry and run it while `use` looks at it."""

    async def run(rest: Rest) -> None:
        figured = counters or Counters()
        registry = Registry(rest, conninfo, settings(**subscriptions), figured, shard, clock or Clock())
        await registry.load()
        running = asyncio.ensure_future(registry.run())
        try:
            await use(registry)
        finally:
            running.cancel()
            await asyncio.wait([running])
        assert running.cancelled()

    serve(listed, run)


def wanted_after_load(listed: Listed, conninfo: str = NOWHERE, **choice: Any) -> list[str]:
    found: list[str] = []

    async def look(registry: Registry) -> None:
        found.extend(sorted(registry.wanted))
        assert registry.changed.is_set() == bool(found)

    use_registry(listed, conninfo, look, **choice)
    return found


def exchange() -> Listed:
    listed = Listed()
    listed.lists["series"] = [series("KXA", "Economics", "Prices"), series("KXB", "Sports"), series("KXMVEC", "Sports")]
    listed.lists["events"] = [event(f"{name}-{n}", name) for name in ("KXA", "KXB") for n in (1, 2)]
    listed.lists["events/multivariate"] = [event("KXMVEC-1", "KXMVEC")]
    listed.lists["markets"] = [market(f"{each['event_ticker']}-T1") for each in listed.lists["events"]]
    listed.lists["markets"] += [market("KXMVEC-1-T1"), market("KXB-1-T2", status="inactive")]
    listed.lists["markets"] += [market("KXB-1-T3", status="finalized"), market("KXB-1-T4", status="initialized")]
    listed.lists["markets"][-1]["open_time"] = "2026-11-04T00:00:00Z"
    return listed


WITHOUT_COMBOS = ["KXA-1-T1", "KXA-2-T1", "KXB-1-T1", "KXB-1-T2", "KXB-2-T1"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, WITHOUT_COMBOS),
        ({"combos": True}, sorted([*WITHOUT_COMBOS, "KXMVEC-1-T1"])),
        ({"series": ["KXA"]}, ["KXA-1-T1", "KXA-2-T1"]),
        ({"series": ["KX?"], "tickers": ["nothing"]}, WITHOUT_COMBOS),
        ({"categories": ["Pri*"]}, ["KXA-1-T1", "KXA-2-T1"]),
        ({"categories": ["Sports"], "combos": True}, ["KXB-1-T1", "KXB-1-T2", "KXB-2-T1", "KXMVEC-1-T1"]),
        ({"tickers": ["KX*-1-T1", "KXB-2-*"]}, ["KXA-1-T1", "KXB-1-T1", "KXB-2-T1"]),
        ({"tickers": ["kxa*"]}, []),
    ],
)
def test_the_settings_choose_the_order_books(choice: dict[str, Any], expected: list[str]) -> None:
    assert wanted_after_load(exchange(), **choice) == expected


def test_shards_divide_what_is_wanted() -> None:
    parts = [wanted_after_load(exchange(), shard=Shard(number, 2)) for number in (1, 2)]
    assert sorted(parts[0] + parts[1]) == WITHOUT_COMBOS
    assert all(parts)


def test_everything_is_kept_although_only_some_is_wanted(kalshi_meta: Database) -> None:
    async def look(_: Registry) -> None:
        await wait_until_async(lambda: [len(titles(kalshi_meta, each)) for each in ("markets", "events")] == [8, 5])

        await wait_until_async(lambda: len(titles(kalshi_meta, "series")) == 3)

    use_registry(exchange(), kalshi_meta.conninfo("gatherer"), look, tickers=["KXA-1-T1"])


def test_faults_of_pages_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "tenacity_wait", wait_none)
    monkeypatch.setattr(Backoff, "next_seconds", soon)
    for faults in ({"busy": 6}, {"truncated": 3}, {"repeats_cursor": 2}):
        listed = exchange()
        vars(listed).update(faults)
        assert wanted_after_load(listed) == WITHOUT_COMBOS
        assert not any(getattr(listed, name) for name in faults)


def test_a_rejected_key_is_reported_until_requests_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "next_seconds", soon)
    listed, counters = exchange(), Counters()
    listed.refuses = 1

    async def run(rest: Rest) -> None:
        registry = Registry(rest, NOWHERE, settings(), counters, None, Clock())
        loading = asyncio.ensure_future(registry.load())
        await wait_until_async(lambda: counters.refused)
        assert counters.refused == {"rest": f"{KEY_REFUSED}: GET /markets: 401 Unauthorized: authentication_error"}
        listed.refuses = 0
        await loading
        assert counters.refused == {}
        assert counters.markets_wanted == len(registry.wanted) == len(WITHOUT_COMBOS)

    serve(listed, run)


def test_markets_open_and_close_by_the_clock() -> None:
    clock = Clock("2026-11-03T23:59:50Z")

    async def look(registry: Registry) -> None:
        assert "KXB-1-T4" not in registry.wanted
        registry.changed.clear()
        clock.now_s += 6
        await wait_until_async(lambda: "KXB-1-T4" in registry.wanted)
        assert registry.changed.is_set()
        clock.now_s = seconds("2027-01-01T00:00:29Z")
        await asyncio.sleep(0.6)
        assert "KXB-1-T4" in registry.wanted
        clock.now_s += 1
        await wait_until_async(lambda: not registry.wanted)

    use_registry(exchange(), NOWHERE, look, clock=clock)


def test_messages_change_what_is_wanted() -> None:
    clock = Clock()

    async def look(registry: Registry) -> None:
        close_s = int(clock.now_s) + 10
        registry.take_lifecycle("close_date_updated", "KXA-1-T1", b'{"close_ts":%d}' % close_s)
        registry.take_lifecycle("determined", "KXA-2-T1", b'{"result":"yes"}')
        registry.take_lifecycle("deactivated", "KXB-1-T1", b'{"is_deactivated":true}')
        registry.take_lifecycle("close_date_updated", "KXB-2-T1", b'{"close_ts":"soon"}')
        registry.take_lifecycle("metadata_updated", "KXB-2-T1", b"not JSON")
        await asyncio.sleep(0.1)
        assert sorted(registry.wanted) == WITHOUT_COMBOS, "books are followed a little beyond the end"
        clock.now_s += 31
        await wait_until_async(lambda: "KXA-2-T1" not in registry.wanted)
        assert "KXA-1-T1" in registry.wanted
        clock.now_s += 10
        await wait_until_async(lambda: "KXA-1-T1" not in registry.wanted)
        registry.take_lifecycle("close_date_updated", "KXA-1-T1", b'{"close_ts":%d}' % (close_s + 9999))
        registry.take_lifecycle("activated", "KXA-1-T1", b"{}")
        await wait_until_async(lambda: "KXA-1-T1" in registry.wanted)
        assert sorted(registry.wanted) == sorted({*WITHOUT_COMBOS} - {"KXA-2-T1"})

    # The body that REST still gives is older than the messages.
    use_registry(exchange(), NOWHERE, look, clock=clock)


def test_a_created_market_is_wanted_at_once_and_its_body_asked_for_until_rest_has_it(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_queue_module, "delay_seconds", soon)
    monkeypatch.setattr(registry_module, "TICK_SECONDS", SOON_SECONDS)
    monkeypatch.setattr(fetch_queue_module, "FIRST_DELAY_SECONDS", 0.0)
    listed, clock = exchange(), Clock()
    payload = {"open_ts": int(clock.now_s), "additional_metadata": {"event_ticker": "KXA-9"}}

    async def look(registry: Registry) -> None:
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 8)
        registry.take_lifecycle("event_lifecycle", "KXA-9", b'{"series_ticker":"KXA"}')
        registry.take_lifecycle("created", "KXA-9-T1", msgspec.json.encode(payload))
        await wait_until_async(lambda: "KXA-9-T1" in registry.wanted)
        listed.hidden["KXA-9-T1"] = 3
        listed.lists["markets"].append(market("KXA-9-T1", "2026-10-01T00:00:00Z", title="new"))
        await wait_until_async(lambda: ("KXA-9-T1", "new") in titles(kalshi_meta, "markets") or clock.pass_seconds(1))
        assert listed.hidden["KXA-9-T1"] == 0

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look, clock=clock, series=["KXA"])


def test_a_market_of_an_unknown_event_is_decided_when_the_event_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_queue_module, "delay_seconds", soon)
    monkeypatch.setattr(registry_module, "TICK_SECONDS", SOON_SECONDS)
    listed, clock = exchange(), Clock()

    async def look(registry: Registry) -> None:
        listed.lists["events"] += [event("KXA-9", "KXA"), event("KXB-9", "KXB")]
        listed.lists["markets"] += [market("KXA-9-T1"), market("KXB-9-T1")]
        for ticker in ("KXA-9-T1", "KXB-9-T1"):
            registry.take_lifecycle("created", ticker, b"{}")
        await wait_until_async(lambda: "KXA-9-T1" in registry.wanted or clock.pass_seconds(1))
        for _ in range(100):
            clock.now_s += 1
            await asyncio.sleep(0.01)
        assert sorted(registry.wanted) == ["KXA-1-T1", "KXA-2-T1", "KXA-9-T1"]

    use_registry(listed, NOWHERE, look, clock=clock, series=["KXA"])


@pytest.mark.parametrize("choice", [{"series": ["KXN*"]}, {"categories": ["New"]}])
def test_a_market_of_a_new_series_is_chosen_as_well(monkeypatch: pytest.MonkeyPatch, choice: dict[str, Any]) -> None:
    monkeypatch.setattr(registry_module, "TICK_SECONDS", SOON_SECONDS)
    listed, clock = exchange(), Clock()

    async def look(registry: Registry) -> None:
        assert not registry.wanted
        registry.take_lifecycle("event_lifecycle", "KXN-1", b'{"series_ticker":"KXN"}')
        registry.take_lifecycle("created", "KXN-1-T1", b'{"additional_metadata":{"event_ticker":"KXN-1"}}')
        await asyncio.sleep(0.1)
        # The pattern of a series is enough, its category is known only when REST lists it.
        assert [*registry.wanted] == (["KXN-1-T1"] if "series" in choice else [])
        listed.lists["series"].append({**series("KXN", "New"), "last_updated_ts": LATE})
        listed.lists["events"].append(event("KXN-1", "KXN"))
        listed.lists["markets"].append(market("KXN-1-T1"))
        await wait_until_async(lambda: registry.wanted or clock.pass_seconds(1))
        assert [*registry.wanted] == ["KXN-1-T1"]

    use_registry(listed, NOWHERE, look, clock=clock, **choice)


def test_changes_are_found_without_messages(kalshi_meta: Database) -> None:
    listed, clock = exchange(), Clock()

    async def look(registry: Registry) -> None:
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 8)
        changed = market("KXA-1-T1", NOW, title="changed", close_time="2026-11-03T00:01:00Z")
        listed.lists["markets"][0] = changed
        await wait_until_async(lambda: ("KXA-1-T1", "changed") in titles(kalshi_meta, "markets"))
        clock.now_s += 90
        await wait_until_async(lambda: "KXA-1-T1" not in registry.wanted)

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look, clock=clock)
    asked = [each for each in listed.asked("markets") if "min_updated_ts" in each]
    # Two minutes of overlap before the newest change that was known.
    assert asked[0]["min_updated_ts"] == str(int(seconds(EARLY)) - 120)
    assert {each["mve_filter"] for each in asked} == {"exclude"}


def test_a_market_that_vanishes_is_dropped_after_a_complete_load(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_queue_module, "delay_seconds", soon)
    monkeypatch.setattr(registry_module, "TICK_SECONDS", SOON_SECONDS)
    listed, clock = exchange(), Clock()

    async def look(registry: Registry) -> None:
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 8)
        vanished = listed.lists["markets"].pop(0)["ticker"]
        clock.now_s += 86_400
        await wait_until_async(lambda: vanished not in registry.wanted or clock.pass_seconds(0.5))
        assert sorted({*WITHOUT_COMBOS} - {*registry.wanted}) == [vanished]

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look, clock=clock)


def test_a_database_that_is_away_delays_nothing_and_gets_everything_later(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalshi_data.gatherer.markets.store.PAUSE_SECONDS", 0.1)
    conninfo = kalshi_meta.conninfo("gatherer")

    def allow(flag: str) -> None:
        with connect(kalshi_meta.server.conninfo("postgres"), application_name="test") as connection:
            connection.execute(f'alter database "{kalshi_meta.name}" with allow_connections {flag}'.encode())

    allow("false")

    async def look(registry: Registry) -> None:
        assert sorted(registry.wanted) == WITHOUT_COMBOS
        await asyncio.sleep(0.3)
        allow("true")
        await wait_until_async(lambda: [len(titles(kalshi_meta, each)) for each in ("markets", "events")] == [8, 5])

    use_registry(exchange(), conninfo, look)


def test_messages_beyond_the_limit_cause_a_complete_load(
    kalshi_meta: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "MESSAGES_MAX", 3)
    listed = exchange()

    async def look(registry: Registry) -> None:
        await wait_until_async(lambda: len(titles(kalshi_meta, "markets")) == 8)
        before = len(listed.asked("events/multivariate"))
        for number in range(5):
            registry.take_lifecycle("deactivated", f"KXA-{number}", b"{}")
        await wait_until_async(lambda: len(listed.asked("events/multivariate")) > before)

    use_registry(listed, kalshi_meta.conninfo("gatherer"), look)
