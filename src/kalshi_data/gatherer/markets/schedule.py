"""Which order books are wanted now; it also changes without messages, since markets open and close by the clock."""

import asyncio
import heapq
from collections.abc import Callable

import msgspec

from kalshi_data.gatherer.markets.settings import RegistrySettings

NEVER_S = float("inf")
# A REST answer this much newer than a message is still treated as older, since clocks differ.
SLACK_SECONDS = 5.0
# REST lags behind the feed. What it says this long after a message is believed, whatever time it names.
BELIEVED_SECONDS = 300.0
# A time of a change further ahead than this is an error of the exchange or of this host's clock.
AHEAD_SECONDS_MAX = 86_400.0
# The clock was set back by at least this much: smaller steps change nothing that is due.
CLOCK_STEP_SECONDS = 1.0
# More markets than the exchange has ever listed; a list that never ends must not fill the memory.
MARKETS_MAX = 2_000_000
# The heap is rebuilt if it holds more than this many entries that no market is due at any more.
STALE_ENTRIES_MAX = 10_000


class ScheduledMarket(msgspec.Struct, gc=False):
    """A market while it may trade, times in s since 1970; kept small, since there may be 600,000 of them."""

    opens_s: float
    closes_s: float
    updated_s: float  # the time that REST named for its newest answer, 0 for none; a later answer may be an older state
    seen_s: float  # when REST or a message last mentioned it
    message_s: float = -NEVER_S  # when the last message about it arrived
    due_s: float = NEVER_S  # when to decide again whether its book is wanted
    is_over: bool = False  # its result is known
    is_over_in_rest: bool = False  # REST reports this too, so no older answer can undo it
    is_listed: bool = False  # whether REST has ever shown it


class Schedule:
    """All markets that the filter includes; `wanted` holds those whose books should be subscribed now."""

    def __init__(self, settings: RegistrySettings, now: Callable[[], float]) -> None:
        """Start without markets; `now` returns s since 1970."""
        self._early_seconds = settings.open_early_seconds
        self._late_seconds = settings.close_late_seconds
        self._now = now
        self._due: list[tuple[float, str]] = []
        self._advanced_s = -NEVER_S
        self.markets: dict[str, ScheduledMarket] = {}
        self.wanted: dict[str, None] = {}
        self.changed = asyncio.Event()

    def learn(self, ticker: str, opens_s: float, closes_s: float, updated_s: float, *, is_over: bool) -> bool:
        """Apply a REST answer unless newer state is known; do not add a market that is already over.

        `updated_s` is 0 if the answer names no time; then what was asked later is newer. A time to come is none.

        Returns:
            Whether the answer was applied, or is of no interest; if not, ask again after BELIEVED_SECONDS.
        """
        updated_s = self._believed(updated_s)
        market = self.markets.get(ticker)
        if market is None:
            if is_over or self._is_full():
                return True
            market = self.markets[ticker] = ScheduledMarket(opens_s, closes_s, updated_s, self._now())
        market.seen_s, market.is_listed = self._now(), True
        market.is_over_in_rest = is_over
        is_news = self._is_news(market, updated_s)
        if is_news and not (is_over and market.is_over):
            market.opens_s, market.closes_s, market.updated_s = opens_s, closes_s, updated_s
            market.is_over = False
            if is_over:
                self._end(market)
        self._update_wanted(ticker, market)
        return is_news

    def _is_news(self, market: ScheduledMarket, updated_s: float) -> bool:
        if updated_s and updated_s < self._believed(market.updated_s):
            return False
        # A message in the future arrived before the clock was set back.
        since_message_s = self._now() - market.message_s
        return updated_s >= market.message_s - SLACK_SECONDS or not 0 <= since_message_s < BELIEVED_SECONDS

    def _believed(self, updated_s: float) -> float:
        return updated_s if updated_s <= self._now() + AHEAD_SECONDS_MAX else 0.0

    def _is_full(self) -> bool:
        return len(self.markets) >= MARKETS_MAX

    def create(self, ticker: str, opens_s: float, closes_s: float) -> None:
        """Add a market that a message announced."""
        if ticker not in self.markets and not self._is_full():
            market = ScheduledMarket(opens_s, closes_s, 0.0, self._now())
            self.markets[ticker] = market
            self._update_wanted(ticker, market)

    def close_at(self, ticker: str, closes_s: float) -> bool:
        """Set a market's close time; return whether the market is known."""
        return self._apply_message(ticker, closes_s=closes_s)

    def reopen(self, ticker: str) -> bool:
        """Mark a market as trading again; return whether it is known."""
        return self._apply_message(ticker, is_over=False)

    def end(self, ticker: str) -> bool:
        """Mark a market as over because its result is known; return whether the market is known."""
        return self._apply_message(ticker, is_over=True)

    def forget(self, ticker: str) -> None:
        """Remove a market that the exchange no longer lists."""
        self.markets.pop(ticker, None)
        self._set_wanted(ticker, wanted=False)

    def unseen_since(self, since_s: float) -> list[str]:
        """Return the listed markets that neither REST nor a message has mentioned since a time."""
        return [ticker for ticker, market in self.markets.items() if market.is_listed and market.seen_s < since_s]

    def advance(self) -> float:
        """Re-decide the markets that are due now; return when the next one is due, in s since 1970."""
        if self._now() < self._advanced_s - CLOCK_STEP_SECONDS:
            for ticker, market in list(self.markets.items()):
                self._update_wanted(ticker, market)
        self._advanced_s = self._now()
        while self._due and self._due[0][0] <= self._now():
            at_s, ticker = heapq.heappop(self._due)
            market = self.markets.get(ticker)
            if market is not None and market.due_s == at_s:
                self._update_wanted(ticker, market)
        if len(self._due) > 2 * len(self.markets) + STALE_ENTRIES_MAX:
            self._due = [(market.due_s, ticker) for ticker, market in self.markets.items() if market.due_s < NEVER_S]
            heapq.heapify(self._due)
        return self._due[0][0] if self._due else NEVER_S

    def pending(self) -> int:
        """Return how many entries the heap holds, stale ones included."""
        return len(self._due)

    def _apply_message(self, ticker: str, *, closes_s: float | None = None, is_over: bool | None = None) -> bool:
        market = self.markets.get(ticker)
        if market is None:
            return False
        market.seen_s = market.message_s = self._now()
        if closes_s is not None:
            market.closes_s = closes_s
        if is_over:
            self._end(market)
        elif is_over is not None:
            market.is_over = False
        self._update_wanted(ticker, market)
        return True

    def _end(self, market: ScheduledMarket) -> None:
        market.is_over = True
        market.closes_s = min(market.closes_s, self._now())

    def _update_wanted(self, ticker: str, market: ScheduledMarket) -> None:
        """Decide whether a market's book is wanted now, and schedule the next decision."""
        from_s, until_s = market.opens_s - self._early_seconds, market.closes_s + self._late_seconds
        now_s = self._now()
        self._set_wanted(ticker, wanted=from_s <= now_s < until_s)
        if now_s >= until_s and market.is_over and market.is_over_in_rest:
            del self.markets[ticker]
            return
        due_s = from_s if now_s < from_s else until_s if now_s < until_s else NEVER_S
        if due_s != market.due_s:
            market.due_s = due_s
            if due_s < NEVER_S:
                heapq.heappush(self._due, (due_s, ticker))

    def _set_wanted(self, ticker: str, *, wanted: bool) -> None:
        if wanted == (ticker in self.wanted):
            return
        if wanted:
            self.wanted[ticker] = None
        else:
            del self.wanted[ticker]
        self.changed.set()
