"""A run begins when it is said to, and says what it waits for."""

import asyncio
from typing import Any

from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.session import ServerSession
from kalshi_data.simulator.feed.start_condition import StartCondition, usually_subscribed
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings
from tests.support.exchange_lines import KeptFrames, Lines

CHANNELS = ["ticker", "trade", "market_lifecycle_v2"]
MARKETS = 40
PLAN = ModelSettings(markets=MARKETS, seconds=0.01, unpaced=True)
Event = dict[str, Any]


def begin(clients: int, *steps: dict[str, Any], everything: bool = False) -> list[Event]:
    """Run a model while a client subscribes step by step, once a step is announced as missing; return all events."""
    events: list[Event] = []

    async def run() -> None:
        publisher = Publisher(Journal(None))
        model = MarketModel(PLAN, publisher, announce)
        tickers = list(model.markets)
        combos = [each for each in tickers if each.startswith("KXMVE")]
        assert len(combos) == 2
        books = {"books": [each for each in tickers if each not in combos], "combos": combos}
        session = ServerSession("key", KeptFrames(), publisher)
        running = asyncio.ensure_future(model.run(StartCondition(clients, everything)))
        for step in steps:
            await asyncio.sleep(0)
            publisher.sessions.add(session)
            named = {"market_tickers": books[step["markets"]]} if "markets" in step else {}
            params = {key: value for key, value in step.items() if key != "markets"} | named
            Lines.command(session, "subscribe", **params)
        await asyncio.wait_for(running, 60)

    def announce(event: Event) -> None:
        events.append(event)

    asyncio.run(run())
    return events


def kinds(events: list[Event]) -> list[str]:
    return [event["event"] for event in events if event["event"] != "progress"]


BOOKS = {"channels": ["orderbook_delta"]}


def test_without_clients_a_run_begins_at_once() -> None:
    assert kinds(begin(0)) == ["started", "finished"]


def test_a_client_that_leaves_combos_and_indices_out_is_enough() -> None:
    events = begin(1, {"channels": CHANNELS}, {**BOOKS, "markets": "books"})
    assert kinds(events) == ["waiting", "started", "finished"]
    assert events[0]["for"] == "1 of 1 keys to connect"


def test_everything_includes_combos_and_indices() -> None:
    steps = [{"channels": CHANNELS}, {**BOOKS, "markets": "books"}, {**BOOKS, "markets": "combos"}]
    index = {"channels": ["cfbenchmarks_value"], "index_ids": ["all"]}
    events = begin(1, *steps, index, everything=True)
    assert kinds(events)[-2:] == ["started", "finished"]
    topics = {"orderbook_delta": {"KXA-1", "KXMVE-1"}, "cfbenchmarks_value": set[str](), "trade": set[str]()}
    assert usually_subscribed(topics) == {"orderbook_delta": {"KXA-1"}, "trade": set()}


def test_what_is_missing_is_named_by_key_and_channel() -> None:
    publisher = Publisher(Journal(None))
    wanted = {"trade": set[str](), "orderbook_delta": {"KXA-1", "KXA-2", "KXA-3"}}
    assert publisher.missing_subscriptions(2, lambda: wanted) == "2 of 2 keys to connect"
    for key in ("one", "two", "three"):
        publisher.sessions.add(ServerSession(key, KeptFrames(), publisher))
    sessions = {session.client: session for session in publisher.sessions}
    Lines.command(sessions["one"], "subscribe", channels=["trade"])
    Lines.command(sessions["one"], "subscribe", channels=["orderbook_delta"], market_tickers=["KXA-1"])
    assert publisher.missing_subscriptions(1, lambda: wanted) == ("one to subscribe orderbook_delta (2 of 3 missing)")
    assert publisher.missing_subscriptions(2, lambda: wanted) == (
        "one to subscribe orderbook_delta (2 of 3 missing); "
        "three to subscribe trade; three to subscribe orderbook_delta (3 of 3 missing)"
    )
    Lines.command(sessions["one"], "subscribe", channels=["orderbook_delta"], market_tickers=["KXA-2", "KXA-3"])
    assert publisher.missing_subscriptions(1, lambda: wanted) == ""


def test_a_channel_of_all_markets_is_waited_for_on_each_connection_of_a_key() -> None:
    """A gatherer receives it twice, also from the first message of a recording that is played at once."""
    publisher = Publisher(Journal(None))
    wanted = {"trade": set[str](), "orderbook_delta": {"KXA-1"}}
    sessions = [ServerSession("one", KeptFrames(), publisher) for _ in range(3)]
    publisher.sessions.update(sessions)
    Lines.command(sessions[0], "subscribe", channels=["trade"])
    Lines.command(sessions[1], "subscribe", channels=["orderbook_delta"], market_tickers=["KXA-1"])
    assert publisher.missing_subscriptions(1, lambda: wanted) == ""
    assert publisher.missing_subscriptions(1, lambda: wanted, 2) == "one to subscribe trade"
    Lines.command(sessions[2], "subscribe", channels=["trade"])
    assert publisher.missing_subscriptions(1, lambda: wanted, 2) == ""
