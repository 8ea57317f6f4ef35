"""The health server over the network, health reports, and counters as metrics."""

import json
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from kalshi_data.service import health
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
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(health.REQUESTS_MAX - 1)]
        try:
            assert get(server, "/health")[0].status == 200
        finally:
            for each in silent:
                each.close()


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
