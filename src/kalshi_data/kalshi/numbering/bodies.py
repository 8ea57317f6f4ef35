"""Numbers messages without a key by their bodies, whichever fields a body lacks for a while."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import msgspec

# How many fields are held of one connection's bodies, and how many different bodies of one subject and kind.
FIELDS_MAX = 1_000_000
BODIES_MAX = 50

# A number of any size is kept exactly.
_BODY = msgspec.json.Decoder(float_hook=Decimal)

Fields = frozenset[int]


class BodyCount(msgspec.Struct):
    """How many bodies of a burst have these fields and no others, how many have at least these, and when the last came.

    Each count starts over after a pause.
    """

    equal: int
    equal_at: datetime
    containing: int
    containing_at: datetime


class BodyNumbering:
    """Numbers the bodies of one subject and kind by how many before them in the burst have all of their fields.

    So the number of a body that has lost a field counts the richer ones before it, too. A null counts as a field that
    is missing. Bodies are forgotten after the pause, also if their time lay in the future, or if more than `fields_max`
    fields are held.
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

    def number(self, key: str, payload: str, at: datetime) -> int:
        """Return how many bodies of the key before this one in the burst have all of its fields."""
        self._forget(at)
        fields = frozenset(_fields(_BODY.decode(payload)))
        _, bodies = self._last.pop(key, (at, OrderedDict[Fields, BodyCount]()))
        self._last[key] = (at, bodies)
        count = bodies.get(fields)
        if count is not None:
            number = count.containing if self._goes_on(count.containing_at, at) else 0
        else:
            number = sum(
                each.equal for held, each in bodies.items() if held > fields and self._goes_on(each.equal_at, at)
            )
            count = BodyCount(0, at, number, at)
            self._fields += 1 + len(fields)
        bodies[fields] = count
        bodies.move_to_end(fields)
        count.equal = count.equal + 1 if self._goes_on(count.equal_at, at) else 1
        count.equal_at = at
        self._count_in_poorer(bodies, fields, at)
        if len(bodies) > self._bodies_max:
            oldest, _ = bodies.popitem(last=False)
            self._fields -= 1 + len(oldest)
        return number

    def _count_in_poorer(self, bodies: Mapping[Fields, BodyCount], fields: Fields, at: datetime) -> None:
        for held, each in bodies.items():
            if held <= fields:
                each.containing = each.containing + 1 if self._goes_on(each.containing_at, at) else 1
                each.containing_at = at

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
    elif value is not None:
        yield hash((path, repr(value)))
