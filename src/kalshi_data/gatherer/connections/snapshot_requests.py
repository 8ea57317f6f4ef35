"""Which books of a connection need a new snapshot, and when they are requested."""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from itertools import islice


class Rotation:
    """Visits the books of one connection in turn, evenly spread over an interval."""

    def __init__(self, interval_seconds: float) -> None:
        """Visit every book once in `interval_seconds`; visit none if that is 0."""
        self._interval_seconds = interval_seconds
        self._waiting: deque[str] = deque()
        self._owed = 0.0
        self._asked_at_seconds: float | None = None

    def due(self, tickers: Collection[str], now_seconds: float) -> list[str]:
        """Return the books whose turn has come since the last call; each new round visits every book of `tickers`."""
        elapsed = now_seconds - self._asked_at_seconds if self._asked_at_seconds is not None else 0.0
        self._asked_at_seconds = now_seconds
        if self._interval_seconds <= 0 or not tickers:
            return []
        self._owed = min(self._owed + len(tickers) * elapsed / self._interval_seconds, float(len(tickers)))
        count, self._owed = int(self._owed), self._owed % 1
        if len(self._waiting) < count:
            self._waiting.extend(tickers)
        return [self._waiting.popleft() for _ in range(count)]


AUDIT = "audit"
MISSING = "missing"


class SnapshotRequests:
    """The snapshots that one connection still has to request, each with its reason, oldest first."""

    def __init__(self, audit_seconds: float, announce: Callable[[], None]) -> None:
        """Start with none; audit every book once in `audit_seconds`, and call `announce` for every other reason."""
        self._announce = announce
        self._wanted: dict[str, str] = {}
        self._audits = Rotation(audit_seconds)
        self._pause_until = 0.0

    def need(self, tickers: Collection[str], reason: str) -> None:
        """Add books whose state is not known any more."""
        self._wanted |= dict.fromkeys(tickers, reason)
        self._announce()

    def audit(self, tickers: Collection[str]) -> None:
        """Add the subscribed books whose turn it is to be compared with a snapshot."""
        for ticker in self._audits.due(tickers, time.monotonic()):
            self._wanted.setdefault(ticker, AUDIT)

    def miss(self, ticker: str) -> None:
        """Add a subscribed book whose snapshot has not come."""
        self._wanted.setdefault(ticker, MISSING)

    def forget(self, ticker: str) -> None:
        """Remove a book that is not subscribed any more."""
        self._wanted.pop(ticker, None)

    def clear(self) -> None:
        """Remove every book, since a new subscription sends all snapshots."""
        self._wanted.clear()

    def take(self, subscribed: Collection[str], count_max: int) -> dict[str, str]:
        """Remove and return the next requests about subscribed books."""
        if time.monotonic() < self._pause_until:
            return {}
        tickers = list(islice((each for each in self._wanted if each in subscribed), count_max))
        return {ticker: self._wanted.pop(ticker) for ticker in tickers}

    def put_back(self, requests: Mapping[str, str], pause_seconds: float) -> None:
        """Put refused requests back at the front; take() returns nothing until the pause ends."""
        self._wanted = {**requests, **self._wanted}
        self._pause_until = time.monotonic() + pause_seconds
