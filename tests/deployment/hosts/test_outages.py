"""A platform loses processes, hosts and networks while the exchange publishes, and loses no data."""

import time
from collections.abc import Callable
from typing import LiteralString

import pytest

from kalshi_data.database.connection import connect
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, HOSTS, PRODUCTION, SHARDED
from tests.deployment.hosts.platform import MONITORED, POLL_SECONDS, Platform
from tests.deployment.hosts.services.cloudwatch_agent import alarm_states
from tests.deployment.hosts.services.outside import WITHOUT
from tests.support.waiting import wait_until

PROMETHEUS = 9090
CUT_SECONDS = 60
DROP_SECONDS = 120
ROLLOUT_SECONDS = 5
# A second service with the settings, the user and the credentials of the first.
STRAY = "stray.service"
COPY_SERVICE = f"""\
cd /etc/kalshi
sed s/gatherer.service/{STRAY}/ gatherer.toml > stray.toml
chown --reference=gatherer.toml stray.toml
chmod --reference=gatherer.toml stray.toml
cd /etc/systemd/system
sed s,kalshi/gatherer.toml,kalshi/stray.toml, gatherer.service > {STRAY}
systemctl daemon-reload
"""
REMOVE_SERVICE = f"rm /etc/systemd/system/{STRAY} /etc/kalshi/stray.toml; systemctl daemon-reload"
CRASHES = "select count(*) from capture.connections where close_reason = 'crashed'"
RECEIVED = "select count(*) from capture.orderbook_deltas where received_at < %s and received_at > %s"
WITH_CLOCK = "select count(*) from capture.orderbook_deltas where clock > 0"
POSTGRES = "postgresql@17-main.service"
PROCESSES = (
    ("gatherer-1", "gatherer.service"),
    ("gatherer-2", POSTGRES),
    (SHARDED, "gatherer@2-of-2.service"),
    (DEDUPLICATOR, "deduplicator.service"),
    (PRODUCTION, POSTGRES),
)


def test_fields_that_one_gatherer_gets_before_the_others_change_nothing(platform: Platform) -> None:
    """Until now the exchange left them out; from here on it sends them."""
    first, *others = GATHERERS
    assert [_number(platform, name, WITH_CLOCK) for name in GATHERERS] == [0, 0, 0]

    client = platform.outside.keys[first].key_id
    platform.outside.fault("rollout", fields=WITHOUT, client=client, seconds=ROLLOUT_SECONDS)
    wait_until(lambda: _number(platform, first, WITH_CLOCK), f"clocks at {first}", poll_seconds=POLL_SECONDS)

    for name in others:
        wait_until(lambda name=name: _number(platform, name, WITH_CLOCK), f"at {name}", poll_seconds=POLL_SECONDS)
    platform.require_nothing_lost()


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
    """Its health, its page, an alert of its Prometheus and an alarm say so, the alarm with the reason."""
    host = platform.hosts[MONITORED]
    began, seen = time.monotonic(), dict[str, float]()
    host.cut()
    try:
        wait_until(
            lambda: platform.health(host.name).get("status") == "unhealthy",
            lambda: f"{host.name} notices: {platform.health(host.name)}",
            poll_seconds=POLL_SECONDS,
        )
        seen["health"], noticed = time.monotonic() - began, time.time()
        shown: dict[str, Callable[[], object]] = {
            "page": lambda: '"badge">unhealthy<' in platform.page(host.name),
            "alert": lambda: "ProgramUnhealthy" in _alerts(platform, host.name),
            "alarm": lambda: ("ALARM", "connections") in alarm_states(host, "gatherer", noticed),
        }
        for name, is_shown in shown.items():
            wait_until(is_shown, f"{host.name} on the {name}", poll_seconds=POLL_SECONDS)
            seen[name] = time.monotonic() - began
        time.sleep(max(0.0, CUT_SECONDS - (time.monotonic() - began)))
        wait_until(
            lambda: platform.health(DEDUPLICATOR).get("status") == "degraded",
            lambda: f"the deduplicator notices: {platform.health(DEDUPLICATOR)}",
            poll_seconds=POLL_SECONDS,
        )
    finally:
        host.mend()

    platform.measured.append(
        f"{MONITORED} cut off: " + ", ".join(f"{name} after {at:.0f} s" for name, at in seen.items())
    )
    platform.wait_healthy()
    platform.require_nothing_lost()


