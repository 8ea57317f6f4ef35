"""Periodic work in a thread of its own."""

import threading
from collections.abc import Callable

from kalshi_data.service.failures import FailureLog


class PeriodicThread:
    """A daemon thread that calls a function at once, and again after each pause until it is stopped.

    A call that fails is logged; the next one comes after the pause.
    """

    def __init__(
        self,
        name: str,
        call: Callable[[], object],
        pause_seconds: Callable[[], float],
        last_call: Callable[[], object] | None = None,
    ) -> None:
        """Prepare to call `call`, and `last_call` once after the stop; `pause_seconds` is read before each pause."""
        self._call = call
        self._failures = FailureLog("periodic work failed, trying again", "periodic work succeeds again", work=name)
        self._pause_seconds = pause_seconds
        self._last_call = last_call
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_stopping(self) -> bool:
        """Whether a long call should return early."""
        return self._stop.is_set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, seconds_max: float) -> None:
        """End the pause or wait for the call that is running, at most `seconds_max`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds_max)

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._guarded(self._call):
                self._failures.succeeded()
            self._stop.wait(max(0.0, self._pause_seconds()))
        if self._last_call is not None:
            self._guarded(self._last_call)

    def _guarded(self, call: Callable[[], object]) -> bool:
        """Return whether a call succeeded."""
        try:
            call()
        except Exception as error:
            self._failures.failed(error)
            return False
        return True
