"""Health of a deduplicator: measured beside the merge, recorded in production, shown by its status command."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from kalshi_data.deduplicator.cli import main
from kalshi_data.deduplicator.monitoring import service as reporter_module
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.monitoring.service import DeduplicatorReporter
from kalshi_data.deduplicator.state import State, StreamState
from kalshi_data.demo.processes import ProgramProcess
from kalshi_data.service.systemd import Notifier
from kalshi_data.shard import EVERYTHING
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.gatherer.test_health import get
from tests.integration.gatherer.test_retention import trade
from tests.integration.gatherer.test_status import beat, beating
from tests.support.engines import Database
from tests.support.staging import NOW, merge, receive, settings
from tests.support.waiting import wait_until
from tests.unit.service.test_health import free_port

TOML = """
[production]
runtime.conninfo = "{production}"
owner.conninfo = "{production}"
[health]
port = {port}
report_seconds = 0.2
"""
GATHERER = """
[[gatherers]]
id = {number}
kalshi_ts.conninfo = "{kalshi_ts}"
kalshi_meta.conninfo = "{kalshi_meta}"
"""


class Hosts:
    """Production, and gatherers with both of their databases."""

    def __init__(self, make_database: MakeDatabase, folder: Path, gatherers: int) -> None:
        self.production = make_database("production")
        self.ts = [make_database("kalshi_ts") for _ in range(gatherers)]
        self.meta = [make_database("kalshi_meta") for _ in range(gatherers)]
        self.port = free_port()
        self.config = folder / "deduplicator.toml"
        self.config.write_text(TOML.format(production=self.production.conninfo("deduplicator"), port=self.port))
        with self.config.open("a") as config:
            for number, (ts, meta) in enumerate(zip(self.ts, self.meta, strict=True), start=1):
                databases = {"kalshi_ts": ts.conninfo("dedup_reader"), "kalshi_meta": meta.conninfo("dedup_reader")}
                config.write(GATHERER.format(number=number, **databases))

    def monitor(self, state: State | None = None) -> Monitor:
        chosen = settings(self.production, self.ts)
        for gatherer, meta in zip(chosen.gatherers, self.meta, strict=True):
            gatherer.kalshi_meta.conninfo = meta.conninfo("dedup_reader")
        return Monitor(chosen, state or State(), EVERYTHING)

    def show(self, *options: str) -> Result:
        command = ["status", "--config", str(self.config), *options]
        return CliRunner().invoke(main, command, catch_exceptions=False)

    def document(self) -> tuple[int, dict[str, Any]]:
        result = self.show("--json")
        return result.exit_code, msgspec.json.decode(result.stdout)


@pytest.fixture
def two(make_database: MakeDatabase, tmp_path: Path) -> Hosts:
    return Hosts(make_database, tmp_path, 2)


@contextmanager
def monitoring(hosts: Hosts, state: State | None = None) -> Generator[Monitor]:
    monitor = hosts.monitor(state)
    try:
        yield monitor
    finally:
        monitor.close()


def away(database: Database) -> Database:
    return Database(database.server, "no_such_database")


def test_lag_is_measured_by_gatherer_and_stream(two: Hosts) -> None:
    for kalshi_ts in two.ts:
        beat(kalshi_ts, 0)
    receive(two.ts[0], [trade("a"), trade("b")], NOW - timedelta(seconds=40))
    with monitoring(two) as monitor:
        monitor.measure()
        measurements = monitor.measurements
        assert measurements.lags[1, "trades"].rows == 2
        assert measurements.lags[1, "trades"].seconds >= 40
        assert measurements.lags[2, "trades"].rows == 0
        assert set(measurements.lags) == {(number, stream.name) for number in (1, 2) for stream in STREAMS}
        assert [life.problem for life in measurements.gatherers.values()] == [None, None]
        merge(two.production, two.ts)
        monitor.measure()
        assert monitor.measurements.lags[1, "trades"].rows == 0
        assert monitor.measurements.merged[1, "trades"][:4] == (2, 2, 0, 0)


def test_a_row_updated_long_after_it_was_made_is_not_late(two: Hosts) -> None:
    opened = "insert into capture.connections (connection_id, url, use_yes_price, opened_at)"
    with monitoring(two) as monitor:
        monitor.measure()
        with two.ts[0].connect("gatherer") as connection:
            connection.execute(f"{opened} values (1, '', false, now() - interval '9 days')".encode())
        monitor.measure()
        assert monitor.measurements.lags[1, "connections"].rows == 1
        assert monitor.measurements.lags[1, "connections"].seconds < 10


def test_an_open_transaction_on_a_gatherer_shows_as_lag_with_its_cause(two: Hosts) -> None:
    beat(two.ts[0], 0)
    beat(two.ts[1], 0)
    with two.ts[0].connect("gatherer") as holding, monitoring(two) as monitor:
        holding.execute("begin")
        holding.execute("select pg_current_xact_id()")
        receive(two.ts[0], [trade("a")], NOW - timedelta(seconds=40))
        monitor.measure()
        behind = monitor.measurements.lags[1, "trades"]
        assert (behind.rows, behind.held_rows) == (1, 1)
        assert "is open since" in str(behind.cause)
        text = next(reason.text for reason in monitor.health().reasons if reason.check == "lag")
        assert "held back: transaction" in text
        result = two.show()
        assert "gatherer 1: transaction" in result.output


@pytest.mark.parametrize(
    ("age_seconds", "state", "problem"),
    [
        (0, "running", None),
        (60, "running", "last heartbeat 60 s ago"),
        (0, "stopped", "stopped"),
        (0, "failed", "failed"),
    ],
)
def test_a_gatherer_lives_while_its_heartbeat_is_fresh(
    two: Hosts, age_seconds: float, state: str, problem: str | None
) -> None:
    beat(two.ts[0], age_seconds, state)
    with monitoring(two) as monitor:
        monitor.measure()
        found = monitor.measurements.gatherers[1].problem
        # A second may pass between writing and reading.
        assert found == problem or (found and problem and found.startswith("last heartbeat 6"))
        assert monitor.measurements.gatherers[2].problem == "no heartbeat yet"


def test_a_gatherer_that_does_not_answer_is_reported_and_the_others_measured(two: Hosts) -> None:
    two.ts[0] = away(two.ts[0])
    receive(two.ts[1], [trade("a")])
    beat(two.ts[1], 0)
    with monitoring(two) as monitor:
        monitor.measure()
        assert "no_such_database" in str(monitor.measurements.gatherers[1].problem)
        assert monitor.measurements.lags[2, "trades"].rows == 1
        assert (1, "trades") not in monitor.measurements.lags
        assert "1 of 2 gatherers are alive" in monitor.health().reasons[1].text
    _, found = two.document()
    trades = {each["gatherer_id"]: each for each in found["streams"] if each["stream"] == "trades"}
    assert trades[1]["rows_waiting"] is None
    assert "no_such_database" in trades[1]["error"]
    assert trades[2]["rows_waiting"] == 1


def test_production_that_does_not_answer_is_reported_until_it_answers(two: Hosts) -> None:
    production = two.production
    two.production = away(production)
    with monitoring(two) as monitor:
        monitor.measure()
        assert "no_such_database" in monitor.measurements.production_failure
        assert any(reason.check == "production" for reason in monitor.health().reasons)
    two.production = production
    with monitoring(two) as monitor:
        monitor.measure()
        assert monitor.measurements.production_failure == ""
        assert monitor.measurements.production_ping_seconds > 0


def test_status_shows_what_was_measured_and_merged(two: Hosts) -> None:
    for number, kalshi_ts in enumerate(two.ts):
        receive(kalshi_ts, [trade("a"), trade(str(number))])
        beat(kalshi_ts, 0)
    merge(two.production, two.ts)
    state = State()
    state.waiting_for = None
    state.streams["trades"] = StreamState((1, 2))
    state.streams["trades"].failed("deadlock detected")
    with monitoring(two, state) as monitor:
        monitor.measure()
        code, found = two.document()
        assert (code, found["alive"]) == (0, True)
        assert found["deduplicators"][0]["shard"] == "1/1"
        assert found["deduplicators"][0]["status"]["health"]["status"] == "degraded"
        trades = [each for each in found["streams"] if each["stream"] == "trades"]
        assert [each["gatherer_id"] for each in trades] == [1, 2]
        assert sum(each["rows_new"] for each in trades) == 3
        assert sum(each["rows_duplicate"] for each in trades) == 1
        assert all(each["rows_waiting"] == 0 for each in trades)
        assert all(each["error"] == "deadlock detected" for each in trades)
        result = two.show()
    assert result.exit_code == 0
    assert "gatherer 1: deadlock detected (trades)" in result.output
    assert "degraded, running version" in result.output


def test_a_deduplicator_that_does_not_run_is_reported(two: Hosts) -> None:
    assert two.show().exit_code == 1
    assert "never ran on this database" in two.show().output
    with monitoring(two) as monitor:
        monitor.measure("stopped")
    result = two.show()
    assert result.exit_code == 1
    assert "stopped 20" in result.output
    with monitoring(two) as monitor:
        monitor.measure()
    with two.production.connect() as connection:
        connection.execute("update ops.deduplicators set beat_at = now() - interval '1 hour'")
    result = two.show()
    assert result.exit_code == 1
    assert "not running: silent since" in result.output
    assert "1 h 0 min ago" in result.output


def test_a_deduplicator_that_failed_is_reported(two: Hosts) -> None:
    def fail() -> None:
        with DeduplicatorReporter(
            settings(two.production, two.ts), State(), EVERYTHING, threading.Event(), Notifier({})
        ):
            wait_until(lambda: two.document()[1]["alive"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    result = two.show()
    assert result.exit_code == 1
    assert "ended with an error" in result.output


class Heard(Notifier):
    """Keeps the messages that systemd would receive."""

    def __init__(self) -> None:
        super().__init__({})
        self.watchdog_seconds = 0.1
        self.messages: list[str] = []

    def _send(self, message: str) -> None:
        self.messages.append(message)


def test_systemd_is_notified_of_start_life_and_end(two: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter_module, "TURN_SECONDS", 0.02)
    state, stop, heard = State(), threading.Event(), Heard()
    with DeduplicatorReporter(settings(two.production, two.ts), state, EVERYTHING, stop, heard) as reporter:
        wait_until(lambda: "STATUS=waiting for production" in heard.messages)
        wait_until(lambda: any(message.startswith("EXTEND_TIMEOUT_USEC=") for message in heard.messages))
        assert "READY=1" not in heard.messages
        state.streams["trades"], state.waiting_for = StreamState((1, 2)), None
        wait_until(lambda: "READY=1" in heard.messages)
        wait_until(lambda: heard.messages.count("WATCHDOG=1") > 3)
        # A stream that hangs is no reason to end the others.
        state.streams["trades"].ticked_at -= 10 * reporter_module.HUNG_SECONDS
        before = heard.messages.count("WATCHDOG=1")
        wait_until(lambda: heard.messages.count("WATCHDOG=1") > before + 3)
        assert any("trades has not been merged" in reason.text for reason in reporter.monitor.health().reasons)
        # A program whose own loop hangs is to be restarted.
        monkeypatch.setattr(reporter_module, "HUNG_SECONDS", -1.0)
        before = _quiet(heard)
        monkeypatch.setattr(reporter_module, "HUNG_SECONDS", 300.0)
        wait_until(lambda: heard.messages.count("WATCHDOG=1") > before)
        stop.set()
        wait_until(lambda: "STOPPING=1" in heard.messages)
    assert heard.messages.count("READY=1") == heard.messages.count("STOPPING=1") == 1


def _quiet(heard: Heard) -> int:
    """Wait until no sign of life has come for longer than one is due, and return how many did."""
    seen = -1

    def unchanged() -> bool:
        nonlocal seen
        before, seen = seen, heard.messages.count("WATCHDOG=1")
        threading.Event().wait(5 * heard.watchdog_seconds)
        return before == seen

    wait_until(unchanged)
    return seen


def test_a_running_deduplicator_serves_health_and_metrics(two: Hosts, tmp_path: Path) -> None:
    for kalshi_ts in two.ts:
        receive(kalshi_ts, [trade("a")])
    program = ProgramProcess("deduplicator", tmp_path, ["deduplicator", "run", "--config", str(two.config)])
    try:
        with beating(*two.ts):

            def healthy() -> bool:
                status, body = get(two.port, "/health")
                return status == 200 and msgspec.json.decode(body)["status"] == "healthy"

            wait_until(healthy)
            found = wait_until(lambda: _merged(two.port))
            new = [found["kalshi_deduplicator_rows_new_total", number, "trades"] for number in "12"]
            assert sum(new) == 1
            assert found["kalshi_deduplicator_lag_rows", "1", "trades"] == 0
            assert found["kalshi_deduplicator_tick_seconds_count", "trades"] > 0
            assert found["kalshi_deduplicator_gatherer_alive", "1"] == 1
            assert found["kalshi_deduplicator_production_up",] == 1
            assert two.document()[0] == 0
            assert program.end() == 0, program.last_lines()
    finally:
        program.end()
    code, document = two.document()
    assert code == 1
    assert document["deduplicators"][0]["status"]["state"] == "stopped"


def _merged(port: int) -> dict[tuple[str, ...], float] | None:
    """Return all samples once both gatherers' trades are merged."""
    status, text = get(port, "/metrics")
    found: dict[tuple[str, ...], float] = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    polled = [found.get(("kalshi_deduplicator_rows_polled_total", number, "trades"), 0) for number in "12"]
    return found if status == 200 and polled == [1, 1] else None
