"""Fetch trades that the feed missed over REST, and record the gaps as repaired."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg
import structlog

from kalshi_data.database.connection import connect, query
from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.repair.trade_history import TradeSource, add_trades
from kalshi_data.gatherer.settings import RecoverySettings
from kalshi_data.kalshi.trades import FetchedTrade
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

# If this many requests are waiting, widen the newest instead of adding one.
WAITING_MAX = 1_000


class MissedTrades(NamedTuple):
    """A time range with missing trades, and the number of the frame that revealed the gap, if any."""

    begin: datetime
    end: datetime
    frame_number: int | None


class TradeRecovery:
    """Fetches missing trades, one time range after the other."""

    def __init__(
        self,
        source: TradeSource,
        conninfo: str,
        settings: RecoverySettings,
        counters: Counters,
        repaired: Callable[[int, str], None],
    ) -> None:
        """Fetch from `source` into the database at `conninfo`; `repaired` is called with each repaired gap."""
        self._source = source
        self._conninfo = conninfo
        self._settings = settings
        self._counters = counters
        self._repaired = repaired
        self._waiting: list[MissedTrades] = []
        self._arrived = asyncio.Event()

    def request(self, begin: datetime, frame_number: int | None) -> None:
        """Queue the trades from `begin` until now; run() fetches them."""
        missed = MissedTrades(begin, datetime.now(UTC), frame_number)
        if len(self._waiting) >= WAITING_MAX:
            last = self._waiting.pop()
            missed = MissedTrades(min(last.begin, begin), missed.end, None)
        self._waiting.append(missed)
        self._arrived.set()

    async def run(self) -> None:
        """Fetch until cancelled; start with the gaps that an earlier run did not repair."""
        backoff = Backoff()
        left_over = True
        while True:
            try:
                if left_over:
                    self._waiting[:0] = await asyncio.to_thread(self._unrepaired)
                    left_over = False
                await self._fetch_waiting()
                backoff.reset()
                self._arrived.clear()
                await self._arrived.wait()
            except (ExchangeError, psycopg.OperationalError) as error:
                log.warning("missed trades not fetched yet", error=str(error).strip(), waiting=len(self._waiting))
                await asyncio.sleep(backoff.next_seconds())

    async def _fetch_waiting(self) -> None:
        while self._waiting:
            missed = self._waiting[0]
            # REST shows a trade slightly later than the feed.
            settled_at = missed.end + timedelta(seconds=self._settings.settle_seconds)
            await asyncio.sleep(max(0.0, (settled_at - datetime.now(UTC)).total_seconds()))
            overlap = timedelta(seconds=self._settings.overlap_seconds)
            fetched = await self._source.fetch(self._write, missed.begin - overlap, missed.end + overlap)
            log.info("missed trades fetched", begin=missed.begin.isoformat(), end=missed.end.isoformat(), seen=fetched)
            if missed.frame_number is not None:
                self._repaired(missed.frame_number, "rest")
            self._waiting.remove(missed)

    async def _write(self, trades: list[FetchedTrade]) -> None:
        self._counters.trades_fetched += await asyncio.to_thread(self._add, trades)

    def _add(self, trades: list[FetchedTrade]) -> int:
        with connect(self._conninfo, application_name="gatherer recovery") as connection:
            return add_trades(connection, trades)

    def _unrepaired(self) -> list[MissedTrades]:
        """Return the gaps in trades that are not repaired yet."""
        with connect(self._conninfo, application_name="gatherer recovery") as connection:
            return [
                MissedTrades(*row)
                for row in connection.execute(query("capture/backfill/list_gaps_in_trades")).fetchall()
            ]
