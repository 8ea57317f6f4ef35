import psycopg
import pytest

from tests.conftest import MakeDatabase
from tests.support.engines import Database

VISIBLE = """
select n.nspname, c.relname
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where
    c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and n.nspname !~ '^(pg_|information_schema|_?timescaledb)'
    and case when c.relkind = 'S' then has_sequence_privilege(%(role)s, c.oid, 'select, usage')
        else has_any_column_privilege(%(role)s, c.oid, 'select, insert, update')
            or has_table_privilege(%(role)s, c.oid, 'delete, truncate') end
order by 1, 2
"""
CALLABLE = """
select p.proname
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
where
    n.nspname in ('capture', 'sync', 'registry', 'timeseries')
    and has_schema_privilege(%(role)s, n.oid, 'usage')
    and has_function_privilege(%(role)s, p.oid, 'execute')
"""
SCHEMAS = """
select nspname from pg_namespace
where
    nspname !~ '^(pg_|information_schema|_?timescaledb|public)'
    and (has_schema_privilege(%(role)s, oid, 'usage') or has_schema_privilege(%(role)s, oid, 'create'))
"""


@pytest.mark.parametrize("kind", ["kalshi_ts", "kalshi_meta"])
def test_dedup_reader_may_only_read_schema_sync(make_database: MakeDatabase, kind: str) -> None:
    with make_database(kind).connect("dedup_reader") as connection:
        role = {"role": "dedup_reader"}
        visible = connection.execute(VISIBLE, role).fetchall()
        assert visible
        assert {schema for schema, _ in visible} == {"sync"}
        assert all(name.endswith("_v1") for _, name in visible)
        assert connection.execute(SCHEMAS, role).fetchall() == [("sync",)]
        callable_names = {("lag",)} | ({("acknowledge",)} if kind == "kalshi_ts" else set[tuple[str]]())
        assert set(connection.execute(CALLABLE, role).fetchall()) == callable_names
        for _, name in visible:
            connection.execute(f"select * from sync.{name}".encode())


@pytest.mark.parametrize(
    "statement",
    [
        "select * from capture.trades",
        "select * from capture.instance",
        "insert into sync.instance_v1 values (gen_random_uuid(), now())",
        "delete from sync.trades_v1",
        "create table sync.mine ()",
        "create table public.mine ()",
        "select timeseries.ensure_partition('capture.trades', now())",
        "insert into capture.acknowledgements (stream, ingest_xid) values ('trades', '1')",
        "select capture.acknowledged_times('capture.trades', now())",
    ],
)
def test_dedup_reader_may_not_do_anything_else(kalshi_ts: Database, statement: str) -> None:
    with kalshi_ts.connect("dedup_reader") as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement.encode())
    assert isinstance(caught.value, psycopg.errors.InsufficientPrivilege | psycopg.errors.ObjectNotInPrerequisiteState)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("reader", "select * from ops.cursors"),
        ("reader", "insert into market_data.trades select * from market_data.trades"),
        ("deduplicator", "delete from market_data.trades"),
        ("deduplicator", "update market_data.trades set size = 0"),
        ("deduplicator", "drop table market_data.trades"),
        ("deduplicator", "create table market_data.mine ()"),
    ],
)
def test_production_roles_may_not_exceed_their_tasks(production: Database, role: str, statement: str) -> None:
    with production.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_reader_may_read_market_data_only(production: Database) -> None:
    with production.connect("reader") as connection:
        visible = connection.execute(VISIBLE, {"role": "reader"}).fetchall()
        assert {schema for schema, _ in visible} == {"market_data"}
        assert {name for _, name in visible} >= {"trades", "orderbook_deltas"}
