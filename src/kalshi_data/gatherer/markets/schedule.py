"""Which order books are wanted now, and when that changes without any message: markets open and close by the clock."""

import asyncio
import heapq
from collections.abc import Callable

import msgspec

from kalshi_data.gatherer.markets.settings import RegistrySettings

NEVER_S = float("inf")
# A body is taken for older than a message although it says a slightly later time: clocks differ.
SLACK_SECONDS = 5.0
# Entries of the heap that nothing waits for any more, since their markets have moved; above this they are cleared out.
STALE_MAX = 10_000


class Market(msgspec.Struct, gc=False):
    """What is kept of a market while it may trade, times in s since 1970; there may be 600,000 of these."""

    opens_s: float
    closes_s: float
    updated_s: float  # the exchange's time of what is known here; REST may still answer with something older
    seen_s: float  # when REST or a message last spoke of it
    due_s: float = NEVER_S  # when it is to be looked at again
    is_over: bool = False  # its result is known
    is_over_in_rest: bool = False  # REST says so as well, so that no older answer can bring it back
    is_listed: bool = False  # whether REST has ever shown it


class Schedule:
    """The markets that were chosen; `wanted` holds those whose books are to be subscribed now."""

    def __init__(self, settings: RegistrySettings, now: Callable[[], float]) -> None:
        """Begin without markets; `now` gives s since 1970."""
        self._early_seconds = settings.open_early_seconds
        self._late_seconds = settings.close_late_seconds
        self._now = now
        self._due: list[tuple[float, str]] = []
        self.markets: dict[str, Market] = {}
        self.wanted: dict[str, None] = {}
        self.changed = asyncio.Event()

    def learn(self, ticker: str, opens_s: float, closes_s: float, updated_s: float, *, is_over: bool) -> None:
        """Take what REST says of a market, unless something newer is known; one that is over is not taken up anew."""
        market = self.markets.get(ticker)
        if market is None:
            if is_over:
                return
            market = self.markets[ticker] = Market(opens_s, closes_s, updated_s, self._now())
        market.seen_s, market.is_listed = self._now(), True
        market.is_over_in_rest = is_over
        if updated_s >= market.updated_s and not (is_over and market.is_over):
            market.opens_s, market.closes_s, market.updated_s = opens_s, closes_s, updated_s
            market.is_over = False
            if is_over:
                self._end(market)
        self._place(ticker, market)

    def create(self, ticker: str, opens_s: float, closes_s: float) -> None:
        """Take a market that a message has just announced."""
        if ticker not in self.markets:
            market = Market(opens_s, closes_s, 0.0, self._now())
            self.markets[ticker] = market
            self._place(ticker, market)

    def close_at(self, ticker: str, closes_s: float) -> bool:
        """Move a market's closing as a message says; return whether the market is known."""
        return self._touch(ticker, closes_s=closes_s)

    def reopen(self, ticker: str) -> bool:
        """Take a market back that trades again; return whether it is known."""
        return self._touch(ticker, is_over=False)

    def end(self, ticker: str) -> bool:
        """Let a market go whose result is known; return whether it was known."""
        return self._touch(ticker, is_over=True)

    def forget(self, ticker: str) -> None:
        """Let a market go that the exchange does not list any more."""
        self.markets.pop(ticker, None)
        self._want(ticker, wanted=False)

    def unseen_since(self, moment_s: float) -> list[str]:
        """Return the listed markets that nobody has spoken of since a moment."""
        return [ticker for ticker, market in self.markets.items() if market.is_listed and market.seen_s < moment_s]

    def advance(self) -> float:
        """Do what is due by now; return when the next thing is, in s since 1970."""
        while self._due and self._due[0][0] <= self._now():
            at_s, ticker = heapq.heappop(self._due)
            market = self.markets.get(ticker)
            if market is not None and market.due_s == at_s:
                self._place(ticker, market)
        if len(self._due) > 2 * len(self.markets) + STALE_MAX:
            self._due = [(market.due_s, ticker) for ticker, market in self.markets.items() if market.due_s < NEVER_S]
            heapq.heapify(self._due)
        return self._due[0][0] if self._due else NEVER_S

    def waiting(self) -> int:
        """Return how many moments are noted, those of markets that have moved since included."""
        return len(self._due)

    def _touch(self, ticker: str, *, closes_s: float | None = None, is_over: bool | None = None) -> bool:
        market = self.markets.get(ticker)
        if market is None:
            return False
        market.seen_s = self._now()
        market.updated_s = max(market.updated_s, market.seen_s - SLACK_SECONDS)
        if closes_s is not None:
            market.closes_s = closes_s
        if is_over:
            self._end(market)
        elif is_over is not None:
            market.is_over = False
        self._place(ticker, market)
        return True

    def _end(self, market: Market) -> None:
        market.is_over = True
        market.closes_s = min(market.closes_s, self._now())

    def _place(self, ticker: str, market: Market) -> None:
        """Decide whether a market is wanted now, and note when to decide again."""
        begin_s, end_s = market.opens_s - self._early_seconds, market.closes_s + self._late_seconds
        now_s = self._now()
        self._want(ticker, wanted=begin_s <= now_s < end_s)
        if now_s >= end_s and market.is_over and market.is_over_in_rest:
            del self.markets[ticker]
            return
        due_s = begin_s if now_s < begin_s else end_s if now_s < end_s else NEVER_S
        if due_s != market.due_s:
            market.due_s = due_s
            if due_s < NEVER_S:
                heapq.heappush(self._due, (due_s, ticker))

    def _want(self, ticker: str, *, wanted: bool) -> None:
        if wanted == (ticker in self.wanted):
            return
        if wanted:
            self.wanted[ticker] = None
        else:
            del self.wanted[ticker]
        self.changed.set()
