"""The life of a platform on real hosts, in order: set up, upgraded under load, and rolled back."""

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest
import yaml

from kalshi_data.database.connection import LONG_TRANSACTION, connect
from tests.deployment.hosts.fleet import GATHERERS, PRODUCTION, ROOT
from tests.deployment.hosts.platform import HEALTH, MONITORED, POLL_SECONDS, Platform
from tests.deployment.hosts.releases import BROKEN, FAULT_MESSAGE, FIRST, SECOND
from tests.support.waiting import wait_until

Result = TypeVar("Result")
# Longer than the time for which a migration waits for a lock.
READER_SECONDS = 10
WAITING = """
select exists (
    select from pg_stat_activity where application_name = 'deduplicator migrate' and wait_event_type = 'Lock'
)
"""
# A rollout gives up a broken release after this time.
HEALTH_SECONDS_MAX = "24"
PROMETHEUS = 9090
ALERTS = {
    rule["alert"]
    for file in (ROOT / "ansible/roles/monitoring/files/alerts").glob("*.yml")
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
}


def test_bare_hosts_become_a_platform(platform: Platform) -> None:
    platform.wait_healthy()
    assert {platform.version(host) for host in HEALTH} == {FIRST}
    platform.require_nothing_lost()


def test_the_program_its_host_and_the_alerts_are_watched(platform: Platform) -> None:
    def targets() -> list[dict[str, str]]:
        return platform.asked(MONITORED, PROMETHEUS, "/api/v1/targets")["data"]["activeTargets"]

    wait_until(
        lambda: [each["health"] for each in targets()] == ["up"] * 3,
        lambda: f"{MONITORED} watched: {targets()}",
        poll_seconds=POLL_SECONDS,
    )
    groups = platform.asked(MONITORED, PROMETHEUS, "/api/v1/rules")["data"]["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    assert {rule["name"] for group in groups for rule in group["rules"]} == ALERTS


@pytest.mark.usefixtures("upgrades")
def test_a_rollout_under_load_beside_a_reader_leaves_two_gatherers_up(platform: Platform) -> None:
    with _reader(platform) as reader:
        watch, receivers, _ = watched(platform, lambda: platform.play_to_the_end("rollout.yml", version=SECOND))

    assert reader.result() is True
    assert {platform.version(host) for host in HEALTH} == {SECOND}
    assert watch == 2
    assert receivers == 2
    platform.wait_healthy()
    platform.require_nothing_lost()


@pytest.mark.usefixtures("upgrades")
def test_a_broken_release_is_rolled_back_and_stops_the_rollout(platform: Platform) -> None:
    before = {host: platform.version(host) for host in HEALTH}
    variables = {"version": BROKEN, "zipapp_health_seconds_max": HEALTH_SECONDS_MAX}
    watch, receivers, played = watched(platform, lambda: platform.play("rollout.yml", **variables))

    assert played.status != 0
    assert "did not become healthy" in played.output, played.output[-6000:]
    assert {host: platform.version(host) for host in HEALTH} == before
    assert watch == 2
    assert receivers == 2
    tried = [host for host in GATHERERS if FAULT_MESSAGE in platform.hosts[host].run("journalctl", "--no-pager")]
    assert tried == [GATHERERS[0]]
    platform.wait_healthy()
    platform.require_nothing_lost()


def test_a_rollback_leaves_two_gatherers_up(platform: Platform) -> None:
    watch, receivers, _ = watched(platform, lambda: platform.play_to_the_end("rollback.yml", version=FIRST))

    assert {platform.version(host) for host in HEALTH} == {FIRST}
    assert watch == 2
    assert receivers == 2
    platform.wait_healthy()
    platform.require_nothing_lost()


def watched(platform: Platform, act: Callable[[], Result]) -> tuple[int, int, Result]:
    """Return the fewest gatherers that were up, the fewest to which a change was sent, and the action's result."""
    since_ms = time.time_ns() // 1_000_000
    with platform.watch() as watch:
        result = act()
    receivers = platform.receivers(since_ms, time.time_ns() // 1_000_000)
    return watch.fewest_up(), min(receivers), result


@contextmanager
def _reader(platform: Platform) -> Generator[Future[bool]]:
    """Read a view in a transaction that stays open until the migration has waited for it, and longer.

    The result is whether the migration had to wait.
    """
    done = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        yield threads.submit(_read, platform.database(PRODUCTION, "kalshi"), done)
        done.set()


def _read(production: str, done: threading.Event) -> bool:
    with connect(production, application_name="reader", parameters=LONG_TRANSACTION) as reader, reader.transaction():
        reader.execute("select count(*) from market_data.top_of_book")
        with connect(production, application_name="observer") as observer:
            while not done.wait(POLL_SECONDS):
                if observer.execute(WAITING).fetchone() == (True,):
                    done.wait(READER_SECONDS)
                    return True
    return False
