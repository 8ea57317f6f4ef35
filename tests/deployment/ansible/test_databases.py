"""Hosts get the limits and restrictions of the project's SQL files; a second run changes nothing."""

import json
import re
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


def apply(run: Run, engine: Engine, *options: str) -> int:
    """Run the tasks of the role and return how many of them changed something."""
    variables = {"version": "1", "ansible_python_interpreter": sys.executable}
    places = ("--inventory=inventories/example", f"--extra-vars={json.dumps(variables)}")
    server = f"PGHOST={engine.server.socket}"
    done = run("env", server, "ansible-playbook", *places, *options, str(APPLY))
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
