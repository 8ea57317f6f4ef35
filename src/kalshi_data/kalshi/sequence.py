"""Finds gaps in the sequence numbers of a subscription.

Source: Kalshi AsyncAPI, `seq`, and Kalshi changelog, 2026-09-10: which channels have sequence numbers.
"""

from typing import NamedTuple

# After this many repeated numbers in a row, the exchange has restarted its count and does not repeat frames.
REPEATS_MAX = 100
# An exchange that keeps making subscriptions makes the oldest ones be forgotten.
SIDS_MAX = 10_000
# The exchange allows 500,000 markets on a connection.
CLOCKS_MAX = 1_000_000


class SequenceGap(NamedTuple):
    """A number that did not follow its predecessor."""

    sid: int
    seq_expected: int
    seq_received: int

    @property
    def is_repeat(self) -> bool:
        """Whether the exchange sent a frame again, so that nothing is missing."""
        return self.seq_received < self.seq_expected


class SequenceTracker:
    """Follows the numbers of every subscription of one connection: each starts at 1 and grows by 1.

    Every frame with sid and seq counts, since acknowledgements and errors take numbers too.
    """

    def __init__(self, *, from_start: bool = True) -> None:
        """Expect number 1 first; if `from_start` is false, accept any first number of a subscription."""
        self._from_start = from_start
        self._next: dict[int, int] = {}
        self._repeats: dict[int, tuple[int, int]] = {}  # by sid: the number expected then, how many repeats since
        # Subscriptions that may have been made again since their last frame.
        self._doubtful: set[int] = set()

    def observe(self, sid: int, seq: int) -> SequenceGap | None:
        """Record the number of a frame; return the gap before it, if there is one."""
        expected = self._next.get(sid)
        if expected is None:
            expected = 1 if self._from_start else seq
            self._forget_oldest()
        if seq == expected:
            self._doubtful.discard(sid)
            self._next[sid] = seq + 1
            return None
        if sid in self._doubtful and seq < expected:
            # A new subscription with this sid, whose frames before this one are missing.
            self.restart(sid)
            self._next[sid] = seq + 1
            return SequenceGap(sid, min(1, seq - 1), seq)
        self._doubtful.discard(sid)
        return self._other(sid, expected, seq)

    def doubt(self) -> None:
        """Take the next lower number of a subscription for a new count, since frames are missing in the log."""
        self._doubtful = set(self._next)

    def expected(self) -> dict[int, int]:
        """Return the number that each subscription must send next, by sid."""
        return dict(self._next)

    def restore(self, expected: dict[int, int]) -> None:
        """Continue at these numbers, except for subscriptions whose frames were observed already."""
        self._next = {**expected, **self._next}
        self._from_start = True

    def restart(self, sid: int) -> None:
        """Expect number 1 next, since the exchange made a new subscription with this sid."""
        self._forget_oldest()
        self._next[sid] = 1
        self._doubtful.discard(sid)
        self._repeats.pop(sid, None)

    def _forget_oldest(self) -> None:
        if len(self._next) >= SIDS_MAX:
            oldest = next(iter(self._next))
            del self._next[oldest]
            self._repeats.pop(oldest, None)

    def _other(self, sid: int, expected: int, seq: int) -> SequenceGap:
        gap = SequenceGap(sid, expected, seq)
        expected_then, repeats = self._repeats.get(sid, (0, 0))
        repeats = repeats + 1 if gap.is_repeat and expected_then == expected else 1
        restarted = repeats > REPEATS_MAX
        self._repeats[sid] = (expected, repeats)
        self._next[sid] = seq + 1 if restarted or not gap.is_repeat else expected
        # A restarted count has lost the frames from 1 on, as a new subscription would have.
        return SequenceGap(sid, 1, seq) if restarted and seq > 1 else gap


class BookClocks:
    """Follows the clock of every order book of one connection."""

    def __init__(self) -> None:
        """Start without books."""
        self._clocks: dict[str, int] = {}

    def observe(self, ticker: str, clock: int) -> bool:
        """Record a book's clock; return whether it went back. 0, the clock of a message without one, shows nothing."""
        if not clock:
            return False
        if len(self._clocks) >= CLOCKS_MAX:
            self._clocks.clear()
        went_back = clock < self._clocks.get(ticker, 0)
        self._clocks[ticker] = clock
        return went_back
