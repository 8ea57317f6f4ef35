"""Keep one listing up to date: what changed at a short interval, and everything at a long one."""

import asyncio
from collections.abc import Callable, Mapping

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.loader import ListingLoader
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.gatherer.markets.step_guard import StepGuard
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.kalshi.listings import EVENTS, MARKETS, SERIES, Listing
from kalshi_data.service.retry import Backoff

# The exchange has no list of changed combos: their changes come as messages and with the full load.
CHANGES: Mapping[Listing, Mapping[str, str]] = {SERIES: {}, EVENTS: {}, MARKETS: {"mve_filter": "exclude"}}
# A full load that failed is repeated after at most this time; it may be long, so not at each interval.
RELOAD_SECONDS_MAX = 600.0
# A complete list that lacks more markets than this, and than half of those known, is no complete one.
UNSEEN_MAX = 100


class ListingRefresh:
    """Refreshes one listing; a listing that fails, or never ends, delays no other."""

    def __init__(
        self,
        listing: Listing,
        loader: ListingLoader,
        store: RegistryStore,
        schedule: Schedule,
        fetch_queue: FetchQueue,
        settings: RegistrySettings,
        guard: StepGuard,
        listed_at_seconds: dict[str, float],
        now: Callable[[], float],
    ) -> None:
        """Refresh with `loader`; keep in `listed_at_seconds` when it first stored a whole list; `now` is since 1970."""
        self._listing = listing
        self._loader = loader
        self._store = store
        self._schedule = schedule
        self._fetch_queue = fetch_queue
        self._settings = settings
        self._guard = guard
        self._listed_at_seconds = listed_at_seconds
        self._now = now
        self._backoff = Backoff(RELOAD_SECONDS_MAX)
        self.full_load_due_s = 0.0
        self.reconciled_s = 0.0

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._settings.reconcile_seconds)

    async def refresh(self) -> None:
        """Load everything if that is due, else what has changed."""
        # A time too far ahead was set before the clock was set back.
        is_due = not 0 < self.full_load_due_s - self._now() <= self._settings.reload_seconds
        if is_due and await self._guard.attempt(f"list {self._listing.path}", self._load_all):
            return
        if self._listing in CHANGES:
            await self._guard.attempt(f"list changes of {self._listing.path}", self._load_changes)

    async def _load_changes(self) -> bool:
        """Load what changed since last time, with an overlap because REST lags; return whether it was stored."""
        started_s = self._now()
        known_s = self._loader.updated_until_s or started_s
        since_s = min(self.reconciled_s, known_s) - self._settings.overlap_seconds
        since = {"min_updated_ts": str(max(int(since_s), 0)), **CHANGES[self._listing]}
        stored = await self._loader.load(self._listing, since)
        if stored:
            self.reconciled_s = started_s
        return stored

    async def _load_all(self) -> bool:
        """Load the whole listing; return whether all of it was stored. If not, it is due again at once."""
        started_s = self._now()
        self.full_load_due_s = started_s + self._backoff.next_seconds()
        stored = await asyncio.to_thread(self._store.is_available) and await self._loader.load(
            self._listing, must_store=True
        )
        self.full_load_due_s = started_s
        if stored:
            self.reconciled_s = started_s
            self._listed_at_seconds.setdefault(self._listing.path, self._now())
            self._fetch_unseen(started_s)
            self.full_load_due_s += self._settings.reload_seconds
            self._backoff.reset()
        return stored

    def _fetch_unseen(self, started_s: float) -> None:
        """Fetch each market that the complete list lacks: it is forgotten if it has vanished.

        Raises:
            ExchangeError: the list lacks most markets, so it is no complete one.
        """
        if self._listing is not MARKETS:
            return
        unseen = self._schedule.unseen_since(started_s)
        if len(unseen) > max(UNSEEN_MAX, len(self._schedule.markets) // 2):
            raise ExchangeError(f"the list of all markets lacks {len(unseen):,} that were listed before")
        for ticker in unseen:
            self._fetch_queue.add_market(ticker)
        self._loader.forget_events()
