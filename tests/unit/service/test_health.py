"""The health server over the network, health reports, and counters as metrics."""

import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from kalshi_data.service import health, listener
from kalshi_data.service.health import Endpoint, HealthReport, HealthServer, Reason, Severity
from kalshi_data.service.histogram import Delays
from kalshi_data.service.metrics import counter, gauge, histogram, make_registry
from tests.support.waiting import wait_until

SLOW = Reason(Severity.DEGRADED, "lag", "3,000 frames behind")
AWAY = Reason(Severity.UNHEALTHY, "database", "away for 5 s")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serving(evaluate: Callable[[], HealthReport], *metrics: Metric) -> Generator[HealthServer]:
    server = HealthServer(Endpoint(port=free_port()), evaluate, make_registry(lambda: metrics))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def get(server: HealthServer, path: str, **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def test_the_worst_reason_decides() -> None:
    assert HealthReport().status == "healthy"
    assert HealthReport((SLOW,)).status == "degraded"
    assert HealthReport((SLOW, AWAY, SLOW)).status == "unhealthy"


@pytest.mark.parametrize(
    ("reasons", "status", "word"), [((), 200, "healthy"), ((SLOW,), 200, "degraded"), ((SLOW, AWAY), 503, "unhealthy")]
)
def test_health_is_a_status_and_reasons(reasons: tuple[Reason, ...], status: int, word: str) -> None:
    with serving(lambda: HealthReport(reasons)) as server:
        response, body = get(server, "/health")
    assert response.status == status
    assert response.headers["Content-Type"] == "application/json"
    document = json.loads(body)
    assert document["status"] == word
    assert [reason["text"] for reason in document["reasons"]] == [reason.text for reason in reasons]
    assert all(reason["severity"] in {"degraded", "unhealthy"} for reason in document["reasons"])


def test_metrics_are_read_at_each_scrape() -> None:
    counts = {"ticker": 3, "trade": 1}
    delays = Delays((0.1, 1.0))
    for seconds in (-0.5, 0.1, 0.5, 3.0):
        delays.observe(seconds)

    def read() -> list[Metric]:
        return [
            counter("kalshi_frames", "Frames.", counts, "type"),
            counter("kalshi_pairs", "Pairs.", {("a", "b"): 2}, ("left", "right")),
            gauge("kalshi_level", "A level.", 7),
            histogram("kalshi_delay_seconds", "A delay.", delays),
        ]

    server = HealthServer(Endpoint(port=free_port()), HealthReport, make_registry(read))
    server.start()
    try:
        _, first = get(server, "/metrics")
        counts["trade"] = 2
        response, second = get(server, "/metrics?name=all", Accept="application/openmetrics-text; version=1.0.0")
    finally:
        server.stop()
    assert "openmetrics" in response.headers["Content-Type"]
    assert 'kalshi_frames_total{type="trade"} 2.0' in second
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(first)
        for sample in family.samples
    }
    assert found["kalshi_frames_total", "trade"] == 1
    assert found["kalshi_pairs_total", "a", "b"] == 2
    assert found["kalshi_level",] == 7
    buckets = [found["kalshi_delay_seconds_bucket", bound] for bound in ("0.1", "1.0", "+Inf")]
    assert buckets == [2, 3, 4]
    assert found["kalshi_delay_seconds_count",] == 4
    assert found["kalshi_delay_seconds_sum",] == pytest.approx(3.1)
    assert ("process_resident_memory_bytes",) in found


def test_an_unknown_path_is_answered_with_the_known_ones() -> None:
    with serving(HealthReport) as server:
        response, body = get(server, "/")
    assert (response.status, body) == (404, "here are /health and /metrics\n")


def test_a_rule_that_fails_shows_as_unhealthy_and_the_server_goes_on() -> None:
    def evaluate() -> HealthReport:
        raise ZeroDivisionError("no connections wanted")

    with serving(evaluate) as server:
        for _ in range(2):
            response, body = get(server, "/health")
            assert response.status == 500
            assert json.loads(body)["status"] == "unhealthy"
            assert "no connections wanted" in body


def test_silent_clients_do_not_keep_others_from_an_answer() -> None:
    with serving(HealthReport) as server:
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(listener.REQUESTS_MAX - 1)]
        try:
            assert get(server, "/health")[0].status == 200
        finally:
            for each in silent:
                each.close()


@contextmanager
def dripping(port: int, text: bytes) -> Generator[list[socket.socket]]:
    """Clients that send one byte after the other as long as they are not cut off, and come back then."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(listener.REQUESTS_MAX)]
    stop = threading.Event()

    def send() -> None:
        place = 0
        while not stop.wait(0.01):
            place += 1
            for number, client in enumerate(clients):
                try:
                    client.send(text[place % len(text) :][:1])
                except OSError:
                    client.close()
                    clients[number] = socket.create_connection(("127.0.0.1", port))

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield clients
    finally:
        stop.set()
        sending.join()
        for client in clients:
            client.close()


def test_clients_that_send_byte_by_byte_keep_no_other_from_an_answer() -> None:
    with serving(HealthReport) as server, dripping(server.port, b"GET /health?slow=" + b"x" * 60_000):
        for _ in range(20):
            assert get(server, "/health")[0].status == 200
            assert get(server, "/metrics")[0].status == 200


def test_a_request_as_a_whole_has_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "REQUEST_SECONDS_MAX", 0.3)
    with serving(HealthReport) as server, dripping(server.port, b"GET /health?slow=" + b"x" * 60_000) as clients:
        first = clients[0]
        wait_until(lambda: clients[0] is not first, "the connection is cut off")


def test_a_client_that_does_not_read_keeps_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "REQUEST_SECONDS_MAX", 0.3)
    long = [gauge("kalshi_level", "x" * 100, dict.fromkeys(map(str, range(100_000)), 1), "name")]
    with serving(HealthReport, *long) as server:
        before = threading.active_count()
        with socket.create_connection(("127.0.0.1", server.port)) as deaf:
            deaf.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            wait_until(lambda: threading.active_count() > before)
            wait_until(lambda: threading.active_count() <= before)


def test_a_port_in_use_ends_nothing_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LISTEN_AGAIN_SECONDS", 0.05)
    taken = socket.create_server(("127.0.0.1", 0))
    server = HealthServer(Endpoint(port=taken.getsockname()[1]), HealthReport, make_registry(lambda: ()))
    server.start()
    try:
        assert server.port == 0
        taken.close()
        wait_until(lambda: server.port)
        assert get(server, "/health")[0].status == 200
    finally:
        server.stop()


def test_port_zero_serves_nothing() -> None:
    server = HealthServer(Endpoint(), HealthReport, make_registry(lambda: ()))
    server.start()
    assert server.port == 0
    server.stop()
