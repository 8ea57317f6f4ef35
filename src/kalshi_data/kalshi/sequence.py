"""Gaps in the numbers that the exchange gives to the frames of a subscription."""

from typing import NamedTuple


class Gap(NamedTuple):
    """A number that did not follow its predecessor."""

    sid: int
    seq_expected: int
    seq_received: int


class SequenceCheck:
    """Follows the numbers of every subscription of one connection; each starts at 1 and grows by 1.

    Every frame with sid and seq counts, whatever its type: acknowledgements and errors take numbers too.
    """

    def __init__(self) -> None:
        """Expect number 1 of every subscription."""
        self._next: dict[int, int] = {}

    def observe(self, sid: int, seq: int) -> Gap | None:
        """Take note of one frame and return the gap before it, if there is one."""
        expected = self._next.get(sid, 1)
        self._next[sid] = max(expected, seq + 1)
        return None if seq == expected else Gap(sid, expected, seq)
