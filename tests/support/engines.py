"""The two kinds of PostgreSQL that every SQL test runs on, and databases cloned from migrated templates."""

import itertools
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql
from pytest_postgresql.janitor import DatabaseJanitor

from kalshi_data.database.connection import Connection, connect, sql_folder
from kalshi_data.database.migrations import migrate
from kalshi_data.demo.postgres import SETTINGS, SUPERUSER, Account, Server

# TimescaleDB's scheduler would hold a connection to the templates, which could then not be cloned.
TIMESCALEDB = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.max_background_workers": "0",
    "timescaledb.telemetry_level": "off",
}
# Kind of database to its owner and the components migrated into it.
KINDS = {
    "kalshi_ts": ("gatherer", ("timeseries", "capture")),
    "kalshi_meta": ("gatherer", ("registry",)),
    "production": ("kalshi_owner", ("timeseries", "production")),
    "empty": ("kalshi_owner", ()),
}
NUMBERS = itertools.count(1)


class Database(NamedTuple):
    """One database of a test."""

    server: Server
    name: str

    def conninfo(self, user: str = SUPERUSER) -> str:
        return self.server.conninfo(self.name, user)

    def connect(self, user: str = SUPERUSER) -> Connection:
        return connect(self.conninfo(user), application_name="test")


class Engine:
    """A running server of one kind."""

    def __init__(
        self, name: str, folder: Path, binaries: Path, account: Account, changes: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.binaries = binaries
        own = {**SETTINGS, **(TIMESCALEDB if name == "timescaledb" else {}), **(changes or {})}
        self.server = Server(folder, binaries, account, own)
        self._templates: set[str] = set()

    @contextmanager
    def running(self) -> Generator["Engine"]:
        self.server.create()
        self.server.start()
        try:
            with psycopg.connect(self.server.conninfo("postgres"), autocommit=True) as connection:
                for roles in ("gatherer", "production"):
                    connection.execute((sql_folder() / "roles" / f"{roles}.sql").read_bytes())
            yield self
        finally:
            self.server.stop()

    @contextmanager
    def database(self, kind: str) -> Generator[Database]:
        """Clone the migrated template of a kind for one test."""
        template = f"template_{kind}"
        if template not in self._templates:
            self._make_template(kind, template)
            self._templates.add(template)
        name = f"{kind}_{next(NUMBERS)}"
        with self._janitor(name, template_dbname=template):
            self._give(name, KINDS[kind][0])
            yield Database(self.server, name)

    def _make_template(self, kind: str, name: str) -> None:
        owner, components = KINDS[kind]
        self._janitor(name).init()
        self._give(name, owner)
        if self.name == "timescaledb":
            with psycopg.connect(self.server.conninfo(name), autocommit=True) as connection:
                connection.execute("create extension timescaledb")
        with connect(self.server.conninfo(name, owner), application_name="template") as connection:
            for component in components:
                migrate(connection, component)

    def _give(self, name: str, owner: str) -> None:
        """Make who migrates the owner of a database, as a deployment does."""
        with psycopg.connect(self.server.conninfo("postgres"), autocommit=True) as connection:
            change = sql.SQL("alter database {} owner to {}")
            connection.execute(change.format(sql.Identifier(name), sql.Identifier(owner)))

    def _janitor(self, name: str, template_dbname: str | None = None) -> DatabaseJanitor:
        host = str(self.server.socket)
        return DatabaseJanitor(user=SUPERUSER, host=host, port=5432, dbname=name, template_dbname=template_dbname)
