"""Reports a running deduplicator to /health, /metrics, production and systemd."""

import threading
import time
from types import TracebackType
from typing import Self

from kalshi_data.deduplicator.monitoring.metrics import read_metrics
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.service.health import HealthServer
from kalshi_data.service.metrics import make_registry
from kalshi_data.service.systemd import Notifier
from kalshi_data.shard import Shard

TURN_SECONDS = 0.2
STATUS_SECONDS = 5.0
START_EXTENSION_SECONDS = 30.0
# A stream that neither merges nor reports an error for this time hangs. Then systemd gets no more signs of life and
# restarts the program.
HUNG_SECONDS = 300.0


class DeduplicatorReporter:
    """Reports in its own threads until its context ends."""

    def __init__(
        self,
        settings: DeduplicatorSettings,
        state: State,
        shard: Shard,
        stop: threading.Event,
        notifier: Notifier | None = None,
    ) -> None:
        """Prepare to report `state`; `stop` is set when the program is to end."""
        self._state = state
        self._stop = stop
        self._end = threading.Event()
        self._notifier = notifier or Notifier()
        self.monitor = monitor = Monitor(settings, state, shard)
        registry = make_registry(lambda: read_metrics(monitor.measurements, state, monitor.health()))
        self._server = HealthServer(settings.health, monitor.health, registry)
        self._thread = threading.Thread(target=self._notify_systemd, name="systemd", daemon=True)

    def __enter__(self) -> Self:
        """Start to report."""
        self._server.start()
        self.monitor.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Report that the program ends, and whether it failed."""
        self._end.set()
        self._thread.join()
        self.monitor.stop("failed" if error else "stopped")
        self._server.stop()

    def _notify_systemd(self) -> None:
        """Report readiness, signs of life and a status line to systemd until the context ends."""
        ready, stopping, status_at, alive_at = False, False, float("-inf"), float("-inf")
        while not self._end.wait(TURN_SECONDS):
            now = time.monotonic()
            if not ready and self._is_merging():
                ready = True
                self._notifier.ready()
            if not stopping and self._stop.is_set():
                stopping = True
                self._notifier.stopping()
            if now - alive_at >= self._notifier.watchdog_seconds and not self._hangs(now):
                alive_at = now
                self._notifier.alive()
            if now - status_at >= STATUS_SECONDS:
                status_at = now
                self._notifier.status(self._status_line())
                if not ready:
                    self._notifier.extend_start(START_EXTENSION_SECONDS)

    def _is_merging(self) -> bool:
        return self._state.waiting_for is None and bool(self._state.streams)

    def _hangs(self, now: float) -> bool:
        streams = self._state.streams.copy().values()
        return any(stream.error is None and now - stream.ticked_at > HUNG_SECONDS for stream in streams)

    def _status_line(self) -> str:
        if self._state.waiting_for:
            return f"waiting for {self._state.waiting_for}"
        measurements = self.monitor.measurements
        alive = sum(each.problem is None for each in measurements.gatherers.values())
        seconds = max((lag.seconds for lag in measurements.lags.values()), default=0.0)
        return f"{alive} of {len(measurements.gatherers)} gatherers alive, {seconds:.0f} s behind"
