"""No table of a gatherer grows for ever: each has partitions, is deleted from, or has a reason to stay small."""

import pytest

from kalshi_data.database.connection import query
from kalshi_data.gatherer.retention import HISTORIES, PLAIN_TABLES
from tests.support.engines import Database

# What bounds a table that retention leaves alone.
BOUNDED = {
    "capture.acknowledgements": "a row per stream",
    "capture.backfills": "a row per range of time that an operator asked for",
    "capture.flush_position": "a row per shard",
    "capture.heartbeat": "a row per shard",
    "capture.instance": "one row",
    "capture.migration": "a row per migration",
    "capture.replayed_file": "a row per file of SQL",
    "capture.storage_samples": "a row per ten minutes of two days",
    "registry.events": "a row per event of the exchange",
    "registry.instance": "one row",
    "registry.markets": "a row per market of the exchange",
    "registry.migration": "a row per migration",
    "registry.replayed_file": "a row per file of SQL",
    "registry.series": "a row per series of the exchange",
    "timeseries.migration": "a row per migration",
    "timeseries.replayed_file": "a row per file of SQL",
    "timeseries.series": "a row per table with partitions",
}
TABLES = """
select format('%s.%s', n.nspname, c.relname) from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname in ('capture', 'registry', 'sync', 'timeseries') and c.relkind in ('r', 'p') and not c.relispartition
"""


def tables(database: Database) -> set[str]:
    with database.connect() as connection:
        return {str(name) for (name,) in connection.execute(TABLES).fetchall()}


def test_each_table_of_a_gatherer_has_a_bound(kalshi_ts: Database, kalshi_meta: Database) -> None:
    with kalshi_ts.connect() as connection:
        series = {target for target, _ in connection.execute(query("capture/retention/list_series")).fetchall()}
    deleted = {f"capture.{name}" for name in PLAIN_TABLES} | {f"registry.{name}" for name in HISTORIES}
    assert tables(kalshi_ts) | tables(kalshi_meta) == series | deleted | set(BOUNDED)
    assert not (series | deleted) & set(BOUNDED)


@pytest.mark.parametrize("table", [*PLAIN_TABLES, *HISTORIES])
def test_what_is_deleted_is_deleted_in_bounded_parts(table: str) -> None:
    component = "registry" if table in HISTORIES else "capture"
    assert b"limit %(rows_max)s" in query(f"{component}/retention/delete_{table}")
