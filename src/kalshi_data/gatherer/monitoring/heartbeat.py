"""Write a heartbeat each second: a row with the gatherer's state, health and counters."""

import math
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
import structlog
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import ReconnectingConnection, query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.health_rules import evaluate
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.listings import TABLES, WHOLE
from kalshi_data.service.health import HealthReport
from kalshi_data.service.periodic import PeriodicThread
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.version import read_release

log = structlog.get_logger()

HEARTBEAT_SECONDS = 1.0
STATEMENT_SECONDS_MAX = 2.0
# The first heartbeat comes this soon after the database is this gatherer's.
LOCK_POLL_SECONDS = 0.1
# Reading the database's size costs some milliseconds.
SIZES_SECONDS = 5.0
STOP_SECONDS_MAX = 6.0
# This many windows of maintenance that come next.
WINDOWS_MAX = 3
# Counters that a heartbeat holds as they are.
LEVELS = (
    *("connections_wanted", "connections_up", "markets_known", "markets_wanted", "markets_subscribed"),
    "markets_unassigned",
    *("queued_rows", "behind_frames", "log_bytes", "log_free_bytes", "database_bytes", "growth_bytes_per_day"),
)
FAILURES = ("log_failure", "database_failure", "writer_failure")
# Counters that a heartbeat holds as rates per second.
RATES = ("frames", "received_bytes", "committed_rows", "commits")


class Rates:
    """The growth of counters between two observations."""

    def __init__(self, counters: Counters, now_seconds: float) -> None:
        """Start at the present values."""
        self._at_seconds = now_seconds
        self._totals = _totals(counters)

    def observe(self, counters: Counters, now_seconds: float) -> dict[str, float]:
        """Return the growth per second since the last observation."""
        before, self._totals = self._totals, _totals(counters)
        seconds, self._at_seconds = now_seconds - self._at_seconds, now_seconds
        return {name: round((self._totals[name] - before[name]) / max(seconds, 0.001), 1) for name in RATES}


