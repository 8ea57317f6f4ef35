"""Fetches the trades of a range of time into kalshi_ts; interrupted, it goes on where it was."""

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
from kalshi_data.gatherer.repair.trade_history import TradeSource, add_trades
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.listings import FAR_AWAY_S, HISTORICAL_MARKETS, MarketFields, decode_fields, timestamp_s
from kalshi_data.kalshi.rest import Budget, Rest
from kalshi_data.kalshi.trades import FetchedTrade

log = structlog.get_logger()

# How much is fetched between two marks of progress.
WINDOW_OF_ALL = timedelta(hours=1)
WINDOW_OF_ONE_MARKET = timedelta(days=7)
ALL_MARKETS = ""
LOG_SECONDS = 10.0


class Range(NamedTuple):
    """The trades that are wanted: from `begin` on and before `end`, by the exchange's time."""

    begin: datetime
    end: datetime


class BackfillTotals(NamedTuple):
    """What a backfill has done since it was started."""

    fetched: int = 0
    added: int = 0


def backfill_trades(
    settings: GathererSettings, wanted: Range, series: Sequence[str], markets: Sequence[str]
) -> BackfillTotals:
    """Fetch the trades of some markets, of all markets of some series, or of every market where nothing is named.

    Raises:
        ExchangeError: the exchange refused.
        SettingsError: a series without markets, or a key that cannot be used.
    """
    signer = load_signer(settings.exchange.key_id, settings.exchange.private_key_file)
    requests = settings.requests

    async def run(connection: Connection) -> BackfillTotals:
        budget = Budget(requests.tokens_per_second, requests.tokens_max, requests.tokens_per_request)
        async with aiohttp.ClientSession() as session:
            rest = Rest(session, settings.exchange.rest_url, signer, budget)
            tickers = [*markets, *await markets_of_series(rest, settings, series, wanted)] if series else [*markets]
            job = Backfill(connection, TradeSource(rest), wanted)
            return await job.run(sorted(set(tickers)) or [ALL_MARKETS])

    with connect(settings.databases.kalshi_ts.conninfo, application_name="gatherer backfill") as connection:
        return asyncio.run(run(connection))


async def markets_of_series(rest: Rest, settings: GathererSettings, series: Sequence[str], wanted: Range) -> list[str]:
    """Return the markets of some series that could have traded within a range, settled long ago or not.

    Raises:
        SettingsError: there are none.
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
            found.update(market.ticker for market in decode_fields(page, MarketFields) if may_trade(market, wanted))
    if not found:
        raise SettingsError(
            f"no market of series {', '.join(series)} traded then, as far as kalshi_meta and the exchange know: "
            "check --series, or let the gatherer run until it has loaded its registry"
        )
    return sorted(found)


def may_trade(market: MarketFields, wanted: Range) -> bool:
    """Tell whether a market was open within a range."""
    opened_s, closed_s = timestamp_s(market.open_time, 0.0), timestamp_s(market.close_time, FAR_AWAY_S)
    return opened_s < wanted.end.timestamp() and closed_s >= wanted.begin.timestamp()


class Backfill:
    """One range, market by market and window by window."""

    def __init__(self, connection: Connection, source: TradeSource, wanted: Range) -> None:
        """Prepare to store through `connection`."""
        self._connection = connection
        self._source = source
        self._wanted = wanted
        self._totals = BackfillTotals()

    async def run(self, tickers: Sequence[str]) -> BackfillTotals:
        """Fetch what is left of each market; return what that was."""
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
            self._totals = BackfillTotals(before.fetched + fetched, self._totals.added)
            change = {"trades_fetched": fetched, "trades_added": self._totals.added - before.added}
            await self._execute(query("capture/backfill/advance"), ticker, done_until=window.end, **change)
            progress.advance((window.end - window.begin).total_seconds(), self._totals)

    async def _write(self, trades: list[FetchedTrade]) -> None:
        added = await asyncio.to_thread(add_trades, self._connection, trades)
        self._totals = BackfillTotals(self._totals.fetched, self._totals.added + added)

    async def _open(self, ticker: str) -> datetime:
        """Return where to go on."""
        row = await self._execute(query("capture/backfill/open"), ticker)
        return row[0] if row else self._wanted.begin

    async def _execute(self, statement: bytes, ticker: str, **more: Any) -> tuple[Any, ...] | None:
        wanted = {"range_from": self._wanted.begin, "range_to": self._wanted.end, "market_ticker": ticker}
        cursor = await asyncio.to_thread(self._connection.execute, statement, {**wanted, **more})
        return cursor.fetchone() if cursor.description else None


def windows(wanted: Range, size: timedelta) -> Iterator[Range]:
    """Yield the parts of a range, none longer than `size`."""
    begin = wanted.begin
    while begin < wanted.end:
        end = min(begin + size, wanted.end)
        yield Range(begin, end)
        begin = end


class BackfillProgress:
    """A bar on a terminal, log lines elsewhere."""

    def __init__(self, seconds: float) -> None:
        """Prepare to show how much of `seconds`, of the markets' time, is done."""
        self._seconds = seconds
        self._done_seconds = 0.0
        self._told_at = time.monotonic()
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
        """End the bar's line."""
        self._running.close()

    def advance(self, seconds: float, totals: BackfillTotals) -> None:
        """Show that some more is done."""
        self._done_seconds += seconds
        if self._bar is not None:
            self._bar.update(round(self._done_seconds) - self._bar.pos)
        elif time.monotonic() - self._told_at > LOG_SECONDS:
            self._told_at = time.monotonic()
            share = self._done_seconds / self._seconds
            log.info("backfill", percent=round(100 * share, 1), fetched=totals.fetched, added=totals.added)
