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
from kalshi_data.demo.databases import restrict
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
# Roles that may make temporary tables.
STAGERS = {"template_production": ("deduplicator", "exporter")}
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
        self._create(name, KINDS[kind][0], template)
        try:
            yield Database(self.server, name)
        finally:
            self._administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _make_template(self, kind: str, name: str) -> None:
        owner, components = KINDS[kind]
        # The janitor waits for a server that has just started.
        DatabaseJanitor(user=SUPERUSER, host=str(self.server.socket), port=5432, dbname=name).init()
        change = sql.SQL("alter database {} owner to {}")
        self._administer(change.format(sql.Identifier(name), sql.Identifier(owner)))
        if self.name == "timescaledb":
            with psycopg.connect(self.server.conninfo(name), autocommit=True) as connection:
                connection.execute("create extension timescaledb")
        if components:
            restrict(self.server.conninfo(name))
        with connect(self.server.conninfo(name, owner), application_name="template") as connection:
            for component in components:
                migrate(connection, component)

    def _create(self, name: str, owner: str, template: str) -> None:
        """Copy a database; who migrates it owns it, as in a deployment."""
        # In memory, copying the files takes half the time of writing them through the log.
        statement = sql.SQL("create database {} template {} strategy file_copy owner {}")
        self._administer(statement.format(*map(sql.Identifier, (name, template, owner))))
        if template != "template_empty":
            # A copy has the rights in a database but not those on it, which grants.sql of each component sets.
            rights = "revoke temporary on database {0} from public; grant temporary on database {0} to {1}"
            stagers = sql.SQL(", ").join(map(sql.Identifier, STAGERS.get(template, (owner,))))
            self._administer(sql.SQL(rights).format(sql.Identifier(name), stagers))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)
