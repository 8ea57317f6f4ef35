"""Run the gatherer: load the registry, keep all connections, and stop on a signal."""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import structlog
from aiolimiter import AsyncLimiter

from kalshi_data.errors import KalshiDataError
from kalshi_data.gatherer.background import first_of, keep_running
from kalshi_data.gatherer.connections.account import AccountCheck, budget_of
from kalshi_data.gatherer.connections.allocation import ConnectionSpec, SubscriptionAllocator
from kalshi_data.gatherer.connections.readiness import Readiness
from kalshi_data.gatherer.connections.session import FeedSession, TakeLifecycle
from kalshi_data.gatherer.connections.subscriber import Subscriber
from kalshi_data.gatherer.connections.supervisor import ConnectionSupervisor, Follow
from kalshi_data.gatherer.connections.trade_outage import TradeOutage
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.database_space import DatabaseSpace
from kalshi_data.gatherer.databases import REGISTRY, CheckedConnection
from kalshi_data.gatherer.exchange_status.poller import ExchangePoller
from kalshi_data.gatherer.exchange_status.rest_refusals import RestRefusals
from kalshi_data.gatherer.former_shards import drain_former_shards
from kalshi_data.gatherer.frame_log.shards import require_numbers
from kalshi_data.gatherer.frame_log.writer import FrameLogWriter
from kalshi_data.gatherer.incidents import Incidents
from kalshi_data.gatherer.markets.registry import Registry
from kalshi_data.gatherer.monitoring.service import MonitoringService
from kalshi_data.gatherer.recording.batch_writer import BatchWriter
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.recorder import Recorder
from kalshi_data.gatherer.reload import reload_settings
from kalshi_data.gatherer.repair.gap_repair import TradeRecovery
from kalshi_data.gatherer.repair.trade_history import TradeSource
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.gatherer.startup import StoppedWhileWaiting, check_registry, require_folder, take_over
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.kalshi.feed import FeedConnection
from kalshi_data.kalshi.rest import Rest
from kalshi_data.kalshi.timestamps import from_ns
from kalshi_data.shard import EVERYTHING, Shard

log = structlog.get_logger()


def run(settings: GathererSettings, config: Path, shard: Shard | None = None) -> None:
    """Gather until SIGTERM or SIGINT, then write what was received and return.

    Raises:
        MigrationError: if a database is older than this program.
        SettingsError: if the private key or the shard cannot be used.
    """
    signer = load_signer(settings.exchange.key_id, settings.exchange.private_key_file)
    require_numbers(shard or EVERYTHING)
    require_folder(settings.frame_log.folder)
    # Rows live for some milliseconds and form no cycles, so frequent garbage collection is wasted.
    gc.set_threshold(100_000, 50, 100)
    # A commit releases the interpreter about fifty times. With the default of 5 ms, it waits that long each time to get
    # it back while frames arrive without a pause.
    sys.setswitchinterval(0.0005)
    try:
        asyncio.run(Gatherer(settings, config, signer, shard).run())
    except ExceptionGroup as group:
        # An expected error is raised alone, to be printed as text; any other error keeps its traceback.
        expected = next((error for error in group.exceptions if isinstance(error, KalshiDataError)), None)
        raise expected or group from group


