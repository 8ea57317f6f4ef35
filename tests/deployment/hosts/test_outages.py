"""A platform loses processes, hosts and networks while the exchange publishes, and loses no data."""

import time

import pytest

from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, HOSTS, PRODUCTION
from tests.deployment.hosts.platform import POLL_SECONDS, Platform
from tests.support.waiting import wait_until

CUT_SECONDS = 60
POSTGRES = "postgresql@17-main.service"
PROCESSES = (
    ("gatherer-1", "gatherer.service"),
    ("gatherer-2", POSTGRES),
    (DEDUPLICATOR, "deduplicator.service"),
    (PRODUCTION, POSTGRES),
)


@pytest.mark.parametrize(("host", "unit"), PROCESSES)
def test_a_killed_process_comes_back(platform: Platform, host: str, unit: str) -> None:
    before = platform.main_process(host, unit)

    platform.hosts[host].run("kill", "-KILL", before)

    wait_until(
        lambda: platform.main_process(host, unit) not in {"0", before},
        lambda: f"{unit} on {host} runs again:\n{platform.log(host)}",
        poll_seconds=POLL_SECONDS,
    )
    platform.wait_healthy()
    platform.require_nothing_lost()


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_comes_back_after_a_reboot(platform: Platform, host: str) -> None:
    platform.hosts[host].reboot()

    platform.wait_healthy()
    platform.require_nothing_lost()


def test_a_gatherer_without_network_for_a_minute(platform: Platform) -> None:
    host = platform.hosts[GATHERERS[2]]
    began = time.monotonic()
    host.cut()
    try:
        wait_until(
            lambda: platform.health(host.name).get("status") == "unhealthy",
            lambda: f"{host.name} notices: {platform.health(host.name)}",
            poll_seconds=POLL_SECONDS,
        )
        time.sleep(max(0.0, CUT_SECONDS - (time.monotonic() - began)))
        wait_until(
            lambda: platform.health(DEDUPLICATOR).get("status") == "degraded",
            lambda: f"the deduplicator notices: {platform.health(DEDUPLICATOR)}",
            poll_seconds=POLL_SECONDS,
        )
    finally:
        host.mend()

    platform.wait_healthy()
    platform.require_nothing_lost()