class HeartbeatWriter:
    """Writes capture.heartbeat in its own thread and with its own connection; tries again each second if it fails."""

    def __init__(self, settings: GathererSettings, counters: Counters, shard: Shard = EVERYTHING) -> None:
        """Prepare the thread; start() starts it."""
        self._shard = shard
        self._settings = settings
        self._counters = counters
        self._rates = Rates(counters, time.monotonic())
        self._database = ReconnectingConnection(
            settings.databases.kalshi_ts.conninfo,
            application_name="gatherer heartbeat",
            statement_seconds_max=STATEMENT_SECONDS_MAX,
        )
        self._sizes_at_seconds = float("-inf")
        self._last_state = "stopped"
        self._due_at_seconds = 0.0
        self._thread = PeriodicThread("heartbeat", self._write_heartbeat, self._pause_seconds, self._end)

    def start(self) -> None:
        """Write a heartbeat at once, then one each second."""
        self._due_at_seconds = time.monotonic()
        self._thread.start()

    def stop(self, state: str) -> None:
        """Write a last heartbeat with the state in which the gatherer ended: stopped or failed."""
        self._last_state = state
        self._thread.stop(STOP_SECONDS_MAX)

    def health(self) -> HealthReport:
        """Return the gatherer's health as of now."""
        return evaluate(self._counters, self._settings, time.time(), time.monotonic())

    def _pause_seconds(self) -> float:
        """Return how long to wait so that heartbeats are a second apart, however long one took."""
        if self._counters.awaits_database:
            return LOCK_POLL_SECONDS
        now = time.monotonic()
        self._due_at_seconds = max(self._due_at_seconds + HEARTBEAT_SECONDS, now)
        return self._due_at_seconds - now

    def _end(self) -> None:
        self._write_heartbeat(self._last_state)
        self._database.close()

    def _write_heartbeat(self, state: str = "running") -> None:
        """Write a heartbeat, unless the event loop hangs: such a gatherer receives nothing and must not look alive."""
        silent_seconds = time.monotonic() - self._counters.loop_at_seconds
        if state == "running" and silent_seconds > self._settings.health.heartbeat_seconds_max:
            log.error("no heartbeat, the event loop hangs", seconds=round(silent_seconds))
            return
        if self._counters.awaits_database:
            # The row belongs to the gatherer that may write, and the database may be one that this program cannot use.
            return
        try:
            self._write(state)
        except Exception as error:
            # One that the database did not cause must not end the thread either.
            if not self._counters.heartbeat_failure:
                log.warning("no heartbeat", error=str(error).strip(), exc_info=not isinstance(error, psycopg.Error))
            self._counters.heartbeat_failure = str(error).strip().partition("\n")[0] or type(error).__name__
            self._counters.heartbeat_failures += 1

    def _write(self, state: str) -> None:
        with self._database.use() as connection:
            if time.monotonic() > self._sizes_at_seconds + SIZES_SECONDS:
                row = connection.execute(query("capture/retention/read_database_bytes")).fetchone()
                self._counters.database_bytes = row[0] if row else 0
                self._sizes_at_seconds = time.monotonic()
            beat_at = datetime.now(UTC)
            heartbeat = {
                "shard": self._shard.number,
                "beat_at": beat_at,
                "status": Jsonb(storable(self.document(state))),
            }
            connection.execute(query("capture/status/write_heartbeat"), heartbeat)
        self._counters.heartbeat_at_seconds = beat_at.timestamp()
        self._counters.heartbeat_failure = ""
        self._counters.heartbeats += 1

    def document(self, state: str) -> dict[str, Any]:
        """Return the status column of a heartbeat."""
        counters = self._counters
        health = self.health()
        return {
            "state": state,
            "shard": str(self._shard),
            "version": read_release().version,
            "started_at": _to_text(counters.started_at_seconds),
            "last_frame_at": _to_text(counters.last_frame_at_seconds),
            "log_oldest_at": _to_text(counters.log_oldest_at_seconds),
            "listed_at": {table: _to_text(seconds) for table, seconds in listed_at_seconds(counters).items()},
            "health": health.document(),
            "per_second": self._rates.observe(counters, time.monotonic()),
            "totals": _totals(counters) | {"gaps": _total(counters.gaps), "quarantined": _total(counters.quarantined)},
            "refused": counters.refused.copy(),
            "exchange": exchange_document(counters),
            "full_in_days": counters.full_in_days if counters.full_in_days < math.inf else None,
            **{name: getattr(counters, name) for name in (*LEVELS, *FAILURES)},
        }


def storable(value: Any) -> Any:
    """Return a document whose texts PostgreSQL stores: without NUL and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [storable(each) for each in cast("list[Any]", value)]
    return value


def listed_at_seconds(counters: Counters) -> dict[str, float]:
    """Return for each table of the exchange's objects since when all its lists are stored whole."""
    found = counters.listed_at_seconds.copy()
    paths = {table: [listing.path for listing in WHOLE if listing.table == table] for table in TABLES}
    return {
        table: max(found[path] for path in needed)
        for table, needed in paths.items()
        if all(path in found for path in needed)
    }


def exchange_document(counters: Counters) -> dict[str, Any]:
    """Return what the exchange says of itself, and why it last refused a request of REST."""
    now = time.time()
    windows = [window for window in counters.maintenance_windows if window[1] > now][:WINDOWS_MAX]
    return {
        "halted": counters.exchange_halted,
        "status_at": _to_text(counters.exchange_status_at_seconds),
        "schedule_at": _to_text(counters.exchange_schedule_at_seconds),
        "maintenance": [[_to_text(begin), _to_text(end)] for begin, end in windows],
        "refusal": counters.rest_refusal,
        "refused_at": _to_text(counters.rest_refused_at_seconds),
    }


def _totals(counters: Counters) -> dict[str, int]:
    return {name: _total(getattr(counters, name)) for name in RATES}


def _total(count: int | Counter[str]) -> int:
    # copy() is atomic, so another thread may add a key at the same time.
    return sum(count.copy().values()) if isinstance(count, Counter) else count


def _to_text(seconds: float) -> str | None:
    """Return a time as text, or None for never."""
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
