"""Fetch the trades of a range of time into kalshi_ts; after an interruption, continue at the last window."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import aiohttp
import click
import structlog

from kalshi_data.database.connection import Connection, connect, query
from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.connections.account import budget_of
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.exchange_status.rest_refusals import RestRefusals
from kalshi_data.gatherer.repair.trade_history import TradeSource, add_trades
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.instants import FAR_AWAY_S, timestamp_s
from kalshi_data.kalshi.listings import HISTORICAL_MARKETS, MarketFields, decode_page
from kalshi_data.kalshi.rest import Rest
from kalshi_data.kalshi.trades import FetchedTrade

log = structlog.get_logger()

# How much is fetched before progress is saved.
WINDOW_OF_ALL = timedelta(hours=1)
WINDOW_OF_ONE_MARKET = timedelta(days=7)
ALL_MARKETS = ""
LOG_SECONDS = 10.0


class Range(NamedTuple):
    """A range of the exchange's time, from `begin` on and before `end`."""

    begin: datetime
    end: datetime


class BackfillTotals(NamedTuple):
    """How many trades a backfill has fetched and added since it was started, and how many it had to leave out."""

    fetched: int = 0
    added: int = 0
    refused: int = 0

    def plus(self, fetched: int = 0, added: int = 0, refused: int = 0) -> "BackfillTotals":
        """Return the totals after some more trades."""
        return BackfillTotals(self.fetched + fetched, self.added + added, self.refused + refused)


def backfill_trades(
    settings: GathererSettings, wanted: Range, series: Sequence[str], markets: Sequence[str]
) -> BackfillTotals:
    """Fetch the trades of some markets, of all markets of some series, or of every market if neither is named.

    Raises:
        ExchangeError: if the exchange refuses.
        SettingsError: if a series has no markets, or the key cannot be used.
    """
    signer = load_signer(settings.exchange.key_id, settings.exchange.private_key_file)

    async def run(connection: Connection) -> BackfillTotals:
        budget = budget_of(settings.requests)
        async with aiohttp.ClientSession() as session:
            rest = Rest(session, settings.exchange.rest_url, signer, budget, RestRefusals(Counters()).take)
            tickers = [*markets, *await markets_of_series(rest, settings, series, wanted)] if series else [*markets]
            job = Backfill(connection, TradeSource(rest), wanted)
            return await job.run(sorted(set(tickers)) or [ALL_MARKETS])

    with connect(settings.databases.kalshi_ts.conninfo, application_name="gatherer backfill") as connection:
        return asyncio.run(run(connection))


async def markets_of_series(rest: Rest, settings: GathererSettings, series: Sequence[str], wanted: Range) -> list[str]:
    """Return the markets of some series that were open within a range, from kalshi_meta and the historical tier.

    Raises:
        SettingsError: if there are none.
    """
    conninfo = settings.databases.kalshi_meta.conninfo
    parameters = {"series": list(series), "range_from": wanted.begin, "range_to": wanted.end}
    with connect(conninfo, application_name="gatherer backfill") as connection:
        found = {
            ticker for (ticker,) in connection.execute(query("registry/backfill/list_markets_of_series"), parameters)
        }
    for each in series:
        filters = {"series_ticker": each, "limit": str(HISTORICAL_MARKETS.page_rows_max)}
        async for page in rest.pages(HISTORICAL_MARKETS.path, HISTORICAL_MARKETS.key, filters):
            listed, _, refused = decode_page(page, MarketFields)
            found.update(market.ticker for market in listed if was_open(market, wanted))
            if refused:
                log.error("historical markets cannot be decoded", markets=len(refused), reason=refused[0])
    if not found:
        raise SettingsError(
            f"no market of series {', '.join(series)} was open then, according to kalshi_meta and the exchange: "
            "check --series, or let the gatherer run until it has loaded its registry"
        )
    return sorted(found)


