"""Migrations of databases that are in use: no session waits long, and definitions come back however they were lost."""

import re
import threading
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg import errors

from kalshi_data.database.connection import Connection
from kalshi_data.database.migration_lock import LOCK_SECONDS_MAX
from kalshi_data.database.migrations import migrate
from kalshi_data.errors import MigrationError
from tests.conftest import MakeDatabase
from tests.support.coverage import beat
from tests.support.engines import KINDS, Database
from tests.support.waiting import wait_until

OURS = ("capture", "sync", "registry", "timeseries", "market_data", "ops")
VIEW = "market_data.top_of_book"
FILE = Path("production/views/top_of_book.sql")


def edit(folder: Path, name: Path, old: str = "comment on", new: str = "-- changed\ncomment on") -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


@contextmanager
def reading(database: Database, view: str = VIEW) -> Generator[Connection]:
    """Keep a reader's transaction open that has read a view."""
    with database.connect("reader") as reader, reader.transaction():
        reader.execute(f"select count(*) from {view}".encode())
        yield reader


def migrating(database: Database, pool: ThreadPoolExecutor, **options: Any) -> Future[list[str]]:
    def run() -> list[str]:
        with database.connect("kalshi_owner") as owner:
            return migrate(owner, "production", **options)

    return pool.submit(run)


def waits_for_lock(connection: Connection) -> bool:
    found = connection.execute("select from pg_locks where not granted and mode = 'AccessExclusiveLock'")
    return found.rowcount > 0


@pytest.mark.parametrize("kind", ["kalshi_ts", "kalshi_meta", "production"])
def test_an_unchanged_schema_takes_no_lock(make_database: MakeDatabase, kind: str) -> None:
    owner, components = KINDS[kind]
    database = make_database(kind)
    with database.connect() as other, database.connect(owner) as connection, other.transaction():
        tables = other.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables union "
            "select format('%I.%I', schemaname, viewname) from pg_views"
        ).fetchall()
        for (table,) in tables:
            schema, _, name = table.partition(".")
            if schema in OURS and name not in ("migration", "replayed_file"):
                other.execute(f"lock table {table} in access exclusive mode".encode())
        connection.execute("set lock_timeout = '100ms'")
        for component in components:
            assert migrate(connection, component) == []


def test_an_unchanged_schema_is_not_touched(production: Database) -> None:
    with production.connect("kalshi_owner") as owner:
        count = "select sum(xmin::text::bigint) from pg_proc where pronamespace = 'ops'::regnamespace"
        before = owner.execute(count).fetchone()
        assert migrate(owner, "production") == []
        assert owner.execute(count).fetchone() == before


def test_a_reader_delays_the_migration_and_no_other_session(production: Database, own_sql: Path) -> None:
    edit(own_sql, FILE)
    edit(own_sql, Path("production/functions/completeness/on_heartbeat_change.sql"))
    longest: dict[str, float] = {"heartbeat": 0.0, "second reader": 0.0}
    done = threading.Event()

    def others() -> None:
        with production.connect("deduplicator") as writer, production.connect("reader") as reader:
            while not done.is_set():
                started = time.monotonic()
                beat(writer, 1, 1)
                between = time.monotonic()
                reader.execute(f"select count(*) from {VIEW}".encode())
                longest["heartbeat"] = max(longest["heartbeat"], between - started)
                longest["second reader"] = max(longest["second reader"], time.monotonic() - between)

    with ThreadPoolExecutor(2) as pool, production.connect() as watching:
        with reading(production):
            migration = migrating(production, pool)
            wait_until(lambda: waits_for_lock(watching), "the migration waits")
            using = pool.submit(others)
            wait_until(lambda: not waits_for_lock(watching), "the migration gives up for a while")
            wait_until(lambda: waits_for_lock(watching), "the migration tries again")
            assert not migration.done()
        assert migration.result(60) == []
        done.set()
        using.result(60)
    # A session that waits for the migration waits no longer than the migration does.
    assert max(longest.values()) < LOCK_SECONDS_MAX + 3, longest


