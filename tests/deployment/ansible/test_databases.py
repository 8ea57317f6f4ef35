"""Hosts get the limits and restrictions of the project's SQL files; a second run changes nothing."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kalshi_data.database.connection import sql_folder
from kalshi_data.demo.databases import GATHERER_DATABASES, PRODUCTION_DATABASES
from kalshi_data.demo.postgres import server_account
from tests.deployment.ansible.conftest import Run
from tests.support import debian_packages, timescaledb
from tests.support.engines import Engine

APPLY = Path(__file__).with_name("apply_databases.yml")
UPDATE = Path(__file__).with_name("update_extension.yml")
DATABASES = {**GATHERER_DATABASES, **PRODUCTION_DATABASES}
ROLES = """
select r.rolname, r.rolconnlimit, array(select unnest(r.rolconfig) order by 1),
array(select m.roleid::regrole::text from pg_auth_members as m where m.member = r.oid order by 1)
from pg_roles as r where r.rolname !~ '^(pg_|postgres$)' order by 1
"""
# What an older release or an operator may have left behind.
CHANGED = """
drop role exporter;
alter role reader set statement_timeout = 0;
alter role reader set work_mem = '1GB';
alter role dedup_reader connection limit -1;
revoke pg_read_all_settings from gatherer;
"""
# Such a database refuses every session that loads TimescaleDB.
WITHOUT_LIBRARY = {"PGOPTIONS": "-c timescaledb.disable_load=on -c allow_system_table_mods=on"}
SET_VERSION = "update pg_extension set extversion = '{}' where extname = 'timescaledb'"
VERSION = "select extversion from pg_extension where extname = 'timescaledb'"


@pytest.fixture(scope="module")
def host(server_folder: Path) -> Iterator[Engine]:
    """A server of its own, since roles belong to a whole server; hosts have TimescaleDB."""
    if not debian_packages.can_fetch():
        pytest.skip("this platform has no TimescaleDB to run as a host does")
    folder = server_folder / "host"
    with Engine("timescaledb", folder, timescaledb.fetch_binaries(), server_account()).running() as engine:
        yield engine


def rows(engine: Engine, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
    with psycopg.connect(engine.server.conninfo(name), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def open_functions(engine: Engine, name: str) -> list[tuple[Any, ...]]:
    return rows(engine, (sql_folder() / "restrictions" / "open_functions.sql").read_text(), name)


def play(run: Run, engine: Engine, playbook: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run tasks of the role on the server."""
    programs = str(timescaledb.fetch_binaries())
    variables = {"version": "1", "ansible_python_interpreter": sys.executable, "programs": programs}
    places = ("--inventory=inventories/example", f"--extra-vars={json.dumps(variables)}")
    return run("env", f"PGHOST={engine.server.socket}", "ansible-playbook", *places, *options, str(playbook))


def apply(run: Run, engine: Engine, *options: str, playbook: Path = APPLY) -> int:
    """Run tasks of the role to their end, and return how many of them changed something."""
    done = play(run, engine, playbook, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return sum(map(int, re.findall(r"changed=(\d+)", done.stdout)))


def test_a_host_gets_the_limits_and_restrictions_of_the_sql_files(run: Run, host: Engine) -> None:
    """Check mode changes nothing, and neither does a second run."""
    wanted = rows(host, ROLES)
    assert any(settings for _, _, settings, _ in wanted)
    rows(host, CHANGED)
    found = rows(host, ROLES)

    assert apply(run, host, "--check") > 0
    assert rows(host, ROLES) == found
    assert apply(run, host) > 0
    assert rows(host, ROLES) == wanted
    assert [open_functions(host, name) for name in DATABASES] == [[]] * len(DATABASES)
    assert apply(run, host) == 0


def test_an_extension_of_the_librarys_version_is_left_as_it_is(run: Run, host: Engine) -> None:
    apply(run, host)
    assert apply(run, host, playbook=UPDATE) == 0


def test_an_extension_that_the_library_cannot_update_stops_with_what_to_do(
    run: Run, host: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(run, host)
    for name, value in WITHOUT_LIBRARY.items():
        monkeypatch.setenv(name, value)
    ((version,),) = rows(host, VERSION, "kalshi_ts")
    rows(host, SET_VERSION.format("1.2.3"), "kalshi_ts")
    try:
        done = play(run, host, UPDATE)
    finally:
        rows(host, SET_VERSION.format(version), "kalshi_ts")
    assert done.returncode != 0
    message = (
        f"kalshi_ts has TimescaleDB 1.2.3, which the library of version {version} cannot update: install a package"
    )
    assert message in " ".join(done.stdout.split())
