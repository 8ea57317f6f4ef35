"""Whatever the exchange answers, everything that is wanted is subscribed once it behaves."""

import asyncio
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from kalshi_data.gatherer.connections.book_subscriptions import BookSubscriptions
from kalshi_data.gatherer.connections.subscriber import Subscriber
from kalshi_data.gatherer.recording.events import SnapshotReceived
from kalshi_data.kalshi.feed import BOOK_CHANNEL
from tests.support.played_exchange import Command, PlayedExchange, PlayedGatherer

BOOKS = [f"KXA-26NOV-T{number}" for number in range(12)]
CHANNELS = {"ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle"}


def is_about_books(command: Command) -> bool:
    return command["cmd"] == "update_subscription" or command["params"].get("channels") == [BOOK_CHANNEL]


class Refusing:
    """Answers commands about order books with errors, as often as `count` says."""

    def __init__(self, count: int, body: Any, *, with_id: bool = True, with_sid: bool = False) -> None:
        self.count = count
        self.body = body
        self.with_id = with_id
        self.with_sid = with_sid

    def __call__(self, exchange: PlayedExchange, command: Command) -> bool:
        if not self.count or not is_about_books(command):
            return True
        self.count -= 1
        sid = exchange.sids.get(BOOK_CHANNEL) if self.with_sid else None
        exchange.error(command["id"] if self.with_id else None, sid, self.body)
        return False


def gather_books(exchange: PlayedExchange, **changes: Any) -> PlayedGatherer:
    """Gather until every book is covered."""

    async def run() -> PlayedGatherer:
        gatherer = PlayedGatherer(exchange, BOOKS, **changes)

        def is_whole() -> bool:
            # Error 26 assigns books to another connection. Those that the exchange added without an answer still come.
            assigned = set(gatherer.books.tickers)
            return len(assigned) > 0 and gatherer.covered >= assigned and not gatherer.counters.refused_markets

        await gatherer.until(is_whole)
        assert exchange.books >= set(gatherer.books.tickers)
        return gatherer

    return asyncio.run(run())


CODES: list[Any] = ["17", "rate_limited", "", None, True, 17.5, [], {}]
TEXTS: list[Any] = [None, 5, "no\x00pe", ["deep"]]
BODIES: list[Any] = [
    *({"code": code, "msg": "Internal error"} for code in (*range(29), 99, 2**63, -1)),
    *({"code": code} for code in CODES),
    *({"code": 17, "msg": text} for text in TEXTS),
    *({}, None, [], "Internal error", 17),
]


@pytest.mark.parametrize("body", BODIES, ids=str)
@pytest.mark.parametrize(("with_id", "with_sid"), [(True, False), (True, True), (False, False), (False, True)])
def test_no_error_gives_up_books(body: Any, with_id: bool, with_sid: bool) -> None:
    exchange = PlayedExchange(Refusing(6, body, with_id=with_id, with_sid=with_sid))
    gatherer = gather_books(exchange, markets_per_command_max=5)
    assert gatherer.counters.refused == {}


def test_an_error_that_says_nothing_about_a_market_is_answered_by_the_same_command() -> None:
    exchange = PlayedExchange(Refusing(2, {"code": 17, "msg": "Internal error"}))
    gatherer = gather_books(exchange)
    asked = [command["params"]["market_tickers"] for command in exchange.commands]
    assert asked == [BOOKS, BOOKS, BOOKS]
    assert gatherer.reasons == []


@pytest.mark.parametrize("body", [{"code": 11, "msg": "Invalid parameter"}, {"code": 99}, {"code": 14}])
def test_a_market_that_is_refused_leaves_the_others_and_is_asked_for_again(body: Any) -> None:
    bad, refusals = BOOKS[4], [0]

    def decide(exchange: PlayedExchange, command: Command) -> bool:
        if bad not in command["params"].get("market_tickers", ()) or refusals[0] >= 20:
            return True
        refusals[0] += 1
        exchange.error(command["id"], None, body)
        return False

    async def run() -> None:
        exchange = PlayedExchange(decide)
        gatherer = PlayedGatherer(exchange, BOOKS)
        await gatherer.until(
            lambda: gatherer.covered == set(BOOKS) - {bad} and bad in gatherer.counters.refused_markets
        )
        assert gatherer.readiness is not None
        assert gatherer.counters.refused_markets.keys() == {bad}
        assert f"error {body['code']}" in gatherer.counters.refused_markets[bad]

    asyncio.run(run())
    refusals[0] = 0
    gather_books(PlayedExchange(decide))


