"""Numbers messages without a key by their bodies, whichever fields a body lacks for a while."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast

import msgspec

# How many fields are held of one connection's bodies, and how many different bodies of one subject and kind.
FIELDS_MAX = 1_000_000
BODIES_MAX = 50
# How many times of earlier bodies a row has at most.
EARLIER_MAX = 15

# If these are null, an event has the fees of its series again. Source: the exchange's AsyncAPI, event_fee_update.
NULL_IS_A_VALUE = frozenset({"fee_type_override", "fee_multiplier_override"})
# A number of any size is kept exactly.
_BODY = msgspec.json.Decoder(float_hook=Decimal)

Fields = frozenset[int]


class EarlierBodies(NamedTuple):
    """How many bodies before one in its burst have all of its fields, and the times of the last ones, oldest first."""

    bodies: int
    times: tuple[datetime, ...]


NOTHING_EARLIER = EarlierBodies(0, ())


class BodyCount(msgspec.Struct):
    """The bodies of a burst that have these fields and no others, and those that have at least these.

    Each starts over after a pause.
    """

    equal: EarlierBodies
    containing: EarlierBodies


class BodyNumbering:
    """Numbers the bodies of one subject and kind by how many before them in the burst have all of their fields.

    So the number of a body that has lost a field counts the richer ones before it, too. A null counts as a field that
    is missing, but for fees. Bodies are forgotten after the pause, also if their time lay in the future, or if more
    than `fields_max` fields are held.
    """

    def __init__(self, pause: timedelta, fields_max: int = FIELDS_MAX, bodies_max: int = BODIES_MAX) -> None:
        """Start with no bodies."""
        self._pause = pause
        self._fields_max = fields_max
        self._bodies_max = bodies_max
        self._fields = 0
        # When a body of each key came last, in that order, and the counts of different bodies.
        self._last: OrderedDict[str, tuple[datetime, OrderedDict[Fields, BodyCount]]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many fields are held, counting each body as one more."""
        return self._fields

    def number(self, key: str, payload: str, at: datetime) -> EarlierBodies:
        """Return which bodies of the key before this one in the burst have all of its fields."""
        self._forget(at)
        fields = frozenset(_fields(_BODY.decode(payload)))
        _, bodies = self._last.pop(key, (at, OrderedDict[Fields, BodyCount]()))
        self._last[key] = (at, bodies)
        if fields not in bodies:
            bodies[fields] = BodyCount(NOTHING_EARLIER, self._richer(bodies, fields, at))
            self._fields += 1 + len(fields)
        bodies.move_to_end(fields)
        earlier = self._going_on(bodies[fields].containing, at)
        bodies[fields].equal = self._add(bodies[fields].equal, at)
        for held, each in bodies.items():
            if held <= fields:
                each.containing = self._add(each.containing, at)
        if len(bodies) > self._bodies_max:
            oldest, _ = bodies.popitem(last=False)
            self._fields -= 1 + len(oldest)
        return earlier

    def _richer(self, bodies: Mapping[Fields, BodyCount], fields: Fields, at: datetime) -> EarlierBodies:
        """Return the bodies of the burst that have these fields and others."""
        found = [self._going_on(each.equal, at) for held, each in bodies.items() if held > fields]
        times = sorted(time for each in found for time in each.times)
        return EarlierBodies(sum(each.bodies for each in found), tuple(times[-EARLIER_MAX:]))

    def _add(self, before: EarlierBodies, at: datetime) -> EarlierBodies:
        number, times = self._going_on(before, at)
        return EarlierBodies(number + 1, (*times, at)[-EARLIER_MAX:])

    def _going_on(self, before: EarlierBodies, at: datetime) -> EarlierBodies:
        return before if before.times and self._goes_on(before.times[-1], at) else NOTHING_EARLIER

    def _goes_on(self, before: datetime, at: datetime) -> bool:
        return abs(at - before) <= self._pause

    def _forget(self, at: datetime) -> None:
        """Forget the bodies whose burst is over, and make room for one more."""
        while self._last:
            oldest, _ = next(iter(self._last.values()))
            if self._fields < self._fields_max and self._goes_on(oldest, at):
                return
            _, (_, bodies) = self._last.popitem(last=False)
            self._fields -= sum(1 + len(each) for each in bodies)


def _fields(value: object, path: str = "") -> Iterator[int]:
    """Yield a short mark of each field that has a value, also of those inside of objects."""
    if isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            yield from _fields(inner, f"{path}\0{name}")
    elif value is not None or path.rpartition("\0")[2] in NULL_IS_A_VALUE:
        yield hash((path, repr(value)))
