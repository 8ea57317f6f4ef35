"""Production stays within its space, and no table of it grows for ever."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.retention import delete_old, make_room, record_storage, relieve_disk
from kalshi_data.deduplicator.state import ProductionSpace, TaskState
from kalshi_data.deduplicator.storage_settings import PackingSettings, ProductionRetentionSettings
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.errors import NoRoom
from kalshi_data.service.growth import Growth
from kalshi_data.streams import STREAMS
from tests.integration.deduplicator.test_retention import archive, held, midnight
from tests.integration.gatherer.test_retention import trade
from tests.support.engines import Database
from tests.support.staging import claim, receive, settings

pytestmark = pytest.mark.usefixtures("within_a_day")

INSERT = "insert into market_data.hot_trades values (%s, %s, 'KXA-1', 0.43, 0.57, 3.5, 'yes', false, now(), 1)"
# Tables without a bound of their own, each with what bounds it.
BOUNDED = {
    "market_data.series": "a row per series of the exchange, which readers need for ever",
    "market_data.events": "a row per event of the exchange, which readers need for ever",
    "market_data.markets": "a row per market of the exchange, which readers need for ever",
    "ops.archive_partitions": "a row per stream and hour: some 90,000 a year, and the proof of what the archive holds",
    "ops.cursors": "a row per gatherer, epoch, stream and shard",
    "ops.deduplicators": "a row per deduplicator",
    "ops.delta_labels": "goes with the hour of its changes",
    "ops.dropped_partitions": "a row per dropped partition, of at most an hour: what readers find in the archive",
    "ops.expected_due": "taken by the next classification",
    "ops.heartbeats": "a row per gatherer",
    "ops.hour_locks": "512 rows",
    "ops.lags": "a row per gatherer, stream and shard",
    "ops.late_rows": "taken by the next checks",
    "ops.locks": "a row per task",
    "ops.lock_sessions": "a row per session, deleted when the next one is added",
    "ops.backups": "a row per kind of backup",
    "ops.market_minutes_due": "taken by the next classification",
    "ops.migration": "a row per migration",
    "ops.packed_hours": "a row per stream and packed hour: some 20,000 a year",
    "ops.replayed_file": "a row per file of SQL",
    "ops.packing_failures": "a row for each hour that has a hot partition",
    "ops.sightings": "deleted once they are summed",
    "ops.storage_samples": "a row per ten minutes of two days",
    "ops.ticker_evidence": "goes with the partition of its summaries",
    "ops.ticker_labels": "goes with the hour of its summaries",
    "ops.watermarks": "a row per task",
    "timeseries.migration": "a row per migration",
    "timeseries.replayed_file": "a row per file of SQL",
    "timeseries.series": "a row per table with partitions",
}
TABLES = """
select format('%s.%s', n.nspname, c.relname) from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname in ('market_data', 'ops', 'timeseries') and c.relkind in ('r', 'p') and not c.relispartition
"""


def names(connection: Connection, statement: str) -> set[str]:
    return {str(row[0]) for row in connection.execute(statement.encode()).fetchall()}


def test_each_table_of_production_has_a_bound(production: Database) -> None:
    with production.connect() as connection:
        series = names(connection, "select target::text from timeseries.series")
        deleted = names(connection, "select target from ops.bounded_tables()")
        assert names(connection, TABLES) == series | deleted | set(BOUNDED)
        assert not series & deleted
        assert not (series | deleted) & set(BOUNDED)


def test_each_deleted_table_has_a_setting(production: Database) -> None:
    with production.connect() as connection:
        kinds = names(connection, "select kept_as from ops.bounded_tables()")
    # The upkeep settings name this one.
    assert {*ProductionRetentionSettings().days_of_tables(), "line_checks"} == kinds


OLD_ROWS = {
    "ops.book_checks": "select n::text, {at}, n, '', {at}, n, true, 0, 0, 0 from generate_series(1, 3) as n",
    "ops.rejected_rows": "select {at}, '', 1, '0', '', '{{}}' from generate_series(1, 3) as n",
    "ops.gaps": "select 1, gen_random_uuid(), n, 1, 1, '', 1, 2, {at}, {at} from generate_series(1, 3) as n",
    "ops.connections": (
        "select 1, gen_random_uuid(), n, '', '', true, {at}, case when n > 0 then {at} end from generate_series(0, 3) n"
    ),
    "ops.subscriptions": (
        "select 1, gen_random_uuid(), n, 1, '', '', {at}, case when n > 0 then {at} end from generate_series(0, 3) n"
    ),
    # Whatever time of closing the exchange lists, what is expected of a market is kept as long as its coverage.
    "ops.expected": (
        "select 'orderbook_delta', n || ({at})::text, {at}, null, null, case when n > 0 then date '2000-01-01' end"
        " from generate_series(0, 3) as n"
    ),
    "market_data.markets_history": (
        "select n::text, ({at})::text::bytea, null, {at}, {at}, '{{}}', 1 from generate_series(1, 3) as n"
    ),
}


@pytest.mark.parametrize(("table", "rows"), OLD_ROWS.items(), ids=OLD_ROWS)
def test_old_rows_are_deleted_and_open_ones_stay(production: Database, table: str, rows: str) -> None:
    kept = dict.fromkeys(ProductionRetentionSettings().days_of_tables(), 10)
    with production.connect() as connection:
        connection.execute("set session_replication_role = replica")
        for days in (9.9, 10.1):
            values = rows.format(at=f"now() - interval '{days} days'")
            connection.execute(f"insert into {table} {values}".encode())
        before = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    with production.connect("deduplicator") as connection:
        asked = {"days_min": msgspec.json.encode(kept).decode(), "rows_max": 2}
        deleted = [connection.execute(query("production/retention/delete_old_rows"), asked).fetchall() for _ in "123"]
        assert deleted == [[(table, 2)], [(table, 1)], []]
        after = connection.execute(f"select count(*) from {table}".encode()).fetchone()
        assert before
        assert after
        assert before[0] - after[0] == 3
        delete_old(connection, ProductionRetentionSettings(), 90)


@pytest.fixture
def merging(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        for days_ago in (0, 1, 10, 11, 12):
            connection.execute(
                "select timeseries.ensure_partition('market_data.hot_trades', %s)", (midnight(days_ago),)
            )
            connection.execute(INSERT, (midnight(days_ago), f"{days_ago:02} days ago"))
        yield connection


def test_room_is_made_with_the_oldest_verified_partitions(merging: Connection) -> None:
    archive(merging, 12, 10)
    assert not make_room(merging, 0)
    assert not make_room(merging, 1 << 50)
    assert len(held(merging)) == 5
    for left in (["10", "11"], ["10"]):
        assert make_room(merging, 1)
        assert [name[:2] for name in held(merging)] == ["00", "01", *left]


def test_what_is_not_verified_is_kept_with_an_alarm(merging: Connection) -> None:
    archive(merging, 12, 11, "exported")
    archive(merging, 11, 10)
    assert make_room(merging, 1)
    with pytest.raises(NoRoom, match="more than 1,"):
        make_room(merging, 1)
    assert [name[:2] for name in held(merging)] == ["00", "01", "10", "12"]


def test_the_last_day_is_kept(merging: Connection) -> None:
    archive(merging, 12, -1)
    assert [make_room(merging, 1) for _ in "123"] == [True] * 3
    with pytest.raises(NoRoom, match=r"raise .*database_bytes_max"):
        make_room(merging, 1)
    assert [name[:2] for name in held(merging)] == ["00", "01"]


def test_a_full_disk_takes_the_oldest_verified_partition_whatever_the_bound(merging: Connection) -> None:
    archive(merging, 12, 10)
    relieve_disk(merging)
    assert [name[:2] for name in held(merging)] == ["00", "01", "10", "11"]
    relieve_disk(merging)
    with pytest.raises(NoRoom, match="the disk of production is full"):
        relieve_disk(merging)
    assert [name[:2] for name in held(merging)] == ["00", "01", "10"]


def test_upkeep_frees_space_after_a_write_found_none(production: Database, merging: Connection) -> None:
    archive(merging, 12, 10)
    state, space = TaskState(), ProductionSpace()
    # A packed row stays in a partition of 30 days.
    chosen = msgspec.structs.replace(settings(production, [production]), packing=PackingSettings(enabled=False))
    upkeep = Upkeep(chosen, threading.Event(), state, space)
    assert upkeep.take_lock(merging)
    upkeep.tick(merging)
    assert len(held(merging)) == 5

    space.failed(psycopg.errors.DiskFull("could not extend file"))
    upkeep.tick(merging)
    upkeep.tick(merging)
    assert [name[:2] for name in held(merging)] == ["00", "01", "10", "11"]

    for _ in "12":
        space.failed(psycopg.errors.DiskFull("could not extend file"))
        upkeep.tick(merging)
    assert [name[:2] for name in held(merging)] == ["00", "01", "10"]
    assert state.error
    assert "the disk of production is full" in state.error


def sizes(connection: Connection) -> tuple[int, int]:
    record_storage(connection)
    found = connection.execute("select database_bytes, kept_bytes from ops.storage_samples").fetchall()
    assert len(found) == 1
    return found[0]


def test_what_may_be_dropped_does_not_count_as_growth(merging: Connection) -> None:
    size, kept = sizes(merging)
    assert size == kept > 1_000_000
    archive(merging, 12, 10)
    size, kept = sizes(merging)
    assert 0 < kept < size
    freed = size - kept
    assert [make_room(merging, 1) for _ in "12"] == [True] * 2
    size_after, kept_after = sizes(merging)
    assert size_after == kept_after
    # The catalogue has grown a little.
    assert freed * 0.5 < size - size_after <= freed


def test_growth_of_production_is_that_of_the_last_day(merging: Connection) -> None:
    insert = "insert into ops.storage_samples select now() - n * interval '1 h', 60e9, 40e9 - n * 1e9 "
    merging.execute(f"{insert} from generate_series(0, 5) as n".encode())
    asked = query("production/status/read_growth")
    assert Growth.of(merging.execute(asked).fetchone()).bytes_per_day == pytest.approx(24e9, rel=0.001)
    merging.execute(f"{insert} from generate_series(6, 23) as n".encode())
    growth = Growth.of(merging.execute(asked).fetchone())
    assert growth.bytes_per_day == pytest.approx(24e9, rel=0.001)
    assert growth.days_left(100e9) == pytest.approx(2.5, rel=0.001)
    merging.execute(f"{insert} from generate_series(40, 60) as n".encode())
    record_storage(merging)
    oldest = merging.execute("select now() - min(sampled_at) < interval '2 days' from ops.storage_samples").fetchone()
    assert oldest == (True,)


def test_a_full_production_merges_nothing_until_it_has_space(production: Database, kalshi_ts: Database) -> None:
    receive(kalshi_ts, [trade("waits")], datetime.now(UTC), 1)
    chosen = settings(production, [kalshi_ts])
    merging = StreamMerge(STREAMS[0], chosen, threading.Event())
    with closing(merging), merging.connect() as connection:
        claim(merging, connection)
        merging.space.full = "production is full"
        assert merging.tick(connection) == 0
        assert merging.tick(connection) == 0
        assert merging.state.gatherer_errors == {1: "production is full"}
        merging.space.full = ""
        assert merging.tick(connection) == 1
        assert merging.state.gatherer_errors == {1: None}


def test_the_reader_makes_no_room(production: Database, merging: Connection) -> None:
    archive(merging, 12, 10)
    with production.connect("reader") as connection, pytest.raises(Exception, match="permission denied"):
        make_room(connection, 1)
    assert len(held(merging)) == 5
