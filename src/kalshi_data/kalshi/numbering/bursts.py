"""Bursts of deltas of one kind: they follow each other on a connection with short pauses between them."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

PAUSE = timedelta(seconds=10)
LONGEST = timedelta(minutes=10)
DELTAS_MAX = 10_000
# A delta is sent at most this long after it happened, and deltas of one clock happened together.
DELAY_MAX = timedelta(seconds=5)


class KindBurst(msgspec.Struct):
    """What a burst holds: how many deltas, how many of each clock and since when, and whether it has poor ones."""

    began_at: datetime
    last_at: datetime
    deltas: int = 0
    clocks: dict[int, tuple[datetime, int]] = msgspec.field(default_factory=dict[int, tuple[datetime, int]])
    has_undated: bool = False

    def of_clock(self, clock: int, at: datetime) -> int:
        """Return how many deltas of the burst have a clock, beside one that is received at a time."""
        since, deltas = self.clocks.get(clock, (at, 0))
        return deltas if abs(at - since) <= DELAY_MAX else 0

    def add(self, clocks: Mapping[int, int], at: datetime) -> None:
        """Count deltas by their clocks; 0 stands for those without one."""
        for clock, deltas in clocks.items():
            self.deltas += deltas
            if clock:
                before = self.of_clock(clock, at)
                self.clocks[clock] = (self.clocks[clock][0] if before else at, before + deltas)


class KindBursts:
    """The bursts that go on now.

    Memory is bounded: with `keys_max` kinds and clocks, the burst that no delta has joined for longest is forgotten.
    """

    def __init__(self, keys_max: int) -> None:
        """Start with no bursts."""
        self._keys_max = keys_max
        self._bursts: OrderedDict[str, KindBurst] = OrderedDict()
        self._clocks = 0

    def __len__(self) -> int:
        """Return how many kinds and clocks are held."""
        return len(self._bursts) + self._clocks

    def current(self, kind: str, at: datetime) -> KindBurst:
        """Return the burst that a delta belongs to; it may be new."""
        self._make_room()
        burst = self._bursts.get(kind)
        return burst if burst is not None and _goes_on(burst, at) else KindBurst(at, at)

    def add(self, kind: str, at: datetime, burst: KindBurst, clocks: Mapping[int, int]) -> None:
        """Count deltas in the current burst of their kind."""
        before = self._bursts.pop(kind, None)
        self._clocks -= 0 if before is None else len(before.clocks)
        burst.last_at = at
        burst.add(clocks, at)
        self._bursts[kind] = burst
        self._clocks += len(burst.clocks)

    def _make_room(self) -> None:
        """Forget bursts for their number only: frames with and without a time of sending may lie months apart."""
        while self._bursts and len(self) >= self._keys_max:
            self._clocks -= len(self._bursts.popitem(last=False)[1].clocks)


def _goes_on(burst: KindBurst, at: datetime) -> bool:
    is_short = abs(at - burst.began_at) <= LONGEST and burst.deltas < DELTAS_MAX
    return is_short and abs(at - burst.last_at) <= PAUSE
