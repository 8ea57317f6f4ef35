"""Keep the exchange's series, events and markets up to date, in memory and in kalshi_meta."""

import asyncio
import contextlib
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import Incidents
from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.lifecycle import Lifecycle
from kalshi_data.gatherer.markets.listing_refresh import ListingRefresh
from kalshi_data.gatherer.markets.loader import ListingLoader
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.refusals import Refusals
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.step_guard import StepGuard
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, SERIES, WHOLE, Listing
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import Shard

log = structlog.get_logger()

MESSAGES_MAX = 100_000
MESSAGES_PER_TURN = 1_000
TICK_SECONDS = 0.5
# After this many rounds the markets of a list that answers are enough; run() loads the others later.
LOAD_ROUNDS_MAX = 2
FETCH = "fetch single objects"
# The request itself is wrong, so repeating it is useless.
STATUSES_BAD_REQUEST = frozenset({400, 404, 414})
# In this order, so that books of open markets can be subscribed while the others are still being listed.
STATUSES_TRADING = ("open", "paused", "unopened")
Step = Callable[[], Awaitable[bool]]


class Registry:
    """`wanted` holds the markets whose order books are wanted now; `changed` is set whenever it changes."""

    def __init__(
        self,
        rest: Rest,
        conninfo: str,
        settings: GathererSettings,
        counters: Counters,
        shard: Shard | None = None,
        now: Callable[[], float] = time.time,
        incidents: Incidents | None = None,
    ) -> None:
        """Load with `rest` and save to the database at `conninfo`; `now` returns s since 1970."""
        self._rest = rest
        self._counters = counters
        self._now = now
        self._guard = StepGuard(counters, Incidents() if incidents is None else incidents)
        self._refusals = Refusals(counters.registry_refused)
        self._store = RegistryStore(conninfo)
        self._schedule = Schedule(settings.registry, now)
        self._fetch_queue = FetchQueue(now)
        self._filter = MarketFilter(settings.subscriptions, shard)
        shared = (self._schedule, self._fetch_queue)
        self._loader = ListingLoader(rest, self._store, *shared, self._filter, counters, now)
        self._lifecycle = Lifecycle(*shared, self._filter)
        self._refreshes = [
            ListingRefresh(
                listing,
                self._loader,
                self._store,
                *shared,
                settings.registry,
                self._guard,
                counters.listed_at_seconds,
                now,
            )
            for listing in WHOLE
        ]
        self._messages: deque[tuple[str, str, bytes]] = deque()
        self._arrived = asyncio.Event()
        self._is_loaded = asyncio.Event()
        self._knows_markets = False
        self._steps_left = self._load_steps()
        self.wanted = self._schedule.wanted
        self.changed = self._schedule.changed

    async def load(self) -> None:
        """Load every market that trades or will; `wanted` grows during the call and is complete when it returns.

        If the exchange is away, this waits for it; if the database is away, this works without it. Neither is an
        error. If some lists stay bad, this returns with the good ones. run() loads everything else.
        """
        started_s = self._now()
        backoff = Backoff()
        for round_number in itertools.count(1):
            knows_markets = await self._load_round()
            if not self._steps_left or (knows_markets and round_number >= LOAD_ROUNDS_MAX):
                break
            await asyncio.sleep(backoff.next_seconds())
        for refresh in self._refreshes:
            refresh.reconciled_s = started_s
        self._is_loaded.set()
        self._update_counts()

    async def run(self) -> None:
        """Apply messages, and once load() has returned keep the registry up to date, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._finish_loading())
                group.create_task(self._apply_changes())
                group.create_task(self._fetch_queued())
                for refresh in self._refreshes:
                    group.create_task(self._keep_fresh(refresh))
        finally:
            self.close()

    def take_lifecycle(self, kind: str, subject: str, payload: bytes) -> None:
        """Queue a lifecycle message about a market or event; run() applies it."""
        if len(self._messages) >= MESSAGES_MAX:
            self._schedule_full_load("too many messages")
            return
        self._messages.append((kind, subject, payload))
        self._arrived.set()

    def close(self) -> None:
        """Close the database connection."""
        self._store.close()

    async def _apply_changes(self) -> None:
        """Apply messages as they arrive, and open and close markets by the clock."""
        while True:
            self._arrived.clear()
            self._apply_messages()
            next_s = await self._guard.attempt("open and close markets", self._advance) or self._now() + TICK_SECONDS
            self._update_counts()
            await asyncio.sleep(0)
            if self._messages:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(max(next_s - self._now(), 0.0), TICK_SECONDS))

    async def _advance(self) -> float:
        return self._schedule.advance()

    def _apply_messages(self) -> None:
        """Apply queued messages, at most MESSAGES_PER_TURN, so that sockets are read in between."""
        for _ in range(min(len(self._messages), MESSAGES_PER_TURN)):
            try:
                if not self._lifecycle.apply(*self._messages.popleft()):
                    self._schedule_full_load("too many objects to fetch")
            except Exception as error:
                self._refusals.add("lifecycle message", [f"{type(error).__name__}: {error}"])

    async def _fetch_queued(self) -> None:
        """Fetch the objects that messages named."""
        while True:
            batch = self._fetch_queue.next_batch()
            if batch is None or not await self._guard.attempt(FETCH, lambda batch=batch: self._fetch(*batch)):
                await asyncio.sleep(TICK_SECONDS)

    async def _fetch(self, listing: Listing, tickers: list[str]) -> bool:
        """Fetch one batch; if that fails, fetch its objects later in smaller batches."""
        try:
            if not await self._loader.fetch(listing, tickers):
                self._schedule_full_load("the database was away")
        except Exception as error:
            # The request itself is wrong, so a single object is given up sooner.
            is_bad_request = isinstance(error, ExchangeError) and error.status in STATUSES_BAD_REQUEST
            queue = self._fetch_queue
            given_up = queue.retry_missing(listing, tickers) if is_bad_request and len(tickers) == 1 else []
            given_up += queue.fail(listing, tickers)
            if given_up:
                log.warning("given up until everything is loaded", listing=listing.path, objects=len(given_up))
            raise
        return True

    async def _keep_fresh(self, refresh: ListingRefresh) -> None:
        await self._is_loaded.wait()
        await refresh.run()

    async def _load_round(self) -> bool:
        """Attempt each step of load() that is left; return whether any list of markets has answered so far."""
        steps = self._steps_left
        failed = [each for each in steps if await self._guard.attempt(*each) is None]
        answered = {name for name, _ in steps} - {name for name, _ in failed}
        self._knows_markets |= any(name.startswith(f"load {MARKETS.path}") for name in answered)
        # A series or event decides about what is listed after it.
        self._steps_left = steps[steps.index(failed[0]) :] if failed and self._filter.needs_events else failed
        return self._knows_markets

    async def _finish_loading(self) -> None:
        """Attempt what load() has left until it succeeds."""
        await self._is_loaded.wait()
        backoff = Backoff()
        while self._steps_left:
            await asyncio.sleep(backoff.next_seconds())
            await self._load_round()

    def _load_steps(self) -> list[tuple[str, Step]]:
        """Return the steps of load() with their names: what decides about markets before the markets."""
        lists: list[tuple[Listing, dict[str, str]]] = []
        if self._filter.needs_events:
            lists = [(SERIES, {}), *((EVENTS, {"status": status}) for status in ("open", "unopened"))]
            lists += [(MULTIVARIATE_EVENTS, {})] if self._filter.combos else []
        combos = {} if self._filter.combos else {"mve_filter": "exclude"}
        lists += [(MARKETS, {"status": status, **combos}) for status in STATUSES_TRADING]
        return [
            (" ".join(("load", listing.path, *filters.values())), self._load_step(listing, filters))
            for listing, filters in lists
        ]

    def _load_step(self, listing: Listing, filters: dict[str, str]) -> Step:
        async def load() -> bool:
            return await self._loader.load(listing, filters)

        return load

    def _schedule_full_load(self, reason: str) -> None:
        """Load everything again as soon as possible, since a change may have been missed."""
        now_s = self._now()
        if any(refresh.full_load_due_s > now_s for refresh in self._refreshes):
            log.warning("registry to be loaded again", reason=reason)
        for refresh in self._refreshes:
            refresh.full_load_due_s = min(refresh.full_load_due_s, now_s)

    def _update_counts(self) -> None:
        self._counters.markets_known = len(self._schedule.markets)
        self._counters.markets_wanted = len(self.wanted)
