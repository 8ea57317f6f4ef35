"""One stream of one gatherer's database, read whole transaction by whole transaction."""

from uuid import UUID

import psycopg
import structlog

from kalshi_data.database import Connection, connect, query
from kalshi_data.deduplicator.configuration import Gatherer
from kalshi_data.deduplicator.streams import Stream

log = structlog.get_logger()

# PostgreSQL's binary COPY format: a header of 19 bytes and a trailer of 2, with the rows between them.
EMPTY_COPY_BYTES = 21


class Source:
    """Keeps a connection to one gatherer for one stream; one thread at a time uses it."""

    def __init__(self, gatherer: Gatherer, stream: Stream, seconds_max: float) -> None:
        """Prepare to read; the gatherer cancels a poll that takes longer than `seconds_max`."""
        self.gatherer_id = gatherer.id
        self.epoch: UUID | None = None
        self.after: str | None = None
        self._conninfo = gatherer.kalshi_ts.conninfo
        self._stream = stream
        self._seconds_max = seconds_max
        self._connection: Connection | None = None
        self._away = False

    def open(self) -> bool:
        """Connect where there is no connection, and learn the epoch; return whether the gatherer can be polled."""
        if self._connection is not None:
            return True
        try:
            connection = connect(
                self._conninfo, application_name="deduplicator", statement_seconds_max=self._seconds_max
            )
            row = connection.execute(query("capture/read_epoch")).fetchone()
        except psycopg.Error as error:
            self._lost(error)
            return False
        self._connection = connection
        self._away = False
        self.epoch = row[0] if row else None
        self.after = None
        return self.epoch is not None

    def poll(self, rows_max: int) -> bytes:
        """Return what follows `after` in binary COPY format, empty where nothing does or the gatherer is away.

        `rows_max` may be exceeded by the rest of the last transaction.
        """
        connection, parameters = self._connection, {"after": self.after, "rows_max": rows_max}
        if connection is None:
            return b""
        try:
            with connection.cursor() as cursor:
                copying = query(f"capture/poll_{self._stream.name}")
                with cursor.copy(copying, {"gatherer_id": self.gatherer_id, **parameters}) as copy:
                    received = b"".join(bytes(part) for part in copy)
        except psycopg.Error as error:
            self._lost(error)
            return b""
        return received if len(received) > EMPTY_COPY_BYTES else b""

    def close(self) -> None:
        """Close the connection; the next open() makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _lost(self, error: psycopg.Error) -> None:
        """Log once that a gatherer went away, and connect anew at the next tick."""
        self.close()
        if not self._away:
            reason = str(error).strip()
            log.warning("gatherer away", gatherer_id=self.gatherer_id, stream=self._stream.name, error=reason)
        self._away = True
