"""Stops a program on a signal, and reports at once that it stops."""

import signal
import threading

import structlog

log = structlog.get_logger()

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals(stop: threading.Event) -> None:
    """Set an event on SIGTERM or SIGINT, and log that the program stops."""

    def handle(_number: int, _frame: object) -> None:
        # The main thread may be inside the event or a log line, so another thread does both.
        threading.Thread(target=announce_stop, args=(stop,), name="stop", daemon=True).start()

    for number in STOP_SIGNALS:
        signal.signal(number, handle)


def announce_stop(stop: threading.Event) -> None:
    """Set an event; the first time, log that the program stops."""
    if not stop.is_set():
        stop.set()
        log.info("stopping")
