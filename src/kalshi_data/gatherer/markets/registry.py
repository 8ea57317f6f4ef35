"""Keep the exchange's series, events and markets up to date, in memory and in kalshi_meta."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import KEY_REFUSED, Incidents
from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.lifecycle import Lifecycle
from kalshi_data.gatherer.markets.loader import ListingLoader
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, SERIES
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.retry import Backoff
from kalshi_data.shard import Shard

log = structlog.get_logger()

MESSAGES_MAX = 100_000
MESSAGES_PER_TURN = 1_000
TICK_SECONDS = 0.5
# The name of REST among the connections that the exchange refuses.
REST_CONNECTION = "rest"
STATUSES_REFUSED = frozenset({401, 403})
# The request itself is wrong, so repeating it is useless.
STATUSES_BAD_REQUEST = frozenset({400, 404, 414})
# In this order, so that books of open markets can be subscribed while the others are still being listed.
STATUSES_TRADING = ("open", "paused", "unopened")


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
        self._settings = settings.registry
        self._counters = counters
        self._now = now
        self._incidents = Incidents() if incidents is None else incidents
        self._store = RegistryStore(conninfo)
        self._schedule = Schedule(settings.registry, now)
        self._fetch_queue = FetchQueue(now)
        self._filter = MarketFilter(settings.subscriptions, shard)
        self._loader = ListingLoader(rest, self._store, self._schedule, self._fetch_queue, self._filter, counters)
        self._lifecycle = Lifecycle(self._schedule, self._fetch_queue, self._filter)
        self._messages: deque[tuple[str, str, bytes]] = deque()
        self._arrived = asyncio.Event()
        self._full_load_due_s = 0.0
        self._reconciled_s = 0.0
        self.wanted = self._schedule.wanted
        self.changed = self._schedule.changed

    async def load(self) -> None:
        """Load every market that trades or will; `wanted` grows during the call and is complete when it returns.

        If the exchange is away, this waits for it; if the database is away, this works without it. Neither is an
        error. run() loads everything else, mainly events.
        """
        started_s = self._now()
        await self._retry_until_answered(self._log_status)
        await self._retry_until_answered(lambda: self._loader.load(SERIES))
        await self._retry_until_answered(self._load_events_of_markets)
        for status in STATUSES_TRADING:
            await self._retry_until_answered(
                lambda status=status: self._loader.load(MARKETS, {"status": status, **self._combo_filter()})
            )
        self._reconciled_s = started_s
        self._update_counts()

    async def run(self) -> None:
        """Keep the registry up to date until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._apply_changes())
                group.create_task(self._fetch_queued())
                group.create_task(self._reconcile())
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
            next_s = self._schedule.advance()
            self._update_counts()
            await asyncio.sleep(0)
            if self._messages:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(max(next_s - self._now(), 0.0), TICK_SECONDS))

    def _apply_messages(self) -> None:
        """Apply queued messages, at most MESSAGES_PER_TURN, so that sockets are read in between."""
        for _ in range(min(len(self._messages), MESSAGES_PER_TURN)):
            if not self._lifecycle.apply(*self._messages.popleft()):
                self._schedule_full_load("too many objects to fetch")

    async def _fetch_queued(self) -> None:
        """Fetch the objects that messages named."""
        while True:
            batch = self._fetch_queue.next_batch()
            if batch is None:
                await asyncio.sleep(TICK_SECONDS)
                continue
            try:
                if not await self._loader.fetch(*batch):
                    self._schedule_full_load("the database was away")
            except ExchangeError as error:
                self._log_failure(error)
                if error.status in STATUSES_BAD_REQUEST:
                    self._fetch_queue.retry_missing(*batch)
                else:
                    self._fetch_queue.postpone(*batch, self._settings.reconcile_seconds)

    async def _reconcile(self) -> None:
        """Load what has changed every `reconcile_seconds`, and everything every `reload_seconds`."""
        while True:
            due = self._now() >= self._full_load_due_s
            if not due or not await self._attempt(self._load_all):
                await self._attempt(self._load_changes)
            await asyncio.sleep(self._settings.reconcile_seconds)

    async def _attempt(self, step: Callable[[], Awaitable[bool]]) -> bool | None:
        """Run a step; return whether all of it was stored, or None if the exchange refused or did not answer."""
        try:
            stored = await step()
        except ExchangeError as error:
            self._log_failure(error)
            return None
        self._counters.refused.pop(REST_CONNECTION, None)
        self._incidents.resolve(REST_CONNECTION)
        return stored

    async def _load_changes(self) -> bool:
        """Load what changed since last time, with an overlap because REST lags; return whether it was stored."""
        started_s = self._now()
        since_s = min(self._reconciled_s, self._loader.updated_until_s) - self._settings.overlap_seconds
        since = {"min_updated_ts": str(max(int(since_s), 0))}
        stored = [await self._loader.load(SERIES, since), await self._loader.load(EVENTS, since)]
        # The exchange has no list of changed combos: their changes come as messages and with the full load.
        stored.append(await self._loader.load(MARKETS, {**since, "mve_filter": "exclude"}))
        if all(stored):
            self._reconciled_s = started_s
        return all(stored)

    async def _load_all(self) -> bool:
        """Load all listings; return whether all of them were stored. If not, the full load is due again at once."""
        started_s = self._now()
        self._full_load_due_s = started_s + self._settings.reload_seconds
        stored = False
        try:
            stored = await self._load_listings()
        finally:
            if not stored:
                self._full_load_due_s = started_s
        if stored:
            self._reconciled_s = started_s
            for ticker in self._schedule.unseen_since(started_s):
                self._fetch_queue.add_market(ticker)
        return stored

    async def _load_listings(self) -> bool:
        """Load all listings; stop and return False if a page cannot be stored."""
        if not await asyncio.to_thread(self._store.is_available):
            return False
        for listing in (SERIES, EVENTS, MULTIVARIATE_EVENTS, MARKETS):
            if not await self._loader.load(listing, must_store=True):
                return False
        return True

    async def _load_events_of_markets(self) -> bool:
        """Load events if the settings select markets by series."""
        if self._filter.needs_events:
            for status in ("open", "unopened"):
                await self._loader.load(EVENTS, {"status": status})
            if self._filter.combos:
                await self._loader.load(MULTIVARIATE_EVENTS)
        return True

    async def _retry_until_answered(self, step: Callable[[], Awaitable[bool]]) -> None:
        """Run a step of the loading until the exchange answers."""
        backoff = Backoff()
        while await self._attempt(step) is None:
            await asyncio.sleep(backoff.next_seconds())

    def _schedule_full_load(self, reason: str) -> None:
        """Load everything again as soon as possible, since a change may have been missed."""
        if self._full_load_due_s > self._now():
            log.warning("registry to be loaded again", reason=reason)
            self._full_load_due_s = self._now()

    def _log_failure(self, error: ExchangeError) -> None:
        """Log why the exchange did not answer, and raise an incident if it refuses the key."""
        refused = error.status in STATUSES_REFUSED
        if refused:
            self._counters.refused[REST_CONNECTION] = str(error)
            self._incidents.report(KEY_REFUSED, REST_CONNECTION, error=str(error))
        # Already reported as an incident: log at WARNING only.
        level = logging.WARNING if self._incidents else logging.ERROR
        log.log(level, "registry not loaded, trying again", error=str(error), refused=refused)

    async def _log_status(self) -> bool:
        """Log whether the exchange is active; during maintenance its listings still answer."""
        body = await self._rest.get("/exchange/status", {})
        active, trading = (bytes(body.get(name, b"null")) == b"true" for name in ("exchange_active", "trading_active"))
        log.info("exchange status", exchange_active=active, trading_active=trading)
        return True

    def _combo_filter(self) -> dict[str, str]:
        return {} if self._filter.combos else {"mve_filter": "exclude"}

    def _update_counts(self) -> None:
        self._counters.markets_known = len(self._schedule.markets)
        self._counters.markets_wanted = len(self.wanted)
