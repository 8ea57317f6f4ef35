"""A host is lost with its disk while the exchange publishes. A playbook sets up a bare one, and nothing is lost."""

import time
from typing import Any, LiteralString

from kalshi_data.database.connection import connect
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION
from tests.deployment.hosts.platform import Platform

LOST = GATHERERS[1]
EXPORT = ("deduplicator", "export", "--once", "--early")
SERVICE = "deduplicator.service"
REBUILD = "rebuild_production.yml"
EPOCH = "select epoch::text from capture.instance"
MERGED = """
select rows_polled, ingest_xid::text from ops.cursors where epoch = %s::uuid and stream = 'orderbook_deltas'
"""
CAPTURED = "select count(*) from capture.orderbook_deltas where ingest_xid <= %s::xid8"
WRITTEN = """
select stream, hour::text, touched_at::text, exported_at::text from ops.archive_partitions where state = 'verified'
"""
RESTORED = "select count(*), sum(row_count)::bigint from ops.archive_partitions where restored_at is not null"


def test_a_gatherer_is_lost_with_its_disk(platform: Platform) -> None:
    """Two others record all the time, and the deduplicator reads the new database from its beginning."""
    since_ms = time.time_ns() // 1_000_000
    old = _row(platform, LOST, EPOCH)
    with platform.watch() as watch:
        _rebuild(platform, LOST, "site.yml")

    assert watch.fewest_up() == 2
    assert min(platform.receivers(since_ms, time.time_ns() // 1_000_000)) >= 2
    new = _row(platform, LOST, EPOCH)
    assert new != old
    merged, position = _row(platform, PRODUCTION, MERGED, *new)
    assert (merged,) == _row(platform, LOST, CAPTURED, position) > (0,)


def test_the_deduplicator_is_lost_with_its_disk(platform: Platform) -> None:
    """It goes on where production says, and the archive's hours stay as they are."""
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    written = set(_rows(platform, PRODUCTION, WRITTEN))
    _rebuild(platform, DEDUPLICATOR, "site.yml")

    untouched = {each[:3] for each in written} & {each[:3] for each in _rows(platform, PRODUCTION, WRITTEN)}
    assert {stream for stream, *_ in untouched} >= {"series", "events", "markets"}
    assert {each for each in written if each[:3] in untouched} <= set(_rows(platform, PRODUCTION, WRITTEN))
    _require_archive(platform)


def test_a_production_that_holds_rows_is_not_rebuilt_by_mistake(platform: Platform) -> None:
    running = platform.main_process(DEDUPLICATOR, SERVICE)
    version = platform.version(DEDUPLICATOR)

    refused = platform.play(REBUILD, version=version)
    predicted = platform.play_to_the_end(REBUILD, "--check", version=version, rebuild_into_rows="true")

    assert (refused.failed_hosts, refused.changes) == ([DEDUPLICATOR], set())
    assert "Production answers and holds rows already" in refused.output
    assert "Stop the deduplicator" in {task for task, _ in predicted.changes}
    assert platform.main_process(DEDUPLICATOR, SERVICE) == running


def test_production_is_lost_with_its_disk_and_has_no_backup(platform: Platform) -> None:
    """The archive's rows come back, and those that were not archived come again from the gatherers."""
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    archived = [each for each in platform.archived("verify", "--offline") if each["state"] == "verified"]

    _rebuild(platform, PRODUCTION, REBUILD)

    hours, rows = _row(platform, PRODUCTION, RESTORED)
    assert hours >= len(archived) > 0
    assert rows >= sum(each["rows"] for each in archived) > 0
    _require_archive(platform)


def _rebuild(platform: Platform, name: str, playbook: str) -> None:
    """Lose a host, let a playbook set up a bare one in its place, and wait until the platform has caught up."""
    version = platform.version(next(host for host in GATHERERS if host != name))
    began = time.monotonic()
    platform.fleet.lose(name)
    platform.fleet.replace(name)
    booted = time.monotonic() - began
    seconds = platform.play_to_the_end(playbook, version=version).seconds
    platform.measured.append(f"{name} lost with its disk: bare host after {booted:.0f} s, {playbook} {seconds:.0f} s")
    platform.measure_recovery(f"{name} rebuilt")


def _require_archive(platform: Platform) -> None:
    """Export what there is, and compare each row with production; hours into which rows came meanwhile are waiting."""
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    states = {each["state"] for each in platform.archived("verify", "--deep")}
    assert {"verified"} <= states <= {"verified", "waiting"}


def _rows(platform: Platform, host: str, statement: LiteralString, *values: str) -> list[tuple[Any, ...]]:
    name = "kalshi" if host == PRODUCTION else "kalshi_ts"
    with connect(platform.database(host, name), application_name="rehearsal") as connection:
        return connection.execute(statement, values).fetchall()


def _row(platform: Platform, host: str, statement: LiteralString, *values: str) -> tuple[Any, ...]:
    (found,) = _rows(platform, host, statement, *values)
    return found
