"""Remove captured rows that are old and merged, and the oldest rows of all if the database gets too large."""

import math
import time
from datetime import UTC, datetime, timedelta

import psycopg
import structlog

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.database_space import DatabaseSpace
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.growth import Growth
from kalshi_data.service.periodic import PeriodicThread
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import STREAMS

log = structlog.get_logger()

# Tables without partitions: their old rows are deleted in batches, one per transaction.
PLAIN_TABLES = (
    "quarantine",
    *(stream.name for stream in STREAMS if stream.source == "capture" and not stream.is_captured_by_time),
)
HISTORIES = ("series_history", "events_history", "markets_history", "exchange_status")
BATCH_ROWS_MAX = 10_000
BATCHES_MAX = 100
STOP_SECONDS_MAX = 5.0
# A partition of a day may begin today and end tomorrow, and that of the next hour is made in advance.
FUTURE_MIN = timedelta(days=2)
# The first run comes this soon after the database is this gatherer's.
LOCK_POLL_SECONDS = 1.0
# Whether space is short is looked at this often.
LOOK_SECONDS = 5.0
# What failed is tried again this soon, so that an outage of the database is not reported for long after it.
RETRY_SECONDS = 30.0
# If the exchange has shown no time for this long, this host's clock is believed.
CLOCK_SECONDS_MAX = 3600.0


