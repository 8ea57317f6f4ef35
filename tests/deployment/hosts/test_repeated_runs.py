"""site.yml is played again: after a lost host, with another setting, with other numbers of shards."""

import json
import time

from tests.deployment.hosts.ansible import SETTINGS
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION, SHARDED
from tests.deployment.hosts.losses import rebuild, row
from tests.deployment.hosts.platform import Platform

LOST = GATHERERS[1]
EPOCH = "select epoch::text from capture.instance"
# Cursors of all numbers of shards that there were.
MERGED = """
select sum(rows_polled)::bigint, max(ingest_xid)::text
from ops.cursors where epoch = %s::uuid and stream = 'orderbook_deltas'
"""
CAPTURED = "select count(*) from capture.orderbook_deltas where ingest_xid <= %s::xid8"
# Check mode cannot predict these: it does not stop the service, so the service need not be started, and the checksums
# are recorded only after a restart.
IMPLIED = {"Start and enable the service", "Record the checksums with which the service was started"}
SECOND = "gatherer@2-of-2.service"
RESTART = {"Stop the service", *IMPLIED}


def test_a_gatherer_is_lost_with_its_disk(platform: Platform) -> None:
    """Two others record all the time, and the deduplicator reads the new database from its beginning.

    On the hosts that were there before, the playbook only restarts the deduplicator, for the new host's certificate.
    """
    since_ms = time.time_ns() // 1_000_000
    old = row(platform, LOST, EPOCH)
    with platform.watch() as watch:
        played = rebuild(platform, LOST, "site.yml")

    elsewhere = {(task, line.partition(" =>")[0]) for task, line in played.changes if LOST not in line}
    assert elsewhere == {(task, f"changed: [{DEDUPLICATOR}]") for task in RESTART}
    assert watch.fewest_up() == 2
    assert min(platform.receivers(since_ms, time.time_ns() // 1_000_000)) >= 2
    new = row(platform, LOST, EPOCH)
    assert new != old
    merged, position = row(platform, PRODUCTION, MERGED, *new)
    assert (merged,) == row(platform, LOST, CAPTURED, position) > (0,)


def test_check_mode_predicts_a_changed_setting_and_the_restart(platform: Platform) -> None:
    host = SHARDED
    before = platform.main_process(host, SECOND)
    version = platform.version(host)
    settings = {"gatherer_settings": {**SETTINGS, "recovery": {"settle_seconds": 0.25}}}
    arguments = (f"--limit={host}", "-e", json.dumps(settings))
    predicted = platform.play_to_the_end("site.yml", *arguments, "--check", "--diff", version=version)
    assert platform.main_process(host, SECOND) == before

    made = platform.play_to_the_end("site.yml", *arguments, version=version)

    assert "settle_seconds = 0.25" in predicted.output
    assert {name for name, _ in predicted.changes} >= {"Write the settings", "Stop the service"}
    assert predicted.changes - made.changes == set()
    assert {name for name, _ in made.changes - predicted.changes} == IMPLIED
    assert platform.main_process(host, SECOND) not in {"0", before}


def test_the_number_of_shards_changes_and_nothing_is_read_from_the_beginning(platform: Platform) -> None:
    """A gatherer's two processes become one and two again, and the deduplicator's one becomes two and one again.

    Read again is only what one process merged after the other one had stopped.
    """
    version = platform.version(SHARDED)
    epoch = row(platform, SHARDED, EPOCH)
    for gatherer, deduplicator in ((1, 2), (2, 1)):
        platform.ansible.change(SHARDED, gatherer_shards=gatherer)
        platform.ansible.change(DEDUPLICATOR, deduplicator_shards=deduplicator)
        platform.play_to_the_end("site.yml", f"--limit={SHARDED},{DEDUPLICATOR}", version=version)

        platform.shards = {SHARDED: gatherer, DEDUPLICATOR: deduplicator}
        assert platform.units(SHARDED, "gatherer") == units("gatherer", gatherer)
        assert platform.units(DEDUPLICATOR, "deduplicator") == units("deduplicator", deduplicator)
        platform.measure_recovery(f"{gatherer} gatherer shards and {deduplicator} of the deduplicator")
    merged, position = row(platform, PRODUCTION, MERGED, *epoch)
    (captured,) = row(platform, SHARDED, CAPTURED, position)
    assert 0 < captured <= merged < captured * 1.01


def units(program: str, number: int) -> list[str]:
    """Return the names of a program's units."""
    several = [f"{program}@{part}-of-{number}.service" for part in range(1, number + 1)]
    return several if number > 1 else [f"{program}.service"]
