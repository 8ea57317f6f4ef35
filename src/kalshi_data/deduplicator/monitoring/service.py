"""What a running deduplicator does beside merging: it measures, and tells /health, /metrics, production and systemd."""

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
# A stream that neither merges nor says why for so long hangs: systemd hears nothing more, and restarts.
HUNG_SECONDS = 300.0


class DeduplicatorReporter:
    """Reports for as long as its context lasts, in threads of its own."""

    def __init__(
        self,
        settings: DeduplicatorSettings,
        state: State,
        shard: Shard,
        stop: threading.Event,
        notifier: Notifier | None = None,
    ) -> None:
        """Prepare to report `state`; `stop` is what ends the program."""
        self._state = state
        self._stop = stop
        self._end = threading.Event()
        self._notifier = notifier or Notifier()
        self.monitor = monitor = Monitor(settings, state, shard)
        registry = make_registry(lambda: read_metrics(monitor.measurements, state, monitor.health()))
        self._server = HealthServer(settings.health, monitor.health, registry)
        self._thread = threading.Thread(target=self._tell, name="systemd", daemon=True)

    def __enter__(self) -> Self:
        """Begin to report."""
        self._server.start()
        self.monitor.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say that the end has come."""
        self._end.set()
        self._thread.join()
        self.monitor.stop("failed" if error else "stopped")
        self._server.stop()

    def _tell(self) -> None:
        """Tell systemd how it goes, until the context ends."""
        ready, stopping, told_at, alive_at = False, False, float("-inf"), float("-inf")
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
            if now - told_at >= STATUS_SECONDS:
                told_at = now
                self._notifier.status(self._line())
                if not ready:
                    self._notifier.extend_start(START_EXTENSION_SECONDS)

    def _is_merging(self) -> bool:
        return self._state.waiting_for is None and bool(self._state.streams)

    def _hangs(self, now: float) -> bool:
        streams = self._state.streams.copy().values()
        return any(stream.error is None and now - stream.ticked_at > HUNG_SECONDS for stream in streams)

    def _line(self) -> str:
        if self._state.waiting_for:
            return f"waiting for {self._state.waiting_for}"
        measurements = self.monitor.measurements
        alive = sum(life.trouble is None for life in measurements.gatherers.values())
        seconds = max((lag.seconds for lag in measurements.lags.values()), default=0.0)
        return f"{alive} of {len(measurements.gatherers)} gatherers alive, {seconds:.0f} s behind"
