"""Reports a running deduplicator to /health, /metrics, production and systemd."""

import threading
import time
from types import TracebackType
from typing import Self

from kalshi_data.deduplicator.monitoring.completeness_monitor import CompletenessMonitor
from kalshi_data.deduplicator.monitoring.metrics import read_metrics
from kalshi_data.deduplicator.monitoring.monitor import Monitor
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.state import State
from kalshi_data.deduplicator.status_page.pages import make_status_page
from kalshi_data.service.health import HealthServer
from kalshi_data.service.metrics import make_registry
from kalshi_data.service.periodic import PeriodicThread
from kalshi_data.service.systemd import TURN_SECONDS, Notifier, SystemdReports
from kalshi_data.shard import Shard

STOP_SECONDS_MAX = 5.0
# The monitor's statements have time-outs. If it begins no measurement for this time, the program itself hangs. Then
# systemd gets no more signs of life and restarts it. A stream that hangs is a health reason, and the others go on.
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
        self._is_stopping = False
        self._notifier = notifier or Notifier()
        self.monitor = monitor = Monitor(settings, state, shard)
        self.completeness = CompletenessMonitor(settings, monitor.measurements)
        registry = make_registry(lambda: read_metrics(monitor.measurements, state, monitor.health()))
        page = make_status_page(settings, monitor.health)
        self._server = HealthServer(settings.health.of_shard(shard), monitor.health, registry, page)
        self._reports = SystemdReports(self._notifier, self._is_merging, self._status_line, self._hangs)
        self._thread = PeriodicThread("systemd", self._notify_systemd, lambda: TURN_SECONDS)

    def __enter__(self) -> Self:
        """Start to report."""
        self._server.start()
        self.monitor.start()
        self.completeness.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Report that the program ends, and whether it failed."""
        self._thread.stop(STOP_SECONDS_MAX)
        self.completeness.stop()
        self.monitor.stop("failed" if error else "stopped")
        self._server.stop()

    def _notify_systemd(self) -> None:
        self._reports.turn()
        if self._stop.is_set() and not self._is_stopping:
            self._is_stopping = True
            self._notifier.stopping()

    def _is_merging(self) -> bool:
        return self._state.waiting_for is None and bool(self._state.streams)

    def _hangs(self) -> bool:
        return time.monotonic() - self.monitor.measured_at > HUNG_SECONDS

    def _status_line(self) -> str:
        if self._state.waiting_for:
            return f"waiting for {self._state.waiting_for}"
        measurements = self.monitor.measurements
        alive = sum(each.problem is None for each in measurements.gatherers.values())
        seconds = max((lag.seconds for lag in measurements.lags.values()), default=0.0)
        return f"{alive} of {len(measurements.gatherers)} gatherers alive, {seconds:.0f} s behind"
