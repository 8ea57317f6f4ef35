"""What a running gatherer does beside gathering: heartbeat, /health, /metrics, systemd, and dropping old rows."""

import asyncio
import time
from types import TracebackType
from typing import Self

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.monitoring.heartbeat import HeartbeatWriter
from kalshi_data.gatherer.monitoring.metrics import read_metrics
from kalshi_data.gatherer.retention import RetentionJob
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.health import HealthReport, HealthServer
from kalshi_data.service.metrics import make_registry
from kalshi_data.service.systemd import Notifier

TURN_SECONDS = 0.2
STATUS_SECONDS = 5.0
# While the gatherer is not ready, systemd is asked for this much more time, again and again.
START_EXTENSION_SECONDS = 30.0


class MonitoringService:
    """Reports for as long as its context lasts; threads do what waits for others, a task watches the event loop."""

    def __init__(self, settings: GathererSettings, counters: Counters, notifier: Notifier | None = None) -> None:
        """Prepare to report `counters`."""
        self._counters = counters
        self._notifier = notifier or Notifier()
        self._heartbeat = HeartbeatWriter(settings, counters)
        registry = make_registry(lambda: read_metrics(counters, self._heartbeat.health()))
        self._retention = RetentionJob(settings, counters)
        self._server = HealthServer(settings.health, self._heartbeat.health, registry)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to report."""
        self._counters.loop_at_seconds = time.monotonic()
        self._task = asyncio.create_task(self._watch())
        self._server.start()
        self._heartbeat.start()
        self._retention.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last heartbeat and end."""
        if self._task:
            self._task.cancel()
        await asyncio.to_thread(self._retention.stop)
        await asyncio.to_thread(self._heartbeat.stop, "failed" if error else "stopped")
        await asyncio.to_thread(self._server.stop)

    def health(self) -> HealthReport:
        """Return how the gatherer is now."""
        return self._heartbeat.health()

    def reloading(self) -> None:
        """Tell systemd that the configuration is read again; reloaded() must follow."""
        self._notifier.reloading()

    def reloaded(self) -> None:
        """Tell systemd that the configuration has been read."""
        self._notifier.ready()

    def stopping(self) -> None:
        """Tell systemd that the end has begun; call it when the signal comes."""
        self._notifier.stopping()

    async def _watch(self) -> None:
        """Note each turn of the event loop, and tell systemd of it: a loop that hangs is restarted by it."""
        ready, told_at, alive_at = False, float("-inf"), float("-inf")
        while True:
            now = time.monotonic()
            self._counters.loop_lag_seconds = max(0.0, now - self._counters.loop_at_seconds - TURN_SECONDS)
            self._counters.loop_at_seconds = now
            if not ready and self._counters.subscribed:
                ready = True
                self._notifier.ready()
            if now - alive_at >= self._notifier.watchdog_seconds:
                alive_at = now
                self._notifier.alive()
            if now - told_at >= STATUS_SECONDS:
                told_at = now
                self._notifier.status(self._line())
                if not ready:
                    self._notifier.extend_start(START_EXTENSION_SECONDS)
            await asyncio.sleep(TURN_SECONDS)

    def _line(self) -> str:
        counters = self._counters
        return (
            f"{counters.connections_up} of {counters.connections_wanted} connections, "
            f"{counters.markets_subscribed:,} of {counters.markets_wanted:,} markets, "
            f"{sum(counters.frames.values()):,} frames"
        )
