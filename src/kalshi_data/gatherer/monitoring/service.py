"""What a gatherer does beside gathering: write heartbeats, serve /health and /metrics, report to systemd, drop rows."""

import asyncio
import time
from types import TracebackType
from typing import Self

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.database_space import DatabaseSpace
from kalshi_data.gatherer.monitoring.clock import ClockWatch
from kalshi_data.gatherer.monitoring.heartbeat import HeartbeatWriter
from kalshi_data.gatherer.monitoring.metrics import read_metrics
from kalshi_data.gatherer.retention import RetentionJob
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.gatherer.status_page.pages import make_status_page
from kalshi_data.service.health import HealthReport, HealthServer
from kalshi_data.service.metrics import make_registry
from kalshi_data.service.systemd import TURN_SECONDS, Notifier, SystemdReports
from kalshi_data.shard import EVERYTHING, Shard


class MonitoringService:
    """Reports while its context is open: threads do what waits for others, and a task watches the event loop."""

    def __init__(
        self,
        settings: GathererSettings,
        counters: Counters,
        notifier: Notifier | None = None,
        shard: Shard = EVERYTHING,
        space: DatabaseSpace | None = None,
    ) -> None:
        """Prepare to report `counters`; each shard has a port of its own, beside the first one's."""
        self._counters = counters
        self._notifier = notifier or Notifier()
        self._heartbeat = HeartbeatWriter(settings, counters, shard)
        registry = make_registry(lambda: read_metrics(counters, self._heartbeat.health()))
        self._retention = RetentionJob(settings, counters, space, shard)
        page = make_status_page(settings, counters, self._heartbeat.health, shard)
        self._server = HealthServer(settings.health.of_shard(shard), self._heartbeat.health, registry, page)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start to report."""
        self._counters.loop_at_seconds = time.monotonic()
        self._task = asyncio.create_task(self._watch())
        self._heartbeat.start()
        self._retention.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last heartbeat and stop."""
        if self._task:
            self._task.cancel()
        await asyncio.to_thread(self._retention.stop)
        await asyncio.to_thread(self._heartbeat.stop, "failed" if error else "stopped")
        await asyncio.to_thread(self._server.stop)

    def serve(self) -> None:
        """Serve /health and /metrics; before, the port may belong to the gatherer for whose end this one waits."""
        self._server.start()

    def health(self) -> HealthReport:
        """Return the gatherer's health as of now."""
        return self._heartbeat.health()

    def reloading(self) -> None:
        """Report to systemd that the configuration is being read again; reloaded() must follow."""
        self._notifier.reloading()

    def reloaded(self) -> None:
        """Report to systemd that the configuration has been read."""
        self._notifier.ready()

    def stopping(self) -> None:
        """Report to systemd that the gatherer is shutting down; call it when the signal arrives."""
        self._notifier.stopping()

    async def _watch(self) -> None:
        """Record each turn of the event loop and report it to systemd, which restarts a gatherer whose loop hangs."""
        clock = ClockWatch(self._counters)
        reports = SystemdReports(self._notifier, lambda: self._counters.subscribed, self._line)
        while True:
            now = time.monotonic()
            clock.turn()
            self._counters.loop_lag_seconds = max(0.0, now - self._counters.loop_at_seconds - TURN_SECONDS)
            self._counters.loop_at_seconds = now
            reports.turn()
            await asyncio.sleep(TURN_SECONDS)

    def _line(self) -> str:
        counters = self._counters
        if counters.held_by:
            return f"waiting for another gatherer's end: {counters.held_by}"
        return (
            f"{counters.connections_up} of {counters.connections_wanted} connections, "
            f"{counters.markets_subscribed:,} of {counters.markets_wanted:,} markets, "
            f"{sum(counters.frames.values()):,} frames"
        )
