"""The running deduplicator: one thread per stream until it is stopped."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from kalshi_data.database.connection import connect
from kalshi_data.database.migrations import require_current
from kalshi_data.deduplicator.archive_commands import make_exporter
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.monitoring.heartbeats import HeartbeatRecorder
from kalshi_data.deduplicator.monitoring.service import DeduplicatorReporter
from kalshi_data.deduplicator.settings import COMPONENTS, DeduplicatorSettings
from kalshi_data.deduplicator.state import HEARTBEATS, UPKEEP, State
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.errors import MigrationError
from kalshi_data.service.failures import FailureLog
from kalshi_data.service.retry import Backoff
from kalshi_data.service.stopping import stop_on_signals
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import STREAMS

log = structlog.get_logger()

RETRY_SECONDS_MAX = 5.0
RESTART_SECONDS_MAX = 60.0
STATEMENT_SECONDS_MAX = 30.0


def run(settings: DeduplicatorSettings, config: str, shard: Shard = EVERYTHING) -> None:
    """Merge every stream until SIGTERM or SIGINT; each stream finishes its tick first.

    Before it merges, it waits for production, then for a gatherer that is alive.

    Raises:
        MigrationError: production is older than this program.
    """
    stop = threading.Event()
    stop_on_signals(stop)
    state = State()
    heartbeats = HeartbeatRecorder(settings, stop, state.tasks[HEARTBEATS])
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
    backoff, failures = Backoff(RETRY_SECONDS_MAX), FailureLog("waiting for production", "production answers")
    while not stop.is_set():
        try:
            limit = STATEMENT_SECONDS_MAX
            with connect(conninfo, application_name="deduplicator", statement_seconds_max=limit) as connection:
                for component in COMPONENTS:
                    require_current(connection, component, f"deduplicator migrate --config {config}")
            failures.succeeded()
            return True
        except MigrationError:
            raise
        except Exception as error:
            failures.failed(error)
            stop.wait(backoff.next_seconds())
    return False


def merge(
    settings: DeduplicatorSettings, shard: Shard, heartbeats: HeartbeatRecorder, state: State, stop: threading.Event
) -> None:
    """Merge each stream in its own thread, with upkeep, heartbeats and the archive in others, until a stop.

    Whatever happens in one of them, the others go on.
    """
    # One stream at a time may open further sessions, so that their number and memory are bounded.
    places = threading.Semaphore()
    merges = {stream.name: StreamMerge(stream, settings, stop, shard, places) for stream in STREAMS}
    for merging in merges.values():
        merging.space = state.space
    state.streams = {name: merging.state for name, merging in merges.items()}
    gatherers = [gatherer.id for gatherer in settings.gatherers]
    log.info("merging", gatherers=gatherers, streams=len(STREAMS), shard=str(shard))
    calls = {
        HEARTBEATS: heartbeats.run,
        UPKEEP: Upkeep(settings, stop, state.tasks[UPKEEP], state.space).run,
        **{name: merging.run for name, merging in merges.items()},
    }
    if settings.archive.target:
        calls["archive"] = lambda: make_exporter(settings, stop, state.archive).run()
    failed = {name: merging.state.failed for name, merging in merges.items()} | {"archive": state.archive.failed}
    run_together(calls, failed, stop)


def run_together(
    calls: Mapping[str, Callable[[], None]], failed: Mapping[str, Callable[[str], None]], stop: threading.Event
) -> None:
    """Run calls at the same time until stop; one that fails is started again, and `failed` gets the error of some."""
    with ThreadPoolExecutor(len(calls)) as threads:
        for name, call in calls.items():
            threads.submit(keep_running, name, call, failed.get(name, lambda _: None), stop)
        # The waits are short, since signals are handled between them.
        while not stop.is_set():
            stop.wait(0.2)


def keep_running(name: str, call: Callable[[], None], failed: Callable[[str], None], stop: threading.Event) -> None:
    """Run a call that should return only after the stop; if it ends earlier, start it again after a pause."""
    backoff, failures = (
        Backoff(RESTART_SECONDS_MAX),
        FailureLog("a thread ended, starting it again", "the thread runs again", thread=name),
    )
    while not stop.is_set():
        try:
            call()
        except Exception as error:
            failed(failures.failed(error))
        stop.wait(backoff.next_seconds())
