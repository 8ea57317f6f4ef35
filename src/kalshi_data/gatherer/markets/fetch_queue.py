"""Events and markets to fetch over REST by ticker, in batches, with retries while REST does not list them yet."""

from collections.abc import Callable, Iterable
from itertools import accumulate

import msgspec

from kalshi_data.gatherer.markets.market_filter import is_combo
from kalshi_data.kalshi.listings import EVENTS, MARKETS, MULTIVARIATE_EVENTS, Listing
from kalshi_data.service.retry import delay_seconds

BATCH_MAX = 50
# A longer list of tickers would not fit into the address of a request.
BATCH_CHARACTERS_MAX = 4_000
PENDING_MAX = 100_000
# REST lags behind the feed, and messages about one object come in groups.
FIRST_DELAY_SECONDS = 1.0
ATTEMPTS_MAX = 10
DELAY_SECONDS_MAX = 60.0
# Objects of a batch that failed are fetched in smaller batches, so that in the end the bad one stands alone.
FAILURES_MAX = 20
FAILURE_SECONDS_MAX = 600.0


class PendingFetch(msgspec.Struct, gc=False):
    """When to fetch one object, how many answers did not hold it, and how many requests for it failed."""

    due_s: float
    attempts: int = 0
    failures: int = 0


class FetchQueue:
    """Objects to fetch; the queue is bounded, and an object leaves it after ATTEMPTS_MAX answers without it."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Start empty; `now` returns s since 1970."""
        self._now = now
        self._pending: dict[Listing, dict[str, PendingFetch]] = {EVENTS: {}, MULTIVARIATE_EVENTS: {}, MARKETS: {}}

    def add_market(self, ticker: str, after_seconds: float = FIRST_DELAY_SECONDS) -> bool:
        """Queue a market, due after a delay; return False if the queue is full."""
        return self._add(MARKETS, ticker, after_seconds)

    def add_event(self, ticker: str) -> bool:
        """Queue an event on the listing of its kind; return False if the queue is full."""
        return self._add(MULTIVARIATE_EVENTS if is_combo(ticker) else EVENTS, ticker)

    def next_batch(self) -> tuple[Listing, list[str]] | None:
        """Return a batch that is due, events before markets, or None if none is."""
        now_s = self._now()
        for listing, pending in self._pending.items():
            # A time too far ahead was set before the clock was set back.
            due = [each for each, fetch in pending.items() if not 0 < fetch.due_s - now_s <= FAILURE_SECONDS_MAX]
            if due:
                return listing, self._batch(pending, due)
        return None

    def _batch(self, pending: dict[str, PendingFetch], tickers: list[str]) -> list[str]:
        """Return the first tickers that one request can name; after failures of the first, fewer."""
        batch = tickers[: max(BATCH_MAX >> pending[tickers[0]].failures, 1)]
        lengths = accumulate(len(ticker) + 1 for ticker in batch)
        return batch[: max(sum(length <= BATCH_CHARACTERS_MAX for length in lengths), 1)]

    def remove(self, listing: Listing, tickers: Iterable[str]) -> None:
        """Remove objects that were fetched."""
        for ticker in tickers:
            self._pending[listing].pop(ticker, None)

    def retry_missing(self, listing: Listing, tickers: Iterable[str]) -> list[str]:
        """Retry objects that an answer did not hold; remove and return those that had their last attempt."""
        given_up: list[str] = []
        for ticker in tickers:
            fetch = self._pending[listing].get(ticker)
            if fetch is not None:
                fetch.attempts += 1
                fetch.due_s = self._now() + delay_seconds(fetch.attempts, DELAY_SECONDS_MAX)
                if fetch.attempts >= ATTEMPTS_MAX:
                    given_up.append(ticker)
        self.remove(listing, given_up)
        return given_up

    def fail(self, listing: Listing, tickers: Iterable[str]) -> list[str]:
        """Fetch objects later because the request failed, later after each failure.

        Remove and return those that failed FAILURES_MAX times.
        """
        given_up: list[str] = []
        for ticker in tickers:
            fetch = self._pending[listing].get(ticker)
            if fetch is not None:
                fetch.failures += 1
                fetch.due_s = self._now() + delay_seconds(fetch.failures, FAILURE_SECONDS_MAX)
                if fetch.failures >= FAILURES_MAX:
                    given_up.append(ticker)
        self.remove(listing, given_up)
        return given_up

    def __len__(self) -> int:
        """Return how many objects are queued."""
        return sum(map(len, self._pending.values()))

    def _add(self, listing: Listing, ticker: str, after_seconds: float = FIRST_DELAY_SECONDS) -> bool:
        pending = self._pending[listing]
        if ticker in pending:
            return True
        if len(pending) >= PENDING_MAX:
            return False
        pending[ticker] = PendingFetch(self._now() + after_seconds)
        return True