def test_packets_between_the_deduplicator_and_production_are_lost_for_two_minutes(platform: Platform) -> None:
    host = platform.hosts[DEDUPLICATOR]
    began = time.monotonic()
    host.drop_packets(PRODUCTION)
    try:
        wait_until(
            lambda: platform.health(DEDUPLICATOR).get("status") == "unhealthy",
            lambda: f"the deduplicator notices: {platform.health(DEDUPLICATOR)}",
            poll_seconds=POLL_SECONDS,
        )
        time.sleep(max(0.0, DROP_SECONDS - (time.monotonic() - began)))
    finally:
        host.pass_packets()

    platform.measure_recovery("two minutes without production")


def test_the_deduplicator_loses_power(platform: Platform) -> None:
    host = platform.hosts[DEDUPLICATOR]

    host.lose_power()
    host.boot()
    host.wait_booted()

    platform.measure_recovery("deduplicator without power")


def test_a_gatherer_started_twice_waits_and_then_takes_over(platform: Platform) -> None:
    name = GATHERERS[1]
    run = platform.hosts[name].run
    crashes = _number(platform, name, CRASHES)
    run("sh", "-ec", COPY_SERVICE)
    try:
        run("systemctl", "start", "--no-block", STRAY)
        _wait_for_log(platform, name, STRAY, "another gatherer")
        first = platform.main_process(name, "gatherer.service")
        platform.wait_healthy()
        assert _number(platform, name, CRASHES) == crashes

        run("kill", "-KILL", first)
        _wait_for_log(platform, name, "gatherer.service", "another gatherer")
        platform.measure_recovery("a second gatherer takes over")
    finally:
        run("systemctl", "stop", STRAY)
        run("sh", "-c", REMOVE_SERVICE)
    platform.measure_recovery("the first gatherer takes over again")


def test_a_gatherer_boots_a_minute_before_its_database(platform: Platform) -> None:
    name = GATHERERS[0]
    host = platform.hosts[name]
    host.run("systemctl", "mask", POSTGRES)
    host.reboot()
    began, began_at = time.monotonic(), host.run("date", "--utc", "+%FT%T.%NZ").strip()
    try:
        wait_until(
            lambda: platform.state(name, "gatherer.service") == "active",
            lambda: f"{name} is ready without its database:\n{platform.log(name)}",
            poll_seconds=POLL_SECONDS,
        )
        assert platform.state(name, POSTGRES) == "inactive"
        time.sleep(max(0.0, CUT_SECONDS - (time.monotonic() - began)))
    finally:
        ended_at = host.run("date", "--utc", "+%FT%T.%NZ").strip()
        host.run("systemctl", "unmask", POSTGRES)
        host.run("systemctl", "start", POSTGRES)

    platform.measure_recovery("a gatherer's database a minute late")
    assert _number(platform, name, RECEIVED, ended_at, began_at) > CUT_SECONDS


def _alerts(platform: Platform, host: str) -> set[str]:
    """Return the alerts of a host's Prometheus that are firing, or will if their cause lasts."""
    found = platform.asked(host, PROMETHEUS, "/api/v1/alerts")["data"]["alerts"]
    return {each["labels"]["alertname"] for each in found}


def _number(platform: Platform, host: str, statement: LiteralString, *values: str) -> int:
    with connect(platform.database(host, "kalshi_ts"), application_name="rehearsal") as connection:
        (found,) = connection.execute(statement, values).fetchone() or (0,)
        return found


def _wait_for_log(platform: Platform, host: str, unit: str, text: str) -> None:
    wait_until(
        lambda: text in platform.hosts[host].run("journalctl", "--no-pager", "--boot", f"--unit={unit}"),
        lambda: f"{unit} logs {text!r}:\n{platform.log(host)}",
        poll_seconds=POLL_SECONDS,
    )
