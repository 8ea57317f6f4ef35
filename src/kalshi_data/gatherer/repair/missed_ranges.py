"""Which ranges to fetch for missed trades, although this host's clock may have been wrong or set meanwhile."""

from datetime import datetime, timedelta
from typing import NamedTuple

# No outage lasts longer, but a clock that was wrong may pretend so. Trades of a longer one need a backfill.
SPAN_MAX = timedelta(days=7)
# Older times are those of a clock that starts in 1970 or 2000, or was set to another year.
AGE_MAX = timedelta(days=366)
# A gap that was found while the clock was set back is shorter.
EDGE = timedelta(hours=1)
# A time may be this much ahead of now, since the exchange's clock is known only so well.
CLOCK_MARGIN = timedelta(minutes=1)


class MissedRanges(NamedTuple):
    """The ranges to fetch, each from its first time on and before its second, and whether they hold all missed."""

    ranges: list[tuple[datetime, datetime]]
    is_whole: bool


def missed_ranges(begin: datetime, end: datetime, ahead: timedelta, now: datetime) -> MissedRanges:
    """Return what to fetch between two times of this host's clock, which was `ahead` of the exchange's at the end.

    Whether the clock was ahead at the beginning too cannot be known, so both readings of each time count. `now` is the
    exchange's time as far as it is known.
    """
    begins = [each for each in (begin, begin - ahead) if now - AGE_MAX <= each <= now + CLOCK_MARGIN]
    ends = [each for each in (end, end - ahead) if now - AGE_MAX <= each <= now + EDGE]
    first, last = min(begins, default=now), max(ends, default=now + CLOCK_MARGIN)
    if not begins:
        return MissedRanges([(last - EDGE, last + CLOCK_MARGIN)], is_whole=False)
    if first > last:
        # The clock was set back. Either time may be the wrong one.
        return MissedRanges([(last - EDGE, last + EDGE), (first - EDGE, first + EDGE)], is_whole=True)
    if last - first > SPAN_MAX + EDGE:
        return MissedRanges([(first - CLOCK_MARGIN, first + EDGE), (last - SPAN_MAX, last)], is_whole=False)
    return MissedRanges([(first, last)], is_whole=True)
