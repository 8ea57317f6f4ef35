"""One gatherer as the deduplicator's monitor sees it: whether it lives, and how far production is behind it."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.deduplicator.monitoring.measurements import Lag, Liveness
from kalshi_data.deduplicator.settings import DeduplicatorSettings, Gatherer
from kalshi_data.deduplicator.streams import STREAMS, Stream


class Backlog(NamedTuple):
    """Rows of one stream that a gatherer holds and production does not; counted up to a million.

    `rows_held` of them cannot be read yet, because of `cause`: an older transaction that is still open there.
    """

    rows_waiting: int
    waiting_since: datetime | None
    rows_held: int
    cause: str | None


def read_backlog(gatherer: Connection, stream: Stream, after: str) -> Backlog:
    """Ask a gatherer's database, the one that holds `stream`, what follows the cursor `after`.

    Raises:
        psycopg.Error: the gatherer is away.
    """
    asked = {"stream": stream.name, "after": after}
    row = gatherer.execute(query(f"{stream.source}/poll/read_lag"), asked).fetchone()
    return Backlog(*row) if row else Backlog(0, None, 0, None)


# Counting what waits takes long where much does.
STATEMENT_SECONDS_MAX = 5.0
# Positions of one gatherer by epoch and stream.
Positions = Mapping[tuple[UUID, str], str]


class ProbeResult(NamedTuple):
    """What one look at a gatherer found."""

    life: Liveness
    lags: Mapping[str, Lag]


class Watcher:
    """Keeps connections to one gatherer's databases; one thread at a time uses it."""

    def __init__(self, gatherer: Gatherer, settings: DeduplicatorSettings) -> None:
        """Prepare to look."""
        self.gatherer_id = gatherer.id
        self._gatherer = gatherer
        self._settings = settings.merging
        self._connections: dict[str, Connection] = {}
        self._level_at: dict[str, float] = {}

    def look(self, positions: Positions) -> ProbeResult:
        """Return how it is, and how far each stream is behind where it answers."""
        life, lags = Liveness(trouble="away"), dict[str, Lag]()
        try:
            life = self._life()
            for stream in STREAMS:
                lags[stream.name] = self._behind(stream, positions)
        except psycopg.Error as error:
            self.close()
            return ProbeResult(
                Liveness(life.beat_at, str(error).strip().partition("\n")[0] or type(error).__name__), lags
            )
        return ProbeResult(life, lags)

    def close(self) -> None:
        """Close the connections; the next look makes new ones."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _connection(self, source: str) -> Connection:
        if source not in self._connections:
            conninfo = self._gatherer.conninfo(source)
            self._connections[source] = connect(
                conninfo, application_name="deduplicator monitor", statement_seconds_max=STATEMENT_SECONDS_MAX
            )
        return self._connections[source]

    def _life(self) -> Liveness:
        row = self._connection("capture").execute(query("capture/status/read_heartbeat")).fetchone()
        if row is None or row[1] is None:
            return Liveness(trouble="has never beaten")
        _, beat_at, age_seconds, status = row
        told: dict[str, str] = status or {}
        if (state := told.get("state", "running")) != "running":
            return Liveness(beat_at, state)
        if age_seconds > self._settings.heartbeat_seconds_max:
            return Liveness(beat_at, f"last heartbeat {age_seconds:.0f} s ago")
        return Liveness(beat_at)

    def _behind(self, stream: Stream, positions: Positions) -> Lag:
        connection = self._connection(stream.source)
        row = connection.execute(query(f"{stream.source}/poll/read_epoch")).fetchone()
        after = positions.get((row[0], stream.name), "0") if row else "0"
        found = read_backlog(connection, stream, after)
        now = time.monotonic()
        if not found.rows_waiting:
            self._level_at[stream.name] = now
            return Lag(0, 0.0)
        # A row that changes is sent again, and tells when it was made: it cannot wait longer than since all was read.
        age = (datetime.now(UTC) - found.waiting_since).total_seconds() if found.waiting_since else 0.0
        seconds = max(0.0, min(age, now - self._level_at.get(stream.name, float("-inf"))))
        return Lag(found.rows_waiting, seconds, found.rows_held, found.cause)
