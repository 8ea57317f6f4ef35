"""The gatherer at work: the registry, then all connections, until it is told to stop."""

import asyncio
import gc
import signal
from datetime import datetime

import aiohttp
import structlog
from aiolimiter import AsyncLimiter

from kalshi_data.database import connect
from kalshi_data.errors import KalshiDataError
from kalshi_data.gatherer.committer import Committer
from kalshi_data.gatherer.configuration import GathererSettings
from kalshi_data.gatherer.desk import Desk
from kalshi_data.gatherer.figures import Figures
from kalshi_data.gatherer.frame_log.appender import FrameLog
from kalshi_data.gatherer.intake import Intake
from kalshi_data.gatherer.keeper import Keeper
from kalshi_data.gatherer.link import Placement
from kalshi_data.gatherer.registry import load_registry
from kalshi_data.gatherer.writer import Writer
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.kalshi.moments import from_ns
from kalshi_data.kalshi.rest import Rest
from kalshi_data.migrations import require_current

log = structlog.get_logger()


def run(settings: GathererSettings, config: str) -> None:
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
    # Rows live for some milliseconds and make no cycles: looking for any every few hundred of them is wasted.
    gc.set_threshold(100_000, 50, 100)
    try:
        asyncio.run(Gatherer(settings, signer).run())
    except ExceptionGroup as group:
        # An error for people to read travels alone; anything else keeps its traceback.
        expected = next((error for error in group.exceptions if isinstance(error, KalshiDataError)), None)
        raise expected or group from group


class Gatherer:
    """Everything that one gatherer process runs."""

    def __init__(self, settings: GathererSettings, signer: Signer) -> None:
        """Prepare to gather with these settings."""
        self._settings = settings
        self._signer = signer
        self._figures = figures = Figures()
        self._log = FrameLog(settings.frame_log, figures)
        committer = Committer(settings.databases.kalshi_ts.conninfo, settings.writing, figures)
        self._writer = Writer(committer, self._log, settings.writing, figures)
        intake = Intake(self._log, self._writer, figures, settings.writing)
        self._placement = Placement(settings.subscriptions, figures)
        self._desk = Desk(intake, self._placement, self._fetch_trades, self._take_lifecycle)
        self._limiter = AsyncLimiter(settings.subscriptions.commands_per_second_max, 1.0)

    async def run(self) -> None:
        """Load the registry and keep all connections; on a signal end them and write what they received."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._desk.stopping.set)
        self._log.open()
        self._desk.begin(from_ns(self._log.previous_ns) if self._log.previous_ns else None)
        async with asyncio.TaskGroup() as group:
            sealing = group.create_task(self._seal_blocks())
            writing = group.create_task(self._writer.run())
            await self._gather()
            self._writer.stop()
            await writing
            sealing.cancel()
        self._log.close()
        self._log_totals()

    async def _seal_blocks(self) -> None:
        while True:
            await asyncio.sleep(self._settings.frame_log.block_seconds)
            self._log.seal()

    async def _gather(self) -> None:
        """Keep every link connected until stop, those included that are added later."""
        async with asyncio.TaskGroup() as group:
            kept: set[str] = set()
            group.create_task(self._place_books())
            while not self._desk.stopping.is_set():
                for link in self._placement.links:
                    if link.name not in kept:
                        kept.add(link.name)
                        keeper = Keeper(link, self._desk, self._settings, self._signer, self._limiter)
                        group.create_task(keeper.run())
                self._figures.connections_wanted = len(kept)
                self._placement.grown.clear()
                await self._first_of(self._placement.grown, self._desk.stopping)

    async def _first_of(self, *events: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()

    async def _place_books(self) -> None:
        """Load the registry and place the books, unless stop comes first."""
        loading = asyncio.ensure_future(self._load_registry())
        stopping = asyncio.ensure_future(self._desk.stopping.wait())
        await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not loading.done():
            loading.cancel()
            return
        self._placement.place(loading.result())

    async def _load_registry(self) -> list[str]:
        conninfo = self._settings.databases.kalshi_meta.conninfo
        connection = await asyncio.to_thread(connect, conninfo, application_name="gatherer")
        try:
            async with aiohttp.ClientSession() as session:
                rest = Rest(session, self._settings.exchange.rest_url)
                return await load_registry(rest, connection, self._settings.subscriptions)
        finally:
            connection.close()

    def _fetch_trades(self, begin: datetime, frame_number: int | None) -> None:
        log.info("trades missed", since=begin.isoformat(), frame_number=frame_number)

    def _take_lifecycle(self, kind: str, subject: str, payload: str) -> None:
        pass

    def _log_totals(self) -> None:
        figures = self._figures
        log.info(
            "stopped",
            committed=dict(figures.committed_rows),
            quarantined=dict(figures.quarantined),
            gaps=figures.gaps.total(),
            unknown_fields={f"{kind}.{name}": n for (kind, name), n in figures.unknown_fields.items()},
        )
