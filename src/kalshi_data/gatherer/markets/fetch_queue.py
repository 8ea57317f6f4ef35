"""Objects to be asked of REST by ticker, in batches, and again where REST does not know them yet."""

import random
from collections.abc import Callable, Iterable

import msgspec

from kalshi_data.gatherer.markets.market_filter import is_combo
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, Listing
from kalshi_data.service.retry import delay_seconds

BATCH_MAX = 50
PENDING_MAX = 100_000
# REST lags behind the feed, and messages about one object come in groups.
FIRST_DELAY_SECONDS = 1.0
ATTEMPTS_MAX = 10
DELAY_SECONDS_MAX = 60.0


class Ask(msgspec.Struct, gc=False):
    """When to ask, and how often that was in vain."""

    due_s: float
    attempts: int = 0


class Asks:
    """What is to be asked; bounded, and every ask ends after ATTEMPTS_MAX answers without the object."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with nothing to ask; `now` gives s since 1970."""
        self._now = now
        self._pending: dict[Listing, dict[str, Ask]] = {EVENTS: {}, MULTIVARIATE_EVENTS: {}, MARKETS: {}}

    def market(self, ticker: str, after_seconds: float = FIRST_DELAY_SECONDS) -> bool:
        """Ask for a market after a while; return whether there was room."""
        return self._add(MARKETS, ticker, after_seconds)

    def event(self, ticker: str) -> bool:
        """Ask for an event, in the list that holds its kind; return whether there was room."""
        return self._add(MULTIVARIATE_EVENTS if is_combo(ticker) else EVENTS, ticker)

    def due(self) -> tuple[Listing, list[str]] | None:
        """Return a batch that is due, events before markets, and None where nothing is."""
        now_s = self._now()
        for listing, pending in self._pending.items():
            tickers = [ticker for ticker, ask in pending.items() if ask.due_s <= now_s]
            if tickers:
                return listing, tickers[:BATCH_MAX]
        return None

    def answered(self, listing: Listing, tickers: Iterable[str]) -> None:
        """Take back what was answered."""
        for ticker in tickers:
            self._pending[listing].pop(ticker, None)

    def missed(self, listing: Listing, tickers: Iterable[str]) -> list[str]:
        """Ask again later for what was not in the answer; return what was asked for often enough."""
        given_up: list[str] = []
        for ticker in tickers:
            ask = self._pending[listing].get(ticker)
            if ask is not None:
                ask.attempts += 1
                ask.due_s = self._now() + delay_seconds(ask.attempts, random.uniform, DELAY_SECONDS_MAX)
                if ask.attempts >= ATTEMPTS_MAX:
                    given_up.append(ticker)
        self.answered(listing, given_up)
        return given_up

    def delay(self, listing: Listing, tickers: Iterable[str], seconds: float) -> None:
        """Ask again later, since there was no answer at all."""
        for ticker in tickers:
            ask = self._pending[listing].get(ticker)
            if ask is not None:
                ask.due_s = self._now() + seconds

    def __len__(self) -> int:
        """Return how many objects are to be asked for."""
        return sum(map(len, self._pending.values()))

    def _add(self, listing: Listing, ticker: str, after_seconds: float = FIRST_DELAY_SECONDS) -> bool:
        pending = self._pending[listing]
        if ticker in pending:
            return True
        if len(pending) >= PENDING_MAX:
            return False
        pending[ticker] = Ask(self._now() + after_seconds)
        return True
