"""The ledger of a component in a database: which migrations it has applied, and which definitions it holds."""

import hashlib
from importlib.resources.abc import Traversable
from typing import LiteralString

from psycopg import errors, sql

from kalshi_data.database.connection import Connection

# Component (a folder of /sql) to the schema that holds its ledger.
LEDGERS = {"timeseries": "timeseries", "capture": "capture", "registry": "registry", "production": "ops"}
# The definition that depends on all others: whatever is created or dropped may lack its grants.
GRANTS = "grants.sql"


class Ledger:
    """Names and sha256 of what a database has applied of one component."""

    def __init__(self, connection: Connection, component: str) -> None:
        """Read and write the ledger of `component` on `connection`."""
        self._connection = connection
        self.schema = LEDGERS[component]

    def exists(self) -> bool:
        """Return whether the ledger is complete; the ledger of an earlier version lacks its second table."""
        names = [f"{self.schema}.migration", f"{self.schema}.replayed_file"]
        statement = "select to_regclass(%s) is not null and to_regclass(%s) is not null"
        return self._connection.execute(statement, names).fetchone() == (True,)

    def create(self) -> None:
        """Create the schema and the tables that are missing."""
        self._connection.execute(
            sql.SQL(
                "create schema if not exists {schema};"
                "create table if not exists {schema}.migration ("
                " name text primary key, sha256 text not null, applied_at timestamptz not null default now());"
                "create table if not exists {schema}.replayed_file ("
                " name text primary key, sha256 text not null, replayed_at timestamptz not null default now())"
            ).format(schema=sql.Identifier(self.schema))
        )

    def migrations(self) -> dict[str, str]:
        """Return the sha256 of every applied migration by its name; nothing if there is no ledger."""
        return self._read("select name, sha256 from {}.migration")

    def definitions(self) -> dict[str, str]:
        """Return the sha256 of every function, view and file of grants that was replayed, by its name."""
        return self._read("select name, sha256 from {}.replayed_file")

    def record_migration(self, name: str, sha256: str) -> None:
        """Record that a migration was applied; grants are due again, since it may have created tables."""
        self._write("insert into {}.migration (name, sha256) values (%s, %s)", name, sha256)
        self._write("delete from {}.replayed_file where name = %s", GRANTS)

    def record_definition(self, name: str, sha256: str) -> None:
        """Record that a definition was replayed; grants are due again, since it may have created its object."""
        self._write("delete from {}.replayed_file where name in (%s, %s)", name, GRANTS)
        self._write("insert into {}.replayed_file (name, sha256) values (%s, %s)", name, sha256)

    def _read(self, statement: LiteralString) -> dict[str, str]:
        try:
            rows = self._connection.execute(sql.SQL(statement).format(sql.Identifier(self.schema)))
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            return {}
        return dict(rows.fetchall())

    def _write(self, statement: LiteralString, *values: str) -> None:
        self._connection.execute(sql.SQL(statement).format(sql.Identifier(self.schema)), values)


def checksum(path: Traversable) -> str:
    """Return the sha256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