def test_a_market_that_an_error_names_is_left_out_at_once() -> None:
    def decide(exchange: PlayedExchange, command: Command) -> bool:
        if BOOKS[3] not in command["params"]["market_tickers"] or len(exchange.commands) > 3:
            return True
        exchange.error(command["id"], None, {"code": 29, "msg": "halted", "market_ticker": BOOKS[3]})
        return False

    exchange = PlayedExchange(decide)
    gather_books(exchange)
    assert [len(command["params"]["market_tickers"]) for command in exchange.commands[:2]] == [12, 11]


def test_a_market_that_the_exchange_does_not_know_yet_is_asked_for_again() -> None:
    new = BOOKS[0]

    def decide(exchange: PlayedExchange, command: Command) -> bool:
        adds = command["cmd"] == "subscribe" or command["params"]["action"] == "add_markets"
        if not adds or new not in command["params"]["market_tickers"] or len(exchange.commands) > 5:
            return True
        exchange.answer({**command, "params": {**command["params"], "market_tickers": BOOKS[1:]}})
        exchange.sequenced("orderbook_snapshot", exchange.sids[BOOK_CHANNEL], {"market_ticker": new, "market_id": ""})
        return False

    with capture_logs() as lines:
        gather_books(PlayedExchange(decide))
    refused = [line for line in lines if line["event"] == "market refused, asked for again later"]
    assert [(line["ticker"], line["reason"]) for line in refused] == [(new, "the exchange does not know the market")]


def test_a_book_whose_snapshot_does_not_come_is_requested() -> None:
    def decide(exchange: PlayedExchange, command: Command) -> bool:
        if command["cmd"] != "subscribe":
            return True
        exchange.answer({**command, "params": {**command["params"], "market_tickers": BOOKS[1:]}})
        exchange.books.add(BOOKS[0])
        return False

    exchange = PlayedExchange(decide)
    gatherer = gather_books(exchange)
    assert gatherer.counters.snapshots_requested == {"missing": 1}
    assert gatherer.reasons == []


def test_a_command_that_stays_unanswered_among_other_frames_is_sent_again() -> None:
    def decide(exchange: PlayedExchange, command: Command) -> bool:
        if len(exchange.commands) > 2:
            return True
        exchange.frame({"type": "weather", "msg": {}})
        return False

    exchange = PlayedExchange(decide)
    gatherer = gather_books(exchange)
    assert gatherer.reasons == []
    assert [command["cmd"] for command in exchange.commands] == ["subscribe"] * 3


def test_after_some_unanswered_commands_in_a_row_the_connection_is_made_again() -> None:
    unanswered = [0]

    def decide(exchange: PlayedExchange, command: Command) -> bool:
        del command
        unanswered[0] += 1
        exchange.frame({"type": "weather", "msg": {}})
        return unanswered[0] > 3

    gatherer = gather_books(PlayedExchange(decide))
    assert gatherer.reasons == ["no answer to a command in 0.1 s"]


@pytest.mark.parametrize("with_sid", [True, False])
def test_a_subscription_that_lives_on_after_an_error_is_made_again(with_sid: bool) -> None:
    """The exchange answers `ok` to the second command, since it still has the subscription."""

    async def run() -> None:
        exchange = PlayedExchange()
        gatherer = PlayedGatherer(exchange, BOOKS)
        pending = [lambda: exchange.error(None, exchange.sids[BOOK_CHANNEL] if with_sid else None, {"code": 25})]

        def is_covered() -> bool:
            covered = gatherer.covered == set(BOOKS)
            if covered and pending:
                pending.pop()()
                return False
            return covered

        await gatherer.until(is_covered)
        assert [command["cmd"] for command in exchange.commands] == [
            "subscribe",
            "subscribe",
            "unsubscribe",
            "subscribe",
        ]
        assert exchange.sids == {BOOK_CHANNEL: 2}

    asyncio.run(run())


