"""Bodies of series, events and markets into kalshi_meta; a database that is away is told, not waited for."""

import threading
import time

import psycopg
import structlog

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.kalshi.listings import join_page, split_page

log = structlog.get_logger()

STATEMENT_SECONDS_MAX = 20
# After a failure nothing is tried for this long, so that a database that is away holds nothing up.
PAUSE_SECONDS = 5.0
CLOSE_SECONDS_MAX = 1.0


class RegistryStore:
    """One connection, used by one thread at a time."""

    def __init__(self, conninfo: str) -> None:
        """Prepare to write to the database at `conninfo`."""
        self._conninfo = conninfo
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._away_until_s = 0.0

    def keep(self, table: str, page: bytes) -> int | None:
        """Keep the newest body of each object of a page; return how many were new or had changed.

        Returns:
            None where the database is away, so that nothing was kept.
        """
        with self._lock:
            if time.monotonic() < self._away_until_s:
                return None
            try:
                self._connection = self._connection or connect(
                    self._conninfo, application_name="gatherer registry", statement_seconds_max=STATEMENT_SECONDS_MAX
                )
                return store(self._connection, table, page)
            except psycopg.OperationalError as error:
                self._away_until_s = time.monotonic() + PAUSE_SECONDS
                self._disconnect()
                log.warning("registry's database away", error=str(error).strip())
                return None

    def is_there(self) -> bool:
        """Tell whether the database answers just now."""
        return self.keep("series", b"[]") is not None

    def close(self) -> None:
        """Close the connection; one that is busy in another thread closes with the process."""
        if self._lock.acquire(timeout=CLOSE_SECONDS_MAX):
            self._disconnect()
            self._lock.release()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def store(connection: Connection, name: str, page: bytes) -> int:
    """Keep a page; objects that the database refuses are found by halving, logged and left out."""
    try:
        return connection.execute(query(f"registry/record/{name}"), {"bodies": page.decode()}).rowcount
    except (psycopg.DataError, UnicodeDecodeError) as error:
        objects = split_page(page)
        if len(objects) > 1:
            middle = len(objects) // 2
            return sum(store(connection, name, join_page(half)) for half in (objects[:middle], objects[middle:]))
        log.error("object refused by the database", table=name, reason=str(error).splitlines()[0], bytes=len(page))
        return 0
