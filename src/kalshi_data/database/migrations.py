"""Brings a database's schemas up to date: pending migrations once, then functions, views and grants every time.

Each folder below /sql is one component with a ledger of its own: name and sha256 of every migration it has applied. A
migration never changes after it was applied; functions, views and grants are replayed, so they are edited in place.

The running release must work with the schema of the next one, so that hosts can be upgraded one after the other and
rolled back. A migration that breaks the running release has `break` in its name: 0050_break_trades.sql.
"""

import hashlib
from collections.abc import Callable
from importlib.resources.abc import Traversable

from psycopg import errors, sql

from kalshi_data.database.connection import Connection, sql_folder
from kalshi_data.errors import MigrationError

# Component (a folder of /sql) to the schema that holds its ledger.
LEDGERS = {"timeseries": "timeseries", "capture": "capture", "registry": "registry", "production": "ops"}
# First line of a migration that PostgreSQL must run outside a transaction: one statement that may be repeated.
OUTSIDE_TRANSACTION = b"-- migrate: no-transaction\n"


def migrate(connection: Connection, component: str) -> list[str]:
    """Apply the pending migrations of a component, replay its other files, and return the names of those migrations.

    The connection is in autocommit mode and belongs to the schema's owner.

    Raises:
        MigrationError: an applied migration was edited or is missing, or another session is migrating.
    """
    lock = (f"migrate {component}",)
    if connection.execute("select pg_try_advisory_lock(hashtext(%s))", lock).fetchone() != (True,):
        raise MigrationError(f"{component} is being migrated by another session: wait for it, then run migrate again")
    try:
        create_ledger(connection, LEDGERS[component])
        pending = pending_migrations(connection, component)
        for path in pending:
            apply_once(connection, LEDGERS[component], path)
        with connection.transaction():
            # As pg_dump does: a function may use an object that a later file of the replay creates.
            connection.execute("set local check_function_bodies = off")
            for path in replayed_files(component):
                connection.execute(path.read_bytes())
        return [path.name for path in pending]
    finally:
        connection.execute("select pg_advisory_unlock(hashtext(%s))", lock)


def breaks(name: str) -> bool:
    """Return whether a migration breaks older releases, by its name."""
    return name.split("_")[1] == "break"


def pending_migrations(
    connection: Connection, component: str, refused: Callable[[str], bool] = bool
) -> list[Traversable]:
    """Return the migrations not applied yet, in order.

    A later release may have applied migrations that this one lacks: `refused` returns whether this release must stop
    because of the name of one; by default, it must.

    Raises:
        MigrationError: the applied migrations differ from the files.
    """
    applied = read_ledger(connection, LEDGERS[component])
    paths = sql_files(sql_folder() / component / "migrations")
    later = sorted(name for name in set(applied) - {path.name for path in paths} if refused(name))
    if later:
        raise MigrationError(
            f"{component}: {later[0]} was applied here, but this version has no such file: use a later version"
        )
    for path in paths:
        if applied.get(path.name, checksum(path)) != checksum(path):
            raise MigrationError(
                f"{component}: {path.name} was edited after it was applied: restore it, and write a new one instead"
            )
    return [path for path in paths if path.name not in applied]


def require_current(connection: Connection, component: str, remedy: str) -> None:
    """Raise an error if the schema is older than this program, or if a later one broke it for this program.

    Raises:
        MigrationError: naming the first pending migration and `remedy`, the command that applies it.
    """
    pending = pending_migrations(connection, component, refused=breaks)
    if pending:
        raise MigrationError(f"{component}: {pending[0].name} is not applied yet: run {remedy}")


def create_ledger(connection: Connection, schema: str) -> None:
    """Create the schema and its ledger if they are missing."""
    connection.execute(
        sql.SQL(
            "create schema if not exists {schema};"
            "create table if not exists {schema}.migration ("
            " name text primary key, sha256 text not null, applied_at timestamptz not null default now())"
        ).format(schema=sql.Identifier(schema))
    )


def read_ledger(connection: Connection, schema: str) -> dict[str, str]:
    """Return the sha256 of every applied migration by its name; nothing if there is no ledger."""
    try:
        rows = connection.execute(sql.SQL("select name, sha256 from {}.migration").format(sql.Identifier(schema)))
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return {}
    return dict(rows.fetchall())


def apply_once(connection: Connection, schema: str, path: Traversable) -> None:
    """Run one migration and record it, in one transaction unless the file opts out."""
    body = path.read_bytes()
    record = sql.SQL("insert into {}.migration (name, sha256) values (%s, %s)").format(sql.Identifier(schema))
    if body.startswith(OUTSIDE_TRANSACTION):
        connection.execute(body)
        connection.execute(record, (path.name, checksum(path)))
        return
    with connection.transaction():
        connection.execute(body)
        connection.execute(record, (path.name, checksum(path)))


def replayed_files(component: str) -> list[Traversable]:
    """Return functions, then views, then grants; views may use functions, and grants name both."""
    folder = sql_folder() / component
    grants = folder / "grants.sql"
    return [*sql_files(folder / "functions"), *sql_files(folder / "views"), *([grants] if grants.is_file() else [])]


def sql_files(folder: Traversable) -> list[Traversable]:
    """Return the SQL files of a folder and of its sub-folders by path, none if there is no such folder."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return [
        file
        for path in paths
        for file in (sql_files(path) if path.is_dir() else [path] if path.name.endswith(".sql") else [])
    ]


def checksum(path: Traversable) -> str:
    """Return the sha256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
