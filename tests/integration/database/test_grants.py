import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from kalshi_data.database.connection import sql_folder
from kalshi_data.database.migrations import migrate
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.demo.databases import restrict
from tests.conftest import MakeDatabase
from tests.support.engines import Database

ANSIBLE = Path(__file__).parents[3] / "ansible"
ROLE = re.compile(r"name: (\w+)\b(?:(?!name:).)*?connections_max: (\d+)", re.DOTALL)
CREATED = re.compile(r"create role (\w+) login")
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
        ("reader", "insert into market_data.hot_trades select * from market_data.trades"),
        ("deduplicator", "delete from market_data.lifecycle_events"),
        ("deduplicator", "update market_data.hot_trades set size = 0"),
        ("deduplicator", "drop table market_data.hot_trades"),
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


TOO_MUCH = [
    "create temporary table mine (x integer)",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'abc')",
    "select lo_creat(-1)",
    "select pg_advisory_lock(1)",
    "select pg_try_advisory_lock(1, 2)",
    "select pg_advisory_xact_lock_shared(1)",
    "select pg_current_xact_id()",
    "select txid_current()",
    "create schema mine",
    "create function pg_temp.mine() returns integer language sql return 1",
]


@pytest.mark.parametrize("statement", TOO_MUCH)
@pytest.mark.parametrize(
    ("kind", "role"), [("kalshi_ts", "dedup_reader"), ("kalshi_meta", "dedup_reader"), ("production", "reader")]
)
def test_readers_may_keep_and_lock_nothing(make_database: MakeDatabase, kind: str, role: str, statement: str) -> None:
    with make_database(kind).connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("kind", "role", "connections"), [("kalshi_ts", "dedup_reader", 60), ("production", "reader", 20)]
)
def test_sessions_of_readers_are_bounded(make_database: MakeDatabase, kind: str, role: str, connections: int) -> None:
    database = make_database(kind)
    with psycopg.connect(database.conninfo(role), autocommit=True) as session:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "temp_file_limit"):
            shown = session.execute(f"show {name}".encode()).fetchone()
            assert shown not in {("0",), ("-1",), None}, name
        limit = session.execute("select rolconnlimit from pg_roles where rolname = current_user").fetchone()
        assert limit == (connections,)


@pytest.mark.parametrize("kind", ["gatherer", "production"])
def test_no_role_can_use_up_the_connections_of_a_server(production: Database, kind: str) -> None:
    """A server that Ansible does not set up, such as RDS, gets its limits from sql/roles; both agree."""
    group = (ANSIBLE / "group_vars" / f"{kind}.yml").read_text()
    listed = {name: int(limit) for name, limit in ROLE.findall(group)}
    with production.connect() as connection:
        limits = "select rolname, rolconnlimit from pg_roles where rolname = any(%s)"
        assert dict(connection.execute(limits, (list(listed),)).fetchall()) == listed
        roles = (sql_folder() / "roles" / f"{kind}.sql").read_text()
        assert set(CREATED.findall(roles)) == set(listed)
    assert 0 < sum(listed.values()) <= 100 - 3


def test_readers_can_stop_neither_merge_nor_partitions_nor_migration(
    make_database: MakeDatabase, production: Database
) -> None:
    kalshi_ts = make_database("kalshi_ts")
    with production.connect("reader") as reader, production.connect("deduplicator") as deduplicator:
        for statement in ("select from ops.locks for update", "select from timeseries.series for update"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement.encode())
        reader.execute("begin")
        reader.execute("select count(*) from market_data.trades")
        assert SessionLock("trades 1/1").take(deduplicator)
        deduplicator.execute("select timeseries.ensure_partition('market_data.hot_trades', now() + interval '3 days')")
    with kalshi_ts.connect("dedup_reader") as reader, kalshi_ts.connect("gatherer") as gatherer:
        reader.execute("begin")
        reader.execute("select count(*) from sync.trades_v1")
        gatherer.execute("select timeseries.ensure_partition('capture.trades', now() + interval '3 days')")
        assert migrate(gatherer, "capture") == []


def test_partitions_are_made_by_one_session_at_a_time(kalshi_ts: Database) -> None:
    moment = "now() + interval '9 days'"
    with (
        kalshi_ts.connect("gatherer") as first,
        kalshi_ts.connect("gatherer") as second,
        ThreadPoolExecutor(1) as thread,
    ):
        first.execute("begin")
        made = first.execute(f"select timeseries.ensure_partition('capture.trades', {moment})".encode()).fetchone()
        second.execute("set lock_timeout = '60s'")
        waiting = thread.submit(
            second.execute, f"select timeseries.ensure_partition('capture.trades', {moment})".encode()
        )
        first.execute("commit")
        assert waiting.result().fetchone() == (False,)
        # TimescaleDB makes chunks when rows arrive.
        assert made in {(True,), (False,)}


def test_what_functions_an_upgrade_opens_is_listed_until_they_are_restricted(make_database: MakeDatabase) -> None:
    """A new database has PostgreSQL's own rights; an owner that lacks a right is listed, too."""
    empty = make_database("empty")
    listing = (sql_folder() / "restrictions" / "open_functions.sql").read_bytes()
    with empty.connect() as connection:
        names = {name.split("(")[0] for (name,) in connection.execute(listing)}
        assert {"lo_create", "lo_from_bytea", "pg_advisory_lock", "pg_try_advisory_xact_lock_shared"} <= names
        restrict(empty.conninfo())
        assert connection.execute(listing).fetchall() == []
        connection.execute("revoke execute on function pg_advisory_unlock_all() from kalshi_owner")
        assert connection.execute(listing).fetchall() == [("pg_advisory_unlock_all()",)]


def test_an_administrator_who_is_no_superuser_limits_the_sessions_of_roles(make_database: MakeDatabase) -> None:
    """As on RDS: the file goes on without temp_file_limit, and what functions.sql would revoke stays with warnings."""
    files = [sql_folder() / name for name in ("roles/production.sql", "restrictions/functions.sql")]
    roles = "kalshi_owner, deduplicator, reader, exporter, status_page, prometheus"
    changed = f"alter role reader reset all; alter role reader connection limit 7; grant {roles} to administrator"
    notices: list[str] = []
    with psycopg.connect(make_database("empty").conninfo()) as session:
        session.execute("create role administrator createrole")
        session.execute(f"{changed} with admin option".encode())
        session.execute("set local role administrator")
        session.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        for file in files:
            session.execute(file.read_bytes())
        found = session.execute("select rolconnlimit, rolconfig from pg_roles where rolname = 'reader'").fetchone()
        session.rollback()
    assert found is not None
    limit, settings = found
    assert (limit, "statement_timeout=30min" in settings) == (20, True)
    assert not any(setting.startswith("temp_file_limit") for setting in settings)
    assert notices[0] == "temp_file_limit of reader is not set, since only a superuser may"
    assert notices[1].startswith("prometheus cannot see the state of sessions")
    assert any("no privileges could be revoked" in notice for notice in notices[2:])
