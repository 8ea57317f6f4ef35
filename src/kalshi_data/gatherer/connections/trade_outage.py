"""The times in which no connection received trades, and the requests that fetch what was missed."""

from collections.abc import Callable
from datetime import datetime

# Fetches the trades since a time; the number names the frame that revealed the gap, or is None.
FetchTrades = Callable[[datetime, int | None], None]


class TradeOutage:
    """Follows which connections receive trades, and fetches over REST what none of them received."""

    def __init__(self, fetch: FetchTrades, began_at: datetime | None) -> None:
        """Start without connections; the outage began when the last run received its last frame, if there was one."""
        self._fetch = fetch
        self._began_at = began_at
        self._receiving: set[str] = set()

    def subscribed(self, connection: str) -> None:
        """Record that a connection receives trades; the first one ends the outage."""
        if self._began_at is not None and not self._receiving:
            self._fetch(self._began_at, None)
            self._began_at = None
        self._receiving.add(connection)

    def lost(self, connection: str, last_received_at: datetime) -> None:
        """Record that a connection has received no trades since `last_received_at`."""
        if connection in self._receiving:
            self._receiving.discard(connection)
            if not self._receiving:
                self._began_at = last_received_at

    def gap(self, began_at: datetime, frame_number: int) -> None:
        """Fetch what a gap in the sequence numbers of one connection lost."""
        self._fetch(began_at, frame_number)
