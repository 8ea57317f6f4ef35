"""A host is lost with its disk while the exchange publishes. A playbook sets up a bare one, and nothing is lost."""

import time

from tests.deployment.hosts.fleet import GATHERERS, PRODUCTION
from tests.deployment.hosts.losses import rebuild, row
from tests.deployment.hosts.platform import Platform

LOST = GATHERERS[1]
EPOCH = "select epoch::text from capture.instance"
MERGED = """
select rows_polled, ingest_xid::text from ops.cursors where epoch = %s::uuid and stream = 'orderbook_deltas'
"""
CAPTURED = "select count(*) from capture.orderbook_deltas where ingest_xid <= %s::xid8"


def test_a_gatherer_is_lost_with_its_disk(platform: Platform) -> None:
    """Two others record all the time, and the deduplicator reads the new database from its beginning."""
    since_ms = time.time_ns() // 1_000_000
    old = row(platform, LOST, EPOCH)
    with platform.watch() as watch:
        rebuild(platform, LOST, "site.yml")

    assert watch.fewest_up() == 2
    assert min(platform.receivers(since_ms, time.time_ns() // 1_000_000)) >= 2
    new = row(platform, LOST, EPOCH)
    assert new != old
    merged, position = row(platform, PRODUCTION, MERGED, *new)
    assert (merged,) == row(platform, LOST, CAPTURED, position) > (0,)