def test_a_session_that_blocks_for_too_long_is_named(production: Database, own_sql: Path) -> None:
    edit(own_sql, FILE)
    with ThreadPoolExecutor(1) as pool, reading(production) as reader:
        with pytest.raises(MigrationError) as raised:
            migrating(production, pool, wait_seconds_max=0.1).result(60)
        pid = reader.info.backend_pid
    pattern = rf"views/top_of_book.sql waited too long for session {pid} of reader \(test\) since \d{{4}}-"
    assert re.search(pattern, str(raised.value))
    with production.connect("kalshi_owner") as owner:
        assert migrate(owner, "production") == []


def test_a_table_in_use_delays_a_migration_and_no_other_session(production: Database, own_sql: Path) -> None:
    path = own_sql / "production" / "migrations" / "9001_alter_trades.sql"
    path.write_text("alter table market_data.hot_trades add column note text;")
    with ThreadPoolExecutor(1) as pool, production.connect() as watching:
        with reading(production, "market_data.hot_trades"):
            migration = migrating(production, pool)
            wait_until(lambda: waits_for_lock(watching), "the migration waits")
            with production.connect("reader") as second:
                second.execute("select count(*) from market_data.hot_trades")
        assert migration.result(60) == [path.name]


def test_a_session_waits_for_another_one_that_migrates_and_goes_on_when_it_dies(
    production: Database, own_sql: Path
) -> None:
    edit(own_sql, FILE)
    holder = (
        "select l.pid from pg_locks as l where l.granted and l.mode = 'ShareUpdateExclusiveLock' "
        "and l.relation = 'ops.migration'::regclass"
    )
    oldest = (
        "select pid from pg_stat_activity where usename = 'kalshi_owner' and application_name = 'test' "
        "order by backend_start limit 1"
    )
    with ThreadPoolExecutor(2) as pool, production.connect() as watching:
        with reading(production):
            first = migrating(production, pool)
            wait_until(lambda: waits_for_lock(watching), "the first waits for the reader")
            with pytest.raises(MigrationError, match=r"migrate waited too long for session \d+ of kalshi_owner"):
                migrating(production, pool, wait_seconds_max=0.1).result(60)
            held_by = watching.execute(holder).fetchone()
            second = migrating(production, pool)
            ((died,),) = watching.execute(oldest).fetchall()
            watching.execute("select pg_terminate_backend(%s)", (died,))
            with pytest.raises(errors.AdminShutdown):
                first.result(60)
            wait_until(lambda: watching.execute(holder).fetchone() not in (None, held_by), "the second has the lock")
        assert second.result(60) == []
        wait_until(lambda: watching.execute(holder).fetchone() is None, "the lock is free")


@pytest.mark.parametrize(
    "drop",
    [
        "drop view market_data.top_of_book",
        "drop function ops.advance_minutes",
        "drop trigger on_gap_update on ops.gaps",
        "drop function ops.on_gap_change cascade",
    ],
)
def test_a_dropped_object_comes_back_with_its_grants(production: Database, drop: str) -> None:
    with production.connect("kalshi_owner") as owner:
        count = (
            "select (select count(*) from pg_trigger where not tgisinternal), (select count(*) from pg_proc), "
            "(select count(*) from pg_class where relkind = 'v'), has_table_privilege('reader', %s, 'select')"
        )
        before = owner.execute(count, (VIEW,)).fetchone()
        owner.execute(drop.encode())
        migrate(owner, "production")
        assert owner.execute(count, (VIEW,)).fetchone() == before


@pytest.mark.parametrize(
    ("kind", "loss", "role", "use"),
    [
        (
            "production",
            "revoke all on all tables in schema market_data from reader",
            "reader",
            "select count(*) from market_data.trades",
        ),
        ("production", "revoke usage on schema ops from exporter", "exporter", "select count(*) from ops.cursors"),
        ("production", "drop owned by reader", "reader", "select count(*) from market_data.top_of_book"),
        (
            "production",
            "revoke update on market_data.hot_orderbook_snapshots from deduplicator",
            "deduplicator",
            "update market_data.hot_orderbook_snapshots set market_id = null",
        ),
        (
            "production",
            "drop function timeseries.ensure_partition",
            "deduplicator",
            "select timeseries.ensure_partition('market_data.hot_trades', now())",
        ),
        (
            "kalshi_ts",
            "revoke execute on all functions in schema sync from dedup_reader",
            "dedup_reader",
            "select sync.acknowledge('trades', '0')",
        ),
        ("kalshi_meta", "drop owned by dedup_reader", "dedup_reader", "select count(*) from sync.series_v1"),
    ],
)
def test_a_lost_grant_comes_back(make_database: MakeDatabase, kind: str, loss: str, role: str, use: str) -> None:
    database = make_database(kind)
    owner, components = KINDS[kind]
    with database.connect() as administrator:
        administrator.execute(loss.encode())
    with database.connect(role) as using:
        with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFunction)):
            using.execute(use.encode())
        with database.connect(owner) as migrating_again:
            for component in components:
                assert migrate(migrating_again, component) == []
        using.execute(use.encode())


