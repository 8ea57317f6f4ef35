"""Which books of a connection need a fresh snapshot, and since when they may be asked for."""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from itertools import islice


class Rotation:
    """Goes round the books of one connection."""

    def __init__(self, interval_seconds: float) -> None:
        """Visit every book once in `interval_seconds`; never where that is 0."""
        self._interval_seconds = interval_seconds
        self._waiting: deque[str] = deque()
        self._owed = 0.0
        self._asked_at_seconds: float | None = None

    def due(self, tickers: Collection[str], now_seconds: float) -> list[str]:
        """Return the books whose turn has come since the last call; a new round has every book of `tickers`."""
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


class SnapshotRequests:
    """The requests of one connection, each with its reason, oldest first."""

    def __init__(self, audit_seconds: float, announce: Callable[[], None]) -> None:
        """Begin with none; every book is audited once in `audit_seconds`, and what is urgent is announced."""
        self._announce = announce
        self._wanted: dict[str, str] = {}
        self._audits = Rotation(audit_seconds)
        self._pause_until = 0.0

    def need(self, tickers: Collection[str], reason: str) -> None:
        """Take note of books that are not known any more."""
        self._wanted |= dict.fromkeys(tickers, reason)
        self._announce()

    def audit(self, tickers: Collection[str]) -> None:
        """Take up the books whose turn it is to be compared."""
        for ticker in self._audits.due(tickers, time.monotonic()):
            self._wanted.setdefault(ticker, AUDIT)

    def forget(self, ticker: str) -> None:
        """Leave out a book that is not subscribed any more."""
        self._wanted.pop(ticker, None)

    def clear(self) -> None:
        """Leave out all: a subscription begun anew sends every book."""
        self._wanted.clear()

    def take(self, subscribed: Collection[str], count_max: int) -> dict[str, str]:
        """Return the next requests about subscribed books; they are not waiting any more."""
        if time.monotonic() < self._pause_until:
            return {}
        tickers = list(islice((each for each in self._wanted if each in subscribed), count_max))
        return {ticker: self._wanted.pop(ticker) for ticker in tickers}

    def put_back(self, requests: Mapping[str, str], pause_seconds: float) -> None:
        """Let refused requests wait again, and ask for nothing for a while."""
        self._wanted = {**requests, **self._wanted}
        self._pause_until = time.monotonic() + pause_seconds
