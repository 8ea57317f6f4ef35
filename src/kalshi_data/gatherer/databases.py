"""The gatherer's databases: each connection is checked before it is used, since a database may be away at the start."""

import psycopg
import structlog

from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.database.migrations import require_current
from kalshi_data.errors import LockHeld
from kalshi_data.gatherer.epoch import recognise_instance
from kalshi_data.gatherer.frame_log.lock import process_name
from kalshi_data.shard import Shard

log = structlog.get_logger()

# Components of each database; the last one holds the database's identity.
CAPTURE = ("timeseries", "capture")
REGISTRY = ("registry",)
# PostgreSQL cuts longer names off.
NAME_CHARACTERS_MAX = 63


class CheckedConnection(ReconnectingConnection):
    """A connection that is opened only to a database with the right schema, and that recognises a restored one."""

    def __init__(
        self,
        conninfo: str,
        components: tuple[str, ...],
        remedy: str,
        *,
        application_name: str,
        statement_seconds_max: float = 0,
    ) -> None:
        """Prepare to connect; `remedy` is the command that migrates an old database."""
        super().__init__(conninfo, application_name=application_name, statement_seconds_max=statement_seconds_max)
        self._components = components
        self._remedy = remedy

    def _open(self) -> Connection:
        """Open and check a connection.

        Raises:
            psycopg.Error: the database cannot be reached, or its checks failed.
            MigrationError: its schema is older than this program.
            LockHeld: another process holds the lock of a locked connection.
        """
        connection = super()._open()
        try:
            self.check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self, connection: Connection) -> None:
        """Check a new connection before its first use."""
        for component in self._components:
            require_current(connection, component, self._remedy)
        recognise_instance(connection, self._components[-1])


class LockedConnection(CheckedConnection):
    """A connection to kalshi_ts that alone may write the rows of a shard: its session holds the shard's lock.

    The lock ends with the session, so nothing is committed without it, and the session is never given up by choice.
    """

    _is_renewed = False

    def __init__(self, conninfo: str, remedy: str, shard: Shard) -> None:
        """Prepare to connect; other processes read in the session's name who holds the lock."""
        name = f"gatherer, {process_name()}"[:NAME_CHARACTERS_MAX]
        super().__init__(conninfo, CAPTURE, remedy, application_name=name)
        self._shard = shard
        self._own_pid = 0

    def check(self, connection: Connection) -> None:
        """Lock before anything is written: not even the epoch is ours before that.

        Raises:
            LockHeld: another process holds the lock.
        """
        for component in self._components:
            require_current(connection, component, self._remedy)
        self._lock(connection)
        recognise_instance(connection, self._components[-1])

    def _lock(self, connection: Connection) -> None:
        row = connection.execute(query("capture/lock/lock_shard"), {"shard": self._shard.number}).fetchone()
        is_taken, pid, name = row or (False, None, None)
        if is_taken:
            self._own_pid = connection.info.backend_pid
            return
        if pid is not None and pid == self._own_pid:
            # The network lost this session of ours, and the server does not know it yet.
            connection.execute(query("capture/lock/end_session"), {"pid": pid})
            raise psycopg.OperationalError("the server still keeps the session that this process lost")
        raise LockHeld(f"the database {connection.info.dbname} is held by {name or 'another session'}")