class RetentionJob:
    """Drops old rows every `check_seconds`, in its own thread and with its own connection.

    Shards have one database: the first one drops, and the others only measure.
    """

    def __init__(
        self,
        settings: GathererSettings,
        counters: Counters,
        space: DatabaseSpace | None = None,
        shard: Shard = EVERYTHING,
    ) -> None:
        """Prepare the thread; start() starts it."""
        self._drops = shard.number == EVERYTHING.number
        self._space = space or DatabaseSpace(settings, counters)
        self._ran_at_seconds = -math.inf
        self._settings = settings.retention
        self._conninfo = settings.databases.kalshi_ts.conninfo
        self._registry_conninfo = settings.databases.kalshi_meta.conninfo
        self._counters = counters
        self._began_at_seconds = time.monotonic()
        self._thread = PeriodicThread("retention", self.run_if_due, self._pause_seconds)

    def start(self) -> None:
        """Run at once, then every `check_seconds`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current statement."""
        self._thread.stop(STOP_SECONDS_MAX)

    def _pause_seconds(self) -> float:
        return min(self._settings.check_seconds, LOCK_POLL_SECONDS if self._counters.awaits_database else LOOK_SECONDS)

    def run_if_due(self) -> None:
        """Run if it is time, sooner if the last run failed or space is short."""
        pause_seconds = self._settings.check_seconds
        if self._counters.retention_failure:
            pause_seconds = min(pause_seconds, RETRY_SECONDS)
        is_due = time.monotonic() - self._ran_at_seconds >= pause_seconds
        if is_due or self._space.missing_bytes or self._space.why_full():
            self.run_once()
            self.delete_histories()

    def run_once(self) -> None:
        """Remove old rows; an error is logged, and the next run tries again."""
        if self._counters.awaits_database:
            return
        self._ran_at_seconds = time.monotonic()
        try:
            with connect(self._conninfo, application_name="gatherer retention") as connection:
                failure = self._drop(connection)
                self._measure(connection)
        except Exception as error:
            # One that the database did not cause must not end the thread either.
            failure = f"old rows cannot be dropped: {error or type(error).__name__}".strip().partition("\n")[0]
        if failure and failure != self._counters.retention_failure:
            log.error("retention", error=failure)
        self._counters.retention_failure = failure

    def _drop(self, connection: Connection) -> str:
        """Remove old rows of all tables; return what could not be dropped, empty if nothing failed."""
        self._space.find_disk(connection)
        if not self._drops:
            self._read_bytes(connection)
            return ""
        failures = self._drop_aged(connection) if self._knows_time() else []
        bound = self._settings.database_bytes_max
        failures.append(self._make_room(connection, bound) if bound else "")
        if missing := self._space.missing_bytes:
            bytes_max = max(0, self._read_bytes(connection) - missing)
            failures.append(self._make_room(connection, bytes_max, only_read=True))
        return "; ".join(filter(None, failures))

    def _measure(self, connection: Connection) -> None:
        """Record how much space the database takes, and how fast what is not merged grows."""
        connection.execute(query("capture/retention/record_storage"))
        growth = self._space.toward_full(
            Growth.of(connection.execute(query("capture/retention/read_growth")).fetchone())
        )
        self._counters.database_kept_bytes = growth.kept_bytes
        self._counters.growth_bytes_per_day = growth.bytes_per_day
        self._counters.full_in_days = self._space.days_left(growth)

    def _read_bytes(self, connection: Connection) -> int:
        row = connection.execute(query("capture/retention/read_database_bytes")).fetchone()
        self._counters.database_bytes = row[0] if row else 0
        return self._counters.database_bytes

    def _knows_time(self) -> bool:
        """Return whether the age of rows is known: at the start the clock may be wrong, which the exchange's shows."""
        is_patient = time.monotonic() - self._began_at_seconds > CLOCK_SECONDS_MAX
        return self._counters.exchange_clock.is_known or is_patient

    def _drop_aged(self, connection: Connection) -> list[str]:
        """Remove what is old; return what could not be dropped."""
        limits = self._limits(connection, timedelta(hours=self._settings.captured_hours))
        series = connection.execute(query("capture/retention/list_series")).fetchall()
        failures = [self._drop_old(connection, target, stream, limits) for target, stream in series]
        limits = self._limits(connection, timedelta(days=self._settings.incident_days))
        for table in PLAIN_TABLES:
            self._delete(connection, table, query(f"capture/retention/delete_{table}"), limits)
        return failures

    def delete_histories(self) -> None:
        """Remove old states of the exchange, and old bodies that newer ones replaced; an error is logged."""
        if not self._drops or self._counters.awaits_database or not self._knows_time():
            return
        days = timedelta(days=self._settings.history_days)
        older_than = datetime.now(UTC) - timedelta(seconds=self._counters.clock_difference_seconds) - days
        try:
            with connect(self._registry_conninfo, application_name="gatherer retention") as connection:
                for table in HISTORIES:
                    statement = query(f"registry/retention/delete_{table}")
                    self._delete(connection, table, statement, {"older_than": older_than})
        except psycopg.Error as error:
            log.error("old bodies cannot be deleted, trying again", error=str(error).strip().partition("\n")[0])

    def _limits(self, connection: Connection, age: timedelta) -> dict[str, datetime]:
        """Return the time before which rows are old, and the time after which a wrong clock wrote them.

        The clock may be wrong now: the exchange's clock and the last acknowledgement show it.
        """
        now = datetime.now(UTC) - timedelta(seconds=self._counters.clock_difference_seconds)
        row = connection.execute(query("capture/retention/read_acknowledged_at")).fetchone()
        acknowledged_at = row[0] if row and row[0] else now
        newer_than = max(now, acknowledged_at) + max(age, FUTURE_MIN)
        return {"older_than": min(now, acknowledged_at) - age, "newer_than": newer_than}

    def _drop_old(self, connection: Connection, target: str, stream: str, limits: dict[str, datetime]) -> str:
        """Remove the old and merged partitions of one table; return what failed."""
        place = {"target": target, **limits}
        try:
            dropped = connection.execute(query("capture/retention/drop_acknowledged_partitions"), place).fetchall()
        except psycopg.errors.LockNotAvailable:
            return f"old partitions of {target} are in use"
        for (partition,) in dropped:
            log.info("partition dropped", stream=stream, partition=partition)
            self._counters.partitions_dropped[stream] += 1
        return ""

    def _delete(self, connection: Connection, table: str, statement: bytes, limits: dict[str, datetime]) -> None:
        """Remove old rows of a table without partitions, at most BATCHES_MAX batches."""
        bounds = {**limits, "rows_max": BATCH_ROWS_MAX}
        for _ in range(BATCHES_MAX):
            deleted = connection.execute(statement, bounds).rowcount
            self._counters.rows_deleted[table] += deleted
            if deleted < BATCH_ROWS_MAX or self._thread.is_stopping:
                return

    def _make_room(self, connection: Connection, bytes_max: int, *, only_read: bool = False) -> str:
        """Remove the oldest partitions, merged ones first, until the database fits `bytes_max`; return what failed."""
        excess = connection.execute(query("capture/retention/list_excess"), {"bytes_max": bytes_max}).fetchall()
        for target, stream, begins_at, ends_at, is_read in excess:
            if only_read and not is_read:
                break
            place = {"target": target, "begins_at": begins_at, "ends_at": ends_at, "only_acknowledged": is_read}
            try:
                dropped = connection.execute(query("capture/retention/drop_partition"), place).fetchall()
            except psycopg.errors.LockNotAvailable:
                return f"the oldest partition of {target} is in use, and the database is too large"
            # Rows may have come into a merged one meanwhile, as the frame log is read again; the next run decides.
            if dropped:
                self._count(stream, begins_at, is_read=is_read)
        if self._read_bytes(connection) > bytes_max and not only_read:
            return (
                f"the database has {self._counters.database_bytes:,} bytes, more than {bytes_max:,},"
                " although all older partitions are dropped"
            )
        return ""

    def _count(self, stream: str, begins_at: datetime, *, is_read: bool) -> None:
        self._counters.partitions_dropped[stream] += 1
        if is_read:
            log.warning("partition dropped for space", stream=stream, begins_at=begins_at.isoformat())
            return
        self._counters.unread_partitions_dropped[stream] += 1
        self._counters.unread_dropped_at_seconds = time.time()
        log.error("partition dropped for space before it was merged", stream=stream, begins_at=begins_at.isoformat())
