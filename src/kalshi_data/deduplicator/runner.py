"""The deduplicator at work: one thread per stream, until it is told to stop."""

import signal
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

import structlog

from kalshi_data.database import connect
from kalshi_data.deduplicator.configuration import DeduplicatorSettings
from kalshi_data.deduplicator.streams import STREAMS
from kalshi_data.deduplicator.sync import StreamMerge
from kalshi_data.migrations import require_current

log = structlog.get_logger()

COMPONENTS = ("timeseries", "production")


def run(settings: DeduplicatorSettings, config: str) -> None:
    """Merge every stream until SIGTERM or SIGINT; each stops after the tick it is in.

    Raises:
        MigrationError: production is older than this program.
        Exception: whatever a stream could not recover from, after the others have stopped.
    """
    with connect(settings.production.runtime.conninfo, application_name="deduplicator") as connection:
        for component in COMPONENTS:
            require_current(connection, component, f"deduplicator migrate --config {config}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    log.info("merging", gatherers=[gatherer.id for gatherer in settings.gatherers], streams=len(STREAMS))
    with ThreadPoolExecutor(len(STREAMS)) as threads:
        merges = [threads.submit(StreamMerge(stream, settings, stop).run) for stream in STREAMS]
        # Short waits, so that signals are handled between them.
        while not stop.is_set() and not any(merge.done() for merge in merges):
            wait(merges, timeout=0.2, return_when=FIRST_EXCEPTION)
        stop.set()
    for merge in merges:
        merge.result()
    log.info("stopped")
