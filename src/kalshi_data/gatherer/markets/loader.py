"""Load the exchange's listings page by page into the schedule and, unchanged, into kalshi_meta."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.kalshi.listings import (
    FAR_AWAY_S,
    MARKETS,
    SERIES,
    EventFields,
    Listing,
    MarketFields,
    SeriesFields,
    decode_fields,
    timestamp_s,
)
from kalshi_data.kalshi.rest import Rest

log = structlog.get_logger()

# A market whose event is not known yet is fetched again after this time.
UNKNOWN_EVENT_SECONDS = 10.0
NO_FILTER: Mapping[str, str] = MappingProxyType({})


class ListingLoader:
    """Loads listings; of each page it keeps in memory only the fields that the schedule and the filter need."""

    def __init__(
        self,
        rest: Rest,
        store: RegistryStore,
        schedule: Schedule,
        fetch_queue: FetchQueue,
        market_filter: MarketFilter,
        counters: Counters,
    ) -> None:
        """Read with `rest`, save bodies to `store`, and update schedule, queue and filter."""
        self._rest = rest
        self._store = store
        self._schedule = schedule
        self._fetch_queue = fetch_queue
        self._filter = market_filter
        self._counters = counters
        self.updated_until_s = 0.0  # the latest updated_time of any market, in s since 1970

    async def load(
        self, listing: Listing, parameters: Mapping[str, str] = NO_FILTER, *, must_store: bool = False
    ) -> bool:
        """Load every page of a listing; return whether all pages were stored.

        With `must_store`, stop at the first page that could not be stored.

        Raises:
            ExchangeError: as Rest.pages().
        """
        all_stored, objects, changed = True, 0, 0
        async for page in self._pages(listing, parameters):
            objects += len(self._apply(listing, page))
            page_changes = await self._store_page(listing, page)
            if page_changes is None and must_store:
                return False
            all_stored = all_stored and page_changes is not None
            changed += page_changes or 0
        write_log = log.debug if "min_updated_ts" in parameters else log.info
        write_log("registry listed", listing=listing.path, **parameters, objects=objects, changed=changed)
        return all_stored

    async def fetch(self, listing: Listing, tickers: list[str]) -> bool:
        """Load some objects by ticker; return whether all pages were stored.

        Raises:
            ExchangeError: as Rest.pages().
        """
        found: set[str] = set()
        all_stored = True
        async for page in self._pages(listing, {"tickers": ",".join(tickers)}):
            # Remove first: applying a page may queue one of its markets again.
            self._fetch_queue.remove(listing, tickers_of(listing, page))
            found.update(self._apply(listing, page))
            all_stored = await self._store_page(listing, page) is not None and all_stored
        given_up = self._fetch_queue.retry_missing(listing, [ticker for ticker in tickers if ticker not in found])
        if given_up:
            log.warning("not listed by the exchange", listing=listing.path, objects=len(given_up))
        for ticker in given_up:
            self._give_up(listing, ticker)
        return all_stored

    def _pages(self, listing: Listing, parameters: Mapping[str, str]) -> AsyncIterator[bytes]:
        limit = {"limit": str(listing.page_rows_max)} if listing.page_rows_max else {}
        return self._rest.pages(listing.path, listing.key, {**limit, **parameters})

    def _give_up(self, listing: Listing, ticker: str) -> None:
        """Forget a market that is no longer listed, as may happen to provisional ones."""
        if listing is not MARKETS:
            self._filter.learn_event(ticker, "")
        elif ticker in self._schedule.markets and self._schedule.markets[ticker].is_listed:
            self._schedule.forget(ticker)

    async def _store_page(self, listing: Listing, page: bytes) -> int | None:
        changed = await asyncio.to_thread(self._store.save, listing.table, page)
        self._counters.registry_changes[listing.table] += changed or 0
        return changed

    def _apply(self, listing: Listing, page: bytes) -> list[str]:
        """Apply a page to schedule, queue and filter; return its tickers."""
        if listing is SERIES:
            return [self._filter.learn_series(each) for each in decode_fields(page, SeriesFields)]
        if listing is not MARKETS:
            events = decode_fields(page, EventFields)
            return [self._filter.learn_event(each.event_ticker, each.series_ticker) for each in events]
        return [self._apply_market(each) for each in decode_fields(page, MarketFields)]

    def _apply_market(self, market: MarketFields) -> str:
        updated_s = timestamp_s(market.updated_time, 0.0)
        self.updated_until_s = max(self.updated_until_s, updated_s)
        included = self._filter.includes(market.ticker, market.event_ticker)
        if included:
            times = (timestamp_s(market.open_time, 0.0), timestamp_s(market.close_time, FAR_AWAY_S), updated_s)
            self._schedule.learn(market.ticker, *times, is_over=market.is_over)
        elif included is None and not market.is_over:
            self._fetch_queue.add_event(market.event_ticker)
            self._fetch_queue.add_market(market.ticker, UNKNOWN_EVENT_SECONDS)
        return market.ticker


def tickers_of(listing: Listing, page: bytes) -> list[str]:
    """Return the tickers of a page of events or markets."""
    if listing is MARKETS:
        return [each.ticker for each in decode_fields(page, MarketFields)]
    return [each.event_ticker for each in decode_fields(page, EventFields)]
