"""Fetch trades over REST: from the live tier, the historical tier, or both around the cutoff."""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import BadFrame, ExchangeError
from kalshi_data.kalshi.rest import Rest
from kalshi_data.kalshi.timestamps import from_rfc3339
from kalshi_data.kalshi.trades import FetchedTrade, to_trades

Write = Callable[[list[FetchedTrade]], Awaitable[object]]

PAGE_ROWS_MAX = 1000
# The cutoff between the tiers moves: read it again after this time, and query both tiers around it.
CUTOFF_SECONDS = 60.0
AROUND_CUTOFF = timedelta(days=2)
# The exchange does not document whether its bounds, in whole seconds, are included.
EDGE_SECONDS = 1


class TradeSource:
    """Fetches the exchange's trades of a time range."""

    def __init__(self, rest: Rest) -> None:
        """Fetch with `rest`."""
        self._rest = rest
        self._cutoff = datetime.max.replace(tzinfo=UTC)
        self._cutoff_read_at = -math.inf

    async def fetch(self, write: Write, begin: datetime, end: datetime, ticker: str | None = None) -> int:
        """Pass every trade from `begin` on and before `end` to `write`, page by page, of one market or of all.

        Returns:
            How many trades were passed on; a trade may be passed twice.

        Raises:
            ExchangeError: if the exchange refuses; trades that were passed on stay valid.
        """
        parameters = {
            "limit": str(PAGE_ROWS_MAX),
            "min_ts": str(math.floor(begin.timestamp()) - EDGE_SECONDS),
            "max_ts": str(math.ceil(end.timestamp()) + EDGE_SECONDS),
            **({"ticker": ticker} if ticker else {}),
        }
        fetched = 0
        for path in await self._tiers(begin, end):
            async for page in self._rest.pages(path, "trades", parameters):
                trades = [each for each in to_trades(page, datetime.now(UTC)) if begin <= each.exchange_ts < end]
                if trades:
                    await write(trades)
                fetched += len(trades)
        return fetched

    async def _tiers(self, begin: datetime, end: datetime) -> list[str]:
        """Return the lists that may hold a range; the live one first, since trades move from it to the other."""
        cutoff = await self._current_cutoff()
        live = ["/markets/trades"] if end > cutoff - AROUND_CUTOFF else []
        return [*live, "/historical/trades"] if begin < cutoff + AROUND_CUTOFF else live

    async def _current_cutoff(self) -> datetime:
        if time.monotonic() - self._cutoff_read_at > CUTOFF_SECONDS:
            body = await self._rest.get("/historical/cutoff", {})
            try:
                text = msgspec.json.decode(body.get("trades_created_ts", b"null"), type=str)
                self._cutoff = from_rfc3339(text)
            except (BadFrame, msgspec.DecodeError) as error:
                raise ExchangeError(f"GET /historical/cutoff: trades_created_ts is not a time: {error}") from error
            self._cutoff_read_at = time.monotonic()
        return self._cutoff


def add_trades(connection: Connection, trades: Sequence[FetchedTrade]) -> int:
    """Store trades that were not captured yet, in one transaction; return how many were new."""
    if not trades:
        return 0
    columns: dict[str, Any] = dict(zip(FetchedTrade._fields, map(list, zip(*trades, strict=True)), strict=True))
    with connection.transaction():
        for moment in {trade.received_at.date(): trade.received_at for trade in trades}.values():
            connection.execute(query("capture/record/ensure_partitions"), {"moment": moment})
        return connection.execute(query("capture/backfill/add_trades"), columns).rowcount