@pytest.mark.parametrize("end", ["error", "unsubscribed", "in the packet of the acknowledgement"])
def test_every_channel_that_the_exchange_ends_is_subscribed_again(end: str) -> None:
    ended: set[str] = set()

    def decide(exchange: PlayedExchange, command: Command) -> bool:
        exchange.answer(command)
        for channel, sid in list(exchange.sids.items()) if end.startswith("in") or len(exchange.sids) == 4 else []:
            if channel not in ended:
                ended.add(channel)
                exchange.sequenced("unsubscribed", sid) if end == "unsubscribed" else exchange.error(
                    None, sid, {"code": 10}
                )
                exchange.forget(channel)
        return False

    async def run() -> None:
        exchange = PlayedExchange(decide)
        gatherer = PlayedGatherer(exchange, ())
        spec = gatherer.allocator.specs[0]
        await gatherer.until(lambda: ended == CHANNELS and exchange.sids.keys() == CHANNELS, spec)
        states = [item.row for item in gatherer.items if item.stream == "coverage_ended"]
        assert len(states) == len(CHANNELS) + 4  # the last four with the connection

    asyncio.run(run())


def test_a_subscription_that_ends_each_time_is_made_again_ever_more_slowly_and_reported() -> None:
    async def run() -> None:
        def decide(exchange: PlayedExchange, command: Command) -> bool:
            exchange.answer(command)
            exchange.error(None, exchange.sids[BOOK_CHANNEL], {"code": 25, "msg": "Subscription buffer overflow"})
            exchange.forget(BOOK_CHANNEL)
            return False

        exchange = PlayedExchange(decide)
        gatherer = PlayedGatherer(exchange, BOOKS)
        with capture_logs() as lines:
            await gatherer.until(lambda: len(exchange.commands) > 20)
        reason = "the subscription ends again and again: error 25, Subscription buffer overflow"
        assert gatherer.counters.refused == {"books-1 orderbook_delta": reason}
        assert gatherer.covered == set()
        assert gatherer.attempts[:20] == list(range(1, 21))
        assert len([line for line in lines if line["event"] == "subscription ended"]) == 1

    asyncio.run(run())


def test_a_channel_that_is_refused_leaves_the_others_and_is_asked_for_again() -> None:
    refusals = [0]

    def decide(exchange: PlayedExchange, command: Command) -> bool:
        if command["params"]["channels"] != ["trade"] or refusals[0] >= 5:
            return True
        refusals[0] += 1
        exchange.error(command["id"], None, {"code": "E_AUTH", "msg": "no\x00pe"})
        return False

    async def run() -> None:
        exchange = PlayedExchange(decide)
        gatherer = PlayedGatherer(exchange, ())
        seen: set[str] = set()

        def is_whole() -> bool:
            seen.update(gatherer.counters.refused.values())
            return exchange.sids.keys() == CHANNELS and not gatherer.counters.refused

        await gatherer.until(is_whole, gatherer.allocator.specs[0])
        assert seen == {"error 0, E_AUTH no pe"}
        assert gatherer.reasons == []

    asyncio.run(run())


ANSWERS = st.sampled_from(
    [
        *("good", "silent", "noise", "error", "error", "error", "end", "end quietly", "unsubscribed", "close"),
        *("subscribed twice", "wrong number", "odd acknowledgement"),
    ]
)
STEPS = st.lists(
    st.tuples(ANSWERS, st.sampled_from(BODIES), st.booleans(), st.booleans()),
    max_size=25,
)


# An example takes up to a second, so a failing one is shown as it is found.
UNHURRIED = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))


