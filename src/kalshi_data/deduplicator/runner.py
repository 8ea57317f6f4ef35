"""The running deduplicator: one thread per stream until it is stopped."""

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

import psycopg
import structlog

from kalshi_data.database.connection import connect
from kalshi_data.database.migrations import require_current
from kalshi_data.deduplicator.archive_commands import make_exporter
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.monitoring.heartbeats import HeartbeatRecorder
from kalshi_data.deduplicator.monitoring.service import DeduplicatorReporter
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import STREAMS

log = structlog.get_logger()

COMPONENTS = ("timeseries", "production")
RETRY_SECONDS_MAX = 5.0


def run(settings: DeduplicatorSettings, config: str, shard: Shard = EVERYTHING) -> None:
    """Merge every stream until SIGTERM or SIGINT; each stream finishes its tick first.

    Before it merges, it waits for production, then for a gatherer that is alive.

    Raises:
        MigrationError: production is older than this program.
        Exception: an error that a stream could not recover from, after the other streams have stopped.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    state = State()
    heartbeats = HeartbeatRecorder(settings, stop)
    with DeduplicatorReporter(settings, state, shard, stop):
        if wait_for_production(settings.production.runtime.conninfo, config, stop):
            state.waiting_for = "a gatherer"
            if heartbeats.wait():
                state.waiting_for = None
                merge(settings, shard, heartbeats, state, stop)
    heartbeats.close()
    log.info("stopped")


def wait_for_production(conninfo: str, config: str, stop: threading.Event) -> bool:
    """Wait until production answers, and check that its schema is current; return False if a stop comes first.

    Raises:
        MigrationError: production is older than this program.
    """
    backoff = Backoff(RETRY_SECONDS_MAX)
    while not stop.is_set():
        try:
            with connect(conninfo, application_name="deduplicator") as connection:
                for component in COMPONENTS:
                    require_current(connection, component, f"deduplicator migrate --config {config}")
            return True
        except psycopg.OperationalError as error:
            seconds = backoff.next_seconds()
            log.warning("waiting for production", attempt=backoff.attempts, error=str(error).strip())
            stop.wait(seconds)
    return False


def merge(
    settings: DeduplicatorSettings, shard: Shard, heartbeats: HeartbeatRecorder, state: State, stop: threading.Event
) -> None:
    """Merge each stream in its own thread, with upkeep, heartbeats and the archive in others, until a stop or an error.

    Raises:
        Exception: the error of the first thread that failed.
    """
    merges = [StreamMerge(stream, settings, stop, shard) for stream in STREAMS]
    state.streams = {stream.name: merging.state for stream, merging in zip(STREAMS, merges, strict=True)}
    gatherers = [gatherer.id for gatherer in settings.gatherers]
    log.info("merging", gatherers=gatherers, streams=len(STREAMS), shard=str(shard))
    upkeep = Upkeep(settings, stop)
    calls = [heartbeats.run, upkeep.run, *(merging.run for merging in merges)]
    if settings.archive.target:
        calls.append(make_exporter(settings, stop, state.archive).run)
    run_together(calls, stop)


def run_together(calls: Sequence[Callable[[], None]], stop: threading.Event) -> None:
    """Run calls at the same time until stop; when one of them returns or fails, the others are stopped, too.

    Raises:
        Exception: the error of the first call that failed.
    """
    with ThreadPoolExecutor(len(calls)) as threads:
        running = [threads.submit(call) for call in calls]
        # The waits are short, since signals are handled between them.
        while not stop.is_set() and not any(each.done() for each in running):
            wait(running, timeout=0.2, return_when=FIRST_EXCEPTION)
        stop.set()
    for each in running:
        each.result()
