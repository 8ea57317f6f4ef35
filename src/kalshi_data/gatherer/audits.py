"""Which books are to be compared with a fresh snapshot now: each once per interval, evenly spread."""

from collections import deque
from collections.abc import Collection


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
