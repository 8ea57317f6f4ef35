"""Ask the exchange for its status and its schedule, store what it says, and report it to health."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.exchange_status.confirmations import Confirmations
from kalshi_data.gatherer.exchange_status.states import (
    MAINTENANCE,
    SHARD,
    Answer,
    ExchangeState,
    schedule_states,
    shard_states,
)
from kalshi_data.gatherer.incidents import Incidents
from kalshi_data.gatherer.markets.refusals import Refusals
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.gatherer.markets.step_guard import StepGuard
from kalshi_data.gatherer.markets.store import RegistryStore
from kalshi_data.kalshi.bodies import Body
from kalshi_data.kalshi.rest import Rest
from kalshi_data.service.retry import Backoff

log = structlog.get_logger()

TABLE = "exchange_status"
# Gatherers that started together do not ask together.
JITTER = 0.1
# A state that no answer confirmed for this many intervals begins again.
INTERVALS_MAX = 3.0
# Shards that a health report names.
SHARDS_SHOWN = 5
PAUSE_SECONDS_MAX = 1.0
# A stop waits no longer for a database that may be away.
STOP_SECONDS_MAX = 5.0
# A window of maintenance that is longer is not believed: it would hide what is wrong.
WINDOW_MAX = timedelta(days=1)


@dataclass
class Question:
    """One path that is asked at an interval, and how its answer is read; `due_s` is monotonic."""

    name: str
    path: str
    interval_seconds: float
    read: Callable[[Body], Answer]
    take: Callable[[list[ExchangeState], float], None]
    # An answer with this member is one, whatever its HTTP status.
    member: str | None = None
    due_s: float = 0.0
    backoff: Backoff = field(default_factory=Backoff)


class ExchangePoller:
    """Asks each question at its interval; nothing that fails ends it."""

    def __init__(
        self,
        rest: Rest,
        conninfo: str,
        settings: RegistrySettings,
        counters: Counters,
        incidents: Incidents,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Ask with `rest` and store in the database at `conninfo`; `now` returns s since 1970."""
        self._rest = rest
        self._counters = counters
        self._now = now
        self._guard = StepGuard(counters, incidents)
        self._refusals = Refusals(counters.registry_refused)
        self._store = RegistryStore(conninfo)
        self._confirmations = Confirmations()
        self._questions = (
            Question(
                "status",
                "/exchange/status",
                settings.status_seconds,
                shard_states,
                self._take_status,
                "exchange_active",
            ),
            Question("schedule", "/exchange/schedule", settings.schedule_seconds, schedule_states, self._take_schedule),
        )

    async def run(self) -> None:
        """Ask and store until cancelled; then store once more what still waits."""
        try:
            while True:
                for each in self._questions:
                    if time.monotonic() >= each.due_s:
                        await self.ask(each)
                next_s = min(each.due_s for each in self._questions) - time.monotonic()
                await asyncio.sleep(min(max(next_s, 0.0), PAUSE_SECONDS_MAX))
        except asyncio.CancelledError:
            self._store.retry_now()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.store(), STOP_SECONDS_MAX)
            self.close()
            raise

    def close(self) -> None:
        """Close the database connection."""
        self._store.close()

    async def ask_all(self) -> None:
        """Ask every question now."""
        for each in self._questions:
            await self.ask(each)

    async def ask(self, question: Question) -> None:
        """Ask one question, and store its answer with those that wait; ask again soon if there is no answer."""
        spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, protects nothing
        pause_seconds = question.interval_seconds * spread
        if await self._guard.attempt(f"ask for the exchange's {question.name}", self._asking(question)):
            question.backoff.reset()
            question.due_s = time.monotonic() + pause_seconds
            await self.store()
        else:
            question.due_s = time.monotonic() + min(pause_seconds, question.backoff.next_seconds())

    async def store(self) -> None:
        """Store the answers that wait."""
        await self._guard.attempt("store what the exchange says of itself", self._save)

    def _asking(self, question: Question) -> Callable[[], Awaitable[bool]]:
        async def ask() -> bool:
            body = await self._rest.get(question.path, {}, question.member)
            now_s = self._now()
            answer = question.read(body)
            self._refusals.add(TABLE, answer.refused)
            at, break_max = datetime.fromtimestamp(now_s, UTC), INTERVALS_MAX * question.interval_seconds
            self._confirmations.confirm(question.name, answer.states, at, timedelta(seconds=break_max))
            question.take(answer.states, now_s)
            return True

        return ask

    async def _save(self) -> bool:
        """Store the rows that wait; if the database is away, they wait on."""
        while (page := self._confirmations.next_page()) is not None:
            saved = await asyncio.to_thread(self._store.save, TABLE, page)
            if saved is None:
                return False
            self._refusals.add(TABLE, saved.refused)
            self._confirmations.stored()
        return True

    def _take_status(self, states: list[ExchangeState], now_s: float) -> None:
        """Report to health which shards are halted, and log it when that changes."""
        counters = self._counters
        halted = [each for each in states if each.kind == SHARD and each.is_halted]
        words = ", ".join(_describe(each) for each in halted[:SHARDS_SHOWN])
        if not counters.exchange_status_at_seconds or words != counters.exchange_halted:
            log.info("exchange status", halted=words or "none", shards=len(states))
        counters.exchange_halted = words
        counters.every_shard_halted = len(halted) == len(states) > 0
        counters.exchange_status_at_seconds = now_s

    def _take_schedule(self, states: list[ExchangeState], now_s: float) -> None:
        """Report the windows of maintenance to health."""
        times = [(each.begins_at, each.ends_at) for each in states if each.kind == MAINTENANCE]
        windows = {
            (begin.timestamp(), end.timestamp())
            for begin, end in times
            if begin and end and begin < end <= begin + WINDOW_MAX
        }
        self._counters.maintenance_windows = sorted(windows)
        self._counters.exchange_schedule_at_seconds = now_s


def _describe(state: ExchangeState) -> str:
    """Return which part of the exchange is halted, and until when, if it says that."""
    what = "the exchange is" if state.exchange_active is False else "trading is"
    until = f" until about {state.resumes_at:%Y-%m-%d %H:%M} UTC" if state.resumes_at else ""
    return f"{what} halted on shard {state.exchange_index}{until}"
