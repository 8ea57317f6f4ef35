"""What gatherers receive of changes whose labels come and go, and the fewest changes that explain it: a naive model."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from kalshi_data.kalshi.numbering.deltas import DeltaNumbering

UNIT_US = {6: 1, 3: 1_000, 0: 1_000_000}
SLACK_US = 5_000_000
# How long the text of a time is.
TEXT_LENGTH = {6: 26, 3: 23, 0: 19}


class TrueChange(NamedTuple):
    """A change as the exchange made it, at a time in microseconds."""

    kind: str
    at: int
    clock: int


class ReceivedChange(NamedTuple):
    """A change as one line received it: some labels may be missing. `own` is when the frame was sent."""

    kind: str
    own: int
    at: int | None
    digits: int | None
    clock: int

    @property
    def shown_at(self) -> int:
        return self.own if self.at is None else self.at


class NumberedChange(NamedTuple):
    """A received change with its numbers among those of its line."""

    change: ReceivedChange
    occurrence: int
    ordinal: int | None
    ordinal_of_clock: int | None
    ordinal_digits: int | None
    burst_began: int | None

    def as_row(self, gatherer_id: int, start: datetime) -> dict[str, object]:
        change = self.change
        began = None if self.burst_began is None else start + timedelta(microseconds=self.burst_began)
        side, price = change.kind.split()
        return {
            "gatherer_id": gatherer_id,
            "exchange_ts": start + timedelta(microseconds=change.shown_at),
            "received_at": start + timedelta(microseconds=change.own),
            "market_ticker": "M",
            "clock": change.clock,
            "side": side,
            "price": price,
            "size_delta": 1,
            "occurrence": self.occurrence,
            "time_digits": change.digits,
            "ordinal": self.ordinal,
            "ordinal_of_clock": self.ordinal_of_clock,
            "ordinal_digits": self.ordinal_digits,
            "burst_began_at": began,
        }


def seen(change: TrueChange, own: int, digits: int | None, *, has_clock: bool) -> ReceivedChange:
    """Return a change with the labels that a line sees."""
    at = None if digits is None else change.at - change.at % UNIT_US[digits]
    return ReceivedChange(change.kind, own, at, digits, change.clock if has_clock else 0)


def number(line: Sequence[ReceivedChange], start: datetime) -> list[NumberedChange]:
    """Number the changes of a line as its gatherer does, in the order in which they came."""
    numbering = DeltaNumbering()
    return [numbered(numbering, change, start) for change in line]


def numbered(numbering: DeltaNumbering, change: ReceivedChange, start: datetime) -> NumberedChange:
    sent_at = start + timedelta(microseconds=change.own)
    if change.at is None or change.digits is None:
        found = numbering.undated(change.kind, change.clock, sent_at)
    else:
        moment = start + timedelta(microseconds=change.at)
        text = f"{moment:%Y-%m-%d %H:%M:%S.%f}"[: TEXT_LENGTH[change.digits]]
        found = numbering.dated(change.kind, text, change.digits, change.clock, moment, sent_at)
    occurrence, ordinal, of_clock, digits, began_at = found
    began = None if began_at is None else (began_at - start) // timedelta(microseconds=1)
    return NumberedChange(change, occurrence, ordinal, of_clock, digits, began)


class Claim(NamedTuple):
    """At least `count` changes of a kind lie in a window; if `clock` is not 0, they have it."""

    kind: str
    begins: int
    ends: int
    clock: int
    change_count: int
    digits: int | None

    @property
    def order(self) -> tuple[object, ...]:
        return self.ends - self.begins, self.clock == 0, self.begins, self.ends, self.clock, self.change_count

    def overlaps(self, other: "Claim") -> bool:
        return self.begins < other.ends and other.begins < self.ends

    @property
    def labels(self) -> tuple[str, int, int | None, int]:
        return self.kind, self.begins if self.digits is not None else self.ends - SLACK_US, self.digits, self.clock


def claims(row: NumberedChange) -> Iterator[Claim]:
    """Return what a row says."""
    change = row.change
    began = change.own if row.burst_began is None else row.burst_began
    burst = (began - SLACK_US, change.shown_at + SLACK_US)
    if change.at is not None and change.digits is not None:
        own = (change.at, change.at + UNIT_US[change.digits])
    else:
        own = burst if change.clock == 0 else (change.own - SLACK_US, change.own + SLACK_US)
    yield Claim(change.kind, *own, change.clock, row.occurrence + 1, change.digits)
    if row.ordinal is None:
        return
    digits, shared = row.ordinal_digits, burst
    together = (change.shown_at - SLACK_US, change.shown_at + SLACK_US)
    if digits is not None:
        begins = change.shown_at - change.shown_at % UNIT_US[digits]
        shared = together = (begins, begins + UNIT_US[digits])
    yield Claim(change.kind, *shared, 0, row.ordinal + 1, digits)
    if row.ordinal_of_clock is not None:
        yield Claim(change.kind, *together, change.clock, row.ordinal_of_clock + 1, digits)


def explain(rows: Iterable[NumberedChange]) -> list[Claim]:
    """Return the fewest changes that explain all rows: each with its labels."""
    every = sorted((claim for row in rows for claim in claims(row)), key=attrgetter("kind"))
    return [change for _, group in groupby(every, attrgetter("kind")) for change in fewest(list(group))]


def fewest(evidence: Sequence[Claim]) -> list[Claim]:
    found: list[Claim] = []
    for claim in sorted(evidence, key=attrgetter("order")):
        fitting = [
            place
            for place, each in enumerate(found)
            if each.overlaps(claim) and (each.clock == claim.clock or 0 in (each.clock, claim.clock))
        ]
        missing = claim.change_count - len(fitting)
        found += [claim] * missing
        if claim.clock == 0:
            continue
        lacking = claim.change_count - max(missing, 0) - sum(found[place].clock == claim.clock for place in fitting)
        bare = sorted(
            (place for place in fitting if found[place].clock == 0),
            key=lambda place: (found[place].ends - found[place].begins, found[place].begins, place),
        )
        for place in bare[: max(lacking, 0)]:
            found[place] = found[place]._replace(clock=claim.clock)
    return found