def test_a_right_that_every_role_has_is_taken_again(production: Database) -> None:
    with production.connect() as administrator:
        administrator.execute(f"grant temporary on database {production.name} to public".encode())
    with production.connect("kalshi_owner") as owner, production.connect("reader") as reader:
        reader.execute("create temporary table mine ()")
        migrate(owner, "production")
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute("create temporary table another ()")


def test_everything_is_replayed_on_request(production: Database) -> None:
    with production.connect("kalshi_owner") as owner:
        owner.execute("create or replace function ops.minute_count(times tstzmultirange) returns bigint return 7")
        migrate(owner, "production")
        assert owner.execute("select ops.minute_count('{}')").fetchone() == (7,)
        migrate(owner, "production", replay_everything=True)
        assert owner.execute("select ops.minute_count('{}')").fetchone() == (0,)


def test_a_view_with_other_columns_replaces_the_old_one_with_its_grants(production: Database, own_sql: Path) -> None:
    path = own_sql / FILE
    path.write_text("create or replace view market_data.top_of_book as\nselect 7 as other;")
    depends = own_sql / "production" / "views" / "zzz_on_top.sql"
    depends.write_text("create or replace view market_data.zzz_on_top as\nselect * from market_data.top_of_book;")
    with production.connect("kalshi_owner") as owner:
        migrate(owner, "production")
        path.write_text("create or replace view market_data.top_of_book as\nselect 7 as bid, 8 as ask;")
        migrate(owner, "production")
    with production.connect("reader") as reader:
        assert reader.execute("select * from market_data.top_of_book").fetchone() == (7, 8)
        assert reader.execute("select * from market_data.zzz_on_top").fetchone() == (7, 8)


def test_a_function_with_another_result_replaces_the_old_one_under_a_view(production: Database, own_sql: Path) -> None:
    function = own_sql / "production" / "functions" / "minutes_of.sql"
    view = own_sql / "production" / "views" / "minutes_seen.sql"
    text = "create or replace function ops.minutes_of() returns {kind} language sql immutable return {value};"
    function.write_text(text.format(kind="integer", value="1"))
    view.write_text("create or replace view market_data.minutes_seen as\nselect ops.minutes_of() as minutes;")
    with production.connect("kalshi_owner") as owner:
        migrate(owner, "production")
        function.write_text(text.format(kind="text", value="'two'"))
        migrate(owner, "production")
        assert owner.execute("select minutes from market_data.minutes_seen").fetchone() == ("two",)
        assert migrate(owner, "production") == []


def test_what_depends_on_a_view_that_cannot_be_replaced_is_named(production: Database, own_sql: Path) -> None:
    (own_sql / FILE).write_text("create or replace view market_data.top_of_book as\nselect 7 as other;")
    with production.connect("kalshi_owner") as owner:
        owner.execute("create view market_data.hand_made as select * from market_data.top_of_book")
        with pytest.raises(MigrationError, match=r"top_of_book.sql cannot be replaced.*hand_made"):
            migrate(owner, "production")
        owner.execute("drop view market_data.hand_made")
        migrate(owner, "production")
        assert owner.execute("select * from market_data.top_of_book").fetchone() == (7,)


def test_a_ledger_of_an_earlier_version_is_completed(production: Database) -> None:
    with production.connect("kalshi_owner") as owner:
        owner.execute("drop table ops.replayed_file")
        assert migrate(owner, "production") == []
        assert owner.execute("select count(*) > 40 from ops.replayed_file").fetchone() == (True,)