def was_open(market: MarketFields, wanted: Range) -> bool:
    """Return whether a market was open within a range."""
    opened_s, closed_s = timestamp_s(market.open_time, 0.0), timestamp_s(market.close_time, FAR_AWAY_S)
    return opened_s < wanted.end.timestamp() and closed_s >= wanted.begin.timestamp()


class Backfill:
    """Fetches one range, market by market and window by window."""

    def __init__(self, connection: Connection, source: TradeSource, wanted: Range) -> None:
        """Store trades through `connection`."""
        self._connection = connection
        self._source = source
        self._wanted = wanted
        self._totals = BackfillTotals()

    async def run(self, tickers: Sequence[str]) -> BackfillTotals:
        """Fetch the rest of the range for each market; return the totals."""
        left = {ticker: await self._open(ticker) for ticker in tickers}
        seconds = sum((self._wanted.end - begin).total_seconds() for begin in left.values())
        with BackfillProgress(seconds) as progress:
            for ticker, begin in left.items():
                await self._fetch_market(ticker, begin, progress)
        return self._totals

    async def _fetch_market(self, ticker: str, begin: datetime, progress: "BackfillProgress") -> None:
        for window in windows(Range(begin, self._wanted.end), WINDOW_OF_ONE_MARKET if ticker else WINDOW_OF_ALL):
            before = self._totals
            fetched = await self._source.fetch(self._write, *window, ticker or None)
            self._totals = self._totals.plus(fetched=fetched.trades, refused=fetched.refused)
            change = {"trades_fetched": fetched.trades, "trades_added": self._totals.added - before.added}
            await self._execute(query("capture/backfill/advance"), ticker, done_until=window.end, **change)
            progress.advance((window.end - window.begin).total_seconds(), self._totals)

    async def _write(self, trades: list[FetchedTrade]) -> int:
        added, refused = await asyncio.to_thread(add_trades, self._connection, trades)
        self._totals = self._totals.plus(added=added)
        return len(refused)

    async def _open(self, ticker: str) -> datetime:
        """Return the time at which to continue."""
        row = await self._execute(query("capture/backfill/open"), ticker)
        return row[0] if row else self._wanted.begin

    async def _execute(self, statement: bytes, ticker: str, **more: Any) -> tuple[Any, ...] | None:
        wanted = {"range_from": self._wanted.begin, "range_to": self._wanted.end, "market_ticker": ticker}
        cursor = await asyncio.to_thread(self._connection.execute, statement, {**wanted, **more})
        return cursor.fetchone() if cursor.description else None


def windows(wanted: Range, size: timedelta) -> Iterator[Range]:
    """Divide a range into windows of at most `size`."""
    begin = wanted.begin
    while begin < wanted.end:
        end = min(begin + size, wanted.end)
        yield Range(begin, end)
        begin = end


class BackfillProgress:
    """Shows progress as a bar on a terminal, otherwise as log lines."""

    def __init__(self, seconds: float) -> None:
        """Show progress relative to `seconds`, the total time of all markets."""
        self._seconds = seconds
        self._done_seconds = 0.0
        self._logged_at = time.monotonic()
        self._running = ExitStack()
        self._bar: Any = None
        if sys.stderr.isatty():
            self._bar = click.progressbar(length=round(seconds), label="trades", file=sys.stderr, show_eta=True)

    def __enter__(self) -> "BackfillProgress":
        """Show the bar."""
        if self._bar is not None:
            self._running.enter_context(self._bar)
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the bar."""
        self._running.close()

    def advance(self, seconds: float, totals: BackfillTotals) -> None:
        """Add to the progress."""
        self._done_seconds += seconds
        if self._bar is not None:
            self._bar.update(round(self._done_seconds) - self._bar.pos)
        elif time.monotonic() - self._logged_at > LOG_SECONDS:
            self._logged_at = time.monotonic()
            share = self._done_seconds / self._seconds
            log.info("backfill", percent=round(100 * share, 1), fetched=totals.fetched, added=totals.added)
