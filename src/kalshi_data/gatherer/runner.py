"""The gatherer at work: the registry, then all connections, until it is told to stop."""

import asyncio
import random
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp
import structlog
from websockets.exceptions import InvalidStatus, WebSocketException

from kalshi_data.database import connect
from kalshi_data.errors import ExchangeError, KalshiDataError
from kalshi_data.gatherer.configuration import GathererSettings
from kalshi_data.gatherer.figures import Figures
from kalshi_data.gatherer.registry import Registry
from kalshi_data.gatherer.session import Counters, Session
from kalshi_data.gatherer.subscriptions import Plan, plan_connections
from kalshi_data.gatherer.writer import Writer
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.kalshi.feed import ClientConnection, open_feed
from kalshi_data.kalshi.rest import Budget, Rest
from kalshi_data.migrations import require_current
from kalshi_data.retry import delay_seconds
from kalshi_data.shard import Shard

log = structlog.get_logger()

# A connection that lasted this long was a good one: the next attempt starts with the shortest wait again.
GOOD_CONNECTION_SECONDS_MIN = 60.0
# Waits after a refused signature: nothing but a person can change that.
REFUSED_ATTEMPTS = 8
STATUSES_REFUSED = frozenset({401, 403})


def run(settings: GathererSettings, config: str, shard: Shard | None = None) -> None:
    """Gather until SIGTERM or SIGINT, then write what was received and return.

    Raises:
        MigrationError: a database is older than this program.
        SettingsError: the private key cannot be used.
    """
    signer = load_signer(settings.exchange.key_id, settings.exchange.private_key_file)
    remedy = f"gatherer migrate --config {config}"
    for database, components in (
        (settings.databases.kalshi_ts, ("timeseries", "capture")),
        (settings.databases.kalshi_meta, ("registry",)),
    ):
        with connect(database.conninfo, application_name="gatherer") as connection:
            for component in components:
                require_current(connection, component, remedy)
    try:
        asyncio.run(Gatherer(settings, signer, shard).run())
    except ExceptionGroup as group:
        # An error for people to read travels alone; anything else keeps its traceback.
        expected = next((error for error in group.exceptions if isinstance(error, KalshiDataError)), None)
        raise expected or group from group


class Gatherer:
    """Everything that one gatherer process runs."""

    def __init__(self, settings: GathererSettings, signer: Signer, shard: Shard | None) -> None:
        """Prepare to gather with these settings, of the order books one part where there is a shard."""
        self._shard = shard
        self._settings = settings
        self._signer = signer
        self._stop = asyncio.Event()
        self._writer = Writer(settings.databases.kalshi_ts.conninfo, settings.writing)
        self._counters = Counters()

    async def run(self) -> None:
        """Load the registry and follow all connections; on a signal end them and write what they received."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._writer.run())
            await self._gather()
            self._writer.stop()
        self._log_totals()

    async def _gather(self) -> None:
        """Follow every connection of the plan until stop, unless stop comes before the registry is loaded."""
        loading = asyncio.ensure_future(self._load_registry())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not loading.done():
            loading.cancel()
            return
        plans = plan_connections(loading.result(), self._settings.subscriptions)
        await asyncio.gather(*(self._keep_connected(plan) for plan in plans))

    async def _load_registry(self) -> Sequence[str]:
        requests = self._settings.requests
        budget = Budget(requests.tokens_per_second, requests.tokens_max, requests.tokens_per_request)
        async with aiohttp.ClientSession() as session:
            rest = Rest(session, self._settings.exchange.rest_url, self._signer, budget)
            registry = Registry(
                rest, self._settings.databases.kalshi_meta.conninfo, self._settings, Figures(), self._shard
            )
            try:
                await registry.load()
            finally:
                registry.close()
            return list(registry.wanted)

    async def _keep_connected(self, plan: Plan) -> None:
        """Connect, and connect again whenever a connection ends, until stop."""
        attempt = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                async with open_feed(self._settings.exchange.websocket_url, self._signer) as websocket:
                    await self._follow(plan, websocket)
            except InvalidStatus as error:
                refused = error.response.status_code in STATUSES_REFUSED
                attempt = REFUSED_ATTEMPTS if refused else attempt
                log.error("connection refused", connection=plan.name, status=error.response.status_code)
            except (OSError, TimeoutError, WebSocketException) as error:
                log.warning("connection failed", connection=plan.name, error=str(error) or type(error).__name__)
            lasted = time.monotonic() - began
            attempt = 1 if lasted > GOOD_CONNECTION_SECONDS_MIN else attempt + 1
            await self._pause(delay_seconds(attempt, random.uniform))

    async def _follow(self, plan: Plan, websocket: ClientConnection) -> None:
        """Follow one connection to its end and record when and why that was."""
        url = self._settings.exchange.websocket_url
        connection_id = time.time_ns() // 1000
        opening = {"connection_id": connection_id, "name": plan.name, "url": url, "use_yes_price": False}
        await self._writer.execute("open_connection", {**opening, "opened_at": datetime.now(UTC)})
        session = Session(plan, connection_id, self._settings, self._writer, self._counters)
        closer = asyncio.ensure_future(self._close_on_stop(websocket))
        log.info("connected", connection=plan.name, connection_id=connection_id, markets=len(plan.tickers))
        try:
            await session.run(websocket)
            reason = "stopped" if self._stop.is_set() else "closed by the exchange"
        except* (ExchangeError, WebSocketException, OSError) as errors:
            reason = "; ".join(str(error) for error in errors.exceptions)
        finally:
            closer.cancel()
        log.info("disconnected", connection=plan.name, reason=reason, frames=session.frames_received)
        closing = {"connection_id": connection_id, "closed_at": datetime.now(UTC), "close_reason": reason}
        await self._writer.execute("close_connection", {**closing, "frames_received": session.frames_received})

    async def _close_on_stop(self, websocket: ClientConnection) -> None:
        await self._stop.wait()
        await websocket.close()

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond stop."""
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    def _log_totals(self) -> None:
        log.info(
            "stopped",
            committed=dict(self._writer.committed),
            quarantined=dict(self._counters.quarantined),
            gaps=self._counters.gaps,
            unknown_fields={f"{kind}.{name}": n for (kind, name), n in self._counters.unknown_fields.items()},
        )