class Gatherer:
    """Everything that a gatherer process runs."""

    def __init__(self, settings: GathererSettings, config: Path, signer: Signer, shard: Shard | None) -> None:
        """Prepare to gather with these settings; with a shard, only its part of the order books."""
        self._settings = settings
        self._config = config
        self._signer = signer
        self._shard = shard
        self._remedy = f"gatherer migrate --config {config}"
        self._counters = counters = Counters()
        counters.awaits_database = True
        part = shard or EVERYTHING
        self._log = FrameLogWriter(settings.frame_log, counters, part)
        conninfo = settings.databases.kalshi_ts.conninfo
        self._space = DatabaseSpace(settings, counters)
        self._committer = Committer(
            conninfo, settings.writing, counters, part, remedy=self._remedy, why_full=self._space.why_full
        )
        self._writer = BatchWriter(self._committer, self._log, settings.writing, counters)
        self._recorder = Recorder(self._log, self._writer, counters, settings.writing)
        self._allocator = SubscriptionAllocator(settings.subscriptions, counters)
        self._readiness = Readiness(self._allocator, counters)
        self._limiter = AsyncLimiter(settings.subscriptions.commands_per_second_max, 1.0)
        self._budget = budget_of(settings.requests)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Wait until no other gatherer runs on this configuration, gather until a signal, and write what arrived."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        shard = self._shard or EVERYTHING
        async with MonitoringService(self._settings, self._counters, shard=shard, space=self._space) as monitoring:
            loop.add_signal_handler(signal.SIGHUP, self._reload, monitoring)
            try:
                committed = await self._start(monitoring)
            except StoppedWhileWaiting:
                log.info("stopped while another gatherer was running")
                return
            self._log.open(committed)
            await self._work(monitoring)
            self._log.close()
        self._log_totals()

    def _stop(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            log.info("stopping")

    async def _start(self, monitoring: MonitoringService) -> int:
        """Check both databases if they answer, and take the locks; return the last committed frame."""
        meta = self._settings.databases.kalshi_meta.conninfo
        registry = CheckedConnection(meta, REGISTRY, self._remedy, application_name="gatherer")
        await asyncio.to_thread(check_registry, registry)
        return await take_over(self._log, self._committer, self._counters, self._stopping, monitoring.serve)

    async def _work(self, monitoring: MonitoringService) -> None:
        """Load the registry and keep all connections; on a signal close them and write what they received."""
        async with asyncio.TaskGroup() as group:
            sealing = group.create_task(self._keep("frame log", self._seal_blocks))
            writing = group.create_task(self._writer.run())
            async with self._rest() as rest:
                await self._gather(rest)
            monitoring.stopping()
            self._writer.stop()
            await writing
            sealing.cancel()

    async def _keep(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        await keep_running(name, work, self._counters)

    def _reload(self, monitoring: MonitoringService) -> None:
        monitoring.reloading()
        reload_settings(self._config, self._settings)
        monitoring.reloaded()

    @asynccontextmanager
    async def _rest(self) -> AsyncGenerator[Rest]:
        async with aiohttp.ClientSession() as session:
            shared = (self._signer, self._budget, RestRefusals(self._counters).take)
            yield Rest(session, self._settings.exchange.rest_url, *shared)

    async def _seal_blocks(self) -> None:
        while True:
            await asyncio.sleep(self._settings.frame_log.block_seconds)
            self._log.seal()

    async def _gather(self, rest: Rest) -> None:
        """Gather until the stop signal, then wait until every connection is closed."""
        databases, counters, incidents = self._settings.databases, self._counters, Incidents()
        meta = databases.kalshi_meta.conninfo
        account = AccountCheck(rest, self._budget, self._settings, counters)
        await account.preflight()
        registry = Registry(rest, meta, self._settings, counters, self._shard, incidents=incidents)
        exchange = ExchangePoller(rest, meta, self._settings.registry, counters, incidents)
        shared = (self._settings.recovery, counters, self._recorder.repaired)
        trades = TradeRecovery(TradeSource(rest), databases.kalshi_ts.conninfo, *shared)
        last_received_at = from_ns(self._log.previous_ns) if self._log.previous_ns else None
        trade_outage = TradeOutage(trades.request, last_received_at)

        async def follow(spec: ConnectionSpec, websocket: FeedConnection) -> str:
            return await self._session(spec, websocket, trade_outage, registry.take_lifecycle).run()

        async with asyncio.TaskGroup() as group:
            work: dict[str, Callable[[], Awaitable[object]]] = {
                "registry": lambda: self._keep_registry(registry),
                "exchange status": exchange.run,
                "books": lambda: self._assign_books(registry),
                "missed trades": trades.run,
                "account": account.run,
                "former shards": lambda: drain_former_shards(self._settings, self._shard or EVERYTHING, self._remedy),
            }
            tasks = [group.create_task(self._keep(*each)) for each in work.items()]
            await self._keep_connected(follow, incidents)
            for task in tasks:
                task.cancel()

    def _session(
        self,
        spec: ConnectionSpec,
        websocket: FeedConnection,
        trade_outage: TradeOutage,
        take_lifecycle: TakeLifecycle,
    ) -> FeedSession:
        settings = self._settings.subscriptions
        recorder = self._recorder.open(spec.name, self._settings.exchange.websocket_url)
        shared = (self._allocator, self._readiness, trade_outage, settings, self._limiter)
        subscriber = Subscriber(spec, websocket, recorder, *shared)
        silence = settings.silence_seconds_max
        return FeedSession(spec.name, websocket, recorder, subscriber, take_lifecycle, self._stopping, silence)

    async def _keep_registry(self, registry: Registry) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(registry.run())
            await registry.load()
            self._readiness.markets_loaded()

    async def _assign_books(self, registry: Registry) -> None:
        """Assign the books that the registry wants to connections, starting with the first markets it finds."""
        while True:
            await registry.changed.wait()
            registry.changed.clear()
            self._allocator.assign(registry.wanted)

    async def _keep_connected(self, follow: Follow, incidents: Incidents) -> None:
        """Keep a connection open for each spec until stop, also for specs that are added later."""
        kept: set[str] = set()
        url = self._settings.exchange.websocket_url
        async with asyncio.TaskGroup() as group:
            while not self._stopping.is_set():
                for spec in self._allocator.specs:
                    if spec.name not in kept:
                        kept.add(spec.name)
                        shared = (self._signer, self._counters, incidents, self._stopping)
                        supervisor = ConnectionSupervisor(spec, follow, url, *shared)
                        group.create_task(self._keep(spec.name, supervisor.run))
                self._counters.connections_wanted = len(kept)
                self._allocator.grown.clear()
                await first_of(self._allocator.grown, self._stopping)

    def _log_totals(self) -> None:
        counters = self._counters
        log.info(
            "stopped",
            committed=dict(counters.committed_rows),
            quarantined=dict(counters.quarantined),
            gaps=counters.gaps.total(),
            unknown_fields={f"{kind}.{name}": n for (kind, name), n in counters.unknown_fields.items()},
        )
