"""Replays the functions, views and grants of a component that changed or that are missing, and leaves the others alone.

Grants are recorded with a digest of all privileges in the database, so that they are given again after an operator, a
role made again or a restored copy took one away.

Replaying a view or a trigger takes a lock that every reader or writer of its table waits for, so an unchanged one is
not touched.
"""

import re
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import LiteralString, NamedTuple, cast

from psycopg import errors

from kalshi_data.database.connection import Connection, query, sql_folder
from kalshi_data.database.ledger import GRANTS, Ledger, checksum
from kalshi_data.database.migration_lock import LOCK_SECONDS_MAX, MigrationLock, lock_timeout
from kalshi_data.errors import MigrationError

OBJECT = re.compile(r"^create or replace (function|view) (\w+\.\w+)", re.MULTILINE)
TRIGGER = re.compile(r"^create or replace trigger (\w+) [^;]*?\bon (\w+\.\w+)", re.MULTILINE)
# PostgreSQL replaces neither a view whose columns change nor a function whose result or parameters' names change.
IRREPLACEABLE = (errors.InvalidTableDefinition, errors.InvalidFunctionDefinition)


class Definition(NamedTuple):
    """A file that is replayed, by its name in the component's folder, and the objects that it creates."""

    name: str
    path: Traversable
    objects: tuple[tuple[str, str], ...]

    def names(self, kind: str) -> list[str]:
        """Return its objects of a kind: function, view or trigger."""
        return [name for of, name in self.objects if of == kind]


class Definitions:
    """The definitions of one component in one database."""

    def __init__(self, connection: Connection, component: str) -> None:
        """Replay the files of `component` on `connection`."""
        self._connection = connection
        self._component = component
        self._ledger = Ledger(connection, component)
        folder = sql_folder() / component
        files = [file for name in ("functions", "views") for file in sql_files(folder / name, name)]
        self._objects = [define(name, path) for name, path in files]
        grants = folder / GRANTS
        self._grants = [define(GRANTS, grants)] if grants.is_file() else []

    def outdated(self, *, everything: bool = False) -> list[Definition]:
        """Return the definitions to be replayed: changed, with an object that is missing, or `everything`."""
        return self._outdated([*self._objects, *self._grants], everything=everything)

    def replay(self, lock: MigrationLock, *, everything: bool = False) -> None:
        """Replay functions, then views, then grants; views may use functions, and grants name both.

        Raises:
            MigrationError: one cannot be replaced, or other sessions block it for too long.
        """
        for files in (self._objects, self._grants):
            for each in self._outdated(files, everything=everything):
                lock.run(lambda each=each: self._replace(each), each.name, self._connection)

    def _outdated(self, files: Sequence[Definition], *, everything: bool) -> list[Definition]:
        known = self._ledger.definitions()
        objects = [each for file in files for each in file.objects]
        asked = {"kinds": [kind for kind, _ in objects], "names": [name for _, name in objects]}
        missing = set(self._connection.execute(query("migration/list_missing_objects"), asked).fetchall())
        return [
            file
            for file in files
            if everything or known.get(file.name) != self._state(file) or not missing.isdisjoint(file.objects)
        ]

    def _state(self, file: Definition) -> str:
        """Return what the ledger holds of a file while nothing is to be done for it."""
        if file.name != GRANTS:
            return checksum(file.path)
        ((privileges,),) = self._connection.execute(query("migration/read_privileges")).fetchall()
        return f"{checksum(file.path)} {privileges}"

    def _replace(self, changed: Definition) -> None:
        try:
            with self._connection.transaction():
                self._execute(changed)
        except IRREPLACEABLE:
            self._create_again(changed)

    def _create_again(self, changed: Definition) -> None:
        """Replace what PostgreSQL does not: drop it with all views, and create them again, in the same transaction."""
        views = [each for each in self._objects if each.names("view")]
        asked = {
            "views": [name for view in views for name in view.names("view")],
            "functions": changed.names("function"),
        }
        # The locks of all views together may keep readers waiting as long as one.
        milliseconds = f"{LOCK_SECONDS_MAX * 1000 / (len(views) or 1):.0f}ms"
        try:
            with lock_timeout(self._connection, milliseconds), self._connection.transaction():
                for (statement,) in self._connection.execute(query("migration/list_drops"), asked).fetchall():
                    self._connection.execute(cast("LiteralString", statement))
                for each in [*([] if changed in views else [changed]), *views, *self._grants]:
                    self._execute(each)
        except errors.DependentObjectsStillExist as error:
            raise MigrationError(
                f"{self._component}: {changed.name} cannot be replaced, since other objects depend on it: drop them, "
                f"then run migrate again: {error.diag.message_detail}"
            ) from error

    def _execute(self, file: Definition) -> None:
        # As pg_dump does: a function may use an object that a later file of the replay creates.
        self._connection.execute(query("migration/skip_body_checks"))
        self._connection.execute(file.path.read_bytes())
        self._ledger.record_definition(file.name, self._state(file))


def define(name: str, path: Traversable) -> Definition:
    """Return a file with the objects that it creates; a trigger is named after its table, as names are unique there."""
    text = path.read_text()
    objects = [(kind, found) for kind, found in OBJECT.findall(text)]
    triggers = [("trigger", f"{table}.{found}") for found, table in TRIGGER.findall(text)]
    return Definition(name, path, (*objects, *triggers))


def sql_files(folder: Traversable, name: str) -> list[tuple[str, Traversable]]:
    """Return the SQL files of a folder and of its sub-folders, by path, with their names below `name`."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return [
        file
        for path in paths
        for file in (
            sql_files(path, f"{name}/{path.name}")
            if path.is_dir()
            else [(f"{name}/{path.name}", path)]
            if path.name.endswith(".sql")
            else []
        )
    ]
