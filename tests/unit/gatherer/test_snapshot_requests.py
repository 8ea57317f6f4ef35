"""Requests for snapshots wait, are taken in order and return when they are refused."""

from kalshi_data.gatherer.connections.snapshot_requests import SnapshotRequests


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
