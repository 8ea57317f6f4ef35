"""What counts as droppable is what retention drops, no more and no less."""

from collections.abc import Iterator, Sequence

import pytest

from kalshi_data.database.connection import Connection, query
from tests.integration.packing.test_deltas import merge
from tests.integration.packing.test_drops import DAY, HOUR, VERIFIED, change, pack
from tests.support.engines import Database

SIZES = """
select p.partition_name, pg_total_relation_size(p.partition_name::regclass)
from unnest('{market_data.hot_orderbook_deltas,market_data.packed_orderbook_deltas}'::regclass[]) as t (name)
cross join lateral timeseries.list_partitions(t.name) as p
"""
DROPPABLE = "select ops.droppable_bytes('{orderbook_deltas}')"
DROP = "select partition_name from ops.drop_archived_partitions('orderbook_deltas', 1, 3)"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_deltas"))
        yield connection


@pytest.mark.parametrize("packed", [(), (3,), (3, 4, 12), range(24)], ids=["hot", "one", "some", "all"])
@pytest.mark.parametrize("verified", [0, 10, 24])
def test_what_is_droppable_is_dropped(ops: Connection, packed: Sequence[int], verified: int) -> None:
    merge(ops, [change(hour) for hour in range(24)])
    for hour in packed:
        pack(ops, hour)
    ops.execute(VERIFIED, (DAY, DAY + 23 * HOUR))
    ops.execute("update ops.archive_partitions set state = 'pending' where hour >= %s", (DAY + verified * HOUR,))
    sizes = dict(ops.execute(SIZES).fetchall())
    ((droppable,),) = ops.execute(DROPPABLE).fetchall()
    dropped: list[str] = []
    while found := ops.execute(DROP).fetchall():
        dropped += [name for (name,) in found]
    assert sum(sizes[name] for name in dropped) == droppable
    assert bool(dropped) == (verified == 24 or (verified > 0 and len(packed) < 24))
    assert ops.execute(DROPPABLE).fetchall() == [(0,)]
