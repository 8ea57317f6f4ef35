"""What one subscription covers: when which market's messages were all received, and when not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kalshi_data.kalshi.feed import BOOK_CHANNEL
from kalshi_data.kalshi.sequence import SequenceGap

# A row of a state table: how it is written, and its values. Writing it twice changes nothing.
Put = Callable[[str, tuple[Any, ...]], None]
ALL_MARKETS = ""


class Coverage:
    """One subscription of one connection.

    An order book is covered from its snapshot on, a channel of all markets from its acknowledgement. A gap ends what
    was covered at the last frame before it.
    """

    def __init__(self, connection_id: int, sid: int, channel: str, put: Put) -> None:
        """Begin with nothing covered; rows go to `put`."""
        self._key = (connection_id, sid)
        self._put = put
        self._gaps: dict[int, set[str]] = {}
        self.channel = channel
        self.covered: set[str] = set()

    def begin(self, ticker: str, at: datetime) -> None:
        """Take note that a market is covered from now on."""
        if ticker in self.covered:
            return
        self.covered.add(ticker)
        self._put("coverage_begun", (*self._key, self.channel, ticker, at))

    def snapshot(self, ticker: str, at: datetime) -> None:
        """Take a book's snapshot: it is covered, and whatever gap it was in is repaired for it."""
        self.begin(ticker, at)
        for frame_number, waiting in list(self._gaps.items()):
            waiting.discard(ticker)
            if not waiting:
                self.repaired(frame_number, at, "snapshot")

    def repaired(self, frame_number: int, at: datetime, repair: str) -> None:
        """Take note that nothing of a gap is missing any more."""
        self._gaps.pop(frame_number, None)
        self._put("gaps_repaired", (frame_number, at, repair))

    def gap(self, gap: SequenceGap, frame_number: int, last_at: datetime, at: datetime) -> set[str]:
        """End what was covered before a gap; return the books that need a snapshot."""
        numbers = (gap.seq_expected, gap.seq_received)
        self._put("gaps_found", (frame_number, *self._key, self.channel, *numbers, last_at, at))
        if gap.is_repeat:
            return set()
        lost = self.end(last_at, "gap")
        if self.channel != BOOK_CHANNEL:
            self.begin(ALL_MARKETS, at)
            return set()
        # Books that still wait for a snapshot after an earlier gap miss part of this one too, or that snapshot.
        waiting = lost.union(*self._gaps.values())
        if waiting:
            self._gaps[frame_number] = set(waiting)
        return waiting

    def end(self, at: datetime, reason: str) -> set[str]:
        """End everything; return the markets that were covered."""
        lost, self.covered = self.covered, set()
        self._put("coverage_ended", (*self._key, None, at, reason))
        return lost

    def drop(self, tickers: set[str], at: datetime) -> None:
        """End markets that are not subscribed any more."""
        for ticker in sorted(tickers & self.covered):
            self._put("coverage_ended", (*self._key, ticker, at, "dropped"))
        self.covered -= tickers
        for waiting in self._gaps.values():
            waiting.difference_update(tickers)
