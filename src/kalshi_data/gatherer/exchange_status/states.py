"""What the exchange says of itself, taken from its answers.

Source: Kalshi OpenAPI 3.34.0. The flags of the whole answer are those of shard 0; each other shard may be halted alone.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

import msgspec

from kalshi_data.errors import ExchangeError
from kalshi_data.kalshi.bodies import UNREADABLE, Body
from kalshi_data.kalshi.instants import timestamp_s

SHARD, SCHEDULE, MAINTENANCE = "shard", "schedule", "maintenance"
SHARDS = "exchange_index_statuses"
# More of one answer is left out, and counted.
STATES_MAX = 200
BODY_BYTES_MAX = 32_768
SHARD_MAX = 2**31 - 1
Value = TypeVar("Value")


class ExchangeState(NamedTuple):
    """One thing that the exchange says of itself; `body` is JSON as the exchange sent it, its names sorted."""

    kind: str
    body: bytes
    exchange_index: int | None = None
    exchange_active: bool | None = None
    trading_active: bool | None = None
    resumes_at: datetime | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_halted(self) -> bool:
        """Whether the exchange says that nothing can be traded on this shard."""
        return self.exchange_active is False or self.trading_active is False


class Answer(NamedTuple):
    """The states of one answer, and why other parts of it are left out."""

    states: list[ExchangeState]
    refused: list[str]


def shard_states(body: Body) -> Answer:
    """Return the state of each shard.

    Raises:
        ExchangeError: the answer does not say whether the exchange is active.
    """
    listed, refused = _objects(body.get(SHARDS), SHARDS)
    shards: dict[int, Body] = {}
    for each in listed:
        index = _value(each, "exchange_index", int)
        if index is None or not 0 <= index <= SHARD_MAX or index in shards:
            refused.append(f"{SHARDS}: a shard without a number of its own")
        else:
            shards[index] = each
    whole = {name: value for name, value in body.items() if name != SHARDS}
    if _value(whole, "exchange_active", bool) is not None:
        shards[0] = {**shards.get(0, {}), **whole, "exchange_index": msgspec.Raw(b"0")}
    elif not shards:
        raise ExchangeError("GET /exchange/status: the answer does not say whether the exchange is active")
    return _bounded([_shard(index, each) for index, each in sorted(shards.items())], refused)


def schedule_states(body: Body) -> Answer:
    """Return the standard hours, and each window of maintenance.

    Raises:
        ExchangeError: the answer has no schedule.
    """
    schedule = _value(body, "schedule", Body)
    if schedule is None:
        raise ExchangeError("GET /exchange/schedule: the answer has no schedule")
    windows, refused = _objects(schedule.pop("maintenance_windows", None), "maintenance_windows")
    hours = ExchangeState(SCHEDULE, _encode(schedule))
    return _bounded([hours, *(_window(each) for each in windows)], refused)


def _shard(index: int, body: Body) -> ExchangeState:
    active, trading = (_value(body, name, bool) for name in ("exchange_active", "trading_active"))
    resumes_at = _time(body, "exchange_estimated_resume_time")
    return ExchangeState(SHARD, _encode(body), index, active, trading, resumes_at)


def _window(body: Body) -> ExchangeState:
    begins_at, ends_at = _time(body, "start_datetime"), _time(body, "end_datetime")
    return ExchangeState(MAINTENANCE, _encode(body), begins_at=begins_at, ends_at=ends_at)


def _bounded(states: Iterable[ExchangeState], refused: list[str]) -> Answer:
    """Leave out what is too large, too much, or said twice."""
    kept: dict[tuple[str, bytes], ExchangeState] = {}
    for each in states:
        if len(each.body) > BODY_BYTES_MAX:
            refused.append(f"{each.kind}: more than {BODY_BYTES_MAX:,} bytes")
        elif len(kept) >= STATES_MAX:
            refused.append(f"{each.kind}: more than {STATES_MAX:,} in one answer")
        else:
            kept[each.kind, each.body] = each
    return Answer([*kept.values()], refused)


def _objects(encoded: msgspec.Raw | None, name: str) -> tuple[list[Body], list[str]]:
    """Return the objects of a list, and why others are left out; null and a missing list are empty."""
    if encoded is None or bytes(encoded) == b"null":
        return [], []
    try:
        members = msgspec.json.decode(encoded, type=list[msgspec.Raw])
    except UNREADABLE:
        return [], [f"{name}: no list"]
    objects: list[Body] = []
    for each in members:
        try:
            objects.append(msgspec.json.decode(each, type=Body))
        except UNREADABLE:
            continue
    return objects, [f"{name}: no object"] * (len(members) - len(objects))


def _value(body: Body, name: str, kind: type[Value]) -> Value | None:
    """Return a member of this type, or None; nothing else is taken for it."""
    try:
        return msgspec.json.decode(body.get(name, b"null"), type=kind | None)
    except UNREADABLE:
        return None


def _time(body: Body, name: str) -> datetime | None:
    """Return a time, or None for one of those that stand for none."""
    seconds = timestamp_s(_value(body, name, str), 0.0)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _encode(body: Mapping[str, msgspec.Raw]) -> bytes:
    return msgspec.json.encode(dict(sorted(body.items())))
