"""What is remembered of changes that lines saw differently goes with the partition that holds them."""

from datetime import timedelta

from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import delta
from tests.support.engines import Database
from tests.support.staging import NOW, merge, receive

OLD = NOW - timedelta(days=9)
REMEMBERED = """
select (select count(*) from market_data.orderbook_deltas), (select count(*) from ops.delta_labels),
    (select count(*) from ops.delta_evidence)
"""


def test_labels_and_evidence_are_dropped_with_their_changes(production: Database, make_database: MakeDatabase) -> None:
    fine, coarse = make_database("kalshi_ts"), make_database("kalshi_ts")
    for number, moment in enumerate((OLD, NOW), start=1):
        ms = int(moment.timestamp() * 1000)
        # Each line knows a label that the other one lacks.
        receive(fine, [delta(ts_ms=ms, ts=f"{moment:%Y-%m-%dT%H:%M:%S}.000250Z")], number=number)
        receive(coarse, [delta(ts_ms=ms, clock=7)], number=number)
    merge(production, [fine, coarse])
    with production.connect("deduplicator") as connection:
        assert connection.execute(REMEMBERED.encode()).fetchone() == (2, 4, 4)
        connection.execute("update ops.archive_partitions set state = 'verified'")
        hours = """
            insert into ops.archive_partitions (stream, hour, state)
            select 'orderbook_deltas', h, 'verified'
            from generate_series(date_trunc('day', %(old)s, 'UTC'), %(old)s + interval '1 day', interval '1 h') as h
            on conflict do nothing
        """
        connection.execute(hours.encode(), {"old": OLD})
        connection.execute("select * from ops.drop_archived_partitions('orderbook_deltas', 2)")
        assert connection.execute(REMEMBERED.encode()).fetchone() == (1, 2, 2)
