"""Brings a database's schemas up to date: pending migrations once, then changed functions, views and grants.

Each folder below /sql is one component with a ledger of its own: name and sha256 of every migration it has applied, and
of every function, view and file of grants as it was last replayed. A migration never changes after it was applied;
functions, views and grants are edited in place, and replayed if their file changed.

Each step is a transaction of its own that waits for a lock for seconds only, so that a reader's long transaction delays
the migration, and no other session.

The running release must work with the schema of the next one, so that hosts can be upgraded one after the other and
rolled back. A migration that breaks the running release has `break` in its name: 0050_break_trades.sql.
"""

import re
from collections.abc import Callable
from importlib.resources.abc import Traversable

from psycopg import errors

from kalshi_data.database.connection import Connection, sql_folder
from kalshi_data.database.definitions import Definitions, sql_files
from kalshi_data.database.encoding import require_utf8
from kalshi_data.database.ledger import Ledger, checksum
from kalshi_data.database.migration_lock import WAIT_SECONDS_MAX, lock_migration, lock_timeout
from kalshi_data.errors import MigrationError

# First line of a migration that PostgreSQL must run outside a transaction: one statement that may be repeated.
OUTSIDE_TRANSACTION = b"-- migrate: no-transaction\n"
# Such a statement waits for all older transactions, and meanwhile no reader and no writer waits for it.
CONCURRENTLY = re.compile(rb"\bconcurrently\b", re.IGNORECASE)
CREATED_MEANWHILE = (errors.UniqueViolation, errors.DuplicateSchema, errors.DuplicateTable)


def migrate(
    connection: Connection,
    component: str,
    *,
    replay_everything: bool = False,
    wait_seconds_max: float = WAIT_SECONDS_MAX,
) -> list[str]:
    """Apply the pending migrations of a component, replay its changed definitions, and return the migrations' names.

    The connection is in autocommit mode and belongs to the schema's owner. If nothing is to be done, no lock is taken.

    Raises:
        MigrationError: an applied migration was edited or is missing, or other sessions block a step for too long.
    """
    require_utf8(connection)
    ledger, definitions = Ledger(connection, component), Definitions(connection, component)
    pending = pending_migrations(connection, component)
    if ledger.exists() and not pending and not definitions.outdated(everything=replay_everything):
        return []
    create_ledger(ledger)
    with lock_migration(connection, component, ledger.schema, wait_seconds_max) as lock:
        pending = pending_migrations(connection, component)
        for path in pending:
            lock.run(lambda path=path: apply_once(connection, ledger, path), path.name, connection)
        definitions.replay(lock, everything=replay_everything)
    return [path.name for path in pending]


def create_ledger(ledger: Ledger) -> None:
    """Let the ledger exist, whoever creates it."""
    for _ in range(2):
        try:
            if not ledger.exists():
                ledger.create()
        except CREATED_MEANWHILE:
            continue


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
    applied = Ledger(connection, component).migrations()
    paths = [path for _, path in sql_files(sql_folder() / component / "migrations", "migrations")]
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
    require_utf8(connection)
    pending = pending_migrations(connection, component, refused=breaks)
    if pending:
        raise MigrationError(f"{component}: {pending[0].name} is not applied yet: run {remedy}")


def apply_once(connection: Connection, ledger: Ledger, path: Traversable) -> None:
    """Run one migration and record it, in one transaction unless the file opts out."""
    body = path.read_bytes()
    if body.startswith(OUTSIDE_TRANSACTION):
        if CONCURRENTLY.search(body):
            with lock_timeout(connection, "0"):
                connection.execute(body)
        else:
            connection.execute(body)
        ledger.record_migration(path.name, checksum(path))
        return
    with connection.transaction():
        connection.execute(body)
        ledger.record_migration(path.name, checksum(path))