class Unruly:
    """Answers the first commands as drawn, and all others as documented."""

    def __init__(self, steps: list[tuple[str, Any, bool, bool]]) -> None:
        self.steps = list(reversed(steps))

    def __call__(self, exchange: PlayedExchange, command: Command) -> bool:
        if not self.steps:
            return True
        answer, body, with_id, with_sid = self.steps.pop()
        sid = next(iter(exchange.sids.values()), None)
        number, named = command["id"] if with_id else None, sid if with_sid else None
        if answer == "good":
            exchange.answer(command)
        elif answer == "noise":
            exchange.frame(b'{"type":"error","msg":')
        elif answer == "error":
            exchange.error(number, named, body)
        elif answer in ("end", "unsubscribed") and sid is not None:
            exchange.answer(command)
            exchange.error(None, sid, body) if answer == "end" else exchange.sequenced("unsubscribed", sid)
            exchange.forget(next(iter(exchange.sids), ""))
        elif answer == "end quietly":  # the next command about it is answered by error 7; other channels get none
            exchange.forget(next(iter(exchange.sids), ""))
            exchange.answer(command)
        elif answer == "close":
            exchange.close()
        elif answer == "subscribed twice" and command["cmd"] == "subscribe":
            exchange.answer(command)
            exchange.forget(command["params"]["channels"][0])
            exchange.answer(command)
        elif answer == "wrong number":
            exchange.answer({**command, "id": command["id"] + 1_000})
        elif answer == "odd acknowledgement":
            exchange.frame({"type": "subscribed", "id": command["id"], "msg": body})
        return False


@settings(UNHURRIED, max_examples=40)
# The last command names a book that the exchange sends already, so no snapshot follows.
@example(
    [
        *[("error", {"code": 16}, False, False), ("noise", {}, True, True), ("error", {"code": 16}, True, False)],
        *[("wrong number", {}, True, True), ("error", {"code": 16}, False, False)],
    ]
)
@given(STEPS)
def test_after_any_answers_every_wanted_book_is_covered(steps: list[tuple[str, Any, bool, bool]]) -> None:
    unruly = Unruly(steps)
    gather_books(PlayedExchange(unruly), markets_per_command_max=5, snapshots_per_command_max=5)


@settings(UNHURRIED, max_examples=25)
@given(STEPS.map(lambda steps: [step for step in steps if step[0] != "end quietly"]))
def test_after_any_answers_every_channel_is_subscribed(steps: list[tuple[str, Any, bool, bool]]) -> None:
    unruly = Unruly(steps)

    async def run() -> None:
        exchange = PlayedExchange(unruly)
        gatherer = PlayedGatherer(exchange, ())
        spec = gatherer.allocator.specs[0]
        await gatherer.until(lambda: exchange.sids.keys() == CHANNELS or not unruly.steps, spec)

    asyncio.run(run())


def test_an_error_in_a_handler_ends_the_connection_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [ZeroDivisionError("by\x00zero")]
    snapshot_received = Subscriber.snapshot_received

    def fail_once(self: Subscriber, event: SnapshotReceived) -> None:
        if failures:
            raise failures.pop()
        snapshot_received(self, event)

    monkeypatch.setattr(Subscriber, "snapshot_received", fail_once)

    async def run() -> PlayedGatherer:
        gatherer = PlayedGatherer(PlayedExchange(), BOOKS)
        await gatherer.until(lambda: len(gatherer.reasons) == 1 and gatherer.covered == set(BOOKS))
        return gatherer

    gatherer = asyncio.run(run())
    assert gatherer.counters.connection_errors == {"ZeroDivisionError": 1}
    assert gatherer.reasons == ["this program failed: ZeroDivisionError: by zero"]


def test_an_error_in_the_task_of_a_subscriber_ends_the_connection_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures = [RuntimeError("odd")]
    check = BookSubscriptions.check

    def fail_once(self: BookSubscriptions) -> None:
        if failures:
            raise failures.pop()
        check(self)

    monkeypatch.setattr(BookSubscriptions, "check", fail_once)

    async def run() -> PlayedGatherer:
        gatherer = PlayedGatherer(PlayedExchange(), BOOKS)
        await gatherer.until(lambda: len(gatherer.reasons) == 1 and gatherer.covered == set(BOOKS))
        return gatherer

    gatherer = asyncio.run(run())
    assert gatherer.reasons == ["this program failed: RuntimeError: odd"]
