import threading
from pathlib import Path

import msgspec
import psycopg
import pytest
from click.testing import CliRunner

from kalshi_data.cli.pending import Pending, find_pending
from kalshi_data.database import connection as connection_module
from kalshi_data.database.ledger import LEDGERS
from kalshi_data.database.migrations import migrate, require_current
from kalshi_data.deduplicator.cli import main
from kalshi_data.errors import MigrationError
from tests.conftest import MakeDatabase
from tests.support.engines import KINDS, Database


@pytest.fixture
def empty(make_database: MakeDatabase) -> Database:
    return make_database("empty")


def add(folder: Path, name: str, text: str) -> None:
    (folder / "timeseries" / "migrations" / name).write_text(text)


@pytest.mark.parametrize("kind", ["kalshi_ts", "kalshi_meta", "production"])
def test_migrating_again_changes_nothing(make_database: MakeDatabase, kind: str) -> None:
    owner, components = KINDS[kind]
    with make_database(kind).connect(owner) as connection:
        for component in components:
            assert migrate(connection, component) == []
            require_current(connection, component, "nothing")


def test_pending_migrations_run_once_and_are_recorded(empty: Database, own_sql: Path) -> None:
    with empty.connect("kalshi_owner") as connection:
        with pytest.raises(MigrationError, match=r"0001_create_series.sql is not applied yet: run it"):
            require_current(connection, "timeseries", "it")
        assert migrate(connection, "timeseries") == ["0001_create_series.sql"]
        add(own_sql, "0002_add_note.sql", "alter table timeseries.series add column note text default '100 %';")
        assert migrate(connection, "timeseries") == ["0002_add_note.sql"]
        assert migrate(connection, "timeseries") == []
        ledger = connection.execute("select name, length(sha256) from timeseries.migration order by name").fetchall()
        assert ledger == [("0001_create_series.sql", 64), ("0002_add_note.sql", 64)]


def test_a_failed_migration_changes_nothing_and_can_be_repeated(empty: Database, own_sql: Path) -> None:
    with empty.connect("kalshi_owner") as connection:
        migrate(connection, "timeseries")
        add(own_sql, "0002_fail.sql", "create table timeseries.half (); select 1 / 0;")
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(connection, "timeseries")
        assert connection.execute("select to_regclass('timeseries.half')").fetchone() == (None,)
        add(own_sql, "0002_fail.sql", "create table timeseries.whole ();")
        assert migrate(connection, "timeseries") == ["0002_fail.sql"]


def test_a_migration_may_run_outside_a_transaction(empty: Database, own_sql: Path) -> None:
    text = "-- migrate: no-transaction\ncreate index concurrently on timeseries.series (time_column);"
    add(own_sql, "0002_index.sql", text)
    with empty.connect("kalshi_owner") as connection:
        assert migrate(connection, "timeseries")[1:] == ["0002_index.sql"]


def test_an_edited_migration_is_refused_with_its_name(empty: Database, own_sql: Path) -> None:
    with empty.connect("kalshi_owner") as connection:
        migrate(connection, "timeseries")
        add(own_sql, "0001_create_series.sql", "select 1;")
        with pytest.raises(MigrationError, match=r"0001_create_series.sql was edited after it was applied: restore it"):
            migrate(connection, "timeseries")


def test_an_older_program_refuses_to_migrate_a_newer_database(empty: Database, own_sql: Path) -> None:
    add(own_sql, "0002_add_note.sql", "select 1;")
    with empty.connect("kalshi_owner") as connection:
        migrate(connection, "timeseries")
        (own_sql / "timeseries" / "migrations" / "0002_add_note.sql").unlink()
        with pytest.raises(MigrationError, match=r"0002_add_note.sql was applied here, .* use a later version"):
            migrate(connection, "timeseries")


def test_an_older_program_works_with_additions_of_a_later_one(empty: Database, own_sql: Path) -> None:
    add(own_sql, "0002_add_note.sql", "select 1;")
    with empty.connect("kalshi_owner") as connection:
        migrate(connection, "timeseries")
        (own_sql / "timeseries" / "migrations" / "0002_add_note.sql").unlink()
        require_current(connection, "timeseries", "nothing")
        with pytest.raises(MigrationError, match="use a later version"):
            find_pending(connection, "empty", ["timeseries"])


def test_an_older_program_refuses_a_breaking_migration_of_a_later_one(empty: Database, own_sql: Path) -> None:
    add(own_sql, "0002_break_series.sql", "select 1;")
    with empty.connect("kalshi_owner") as connection:
        assert find_pending(connection, "empty", ["timeseries"]) == [
            Pending("empty", "timeseries", "0001_create_series.sql", breaking=False),
            Pending("empty", "timeseries", "0002_break_series.sql", breaking=True),
        ]
        migrate(connection, "timeseries")
        assert find_pending(connection, "empty", ["timeseries"]) == []
        (own_sql / "timeseries" / "migrations" / "0002_break_series.sql").unlink()
        with pytest.raises(MigrationError, match=r"0002_break_series.sql was applied here, .* use a later version"):
            require_current(connection, "timeseries", "nothing")


def test_concurrent_sessions_apply_each_migration_once(empty: Database) -> None:
    outcomes: list[list[str]] = []

    def deploy() -> None:
        with empty.connect("kalshi_owner") as connection:
            outcomes.append(migrate(connection, "timeseries"))

    threads = [threading.Thread(target=deploy) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [[], ["0001_create_series.sql"]]


def test_every_component_of_sql_has_a_ledger() -> None:
    folders = {path.name for path in connection_module.sql_folder().iterdir() if path.is_dir()}
    others = {"roles", "databases", "restrictions", "sessions", "athena", "duckdb", "verification", "migration"}
    of_hosts = {"monitoring", "backups", "extension"}
    assert folders == {*LEDGERS, *others, *of_hosts}


@pytest.mark.parametrize(("kind", "pending"), [("production", False), ("empty", True)])
def test_pending_migrations_are_listed_and_not_applied(
    make_database: MakeDatabase, tmp_path: Path, kind: str, pending: bool
) -> None:
    conninfo = make_database(kind).conninfo("kalshi_owner")
    config = tmp_path / "deduplicator.toml"
    places = {"production": ("runtime", "owner"), "[gatherers]": ("kalshi_ts", "kalshi_meta")}
    lines = [
        line
        for section, names in places.items()
        for line in (f"[{section}]", *(f'{name}.conninfo = "{conninfo}"' for name in names))
    ]
    config.write_text("\n".join([*lines, "id = 1"]))
    command = ["migrate", "--config", str(config), "--pending"]
    found = msgspec.json.decode(CliRunner().invoke(main, [*command, "--json"], catch_exceptions=False).stdout)
    assert bool(found) is pending
    assert {each["component"] for each in found} == ({"timeseries", "production"} if pending else set())
    output = CliRunner().invoke(main, command, catch_exceptions=False).stdout
    assert output.endswith(f"{len(found)} migrations are pending\n")
    assert "0001_create_series.sql" in output or not pending
