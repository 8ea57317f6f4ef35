"""Fetch trades that the feed missed over REST, and record the gaps as repaired."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import structlog

from kalshi_data.database.connection import connect, query
from kalshi_data.database.sqlstate import Failure, failure_of
from kalshi_data.errors import ExchangeError, RangeUnknown
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.repair.missed_ranges import missed_ranges
from kalshi_data.gatherer.repair.trade_history import TradeSource, add_trades
from kalshi_data.gatherer.settings import RecoverySettings
from kalshi_data.kalshi.refusals import BadAnswer
from kalshi_data.kalshi.rest import STATUS_OK, is_transient
from kalshi_data.kalshi.trades import FetchedTrade
from kalshi_data.service.retry import Backoff, delay_seconds

log = structlog.get_logger()

# If this many requests are waiting, later gaps stay in the database until there is room.
WAITING_MAX = 1_000
# After this many failures a gap counts as not repaired. It is tried again, but seldom.
FAILURES_MAX = 5
RETRY_SECONDS_MAX = 60.0
RETRY_SECONDS_SELDOM = 3_600.0
# Beyond this the difference of two clocks is an error of the message that showed it.
AHEAD_SECONDS_MAX = 1e10


@dataclass(eq=False)
class MissedTrades:
    """A time range with missing trades, and the number of the frame that revealed the gap, if any."""

    begin: datetime
    end: datetime
    frame_number: int | None
    due_at: float = 0.0  # by time.monotonic()
    ahead: timedelta = timedelta()  # how far the clock that showed the end was ahead of the exchange's
    failures: int = 0
    reason: str = ""
    is_partly_fetched: bool = False  # what can be known of its range is fetched


class TradeRecovery:
    """Fetches missing trades, one time range after the other; a range that fails delays no other."""

    def __init__(
        self,
        source: TradeSource,
        conninfo: str,
        settings: RecoverySettings,
        counters: Counters,
        repaired: Callable[[int, str], None],
    ) -> None:
        """Fetch from `source` into the database at `conninfo`; `repaired` is called with each repaired gap."""
        self._source = source
        self._conninfo = conninfo
        self._settings = settings
        self._counters = counters
        self._repaired = repaired
        self._waiting: list[MissedTrades] = []
        self._arrived = asyncio.Event()
        # Whether the database may hold gaps that do not wait here.
        self._has_left_over = True
        # What is repaired here is written to the database later.
        self._repaired_numbers: deque[int] = deque(maxlen=2 * WAITING_MAX)
        self._backoff = Backoff()

    def request(self, begin: datetime, frame_number: int | None) -> None:
        """Queue the trades from `begin` until now; run() fetches them."""
        missed = MissedTrades(begin, datetime.now(UTC), frame_number, self._settled_at(), self._ahead())
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(missed)
        elif frame_number is not None:
            self._has_left_over = True
        else:
            self._widen(missed)
        self._arrived.set()

    async def run(self) -> None:
        """Fetch until cancelled; start with the gaps that an earlier run did not repair."""
        while True:
            self._arrived.clear()
            read = await self._succeeds(self._queue_unrepaired) if self._has_room_for_left_over() else True
            if not await self._succeeds(self._fetch_due) or not read:
                await asyncio.sleep(self._backoff.next_seconds())
                continue
            self._backoff.reset()
            due_at = min((missed.due_at for missed in self._waiting), default=math.inf)
            pause = 0.0 if self._has_room_for_left_over() else max(due_at - time.monotonic(), 0.0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(pause, RETRY_SECONDS_SELDOM))

    async def _succeeds(self, step: Callable[[], Awaitable[None]]) -> bool:
        try:
            await step()
        except Exception as error:
            log.warning("missed trades not fetched yet", error=_reason(error), waiting=len(self._waiting))
            return False
        return True

    def _has_room_for_left_over(self) -> bool:
        return self._has_left_over and len(self._waiting) <= WAITING_MAX // 2

    async def _fetch_due(self) -> None:
        """Fetch what is due; what has failed comes after what has not.

        Raises:
            psycopg.Error: the database is away, so no other request can succeed either.
        """
        while due := [missed for missed in self._waiting if missed.due_at <= time.monotonic()]:
            missed = min(due, key=lambda missed: (missed.failures, missed.due_at))
            try:
                await self._fetch(missed)
            except Exception as error:
                if isinstance(error, psycopg.Error) and failure_of(error) is Failure.AWAY:
                    raise
                self._postpone(missed, error)
            self._count_unrepaired()

    async def _fetch(self, missed: MissedTrades) -> None:
        """Fetch one request, and record its gap as repaired.

        Raises:
            ExchangeError: also if trades of the list could not be read, so that the gap is not repaired.
            RangeUnknown: not all of the gap could be fetched.
        """
        wanted = (missed.begin, missed.end)
        found = missed_ranges(*wanted, missed.ahead, datetime.now(UTC) - self._ahead())
        if found.is_whole or not missed.is_partly_fetched:
            await self._fetch_ranges(found.ranges)
            missed.is_partly_fetched = True
        if not found.is_whole:
            self._report_unknown(missed)
        if missed.frame_number is not None:
            self._repaired(missed.frame_number, "rest")
            self._repaired_numbers.append(missed.frame_number)
        # It may have been widened meanwhile, or have given its place away.
        if wanted == (missed.begin, missed.end) and missed in self._waiting:
            self._waiting.remove(missed)

    async def _fetch_ranges(self, ranges: list[tuple[datetime, datetime]]) -> None:
        overlap = timedelta(seconds=self._settings.overlap_seconds)
        seen = refused = 0
        for begin, end in ranges:
            fetched = await self._source.fetch(self._write, begin - overlap, end + overlap)
            seen, refused = seen + fetched.trades, refused + fetched.refused
        self._counters.trades_refused += refused
        if refused:
            raise BadAnswer(f"{refused} trades of REST cannot be read or stored", STATUS_OK)
        log.info("missed trades fetched", begin=ranges[0][0].isoformat(), end=ranges[-1][1].isoformat(), seen=seen)

    def _report_unknown(self, missed: MissedTrades) -> None:
        """Log an outage of which only the ends are fetched; a gap waits until the clock makes sense.

        Raises:
            RangeUnknown: the database holds this gap, which is not repaired.
        """
        reason = (
            f"trades from {missed.begin.isoformat()} to {missed.end.isoformat()} by this host's clock, which was "
            "wrong, or for more than a week: only the ends are fetched; run `gatherer backfill trades` for the rest"
        )
        if missed.frame_number is not None:
            raise RangeUnknown(reason)
        log.warning("missed trades not fetched", reason=reason)

    def _ahead(self) -> timedelta:
        """Return how far this host's clock is ahead of the exchange's, 0 if unknown."""
        seconds = self._counters.clock_difference_seconds
        return timedelta(seconds=seconds if abs(seconds) < AHEAD_SECONDS_MAX else 0.0)

    def _postpone(self, missed: MissedTrades, error: Exception) -> None:
        """Try a request again later: soon if the exchange did not answer, seldom if it goes on refusing."""
        missed.failures += 1
        missed.reason = _reason(error)
        may_pass = is_transient(error) or (isinstance(error, ExchangeError) and not error.status)
        seconds_max = RETRY_SECONDS_MAX if may_pass else RETRY_SECONDS_SELDOM
        missed.due_at = time.monotonic() + delay_seconds(missed.failures, seconds_max)
        if missed.failures in (1, FAILURES_MAX):
            times = {"begin": missed.begin.isoformat(), "end": missed.end.isoformat()}
            log.warning("missed trades not fetched yet", error=missed.reason, failures=missed.failures, **times)

    def _count_unrepaired(self) -> None:
        failing = [missed for missed in self._waiting if missed.failures >= FAILURES_MAX]
        self._counters.trade_gaps_unrepaired = len(failing)
        self._counters.trade_gap_failure = failing[-1].reason if failing else ""

    def _widen(self, missed: MissedTrades) -> None:
        """Add a request to the newest one without a number, which no table holds."""
        newest = next((each for each in reversed(self._waiting) if each.frame_number is None), None)
        if newest is None:
            # Its place is taken from a gap, which the database holds.
            self._waiting[-1] = missed
            self._has_left_over = True
        else:
            newest.begin, newest.end = min(newest.begin, missed.begin), max(newest.end, missed.end)
            newest.due_at, newest.ahead = missed.due_at, max(newest.ahead, missed.ahead, key=abs)
            newest.is_partly_fetched = False

    def _settled_at(self) -> float:
        """Return when REST shows the trades of now; it shows a trade slightly later than the feed."""
        return time.monotonic() + self._settings.settle_seconds

    async def _write(self, trades: list[FetchedTrade]) -> int:
        added, refused = await asyncio.to_thread(self._add, trades)
        self._counters.trades_fetched += added
        return len(refused)

    def _add(self, trades: list[FetchedTrade]) -> tuple[int, list[str]]:
        with connect(self._conninfo, application_name="gatherer recovery") as connection:
            return add_trades(connection, trades)

    async def _queue_unrepaired(self) -> None:
        """Queue the gaps in trades that are not repaired yet and do not wait already."""
        rows = await asyncio.to_thread(self._unrepaired)
        numbers = {*self._repaired_numbers, *(missed.frame_number for missed in self._waiting)}
        new = [MissedTrades(*row, self._settled_at()) for row in rows if row[2] not in numbers]
        room = WAITING_MAX - len(self._waiting)
        self._waiting += new[:room]
        self._has_left_over = len(new) > room

    def _unrepaired(self) -> list[tuple[datetime, datetime, int]]:
        with connect(self._conninfo, application_name="gatherer recovery") as connection:
            return connection.execute(query("capture/backfill/list_gaps_in_trades")).fetchall()


def _reason(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
