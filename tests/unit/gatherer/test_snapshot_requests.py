"""Requests for snapshots wait, are taken in order and return when they are refused."""

import math
import time

import pytest

from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.snapshot_requests import SnapshotRequests
from kalshi_data.gatherer.connections.subscriber import POLL_SECONDS

EXCHANGE_BOOKS = 50_000


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


def test_requests_about_books_that_are_not_subscribed_wait_or_are_removed() -> None:
    requests = SnapshotRequests(0, lambda: None)
    requests.need(["a", "b"], "clock")
    assert list(requests.take({"b"}, 10)) == ["b"]
    requests.forget("a")
    assert requests.take({"a", "b"}, 10) == {}
    requests.need(["a"], "gap")
    requests.clear()
    assert requests.take({"a", "b"}, 10) == {}


def test_audits_of_the_whole_exchange_take_a_fraction_of_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every book of each connection is requested once in the interval, by commands as large as the settings allow."""
    settings = SubscriptionSettings()
    books = [f"KX-{number}" for number in range(settings.markets_per_connection_max)]
    connections = math.ceil(EXCHANGE_BOOKS / len(books))
    assert connections <= settings.connections_max
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    requests = SnapshotRequests(settings.audit_seconds, lambda: None)
    requested, commands = list[str](), 0
    while now <= settings.audit_seconds + 1:
        requests.audit(books)
        while taken := requests.take(dict.fromkeys(books), settings.snapshots_per_command_max):
            requested += taken
            commands += 1
        now += POLL_SECONDS
    assert set(requested) == set(books)
    assert len(requested) <= len(books) * (1 + 2 / settings.audit_seconds)
    assert connections * commands / now <= settings.commands_per_second_max / 4


def test_requests_that_the_exchange_refuses_for_an_hour_are_bounded_by_the_books() -> None:
    books = [f"KX-{number}" for number in range(100)]
    requests = SnapshotRequests(900.0, lambda: None)
    for _ in range(10):
        requests.need(books, "gap")
        requests.put_back(dict.fromkeys(books, "gap"), 0.0)
    assert sorted(requests.take(dict.fromkeys(books), 10_000)) == sorted(books)
