"""Reads of one gatherer's databases: its heartbeat, and how far production lags behind it."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import psycopg

from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.deduplicator.monitoring.measurements import Lag, Liveness
from kalshi_data.deduplicator.settings import GathererSource, MergingSettings
from kalshi_data.service.failures import describe
from kalshi_data.streams import STREAMS, Stream


class HeartbeatReading(NamedTuple):
    """A gatherer's heartbeat as its database holds it; `beat_at` is None before the first one."""

    epoch: UUID
    beat_at: datetime | None
    age_seconds: float | None
    status: Any


class Backlog(NamedTuple):
    """Rows of one stream that a gatherer holds and production does not; counted up to 100,000.

    `rows_held` of them cannot be read yet, because of `cause`: an older transaction that is still open there.
    """

    rows_waiting: int
    waiting_since: datetime | None
    rows_held: int
    cause: str | None


def read_backlog(gatherer: Connection, stream: Stream, after: str) -> Backlog:
    """Ask the gatherer's database that holds `stream` what follows the cursor `after`.

    Raises:
        psycopg.Error: the gatherer does not answer.
    """
    asked = {"stream": stream.name, "after": after}
    row = gatherer.execute(query(f"{stream.source}/poll/read_lag"), asked).fetchone()
    return Backlog(*row) if row else Backlog(0, None, 0, None)


# Positions of one gatherer by epoch and stream.
Positions = Mapping[tuple[UUID, str], str]


class ProbeResult(NamedTuple):
    """What one measurement of a gatherer found."""

    liveness: Liveness
    lags: Mapping[str, Lag]
    errors: Mapping[str, str]  # of streams that could not be measured


def is_away(error: Exception) -> bool:
    """Return whether the gatherer's database cannot work now; counting many rows may be too slow on one that can."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return False
    return isinstance(error, psycopg.Error) and failure_of(error) is Failure.AWAY


def _first_line(error: Exception) -> str:
    return describe(error).partition("\n")[0]


class GathererProbe:
    """Keeps connections to one gatherer's databases; one thread at a time uses it.

    Heartbeats and lags are read by a probe each, since counting the rows that wait may take seconds.
    """

    def __init__(
        self, gatherer: GathererSource, settings: MergingSettings, application_name: str, statement_seconds_max: float
    ) -> None:
        """Prepare to read; a gatherer that needs longer than `statement_seconds_max` does not answer."""
        self.gatherer_id = gatherer.id
        self._heartbeat_seconds_max = settings.heartbeat_seconds_max
        self._databases = {
            source: ReconnectingConnection(
                gatherer.conninfo(source),
                application_name=application_name,
                statement_seconds_max=statement_seconds_max,
            )
            for source in {stream.source for stream in STREAMS}
        }
        self._level_at: dict[str, float] = {}
        self._seconds_max = statement_seconds_max
        self._first = 0

    def read_heartbeat(self) -> HeartbeatReading | None:
        """Return the heartbeat; None if the gatherer does not answer."""
        try:
            return self._heartbeat()
        except Exception:
            # The monitor's probe reads the same, and reports the error.
            self.close()
            return None

    def measure(self, positions: Positions) -> ProbeResult:
        """Return whether the gatherer lives, and how far production lags behind each stream that could be read."""
        lags, errors = dict[str, Lag](), dict[str, str]()
        try:
            liveness = self._liveness()
        except Exception as error:
            self.close()
            return ProbeResult(Liveness(problem=_first_line(error)), lags, errors)
        for stream in self._streams_in_time():
            try:
                lags[stream.name] = self._lag(stream, positions)
            except Exception as error:
                if is_away(error):
                    self.close()
                    return ProbeResult(Liveness(liveness.beat_at, _first_line(error)), lags, errors)
                errors[stream.name] = _first_line(error)
        return ProbeResult(liveness, lags, errors)

    def _streams_in_time(self) -> Iterator[Stream]:
        """Yield streams until the time is over; the next measurement begins with the first that was left out."""
        began_at, first = time.monotonic(), self._first
        for place in range(len(STREAMS)):
            if time.monotonic() - began_at > self._seconds_max:
                return
            self._first = (first + place + 1) % len(STREAMS)
            yield STREAMS[(first + place) % len(STREAMS)]

    def close(self) -> None:
        """Close the connections; the next read opens new ones."""
        for database in self._databases.values():
            database.close()

    def _heartbeat(self) -> HeartbeatReading | None:
        row = self._databases["capture"].get().execute(query("capture/status/read_heartbeat")).fetchone()
        return HeartbeatReading(*row) if row else None

    def _liveness(self) -> Liveness:
        heartbeat = self._heartbeat()
        if heartbeat is None or heartbeat.beat_at is None or heartbeat.age_seconds is None:
            return Liveness(problem="no heartbeat yet")
        # A gatherer of another version may send anything.
        is_document = isinstance(heartbeat.status, dict)
        status = cast("Mapping[str, object]", heartbeat.status if is_document else {})
        if (state := status.get("state", "running")) != "running":
            return Liveness(heartbeat.beat_at, str(state))
        if heartbeat.age_seconds > self._heartbeat_seconds_max:
            return Liveness(heartbeat.beat_at, f"last heartbeat {heartbeat.age_seconds:.0f} s ago")
        return Liveness(heartbeat.beat_at)

    def _lag(self, stream: Stream, positions: Positions) -> Lag:
        connection = self._databases[stream.source].get()
        row = connection.execute(query(f"{stream.source}/poll/read_epoch")).fetchone()
        after = positions.get((row[0], stream.name), "0") if row else "0"
        backlog = read_backlog(connection, stream, after)
        now = time.monotonic()
        if not backlog.rows_waiting:
            self._level_at[stream.name] = now
            return Lag(0, 0.0)
        # An updated row keeps its first time, so its age may exceed its wait. Cap the lag at the time since nothing
        # waited.
        age = (datetime.now(UTC) - backlog.waiting_since).total_seconds() if backlog.waiting_since else 0.0
        seconds = max(0.0, min(age, now - self._level_at.get(stream.name, float("-inf"))))
        return Lag(backlog.rows_waiting, seconds, backlog.rows_held, backlog.cause)
