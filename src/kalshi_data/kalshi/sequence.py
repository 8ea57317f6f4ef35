"""Gaps in the numbers that the exchange gives to the frames of a subscription."""

from typing import NamedTuple

# So many numbers in a row that came before mean that the exchange began to count anew, not that it repeats itself.
REPEATS_MAX = 100


class SequenceGap(NamedTuple):
    """A number that did not follow its predecessor."""

    sid: int
    seq_expected: int
    seq_received: int

    @property
    def is_repeat(self) -> bool:
        """Whether the exchange sent what it had sent before, so that nothing is missing."""
        return self.seq_received < self.seq_expected


class SequenceTracker:
    """Follows the numbers of every subscription of one connection; each starts at 1 and grows by 1.

    Every frame with sid and seq counts, whatever its type: acknowledgements and errors take numbers too.
    """

    def __init__(self, *, from_start: bool = True) -> None:
        """Expect number 1 of every subscription, or whatever comes first where the beginning was not seen."""
        self._from_start = from_start
        self._next: dict[int, int] = {}
        self._repeats: dict[int, tuple[int, int]] = {}  # by sid: the number expected then, how many repeats since

    def observe(self, sid: int, seq: int) -> SequenceGap | None:
        """Take note of one frame and return the gap before it, if there is one."""
        expected = self._next.get(sid)
        if expected is None:
            expected = 1 if self._from_start else seq
        if seq == expected:
            self._next[sid] = seq + 1
            return None
        return self._other(sid, expected, seq)

    def _other(self, sid: int, expected: int, seq: int) -> SequenceGap:
        gap = SequenceGap(sid, expected, seq)
        expected_then, repeats = self._repeats.get(sid, (0, 0))
        repeats = repeats + 1 if gap.is_repeat and expected_then == expected else 1
        restarted = repeats > REPEATS_MAX
        self._repeats[sid] = (expected, repeats)
        self._next[sid] = seq + 1 if restarted or not gap.is_repeat else expected
        # A count begun anew has lost an unknown number of frames: from 1 on, as a new subscription would.
        return SequenceGap(sid, 1, seq) if restarted and seq > 1 else gap
