"""Save series, events and markets as the exchange sent them to kalshi_meta, without waiting for a missing database."""

import threading
import time

import psycopg
import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import MigrationError
from kalshi_data.gatherer.databases import REGISTRY, CheckedConnection
from kalshi_data.kalshi.listings import join_page, split_page

log = structlog.get_logger()

STATEMENT_SECONDS_MAX = 20
# After a failure, skip the database for this time, so that it does not delay the gatherer.
PAUSE_SECONDS = 5.0
CLOSE_SECONDS_MAX = 1.0


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

    def save(self, table: str, page: bytes) -> int | None:
        """Save the newest body of each object of a page.

        Returns:
            How many objects were new or had changed, or None if the database is away and nothing was saved.
        """
        with self._lock:
            if time.monotonic() < self._retry_at_s:
                return None
            try:
                with self._database.use() as connection:
                    return save_page(connection, table, page)
            except (psycopg.OperationalError, MigrationError) as error:
                self._retry_at_s = time.monotonic() + PAUSE_SECONDS
                log.warning("registry database away", error=str(error).strip())
                return None

    def is_available(self) -> bool:
        """Return whether the database answers now."""
        return self.save("series", b"[]") is not None

    def close(self) -> None:
        """Close the connection. If another thread is still using it, it stays open until the process ends."""
        if self._lock.acquire(timeout=CLOSE_SECONDS_MAX):
            self._database.close()
            self._lock.release()


def save_page(connection: Connection, name: str, page: bytes) -> int:
    """Save a page, except objects that the database rejects, which are logged; return how many objects changed."""
    try:
        return connection.execute(query(f"registry/record/{name}"), {"bodies": page.decode()}).rowcount
    except (psycopg.DataError, UnicodeDecodeError) as error:
        objects = split_page(page)
        if len(objects) > 1:
            middle = len(objects) // 2
            return sum(save_page(connection, name, join_page(half)) for half in (objects[:middle], objects[middle:]))
        log.error("object rejected by the database", table=name, reason=str(error).splitlines()[0], bytes=len(page))
        return 0
