"""The simulator's commands: every error code, and the rules of sid, seq and clock under any commands."""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalshi_data.simulator.feed.commands import CHANNELS, UNSEQUENCED
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.session import ServerSession
from kalshi_data.simulator.feed.wire import Wire
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.model.venue import TICK_US, MarketModel, ModelSettings
from tests.support.exchange_lines import Frame, KeptFrames

MARKETS = 12
STARTED_US = 1_793_109_600_000_000
BOOKS = {"channels": ["orderbook_delta"]}
UPDATE = "update_subscription"


class Client:
    """A session on a model, driven without a network."""

    def __init__(self, **limits: Any) -> None:
        publisher = Publisher(Journal(None), Limits(**limits))
        plan = ModelSettings(seed=3, markets=MARKETS, deltas_per_second=3_000, lifecycles_per_second=20)
        self.model = MarketModel(plan, publisher, lambda _: None)
        self.wire = KeptFrames()
        self.session = ServerSession("key", self.wire, publisher)
        publisher.sessions.add(self.session)
        self.tickers = list(self.model.markets)
        self.play = self.model.tick_publisher(STARTED_US)

    def send(self, command: Any) -> list[Frame]:
        before = len(self.wire.frames)
        self.session.command(command if isinstance(command, str) else msgspec.json.encode(command))
        return self.wire.frames[before:]

    def ask(self, number: int, name: str, **params: Any) -> list[Frame]:
        return self.send({"id": number, "cmd": name, "params": params})


MARKET = st.integers(0, MARKETS + 1)
SID = st.integers(0, 9)
CHANNEL = st.sampled_from([*sorted(CHANNELS), "ticker_v2"])
ACTION = st.sampled_from(
    ["add_markets", "delete_markets", "get_snapshot", "subscribe_indices", "indexlist", "sing", ""]
)
FLAGS = ("skip_ticker_ack", "use_yes_price", "send_initial_snapshot")


def commands_of(name: str, **params: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Frame]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(params))


