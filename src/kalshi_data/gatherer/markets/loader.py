"""Load the exchange's listings page by page into the schedule and, unchanged, into kalshi_meta."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.refusals import Refusals
from kalshi_data.gatherer.markets.schedule import AHEAD_SECONDS_MAX, BELIEVED_SECONDS, Schedule
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.kalshi.bodies import Page
from kalshi_data.kalshi.instants import FAR_AWAY_S, timestamp_s
from kalshi_data.kalshi.listings import (
    MARKETS,
    SERIES,
    EventFields,
    Listing,
    MarketFields,
    SeriesFields,
    decode_page,
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
        now: Callable[[], float],
    ) -> None:
        """Read with `rest`, save bodies to `store`, and update schedule, queue and filter."""
        self._rest = rest
        self._store = store
        self._schedule = schedule
        self._fetch_queue = fetch_queue
        self._filter = market_filter
        self._counters = counters
        self._now = now
        self._refusals = Refusals(counters.registry_refused)
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
            # A list of everything is also one of all that is over, whose events no market needs.
            tickers, good, _ = self._apply(listing, page, is_news=not must_store)
            objects += len(tickers)
            page_changes = await self._store_page(listing, good)
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
        all_stored, refused = True, 0
        async for page in self._pages(listing, {"tickers": ",".join(tickers)}):
            names, good, page_refused = self._apply(listing, page, fetched=True)
            found.update(names)
            refused += page_refused
            all_stored = await self._store_page(listing, good) is not None and all_stored
        missing = [ticker for ticker in tickers if ticker not in found]
        # What was refused may be one of these: it exists, so it is not forgotten.
        given_up = (self._fetch_queue.fail if refused else self._fetch_queue.retry_missing)(listing, missing)
        if given_up:
            log.warning("not listed by the exchange", listing=listing.path, objects=len(given_up))
        for ticker in given_up if not refused else ():
            self._give_up(listing, ticker)
        return all_stored

    def forget_events(self) -> None:
        """Forget the events that are no longer needed; call this after all markets were listed."""
        self._filter.forget_events()

    def _pages(self, listing: Listing, parameters: Mapping[str, str]) -> AsyncIterator[Page]:
        limit = {"limit": str(listing.page_rows_max)} if listing.page_rows_max else {}
        return self._rest.pages(listing.path, listing.key, {**limit, **parameters})

    def _give_up(self, listing: Listing, ticker: str) -> None:
        """Forget a market that is no longer listed, as may happen to provisional ones."""
        if listing is not MARKETS:
            self._filter.learn_event(ticker, "")
        elif ticker in self._schedule.markets and self._schedule.markets[ticker].is_listed:
            self._schedule.forget(ticker)

    async def _store_page(self, listing: Listing, page: bytes) -> int | None:
        saved = await asyncio.to_thread(self._store.save, listing.table, page)
        if saved is None:
            return None
        self._refusals.add(listing.table, saved.refused)
        self._counters.registry_changes[listing.table] += saved.changed
        return saved.changed

    def _apply(
        self, listing: Listing, page: Page, *, fetched: bool = False, is_news: bool = True
    ) -> tuple[list[str], bytes, int]:
        """Apply a page to schedule, queue and filter; return its tickers, its good objects, and how many are not."""
        if listing is MARKETS:
            markets, good, refused = decode_page(page, MarketFields)
            tickers = [each.ticker for each in markets]
            if fetched:
                # First, since applying a market may queue it again.
                self._fetch_queue.remove(listing, tickers)
            for each in markets:
                self._apply_market(each)
        elif listing is SERIES:
            series, good, refused = decode_page(page, SeriesFields)
            tickers = [self._filter.learn_series(each) for each in series]
        else:
            events, good, refused = decode_page(page, EventFields)
            tickers = [
                self._filter.learn_event(each.event_ticker, each.series_ticker or "", is_news=is_news)
                for each in events
            ]
            if fetched:
                self._fetch_queue.remove(listing, tickers)
        self._refusals.add(listing.table, refused)
        return tickers, good, len(refused)

    def _apply_market(self, market: MarketFields) -> None:
        updated_s = timestamp_s(market.updated_time, 0.0)
        if updated_s <= self._now() + AHEAD_SECONDS_MAX:
            self.updated_until_s = max(self.updated_until_s, updated_s)
        if market.event_ticker and not market.is_over:
            self._filter.name_event(market.event_ticker)
        included = self._filter.includes(market.ticker, market.event_ticker or "")
        if included:
            times = (timestamp_s(market.open_time, 0.0), timestamp_s(market.close_time, FAR_AWAY_S), updated_s)
            if not self._schedule.learn(market.ticker, *times, is_over=market.is_over):
                self._fetch_queue.add_market(market.ticker, BELIEVED_SECONDS)
        elif included is None and market.event_ticker and not market.is_over:
            self._fetch_queue.add_event(market.event_ticker)
            self._fetch_queue.add_market(market.ticker, UNKNOWN_EVENT_SECONDS)
