"""Save series, events and markets as the exchange sent them to kalshi_meta, without waiting for a missing database."""

import threading
import time
from typing import NamedTuple

import psycopg
import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.errors import MigrationError
from kalshi_data.gatherer.databases import REGISTRY, CheckedConnection
from kalshi_data.kalshi.bodies import join_page, split_page

log = structlog.get_logger()

STATEMENT_SECONDS_MAX = 20
# After a failure, skip the database for this time, so that it does not delay the gatherer.
PAUSE_SECONDS = 5.0
CLOSE_SECONDS_MAX = 1.0


class SavedPage(NamedTuple):
    """How many objects of a page were new or had changed, and why each other one was refused by the database."""

    changed: int
    refused: list[str]


class RegistryStore:
    """A connection to kalshi_meta, used by one thread at a time."""

    def __init__(self, conninfo: str, remedy: str = "gatherer migrate") -> None:
        """Write to the database at `conninfo`; connect with the first page."""
        name = "gatherer registry"
        self._database = CheckedConnection(
            conninfo, REGISTRY, remedy, application_name=name, statement_seconds_max=STATEMENT_SECONDS_MAX
        )
        self._lock = threading.Lock()
        self._retry_at_s = 0.0
        self._is_away = False
        self._is_closed = False

    def save(self, table: str, page: bytes) -> SavedPage | None:
        """Save the newest body of each object of a page.

        Return None if nothing was saved, because the database is away or this store is closed.

        Raises:
            psycopg.Error: a fault of this program or of the schema, which no repeat helps.
        """
        with self._lock:
            if self._is_closed or time.monotonic() < self._retry_at_s:
                return None
            try:
                saved = self._save(table, page)
            except (psycopg.Error, MigrationError) as error:
                if isinstance(error, psycopg.Error) and failure_of(error) is not Failure.AWAY:
                    raise
                self._retry_at_s = time.monotonic() + PAUSE_SECONDS
                self._report(is_away=True, error=str(error).strip())
                return None
            finally:
                if self._is_closed:
                    self._database.close()
            self._report(is_away=False)
            return saved

    def _save(self, table: str, page: bytes) -> SavedPage:
        """Save a page; repeat it once with a new connection, since the server ends one that was idle for long."""
        was_open = self._database.is_open
        try:
            with self._database.use() as connection:
                return save_page(connection, table, page)
        except psycopg.Error as error:
            if not was_open or failure_of(error) is not Failure.AWAY:
                raise
        with self._database.use() as connection:
            return save_page(connection, table, page)

    def is_available(self) -> bool:
        """Return whether the database answers now."""
        return self.save("series", b"[]") is not None

    def retry_now(self) -> None:
        """Let the next page be saved at once, even if the database was away a moment ago."""
        self._retry_at_s = 0.0

    def close(self) -> None:
        """Close the connection. If another thread is still using it, that thread closes it."""
        self._is_closed = True
        if self._lock.acquire(timeout=CLOSE_SECONDS_MAX):
            self._database.close()
            self._lock.release()

    def _report(self, *, is_away: bool, **details: str) -> None:
        """Log when the database goes away, and when it is back."""
        if is_away and not self._is_away:
            log.warning("registry database away", **details)
        elif self._is_away and not is_away:
            log.info("registry database back")
        self._is_away = is_away


def save_page(connection: Connection, name: str, page: bytes) -> SavedPage:
    """Save a page, except objects that the database refuses."""
    try:
        return SavedPage(connection.execute(query(f"registry/record/{name}"), {"bodies": page.decode()}).rowcount, [])
    except (psycopg.Error, UnicodeDecodeError) as error:
        if isinstance(error, psycopg.Error) and failure_of(error) is not Failure.ROW_REFUSED:
            raise
        objects = split_page(page)
        if len(objects) <= 1:
            return SavedPage(0, [str(error).splitlines()[0]])
    middle = len(objects) // 2
    first, second = (save_page(connection, name, join_page(half)) for half in (objects[:middle], objects[middle:]))
    return SavedPage(first.changed + second.changed, first.refused + second.refused)
