"""The exchange's series, events and markets as this gatherer knows them, kept in kalshi_meta."""

import asyncio
import contextlib
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import KEY_REFUSED, Incidents
from kalshi_data.gatherer.markets.fetch_queue import Asks
from kalshi_data.gatherer.markets.lifecycle import Lifecycle
from kalshi_data.gatherer.markets.loader import Catalogue
from kalshi_data.gatherer.markets.market_filter import Chooser
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, SERIES
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.retry import delay_seconds
from kalshi_data.shard import Shard

log = structlog.get_logger()

MESSAGES_MAX = 100_000
MESSAGES_PER_TURN = 1_000
TICK_SECONDS = 0.5
# Under this name the exchange's refusals stand in the counters.
REFUSED = "rest"
STATUSES_REFUSED = frozenset({401, 403})
# What the exchange does not like about a request it will not like later either.
STATUSES_OF_REQUEST = frozenset({400, 404, 414})
# In this order books can be subscribed while the rest of the markets is still being listed.
STATUSES_TRADING = ("open", "paused", "unopened")


class Registry:
    """Knows which order books are wanted now: `wanted`; `changed` is set whenever that changed."""

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
        """Keep what `rest` says in the database at `conninfo`; `now` gives s since 1970."""
        self._rest = rest
        self._settings = settings.registry
        self._counters = counters
        self._now = now
        self._incidents = Incidents() if incidents is None else incidents
        self._store = RegistryStore(conninfo)
        self._schedule = Schedule(settings.registry, now)
        self._asks = Asks(now)
        self._chooser = Chooser(settings.subscriptions, shard)
        self._catalogue = Catalogue(rest, self._store, self._schedule, self._asks, self._chooser, counters)
        self._lifecycle = Lifecycle(self._schedule, self._asks, self._chooser)
        self._messages: deque[tuple[str, str, bytes]] = deque()
        self._arrived = asyncio.Event()
        self._complete_due_s = 0.0
        self._reconciled_s = 0.0
        self.wanted = self._schedule.wanted
        self.changed = self._schedule.changed

    async def load(self) -> None:
        """Learn of every market that trades or will: `wanted` is right when this returns, and grows meanwhile.

        An exchange or a database that is away is waited for or done without, never an error. What these lists do not
        hold, events above all, is loaded by run().
        """
        began_s = self._now()
        await self._insist(self._log_status)
        await self._insist(lambda: self._catalogue.walk(SERIES))
        await self._insist(self._load_events_of_markets)
        for status in STATUSES_TRADING:
            await self._insist(
                lambda status=status: self._catalogue.walk(MARKETS, {"status": status, **self._combos()})
            )
        self._reconciled_s = began_s
        self._count()

    async def run(self) -> None:
        """Keep everything up to date until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._ask())
                group.create_task(self._reconcile())
        finally:
            self.close()

    def take_lifecycle(self, kind: str, subject: str, payload: bytes) -> None:
        """Take a lifecycle message about a market or event; cheap, run() does the work."""
        if len(self._messages) >= MESSAGES_MAX:
            self._load_soon("too many messages")
            return
        self._messages.append((kind, subject, payload))
        self._arrived.set()

    def close(self) -> None:
        """Close the database connection."""
        self._store.close()

    async def _follow(self) -> None:
        """Apply messages as they come, and what the clock says."""
        while True:
            self._arrived.clear()
            self._apply_messages()
            next_s = self._schedule.advance()
            self._count()
            await asyncio.sleep(0)
            if self._messages:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(max(next_s - self._now(), 0.0), TICK_SECONDS))

    def _apply_messages(self) -> None:
        """Apply what waits, but not so much that sockets wait for it."""
        for _ in range(min(len(self._messages), MESSAGES_PER_TURN)):
            if not self._lifecycle.apply(*self._messages.popleft()):
                self._load_soon("too many objects to ask for")

    async def _ask(self) -> None:
        """Ask for the objects that messages spoke of."""
        while True:
            batch = self._asks.due()
            if batch is None:
                await asyncio.sleep(TICK_SECONDS)
                continue
            try:
                if not await self._catalogue.ask_for(*batch):
                    self._load_soon("the database was away")
            except ExchangeError as error:
                self._failed(error)
                if error.status in STATUSES_OF_REQUEST:
                    self._asks.missed(*batch)
                else:
                    self._asks.delay(*batch, self._settings.reconcile_seconds)

    async def _reconcile(self) -> None:
        """Ask again and again for what has changed, and now and then for everything."""
        while True:
            due = self._now() >= self._complete_due_s
            if not due or not await self._attempt(self._complete):
                await self._attempt(self._update)
            await asyncio.sleep(self._settings.reconcile_seconds)

    async def _attempt(self, step: Callable[[], Awaitable[bool]]) -> bool | None:
        """Take a step; return whether all of it is stored, None where the exchange did not let it."""
        try:
            done = await step()
        except ExchangeError as error:
            self._failed(error)
            return None
        self._counters.refused.pop(REFUSED, None)
        self._incidents.resolve(REFUSED)
        return done

    async def _update(self) -> bool:
        """Take what has changed since the last time, with an overlap, since REST lags; return whether it is stored."""
        began_s = self._now()
        since_s = min(self._reconciled_s, self._catalogue.newest_s) - self._settings.overlap_seconds
        since = {"min_updated_ts": str(max(int(since_s), 0))}
        kept = [await self._catalogue.walk(SERIES, since), await self._catalogue.walk(EVENTS, since)]
        # The exchange offers no such list of combos: their changes come as messages and with the complete load.
        kept.append(await self._catalogue.walk(MARKETS, {**since, "mve_filter": "exclude"}))
        if all(kept):
            self._reconciled_s = began_s
        return all(kept)

    async def _complete(self) -> bool:
        """Load everything; return whether all of it is stored. Else it is due again."""
        began_s = self._now()
        self._complete_due_s = began_s + self._settings.reload_seconds
        done = False
        try:
            done = await self._load_everything()
        finally:
            if not done:
                self._complete_due_s = began_s
        if done:
            self._reconciled_s = began_s
            for ticker in self._schedule.unseen_since(began_s):
                self._asks.market(ticker)
        return done

    async def _load_everything(self) -> bool:
        """Walk all lists; return whether all of them are stored."""
        if not await asyncio.to_thread(self._store.is_there):
            return False
        for listing in (SERIES, EVENTS, MULTIVARIATE_EVENTS, MARKETS):
            if not await self._catalogue.walk(listing, must_keep=True):
                return False
        return True

    async def _load_events_of_markets(self) -> bool:
        """Learn which events belong to chosen series, where the settings choose by series."""
        if self._chooser.needs_events:
            for status in ("open", "unopened"):
                await self._catalogue.walk(EVENTS, {"status": status})
            if self._chooser.combos:
                await self._catalogue.walk(MULTIVARIATE_EVENTS)
        return True

    async def _insist(self, step: Callable[[], Awaitable[bool]]) -> None:
        """Take a step of the loading, again and again until the exchange answers."""
        for attempt in itertools.count(1):
            if await self._attempt(step) is not None:
                return
            await asyncio.sleep(delay_seconds(attempt, random.uniform))

    def _load_soon(self, reason: str) -> None:
        """Let everything be loaded again, since something may have been missed."""
        if self._complete_due_s > self._now():
            log.warning("registry to be loaded again", reason=reason)
            self._complete_due_s = self._now()

    def _failed(self, error: ExchangeError) -> None:
        """Say what the exchange refused; a bad key is nothing that passes by itself."""
        refused = error.status in STATUSES_REFUSED
        if refused:
            self._counters.refused[REFUSED] = str(error)
            self._incidents.report(KEY_REFUSED, REFUSED, error=str(error))
        # What somebody has complained of is not said louder.
        level = logging.WARNING if self._incidents else logging.ERROR
        log.log(level, "registry not loaded, trying again", error=str(error), refused=refused)

    async def _log_status(self) -> bool:
        """Say whether the exchange works; in its maintenance everything is listed all the same."""
        body = await self._rest.get("/exchange/status", {})
        active, trading = (bytes(body.get(name, b"null")) == b"true" for name in ("exchange_active", "trading_active"))
        log.info("exchange status", exchange_active=active, trading_active=trading)
        return True

    def _combos(self) -> dict[str, str]:
        return {} if self._chooser.combos else {"mve_filter": "exclude"}

    def _count(self) -> None:
        self._counters.markets_known = len(self._schedule.markets)
        self._counters.markets_wanted = len(self.wanted)
