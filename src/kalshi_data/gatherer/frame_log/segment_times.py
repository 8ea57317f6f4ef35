"""Which blocks one segment may hold, so that frames are found by time although the clock was set."""

# From this block of a segment on, times do not go back, and they span at most SEGMENT_NS_MAX.
FIRST_BLOCKS = 2
SEGMENT_NS_MAX = 3_600_000_000_000


def follows(received_ns: int, last_ns: int) -> bool:
    """Return whether a record may stand in the block of the one before it."""
    return 0 <= received_ns - last_ns <= SEGMENT_NS_MAX


class SegmentTimes:
    """The times of the segment that is being written."""

    def __init__(self) -> None:
        """Start with an empty segment."""
        self._blocks = self._first_ns = self._last_ns = 0

    def take(self, first_ns: int, last_ns: int) -> bool:
        """Return whether the segment may hold a block with these times, and count it in if so."""
        jumps = first_ns < self._last_ns or last_ns - self._first_ns > SEGMENT_NS_MAX
        if jumps and self._blocks >= FIRST_BLOCKS:
            return False
        self._blocks += 1
        if self._blocks <= FIRST_BLOCKS:
            self._first_ns = first_ns
        self._last_ns = last_ns
        return True
