"""Numbers the deltas of one connection, whichever of their fields it lacks for a while.

The exchange deploys changes of its messages in steps, so a connection may lack a field that another has, and that it
had itself a moment ago. The numbers let the merge compare deltas that know different fields:
sql/production/queries/merge/orderbook_deltas.sql.

Nearly all deltas have a time of the same exactness as those before, and cost one dictionary operation. From the first
one that has not, deltas are also counted by the second and by the burst, for as long as its burst can last.
"""

from datetime import UTC, datetime

from kalshi_data.kalshi.numbering.bursts import DELAY_MAX, LONGEST, KindBursts
from kalshi_data.kalshi.numbering.label_counts import MICROSECONDS, CountsByKey, DeltaNumbers

# Equal deltas have the same millisecond of the matching engine, so few others come between them. Each of a gatherer's
# many connections keeps this many keys.
DELTA_KEYS_MAX = 20_000
# How long the text of a time is that is exact to the microsecond, millisecond or second.
MICROSECOND_LENGTH, MILLISECOND_LENGTH, SECOND_LENGTH = 26, 23, 19
MICROSECOND_PLACES = 6


class _Watch:
    """Counts deltas while those of a connection differ in how exact their times are."""

    def __init__(self, keys_max: int, counted: CountsByKey, at: datetime) -> None:
        """Count what the connection received before."""
        self.bursts = KindBursts(keys_max)
        self.seconds = CountsByKey(keys_max)
        # When a delta last had a time of another exactness than the one before, or none.
        self.poor_at = at
        self.deltas_left = keys_max
        earlier = sorted((*key.split("\t", 1), clocks) for key, clocks in counted.items())
        for time, kind, clocks in earlier:
            moment = datetime.fromisoformat(time).replace(tzinfo=UTC)
            burst = self.bursts.current(kind, moment)
            self.bursts.add(kind, moment, burst, clocks)
            for clock, deltas in clocks.items():
                self.seconds.restore(f"{time[:SECOND_LENGTH]}\t{kind}", clock * MICROSECONDS, deltas)

    def undated(self, kind: str, clock: int, at: datetime) -> DeltaNumbers:
        """Return the numbers of a delta without a time."""
        burst = self.bursts.current(kind, at)
        occurrence = burst.of_clock(clock, at) if clock else burst.deltas
        numbers = (occurrence, burst.deltas, None, None, burst.began_at)
        burst.has_undated = True
        self.bursts.add(kind, at, burst, {clock: 1})
        return numbers

    def dated(self, kind: str, clock: int, at: datetime, numbers: DeltaNumbers) -> DeltaNumbers:
        """Return the numbers of a delta with a time, given those among deltas with one."""
        burst = self.bursts.current(kind, at)
        if burst.has_undated:
            of_clock = burst.of_clock(clock, at) if clock else 0
            numbers = (numbers[0], burst.deltas, of_clock or None, None, burst.began_at)
        self.bursts.add(kind, at, burst, {clock: 1})
        return numbers


class DeltaNumbering:
    """Numbers the deltas of one connection; memory is bounded by `keys_max`.

    The parameters of its methods: `kind` names what equal deltas have in common, `time` is the text of `moment`,
    `places` are the decimal places of it that are known, and `at` is when the delta was sent, else received.
    """

    def __init__(self, keys_max: int = DELTA_KEYS_MAX) -> None:
        """Start before the first delta."""
        self._keys_max = keys_max
        self._counts = CountsByKey(keys_max)
        # Whether the newest delta with a time was exact to the millisecond or finer.
        self._is_fine: bool | None = None
        self._watch: _Watch | None = None

    def __len__(self) -> int:
        """Return how many keys and labels are held."""
        watch = self._watch
        return len(self._counts) + (len(watch.seconds) + len(watch.bursts) if watch else 0)

    def dated(self, kind: str, time: str, places: int, clock: int, moment: datetime, at: datetime) -> DeltaNumbers:
        """Return the numbers of a delta with a time."""
        is_fine = places > 0
        # One string, because a string caches its hash and takes less memory than a tuple. No part can hold a tab.
        key = f"{time[: MILLISECOND_LENGTH if is_fine else SECOND_LENGTH]}\t{kind}"
        label = clock * MICROSECONDS
        if places == MICROSECOND_PLACES:
            label += 1 + int(time[MILLISECOND_LENGTH:MICROSECOND_LENGTH])
        if self._watch is None and is_fine is self._is_fine:
            return self._counts.add(key, label)
        if self._watch is None and self._is_fine is None:
            self._is_fine = is_fine
            return self._counts.add(key, label)
        watch = self._watch_on(at, is_poor=is_fine is not self._is_fine)
        self._is_fine = is_fine
        numbers = self._counts.add(key, label)
        second = f"{time[:SECOND_LENGTH]}\t{kind}"
        of_second = watch.seconds.add(second, clock * MICROSECONDS)
        if not is_fine:
            numbers = of_second
        elif second in self._counts:
            # A delta of which only the second is known may have happened in any millisecond of it.
            of_clock = of_second[0] if clock else 0
            numbers = (numbers[0], watch.seconds.total(second) - 1, of_clock or None, 0, None)
        # A delta that was not sent when it happened is in no burst: its time would not fit to the others'.
        return numbers if abs(at - moment) > DELAY_MAX else watch.dated(kind, clock, at, numbers)

    def undated(self, kind: str, clock: int, at: datetime) -> DeltaNumbers:
        """Return the numbers of a delta without a time."""
        return self._watch_on(at, is_poor=True).undated(kind, clock, at)

    def _watch_on(self, at: datetime, *, is_poor: bool) -> _Watch:
        """Return the watch; begin one, renew it, or let it end with this delta."""
        watch = self._watch or _Watch(self._keys_max, self._counts, at)
        if is_poor:
            watch.poor_at, watch.deltas_left = at, self._keys_max
        watch.deltas_left -= 1
        is_over = watch.deltas_left <= 0 and abs(at - watch.poor_at) > LONGEST
        self._watch = None if is_over else watch
        return watch
