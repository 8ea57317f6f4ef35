"""Fetch trades over REST: from the live tier, the historical tier, or both around the cutoff."""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import psycopg
import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.errors import BadFrame, ExchangeError
from kalshi_data.kalshi.bodies import UNREADABLE, Page, split_page
from kalshi_data.kalshi.rest import Rest
from kalshi_data.kalshi.timestamps import EPOCH, from_rfc3339
from kalshi_data.kalshi.trades import FetchedTrade, to_trade

log = structlog.get_logger()

# Writes trades, and returns how many of them the database refused.
Write = Callable[[list[FetchedTrade]], Awaitable[int]]

PAGE_ROWS_MAX = 1000
# The cutoff between the tiers moves: read it again after this time, and query both tiers around it.
CUTOFF_SECONDS = 60.0
AROUND_CUTOFF = timedelta(days=2)
# The exchange does not document whether its bounds, in whole seconds, are included.
EDGE_SECONDS = 1
REASON_CHARACTERS_MAX = 200


class FetchedTotals(NamedTuple):
    """How many trades of a range were read well, and how many could not be read or stored."""

    trades: int = 0
    refused: int = 0


class AddedTrades(NamedTuple):
    """How many trades were new, and why each other one was refused by the database."""

    added: int
    refused: list[str]


class TradeSource:
    """Fetches the exchange's trades of a time range."""

    def __init__(self, rest: Rest) -> None:
        """Fetch with `rest`."""
        self._rest = rest
        self._cutoff: datetime | None = None
        self._cutoff_read_at = -math.inf

    async def fetch(self, write: Write, begin: datetime, end: datetime, ticker: str | None = None) -> FetchedTotals:
        """Pass every trade from `begin` on and before `end` to `write`, page by page, of one market or of all.

        Returns:
            How many trades were passed on, a trade may be passed twice; and how many are left out for good.

        Raises:
            ExchangeError: if the exchange refuses; trades that were passed on stay valid.
        """
        parameters = {
            "limit": str(PAGE_ROWS_MAX),
            "min_ts": str(math.floor(begin.timestamp()) - EDGE_SECONDS),
            "max_ts": str(math.ceil(end.timestamp()) + EDGE_SECONDS),
            **({"ticker": ticker} if ticker else {}),
        }
        fetched = refused = 0
        for path in await self._tiers(begin, end):
            async for page in self._rest.pages(path, "trades", parameters):
                listed, bad = decode_trades(page, datetime.now(UTC))
                trades = [each for each in listed if begin <= each.exchange_ts < end]
                fetched += len(trades)
                refused += bad + (await write(trades) if trades else 0)
        return FetchedTotals(fetched, refused)

    async def _tiers(self, begin: datetime, end: datetime) -> list[str]:
        """Return the lists that may hold a range; the live one first, since trades move from it to the other."""
        cutoff = await self._current_cutoff()
        live, historical = "/markets/trades", "/historical/trades"
        if cutoff is None:
            return [live, historical]
        lists = [live] if end > cutoff - AROUND_CUTOFF else []
        return [*lists, historical] if begin < cutoff + AROUND_CUTOFF else lists

    async def _current_cutoff(self) -> datetime | None:
        """Return the time at which the historical tier ends, None if the exchange names none."""
        if time.monotonic() - self._cutoff_read_at > CUTOFF_SECONDS:
            body = await self._rest.get("/historical/cutoff", {})
            try:
                text = msgspec.json.decode(body["trades_created_ts"], type=str | None)
                cutoff = from_rfc3339(text) if text else EPOCH
            except (BadFrame, KeyError, *UNREADABLE) as error:
                raise ExchangeError(f"GET /historical/cutoff: trades_created_ts is not a time: {error}") from error
            # The year 1 is the zero of the exchange's programming language.
            self._cutoff = cutoff if cutoff > EPOCH else None
            self._cutoff_read_at = time.monotonic()
        return self._cutoff


def decode_trades(page: Page, received_at: datetime) -> tuple[list[FetchedTrade], int]:
    """Return the trades of a page, and how many of its members are none; log why, once per page."""
    trades: list[FetchedTrade] = []
    reasons = ["not a JSON object"] * page.refused
    for encoded in split_page(page.encoded):
        try:
            trade = to_trade(encoded, received_at)
            if trade.exchange_ts <= EPOCH:
                raise BadFrame(f"bad trade: created_time {trade.exchange_ts} stands for none")
            trades.append(trade)
        except Exception as error:
            reasons.append(str(error) or type(error).__name__)
    if reasons:
        log.error("trades of REST cannot be decoded", trades=len(reasons), reason=reasons[0][:REASON_CHARACTERS_MAX])
    return trades, len(reasons)


def add_trades(connection: Connection, trades: Sequence[FetchedTrade]) -> AddedTrades:
    """Store trades that were not captured yet, except those that the database refuses."""
    if not trades:
        return AddedTrades(0, [])
    try:
        return AddedTrades(_add_all(connection, trades), [])
    except psycopg.Error as error:
        if failure_of(error) is not Failure.ROW_REFUSED:
            raise
        if len(trades) == 1:
            reason = str(error).splitlines()[0]
            log.error("trade refused by the database", trade_id=trades[0].trade_id, reason=reason)
            return AddedTrades(0, [reason])
    middle = len(trades) // 2
    first, second = (add_trades(connection, half) for half in (trades[:middle], trades[middle:]))
    return AddedTrades(first.added + second.added, first.refused + second.refused)


def _add_all(connection: Connection, trades: Sequence[FetchedTrade]) -> int:
    """Store trades in one transaction; return how many were new."""
    columns: dict[str, Any] = dict(zip(FetchedTrade._fields, map(list, zip(*trades, strict=True)), strict=True))
    with connection.transaction():
        for moment in {trade.received_at.date(): trade.received_at for trade in trades}.values():
            connection.execute(query("capture/record/ensure_partitions"), {"moment": moment})
        return connection.execute(query("capture/backfill/add_trades"), columns).rowcount
