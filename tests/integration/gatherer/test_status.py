"""`gatherer status`: with a gatherer at work, after it, and before its first start."""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from psycopg.types.json import Jsonb

from kalshi_data.cli import tables
from kalshi_data.database.connection import query
from kalshi_data.gatherer.cli import main
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.heartbeat import HeartbeatWriter
from kalshi_data.service.periodic import PeriodicThread
from tests.integration.gatherer.test_health import settings
from tests.support.engines import Database
from tests.support.staging import NOW, frame, receive
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

TOML = """
[exchange]
rest_url = "http://127.0.0.1:1"
websocket_url = "ws://127.0.0.1:1"
key_id = "key"
private_key_file = "key.pem"
[databases]
kalshi_ts.conninfo = "{conninfo}"
kalshi_meta.conninfo = "{conninfo}"
"""
TRADE = {
    "trade_id": "a",
    "market_ticker": "KXA-1",
    "yes_price_dollars": "0.4300",
    "no_price_dollars": "0.5700",
    "count_fp": "3.50",
    "taker_side": "yes",
    "ts_ms": int(NOW.timestamp() * 1000),
}


@pytest.fixture
def config(kalshi_ts: Database, tmp_path: Path) -> Path:
    path = tmp_path / "gatherer.toml"
    path.write_text(TOML.format(conninfo=kalshi_ts.conninfo("gatherer")))
    return path


def beat(database: Database, age_seconds: float, state: str = "running", **levels: Any) -> None:
    """Write a heartbeat of some age."""
    counters = Counters()
    for name, value in levels.items():
        setattr(counters, name, value)
    document = HeartbeatWriter(settings(database), counters).document(state)
    moment = datetime.now(UTC) - timedelta(seconds=age_seconds)
    with database.connect("gatherer") as connection:
        connection.execute(
            query("capture/status/write_heartbeat"), {"shard": 1, "beat_at": moment, "status": Jsonb(document)}
        )


@contextmanager
def beating(*databases: Database) -> Generator[None]:
    """Keep gatherers alive."""
    beats = PeriodicThread("beats", lambda: [beat(each, 0) for each in databases], lambda: 1.0)
    beats.start()
    try:
        yield
    finally:
        beats.stop(STILL_SECONDS_MAX)


def show(config: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["status", "--config", str(config), *options], catch_exceptions=False)


def document(config: Path) -> tuple[int, dict[str, Any]]:
    result = show(config, "--json")
    return result.exit_code, msgspec.json.decode(result.stdout)


def test_a_living_gatherer_is_shown_with_its_figures(kalshi_ts: Database, config: Path) -> None:
    receive(kalshi_ts, [frame("trade", TRADE)])
    # From the future, so that it is still fresh when a slow machine looks at it.
    beat(kalshi_ts, -60, connections_wanted=8, connections_up=7, markets_known=200, log_bytes=3 << 30)
    result = show(config)
    assert result.exit_code == 0
    assert "7 of 8 up" in result.output
    assert "degraded: 7 of 8 connections are up" in result.output
    assert "3.0 GiB" in result.output
    assert "0 today, 0 not repaired" in result.output
    code, found = document(config)
    assert code == 0
    assert found["alive"] is True
    assert found["heartbeat"]["connections_up"] == 7
    assert found["database_bytes"] > 1_000_000
    trades = next(stream for stream in found["streams"] if stream["stream"] == "trades")
    assert trades["stored_bytes"] > 0
    assert trades["partitions"] >= 1
    assert trades["acknowledged_at"] is None


@pytest.mark.parametrize(
    ("age_seconds", "state", "words"),
    [
        (3_700, "running", "not running: no heartbeat since"),
        (6, "running", "not running: no heartbeat since"),
        (3_700, "stopped", "stopped "),
        (1, "stopped", "stopped "),
        (1, "failed", "ended with an error "),
    ],
)
def test_a_gatherer_that_is_not_running_is_shown_with_the_time(
    kalshi_ts: Database, config: Path, age_seconds: float, state: str, words: str
) -> None:
    beat(kalshi_ts, age_seconds, state)
    result = show(config)
    assert result.exit_code == 1
    assert words in result.output
    assert f"{tables.span(age_seconds)} ago" in result.output
    code, found = document(config)
    assert (code, found["alive"]) == (1, False)
    assert found["silent_seconds"] == pytest.approx(age_seconds, abs=30)


def test_a_database_without_a_gatherer_is_shown_as_never_used(config: Path) -> None:
    result = show(config)
    assert result.exit_code == 1
    assert "never ran on this database" in result.output
    assert document(config)[1]["heartbeat"] is None


def test_gaps_of_today_are_counted(kalshi_ts: Database, config: Path) -> None:
    gaps = (
        "insert into capture.gaps (connection_id, sid, seq_expected, seq_received, detected_at, frame_number, channel,"
    )
    gaps += " began_at, ended_at) values (1, 1, 5, 6, %s, %s, 'trade', now(), %s)"
    with kalshi_ts.connect("gatherer") as connection:
        now = datetime.now(UTC)
        for number, (detected_at, ended_at) in enumerate(((now, now), (now, None), (now - timedelta(days=1), None))):
            connection.execute(gaps.encode(), (detected_at, number, ended_at))
    _, found = document(config)
    assert (found["gaps_today"], found["gaps_open"]) == (2, 2)


def test_a_watch_shows_what_changes_until_ctrl_c(kalshi_ts: Database, config: Path, tmp_path: Path) -> None:
    beat(kalshi_ts, 0, "stopped")
    command = [sys.executable, "-m", "kalshi_data.gatherer", "status", "--config", str(config), "--watch", "--json"]
    output = tmp_path / "output"
    with output.open("wb") as stream, subprocess.Popen(command, stdout=stream, stderr=subprocess.PIPE) as process:
        wait_until(lambda: output.read_text().count("\n") >= 2)
        beat(kalshi_ts, -60)
        wait_until(lambda: '"alive":true' in output.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(STILL_SECONDS_MAX) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert all(msgspec.json.decode(line) for line in output.read_text().splitlines())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3_700, "1 h 1 min"), (200_000, "2 d 7 h")],
)
def test_spans_are_shown_in_two_units(seconds: float | None, text: str) -> None:
    assert tables.span(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(None, "-"), (512, "512 B"), (1536, "1.5 KiB"), (3 << 40, "3.0 TiB")])
def test_sizes_are_shown_in_the_largest_fitting_unit(count: float | None, text: str) -> None:
    assert tables.size(count) == text
