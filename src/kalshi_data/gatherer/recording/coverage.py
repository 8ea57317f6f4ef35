"""What one subscription covers: between which times every message of a market was received."""

from datetime import datetime
from typing import Any

import msgspec

from kalshi_data.gatherer.recording.events import BookCompared, BookNotFollowed
from kalshi_data.gatherer.recording.followed_books import BookComparison, FollowedBooks
from kalshi_data.kalshi.feed import BOOK_CHANNEL
from kalshi_data.kalshi.rows import Row
from kalshi_data.kalshi.sequence import SequenceGap

# The statement that writes a row of a state table, and the row's values. Writing it twice changes nothing.
StateRow = tuple[str, tuple[Any, ...]]
ALL_MARKETS = ""
# More gaps than this at once are never recorded as repaired, but their books are covered from their snapshots on.
GAPS_MAX = 10_000


class CoverageState(msgspec.Struct, frozen=True):
    """What is known of a subscription, for the frame log."""

    sid: int
    channel: str
    last_at: datetime
    resumes: bool
    covered: set[str]
    gaps: dict[int, set[str]]
    # An earlier version did not record it.
    last_changes: dict[str, int] = {}


class Coverage:
    """One subscription of one connection; each method returns the rows that it leads to.

    An order book is covered from its snapshot on, a channel of all markets from its acknowledgement. A gap ends what
    was covered at the last frame before it.
    """

    def __init__(self, connection_id: int, sid: int, channel: str, last_at: datetime) -> None:
        """Start with nothing covered; the last frame of the subscription arrived at `last_at`."""
        self._key = (connection_id, sid)
        # The gaps that wait for snapshots, oldest first: how many books wait since each. One that waits since a gap
        # waits for all later ones too, so it is held once, whatever the number of gaps.
        self._gaps: dict[int, int] = {}
        self._waiting_since: dict[str, int] = {}
        self.channel = channel
        self.covered: set[str] = set()
        self.last_at = last_at
        self.books = FollowedBooks()
        # Whether frames are missing since the last one, so that a channel of all markets is covered from the next on.
        self.resumes = False

    def state(self) -> CoverageState:
        """Return what is known of the subscription."""
        gaps: dict[int, set[str]] = {number: set() for number in self._gaps}
        for ticker, number in self._waiting_since.items():
            gaps[number].add(ticker)
        return CoverageState(
            self._key[1], self.channel, self.last_at, self.resumes, self.covered, gaps, self.books.state()
        )

    def restore(self, state: CoverageState) -> None:
        """Continue with what was known of the subscription; its rows were written before."""
        self.resumes, self.covered = state.resumes, state.covered
        self._gaps = {number: len(tickers) for number, tickers in state.gaps.items()}
        self._waiting_since = {ticker: number for number, tickers in state.gaps.items() for ticker in tickers}

    def begin(self, ticker: str, at: datetime) -> list[StateRow]:
        """Cover a market from `at` on."""
        if ticker in self.covered:
            return []
        self.covered.add(ticker)
        self.resumes = False
        return [("coverage_begun", (*self._key, self.channel, ticker, at))]

    def snapshot(self, ticker: str, at: datetime) -> list[StateRow]:
        """Cover a book from its snapshot on, and repair the gaps that waited for this snapshot alone."""
        rows = self.begin(ticker, at)
        self._stop_waiting(ticker)
        while self._gaps and self._gaps[oldest := next(iter(self._gaps))] == 0:
            del self._gaps[oldest]
            rows.append(("gaps_repaired", (oldest, at, "snapshot")))
        return rows

    def compare(
        self, row: Row, frame_number: int, at: datetime, *, is_known: bool
    ) -> tuple[list[StateRow], list[BookCompared | BookNotFollowed]]:
        """Compare the row of a snapshot with what was received before it; return the rows and events."""
        ticker: str = row[5]
        comparison, is_followed = self.books.snapshot(row, is_known=is_known)
        events: list[BookCompared | BookNotFollowed] = [] if is_followed else [BookNotFollowed(ticker)]
        if comparison is None:
            return [], events
        wrong = comparison.wrong_level_count
        rows: list[StateRow] = [("book_checks", (*comparison.row, frame_number))]
        if wrong:
            rows += self._differs(ticker, comparison, frame_number, at)
        return rows, [*events, BookCompared(ticker, comparison.seqs, wrong, comparison.is_repeated)]

    def _differs(self, ticker: str, comparison: BookComparison, frame_number: int, at: datetime) -> list[StateRow]:
        """End a book at the snapshot before the one that it differs from, which begins it again."""
        # Its next snapshot shows whether it is right again.
        if len(self._gaps) < GAPS_MAX:
            self._gaps[frame_number] = 1
            self._waiting_since[ticker] = frame_number
        return [
            ("gaps_found", (frame_number, *self._key, self.channel, *comparison.seqs, comparison.from_at, at)),
            ("coverage_ended", (*self._key, ticker, comparison.from_at, "gap")),
            ("coverage_begun", (*self._key, self.channel, ticker, at)),
        ]

    def _stop_waiting(self, ticker: str) -> None:
        since = self._waiting_since.pop(ticker, None)
        if since is not None:
            self._gaps[since] -= 1

    def gap(self, gap: SequenceGap, frame_number: int, at: datetime) -> tuple[list[StateRow], set[str]]:
        """End what was covered at the last frame before a gap; return the rows and the books that need a snapshot."""
        numbers = (gap.seq_expected, gap.seq_received)
        rows: list[StateRow] = [("gaps_found", (frame_number, *self._key, self.channel, *numbers, self.last_at, at))]
        if gap.is_repeat:
            return rows, set()
        lost = self.covered
        rows += self.end(self.last_at, "gap")
        if self.channel != BOOK_CHANNEL:
            rows += self.begin(ALL_MARKETS, at)
        if self.channel != BOOK_CHANNEL:
            return rows, set()
        # A book that still waits for a snapshot after an earlier gap may have lost that snapshot in this gap.
        newly = lost - self._waiting_since.keys()
        if (newly or self._waiting_since) and len(self._gaps) < GAPS_MAX:
            self._gaps[frame_number] = len(newly)
            self._waiting_since.update(dict.fromkeys(newly, frame_number))
        return rows, lost | self._waiting_since.keys()

    def skip(self, at: datetime) -> list[StateRow]:
        """End what was covered at `at`, since frames are missing; a channel of all markets goes on from its next."""
        self.resumes = bool(self.covered) and self.channel != BOOK_CHANNEL
        return self.end(at, "gap")

    def received(self, at: datetime) -> list[StateRow]:
        """Record when a frame of the subscription arrived."""
        self.last_at = at
        if not self.resumes:
            return []
        self.resumes = False
        return self.begin(ALL_MARKETS, at)

    def end(self, at: datetime, reason: str) -> list[StateRow]:
        """End everything."""
        self.covered = set()
        self.books.clear()
        return [("coverage_ended", (*self._key, None, at, reason))]

    def drop(self, tickers: set[str], at: datetime) -> list[StateRow]:
        """End markets whose subscription ended."""
        dropped = sorted(tickers & self.covered)
        self.covered -= tickers
        for ticker in tickers:
            self._stop_waiting(ticker)
        self.books.forget(tickers)
        return [("coverage_ended", (*self._key, ticker, at, "dropped")) for ticker in dropped]
