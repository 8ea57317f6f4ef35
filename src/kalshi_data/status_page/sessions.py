"""The few sessions in which pages read a database: read-only, as a role of their own, with limits on all they do."""

import queue
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import Cursor, IsolationLevel
from psycopg.rows import dict_row

from kalshi_data.database.connection import Connection, ReconnectingConnection, connect
from kalshi_data.errors import KalshiDataError

SESSIONS_MAX = 2
# How long a request waits for a session that another one uses.
WAIT_SECONDS_MAX = 1.0
STATEMENT_SECONDS_MAX = 3.0
ROLE = "status_page"
# A page that takes longer ends as a whole, with its session; the server's answer comes before the client is cut off.
LIMITS = {
    "role": ROLE,
    "default_transaction_read_only": "on",
    "lock_timeout": "1s",
    "transaction_timeout": "4s",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

Row = dict[str, Any]


class SessionsBusy(KalshiDataError):
    """All sessions are in use."""


class PageSession(ReconnectingConnection):
    """One session of the page's role."""

    def _open(self) -> Connection:
        return connect(
            self._conninfo,
            application_name=self._application_name,
            statement_seconds_max=self._statement_seconds_max,
            parameters=LIMITS,
        )


class PageReader:
    """Reads what one page shows, all of it from one snapshot of the database; the first query begins it."""

    def __init__(self, cursor: Callable[[], Cursor[Row]]) -> None:
        """Read with the cursor of a transaction; `cursor` begins it."""
        self._begin = cursor
        self._cursor: Cursor[Row] | None = None

    def rows(self, statement: bytes, asked: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of a query by column.

        Raises:
            SessionsBusy: all sessions stay in use.
            psycopg.Error: the database cannot be reached, or the query failed or took too long.
        """
        return self._execute(statement, asked).fetchall()

    def row(self, statement: bytes, asked: Mapping[str, Any] | None = None) -> Row | None:
        """Return the first row of a query, None if it has none; it raises what rows() raises."""
        return self._execute(statement, asked).fetchone()

    def _execute(self, statement: bytes, asked: Mapping[str, Any] | None) -> Cursor[Row]:
        if self._cursor is None:
            self._cursor = self._begin()
        return self._cursor.execute(statement, asked)


class ReadSessions:
    """A bounded number of sessions, each opened when it is first needed."""

    def __init__(self, conninfo: str, application_name: str) -> None:
        """Prepare to connect to a database."""
        self._free: queue.LifoQueue[PageSession] = queue.LifoQueue()
        self._all = [
            PageSession(conninfo, application_name=application_name, statement_seconds_max=STATEMENT_SECONDS_MAX)
            for _ in range(SESSIONS_MAX)
        ]
        for session in self._all:
            self._free.put(session)

    @contextmanager
    def read(self) -> Generator[PageReader]:
        """Yield a reader of one snapshot, which takes a session when it is first asked."""
        with ExitStack() as stack:
            yield PageReader(lambda: stack.enter_context(self._cursor()))

    @contextmanager
    def _cursor(self) -> Generator[Cursor[Row]]:
        try:
            session = self._free.get(timeout=WAIT_SECONDS_MAX)
        except queue.Empty:
            raise SessionsBusy("other pages are being read: try again in some seconds") from None
        try:
            with session.use() as connection:
                connection.isolation_level = IsolationLevel.REPEATABLE_READ
                with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
                    yield cursor
        finally:
            self._free.put(session)

    def close(self) -> None:
        """Close the sessions that no request uses; the others end with the process."""
        for _ in self._all:
            try:
                session = self._free.get_nowait()
            except queue.Empty:
                return
            session.close()


def describe(error: psycopg.Error) -> str:
    """Return why a database did not answer, in a line."""
    if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return f"the query took longer than {STATEMENT_SECONDS_MAX:g} s: choose less, or try again"
    return str(error).strip().partition("\n")[0] or type(error).__name__
