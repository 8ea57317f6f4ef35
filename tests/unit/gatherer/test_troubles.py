"""What a gatherer makes of small troubles: a connection that closes under a command, refused requests, outages."""

import asyncio
from typing import Any, cast

import pytest
from aiolimiter import AsyncLimiter
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosedError

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.commands import CommandSender, halves
from kalshi_data.gatherer.connections.snapshot_requests import SnapshotRequests
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import KEY_REFUSED, UNREACHABLE, Incidents
from kalshi_data.kalshi.commands import update
from kalshi_data.kalshi.feed import FeedConnection


class Closed:
    """A connection that has just closed."""

    async def send(self, *_: Any, **__: Any) -> None:
        raise ConnectionClosedError(None, None)


def test_a_command_on_a_closed_connection_is_not_answered_and_breaks_nothing() -> None:
    async def send() -> None:
        closed = cast("FeedConnection", Closed())
        commands = CommandSender(closed, lambda _: None, AsyncLimiter(10, 1.0), Counters(), 0.05)
        await commands.send(update(1, "get_snapshot", ["KXA-1"]))

    with pytest.raises(ExchangeError, match="not acknowledged"):
        asyncio.run(send())


@pytest.mark.parametrize("tickers", [["a", "b"], ["a", "b", "c"], list("abcdefg")])
def test_halves_hold_every_market_once(tickers: list[str]) -> None:
    first, second = halves(tickers)
    assert [*first, *second] == tickers
    assert min(len(first), len(second)) == len(tickers) // 2


def test_refused_requests_wait_and_come_first_again() -> None:
    announced: list[bool] = []
    requests = SnapshotRequests(0, lambda: announced.append(True))
    requests.need(["a", "b", "c"], "gap")
    assert announced == [True]
    taken = requests.take({"a", "b", "c"}, 2)
    assert taken == {"a": "gap", "b": "gap"}
    requests.put_back(taken, 60.0)
    assert requests.take({"a", "b", "c"}, 3) == {}
    requests.put_back({}, 0.0)
    assert list(requests.take({"a", "b", "c"}, 3)) == ["a", "b", "c"]


def test_requests_about_books_that_are_not_subscribed_wait_or_go() -> None:
    requests = SnapshotRequests(0, lambda: None)
    requests.need(["a", "b"], "clock")
    assert list(requests.take({"b"}, 10)) == ["b"]
    requests.forget("a")
    assert requests.take({"a", "b"}, 10) == {}
    requests.need(["a"], "gap")
    requests.clear()
    assert requests.take({"a", "b"}, 10) == {}


def test_each_trouble_is_told_once_until_it_is_over_for_everybody() -> None:
    incidents = Incidents()
    with capture_logs() as lines:
        incidents.report(UNREACHABLE, "books-1", error="no route")
        incidents.report(UNREACHABLE, "books-2", error="no route")
        incidents.report(KEY_REFUSED, "rest")
        incidents.resolve("books-1")
        assert incidents
        incidents.resolve("books-2")
        incidents.resolve("rest")
        incidents.resolve("rest")
        incidents.report(UNREACHABLE, "books-1", error="no route")
    told = [(line["log_level"], line["event"], line.get("what")) for line in lines]
    assert told == [
        ("error", UNREACHABLE, None),
        ("error", KEY_REFUSED, None),
        ("info", "over", UNREACHABLE),
        ("info", "over", KEY_REFUSED),
        ("error", UNREACHABLE, None),
    ]
