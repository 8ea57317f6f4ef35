"""Pages of the exchange's lists: noted where they matter for order books, and kept in kalshi_meta as they came."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.markets.fetch_queue import Asks
from kalshi_data.gatherer.markets.market_filter import Chooser
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.kalshi.listings import (
    FAR_AWAY_S,
    MARKETS,
    SERIES,
    EventFacts,
    Listing,
    MarketFacts,
    SeriesFacts,
    decode_facts,
    moment_s,
)
from kalshi_data.kalshi.rest import Rest

log = structlog.get_logger()

# A market whose event is still unknown is asked for again after this time.
UNDECIDED_SECONDS = 10.0
EVERYTHING: Mapping[str, str] = MappingProxyType({})


class Catalogue:
    """Reads lists page by page; nothing of a page is held but the few facts that the schedule needs."""

    def __init__(
        self, rest: Rest, store: RegistryStore, schedule: Schedule, asks: Asks, chooser: Chooser, counters: Counters
    ) -> None:
        """Read with `rest`, keep bodies in `store`, and tell the others what they need to know."""
        self._rest = rest
        self._store = store
        self._schedule = schedule
        self._asks = asks
        self._chooser = chooser
        self._counters = counters
        self.newest_s = 0.0  # the latest updated_time of any market, in s since 1970

    async def walk(
        self, listing: Listing, parameters: Mapping[str, str] = EVERYTHING, *, must_keep: bool = False
    ) -> bool:
        """Take every page of a list; return whether all of it was stored. With `must_keep` a page that is not ends it.

        Raises:
            ExchangeError: as Rest.pages().
        """
        all_kept, objects, changed = True, 0, 0
        async for page in self._pages(listing, parameters):
            objects += len(self._take(listing, page))
            kept = await self._keep(listing, page)
            if kept is None and must_keep:
                return False
            all_kept = all_kept and kept is not None
            changed += kept or 0
        tell = log.debug if "min_updated_ts" in parameters else log.info
        tell("registry listed", listing=listing.path, **parameters, objects=objects, changed=changed)
        return all_kept

    async def ask_for(self, listing: Listing, tickers: list[str]) -> bool:
        """Ask for some objects by ticker; return whether what came was stored.

        Raises:
            ExchangeError: as Rest.pages().
        """
        found: set[str] = set()
        all_kept = True
        async for page in self._pages(listing, {"tickers": ",".join(tickers)}):
            # What a page lets us ask for again must not be taken back with it.
            self._asks.answered(listing, tickers_of(listing, page))
            found.update(self._take(listing, page))
            all_kept = await self._keep(listing, page) is not None and all_kept
        given_up = self._asks.missed(listing, [ticker for ticker in tickers if ticker not in found])
        if given_up:
            log.warning("not listed by the exchange", listing=listing.path, objects=len(given_up))
        for ticker in given_up:
            self._give_up(listing, ticker)
        return all_kept

    def _pages(self, listing: Listing, parameters: Mapping[str, str]) -> AsyncIterator[bytes]:
        limit = {"limit": str(listing.page_rows_max)} if listing.page_rows_max else {}
        return self._rest.pages(listing.path, listing.key, {**limit, **parameters})

    def _give_up(self, listing: Listing, ticker: str) -> None:
        """Let a market go that was listed and is no more; a provisional one may vanish."""
        if listing is not MARKETS:
            self._chooser.learn_event(ticker, "")
        elif ticker in self._schedule.markets and self._schedule.markets[ticker].is_listed:
            self._schedule.forget(ticker)

    async def _keep(self, listing: Listing, page: bytes) -> int | None:
        kept = await asyncio.to_thread(self._store.keep, listing.table, page)
        self._counters.registry_changes[listing.table] += kept or 0
        return kept

    def _take(self, listing: Listing, page: bytes) -> list[str]:
        """Note the few facts that matter here; return the tickers of the page."""
        if listing is SERIES:
            return [self._chooser.learn_series(each) for each in decode_facts(page, SeriesFacts)]
        if listing is not MARKETS:
            events = decode_facts(page, EventFacts)
            return [self._chooser.learn_event(each.event_ticker, each.series_ticker) for each in events]
        return [self._take_market(each) for each in decode_facts(page, MarketFacts)]

    def _take_market(self, market: MarketFacts) -> str:
        updated_s = moment_s(market.updated_time, 0.0)
        self.newest_s = max(self.newest_s, updated_s)
        chosen = self._chooser.chooses(market.ticker, market.event_ticker)
        if chosen:
            times = (moment_s(market.open_time, 0.0), moment_s(market.close_time, FAR_AWAY_S), updated_s)
            self._schedule.learn(market.ticker, *times, is_over=market.is_over)
        elif chosen is None and not market.is_over:
            self._asks.event(market.event_ticker)
            self._asks.market(market.ticker, UNDECIDED_SECONDS)
        return market.ticker


def tickers_of(listing: Listing, page: bytes) -> list[str]:
    """Return the tickers of a page of events or markets."""
    if listing is MARKETS:
        return [each.ticker for each in decode_facts(page, MarketFacts)]
    return [each.event_ticker for each in decode_facts(page, EventFacts)]
