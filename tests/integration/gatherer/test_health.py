"""How a running gatherer reports its health: heartbeat, /health, /metrics, systemd."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kalshi_data.demo.keys import make_key
from kalshi_data.demo.processes import ProgramProcess
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.service import MonitoringService
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.systemd import Notifier
from kalshi_data.settings import decode_path
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.waiting import STILL_SECONDS_MAX, wait_until
from tests.unit.service.test_health import free_port

MARKETS = 20


def settings(kalshi_ts: Database, retention: dict[str, Any] | None = None, **health: Any) -> GathererSettings:
    conninfo = {"conninfo": kalshi_ts.conninfo("gatherer")}
    sections = {
        "exchange": {
            "rest_url": "http://localhost",
            "websocket_url": "ws://localhost",
            "key_id": "",
            "private_key_file": "key.pem",
        },
        "databases": {"kalshi_ts": conninfo, "kalshi_meta": conninfo},
        "health": {"port": 0, **health},
        "retention": retention or {},
    }
    return msgspec.convert(sections, GathererSettings, dec_hook=decode_path)


def beats(database: Database) -> list[tuple[Any, ...]]:
    with database.connect("dedup_reader") as connection:
        return connection.execute("select beat_at, status from sync.heartbeat_v1").fetchall()


async def report(chosen: GathererSettings, counters: Counters, use: Callable[[], Any], notifier: Notifier) -> None:
    async with MonitoringService(chosen, counters, notifier) as monitoring:
        monitoring.serve()
        await asyncio.to_thread(use)


def reporting(chosen: GathererSettings, use: Callable[[], Any], **levels: Any) -> Counters:
    """Report counters while `use` runs in a thread."""
    counters = Counters()
    for name, value in levels.items():
        setattr(counters, name, value)
    asyncio.run(report(chosen, counters, use, Notifier({})))
    return counters


def test_a_heartbeat_is_one_row_that_is_updated_and_ends_as_stopped(kalshi_ts: Database) -> None:
    def use() -> None:
        first = wait_until(lambda: beats(kalshi_ts))
        assert first[0][1]["state"] == "running"
        assert first[0][1]["connections_wanted"] == 8
        assert first[0][1]["database_bytes"] > 1_000_000
        assert first[0][1]["health"]["status"] == "unhealthy"
        wait_until(lambda: beats(kalshi_ts)[0][0] > first[0][0])

    counters = reporting(settings(kalshi_ts), use, connections_wanted=8)
    ((_, status),) = beats(kalshi_ts)
    assert status["state"] == "stopped"
    assert counters.heartbeats >= 3
    assert counters.heartbeat_failure == ""


def test_a_gatherer_that_waits_leaves_the_port_to_the_one_that_runs(kalshi_ts: Database) -> None:
    port = free_port()
    chosen = settings(kalshi_ts, port=port)

    def answers() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    async def wait_and_take_over() -> None:
        async with MonitoringService(chosen, Counters(), Notifier({})) as waiting:
            assert not answers()
            async with MonitoringService(chosen, Counters(), Notifier({})) as running:
                running.serve()
                assert answers()
            assert not answers()
            waiting.serve()
            assert answers()

    asyncio.run(wait_and_take_over())


def test_an_unreachable_database_is_reported_until_it_returns(kalshi_ts: Database) -> None:
    counters = Counters()

    def end_sessions(allowed: bool) -> None:
        with Database(kalshi_ts.server, "postgres").connect() as connection:
            connection.execute(f"alter database {kalshi_ts.name} allow_connections {allowed}".encode())
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
            connection.execute(ended, (kalshi_ts.name,))

    def use() -> None:
        wait_until(lambda: counters.heartbeats)
        end_sessions(allowed=False)
        wait_until(lambda: counters.heartbeat_failure)
        end_sessions(allowed=True)
        before = counters.heartbeats
        wait_until(lambda: counters.heartbeats > before)

    asyncio.run(report(settings(kalshi_ts), counters, use, Notifier({})))
    assert counters.heartbeat_failures
    assert counters.heartbeat_failure == ""
    assert beats(kalshi_ts)[0][1]["state"] == "stopped"


def test_a_gatherer_whose_event_loop_hangs_does_not_look_alive(kalshi_ts: Database) -> None:
    async def hang() -> int:
        counters = Counters()
        async with MonitoringService(
            settings(kalshi_ts, heartbeat_seconds_max=0.4), counters, Notifier({})
        ) as reporter:
            await asyncio.to_thread(wait_until, lambda: counters.heartbeats)
            before = counters.heartbeats
            time.sleep(2.5)
            assert reporter.health().status == "unhealthy"
            return counters.heartbeats - before

    # One that had begun, or fell into the first moment, may still be written.
    assert asyncio.run(hang()) <= 1


def test_a_gatherer_that_ends_with_an_error_is_reported_as_failed(kalshi_ts: Database) -> None:
    def use() -> None:
        wait_until(lambda: beats(kalshi_ts))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reporting(settings(kalshi_ts), use)
    assert beats(kalshi_ts)[0][1]["state"] == "failed"


def test_systemd_is_notified_of_start_life_and_end(kalshi_ts: Database, tmp_path: Path) -> None:
    counters, heard = Counters(), list[str]()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(STILL_SECONDS_MAX)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"})

        def use() -> None:
            while not any(message.startswith("EXTEND_TIMEOUT_USEC=") for message in heard):
                heard.append(manager.recv(1_000).decode())
            assert "READY=1" not in heard
            counters.subscribed = True
            while "READY=1" not in heard:
                heard.append(manager.recv(1_000).decode())
            for _ in range(3):
                heard.append(manager.recv(1_000).decode())

        asyncio.run(report(settings(kalshi_ts), counters, use, notifier))
    assert heard.count("READY=1") == 1
    assert heard.count("WATCHDOG=1") >= 2
    assert "STATUS=0 of 0 connections, 0 of 0 markets, 0 frames" in heard


@contextmanager
def running_gatherer(kalshi_ts: Database, kalshi_meta: Database, folder: Path, port: int) -> Generator[ProgramProcess]:
    """Run an exchange and a gatherer as processes."""
    key = make_key(folder, 1)
    options = [f"--key={key.key_id}={key.public}", f"--markets={MARKETS}", "--seconds=0", "--clients=1"]
    exchange = ProgramProcess("exchange", folder, ["simulator", "run", *options], listen=True)
    try:
        addresses = wait_until(lambda: exchange.next_event(0.2))
        values = {
            "exchange.rest_url": addresses["rest_url"],
            "exchange.websocket_url": addresses["websocket_url"],
            "exchange.key_id": key.key_id,
            "exchange.private_key_file": str(key.private),
            "databases.kalshi_ts.conninfo": kalshi_ts.conninfo("gatherer"),
            "databases.kalshi_meta.conninfo": kalshi_meta.conninfo("gatherer"),
            "health.port": port,
            "frame_log.folder": str(folder / "frames"),
        }
        # JSON writes numbers and strings as TOML does.
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items()]
        (folder / "gatherer.toml").write_text("".join(lines))
        gatherer = ProgramProcess("gatherer", folder, ["gatherer", "run", "--config", str(folder / "gatherer.toml")])
        try:
            yield gatherer
        finally:
            gatherer.end()
    finally:
        exchange.end()


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except ConnectionError:
        return 0, ""
    finally:
        connection.close()


def samples(port: int) -> dict[tuple[str, ...], float]:
    """Return what /metrics says now."""
    status, text = get(port, "/metrics")
    assert status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_running_gatherer_answers_and_beats(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, ThreadPoolExecutor(1) as threads:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(STILL_SECONDS_MAX)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        heard = list[str]()
        listening = threads.submit(hear_out, manager, heard)
        answers_and_beats(make_database, tmp_path, heard)
        listening.result()
    assert heard.count("READY=1") == 1
    assert heard[-1] == "STOPPING=1"


def hear_out(manager: socket.socket, heard: list[str]) -> None:
    """Add what a service says until it stops."""
    while "STOPPING=1" not in heard:
        heard.append(manager.recv(1_000).decode())


def answers_and_beats(make_database: MakeDatabase, tmp_path: Path, heard: list[str]) -> None:
    kalshi_ts, kalshi_meta, port = make_database("kalshi_ts"), make_database("kalshi_meta"), free_port()

    def health() -> dict[str, Any] | None:
        status, body = get(port, "/health")
        document = msgspec.json.decode(body, type=dict[str, Any]) if status in {200, 503} else None
        # In maintenance that the schedule lists it is healthy sooner, with reasons.
        return document if document and document["status"] == "healthy" and not document["reasons"] else None

    with running_gatherer(kalshi_ts, kalshi_meta, tmp_path, port) as gatherer:
        wait_until(health)
        wait_until(lambda: samples(port).get(("kalshi_gatherer_commit_delay_seconds_count",)))
        found = samples(port)
        assert found["kalshi_gatherer_connections_up",] == found["kalshi_gatherer_connections_wanted",] > 0
        assert found["kalshi_gatherer_markets_wanted",] > MARKETS / 2
        assert found["kalshi_gatherer_health",] == 0
        assert found["kalshi_gatherer_frames_received_total", "orderbook_snapshot"] > MARKETS / 2
        assert found["process_resident_memory_bytes",] > 10_000_000
        # A gatherer answers before its first heartbeat is committed.
        assert wait_until(lambda: beats(kalshi_ts))[0][1]["state"] == "running"
        wait_until(lambda: "READY=1" in heard)
        assert gatherer.end() == 0, gatherer.last_lines()
    assert beats(kalshi_ts)[0][1]["state"] == "stopped"