COMMANDS = st.one_of(
    commands_of(
        "subscribe",
        channels=st.lists(CHANNEL, max_size=3),
        markets=st.lists(MARKET, max_size=4),
        **{flag: st.booleans() for flag in FLAGS},
    ),
    commands_of("unsubscribe", sids=st.lists(SID, max_size=2)),
    commands_of(UPDATE, sid=SID, action=ACTION, markets=st.lists(MARKET, max_size=3)),
    commands_of("list_subscriptions"),
    commands_of("nonsense", a=st.just(1)),
    commands_of("play", ticks=st.integers(1, 4)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(COMMANDS, max_size=25))
def test_sid_seq_and_clock_stay_valid_under_any_commands(commands: list[tuple[str, Frame]]) -> None:
    client = Client()
    names = [*client.tickers, "KXNOBODY-1", "KXNOBODY-2"]
    for number, (name, params) in enumerate(commands, start=1):
        if name == "play":
            for _ in range(params["ticks"]):
                client.play()
            continue
        wanted: list[int] = params.get("markets", [])
        markets = [names[each] for each in wanted]
        sent = {key: value for key, value in params.items() if key != "markets"}
        replies = client.ask(number, name, **sent, **({"market_tickers": markets} if markets else {}))
        answered = {"subscribed", "ok", "unsubscribed", "error", "orderbook_snapshot", "cfbenchmarks_value_indexlist"}
        assert all(each["type"] in answered or each["type"] == "ticker" for each in replies)
        empty_snapshots = params.get("action") == "get_snapshot" and not markets
        assert empty_snapshots or any(each.get("id") == number for each in replies)
    check(client.wire.frames)


def check(frames: list[Frame]) -> None:
    """Check a whole connection."""
    channels: dict[int, str] = {}
    numbers: dict[int, int] = defaultdict(int)
    clocks: dict[tuple[int, str], tuple[int, str]] = {}
    for frame in frames:
        assert frame["sending_ts_ms"] > 0
        if frame["type"] == "subscribed":
            check_subscribed(frame, channels)
        sid = frame.get("sid")
        if sid is None:
            assert "seq" not in frame
            assert frame["type"] in {"subscribed", "ok", "error"}
            continue
        assert sid in channels
        if channels[sid] in UNSEQUENCED:
            assert "seq" not in frame
        else:
            numbers[sid] += 1
            assert frame["seq"] == numbers[sid]
        assert "(ended)" not in channels[sid]
        if frame["type"] == "unsubscribed":
            channels[sid] += " (ended)"
        if frame["type"].startswith("orderbook"):
            check_clock(frame, clocks)


def check_subscribed(frame: Frame, channels: dict[int, str]) -> None:
    """One live sid per channel, each new one higher than all before, beginning with 1."""
    channel, sid = frame["msg"]["channel"], frame["msg"]["sid"]
    assert sid == max(channels, default=0) + 1
    assert channel not in channels.values()
    channels[sid] = channel


def check_clock(frame: Frame, clocks: dict[tuple[int, str], tuple[int, str]]) -> None:
    """A market's snapshot comes before its first delta, and later deltas have later clocks than it."""
    body = frame["msg"]
    key = frame["sid"], body["market_ticker"]
    before, kind = clocks.get(key, (-1, "nothing"))
    if frame["type"] == "orderbook_snapshot":
        assert body["clock"] >= before
    else:
        assert kind != "nothing"
        # Deltas of one action share a clock, but a snapshot contains all of its own.
        assert body["clock"] >= before + (kind == "orderbook_snapshot")
    clocks[key] = body["clock"], frame["type"]


def code(replies: list[Frame]) -> int:
    (reply,) = replies
    assert reply["type"] == "error"
    return reply["msg"]["code"]


WRONG: list[tuple[int, Callable[[Client], list[Frame]]]] = [
    (1, lambda client: client.send("{")),
    (1, lambda client: client.send({"id": "one", "cmd": "subscribe"})),
    (1, lambda client: client.ask(9, "subscribe", channels="ticker")),
    (1, lambda client: client.ask(9, "subscribe", channels=["ticker"], skip_ticker_ack="yes")),
    (2, lambda client: client.send({"id": 9, "cmd": "subscribe"})),
    (3, lambda client: client.ask(9, "subscribe", channels=[])),
    (4, lambda client: client.ask(9, "unsubscribe", sid=1)),
    (5, lambda client: client.ask(9, "dance", to="music")),
    (7, lambda client: client.ask(9, "unsubscribe", sids=[77])),
    (8, lambda client: client.ask(9, "subscribe", channels=["ticker_v2"])),
    (9, lambda client: client.ask(9, "subscribe", channels=["pyth_value"])),
    (11, lambda client: client.ask(9, "subscribe", channels=["trade"], market_ticker="A", market_tickers=["B"])),
    (12, lambda client: client.ask(9, UPDATE, action="add_markets", sids=[1, 2])),
    (12, lambda client: client.ask(9, UPDATE, action="add_markets", sid=1, sids=[1])),
    (13, lambda client: client.ask(9, UPDATE, action="sing", sid=1)),
    (13, lambda client: client.ask(9, UPDATE, action="get_snapshot", sid=2, market_tickers=["A"])),
    (14, lambda client: client.ask(9, "subscribe", **BOOKS)),
    (15, lambda client: client.ask(9, UPDATE, sid=1)),
    (24, lambda client: client.ask(9, UPDATE, sid=3, action="subscribe_indices")),
    (26, lambda client: client.ask(9, "subscribe", **BOOKS, market_tickers=[f"KX-{n}" for n in range(30)])),
    (27, lambda client: [client.ask(9, "list_subscriptions")[0] for _ in range(60)][-1:]),
]


@pytest.mark.parametrize(("expected", "act"), WRONG, ids=[f"{number}-{each[0]}" for number, each in enumerate(WRONG)])
def test_every_wrong_command_gets_its_code(expected: int, act: Callable[[Client], list[Frame]]) -> None:
    client = Client(subscription_markets_max=20, commands_per_second_max=50)
    client.ask(1, "subscribe", **BOOKS, market_tickers=client.tickers[:2])
    client.ask(2, "subscribe", channels=["trade"])
    client.ask(3, "subscribe", channels=["cfbenchmarks_value"])
    assert code(act(client)) == expected


@pytest.mark.parametrize(
    ("channel", "is_sequenced"),
    [("fill", False), ("user_orders", False), ("market_positions", False), ("order_group_updates", True)],
)
def test_channels_of_what_a_client_does_itself_are_subscribed_and_silent(channel: str, is_sequenced: bool) -> None:
    """A client that names one of them beside order books gets both."""
    client = Client()
    replies = client.ask(1, "subscribe", channels=[channel, "orderbook_delta"], market_tickers=client.tickers[:1])
    assert [each["type"] for each in replies] == ["subscribed", "subscribed", "orderbook_snapshot"]
    for _ in range(5):
        client.play()
    (ended,) = client.ask(2, "unsubscribe", sids=[1])
    assert (ended["type"], ended.get("seq")) == ("unsubscribed", 1 if is_sequenced else None)


def test_an_error_of_a_subscription_takes_a_sequence_number() -> None:
    client = Client()
    client.ask(1, "subscribe", channels=["trade"])
    (error,) = client.ask(2, UPDATE, sid=1, action="get_snapshot", market_tickers=["A"])
    assert (error["sid"], error["seq"], error["msg"]["code"]) == (1, 1, 13)
    (ended,) = client.ask(3, "unsubscribe", sids=[1])
    assert (ended["type"], ended["seq"], "msg" in ended) == ("unsubscribed", 2, False)


def test_a_repeated_subscribe_merges() -> None:
    client = Client()
    first, second = client.tickers[:2]
    client.ask(1, "subscribe", **BOOKS, market_tickers=[first])
    ok, snapshot = client.ask(2, "subscribe", **BOOKS, market_tickers=[first, second])
    assert (ok["type"], ok["seq"], ok["msg"]["market_tickers"]) == ("ok", 2, sorted([first, second]))
    assert (snapshot["msg"]["market_ticker"], "id" in snapshot) == (second, False)
    (asked,) = client.ask(3, UPDATE, sid=1, action="get_snapshot", market_tickers=[first])
    assert (asked["id"], asked["seq"], asked["type"]) == (3, 4, "orderbook_snapshot")


def test_an_unknown_market_has_an_empty_book() -> None:
    client = Client()
    _, snapshot = client.ask(1, "subscribe", **BOOKS, market_ticker="KXNOBODY")
    assert snapshot["msg"] == {"market_ticker": "KXNOBODY", "market_id": "", "clock": 0}


def test_yes_prices_change_the_no_side_only() -> None:
    client = Client()
    client.ask(1, "subscribe", **BOOKS, market_tickers=client.tickers, use_yes_price=True)
    for frame in client.wire.frames[1:]:
        levels = client.model.levels(frame["msg"]["market_ticker"])
        assert frame["msg"]["yes_dollars_fp"] == levels["yes"]
        received = [
            (f"{10_000 - int(price.replace('.', '')):05d}", size) for price, size in frame["msg"]["no_dollars_fp"]
        ]
        assert received == [(price.replace(".", ""), size) for price, size in levels["no"]]


def test_tickers_may_be_named_by_id_and_sent_at_once() -> None:
    client = Client()
    ids = [client.model.id_of(each) for each in client.tickers[:2]]
    params = {"channels": ["ticker"], "market_ids": ids, "send_initial_snapshot": True}
    _, *summaries = client.ask(1, "subscribe", **params)
    assert {each["msg"]["market_id"] for each in summaries} == set(ids)
    (ok,) = client.ask(2, UPDATE, sid=1, action="add_markets", market_id=client.model.id_of(client.tickers[2]))
    assert ("seq" in ok, len(ok["msg"]["market_ids"])) == (False, 3)


def test_indices_are_silent_until_named() -> None:
    client = Client()
    client.ask(1, "subscribe", channels=["cfbenchmarks_value"])
    client.play()
    assert len(client.wire.frames) == 1
    (listed,) = client.ask(2, UPDATE, sid=1, action="indexlist")
    assert "BRTI" in listed["msg"]["index_ids"]
    (ok,) = client.ask(3, UPDATE, sid=1, action="subscribe_indices", index_ids=["all"])
    assert ok["msg"] == {"index_ids": ["all"]}
    for _ in range(1_000_000 // TICK_US):
        client.play()
    assert {frame["msg"]["index_id"] for frame in client.wire.frames[3:]} == {"BRTI", "ETHUSD_RTI", "SOLUSD_RTI"}


def test_a_subscription_that_overflows_ends_and_the_others_go_on() -> None:
    client = Client()
    client.ask(1, "subscribe", channels=["trade", "ticker"])
    client.session.terminate(client.session.subscriptions["trade"], 25)
    assert client.wire.frames[-1]["msg"] == {"code": 25, "msg": "Subscription buffer overflow"}
    assert "id" not in client.wire.frames[-1]
    (listed,) = client.ask(2, "list_subscriptions")
    assert listed["msg"] == [{"channel": "ticker", "sid": 2}]


def test_frames_are_queued_until_the_loop_runs() -> None:
    async def run() -> int:
        wire = Wire(None)
        wire.hold()
        assert wire.send(b"{}")
        wire.release()
        return wire.unread_bytes

    assert asyncio.run(run()) == 0


def test_a_frame_that_counts_as_sent_arrives_although_the_connection_ends_at_once() -> None:
    async def end_after_frames() -> bytes:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs)
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
        wire = Wire(transport)
        wire.hold()
        assert all(wire.send(b"x" * 100) for _ in range(10_000))
        wire.abort()
        assert not wire.send(b"later")
        received = await reader.read(-1)
        writer.close()
        return received

    assert asyncio.run(end_after_frames()).count(b"x") == 10_000 * 100
