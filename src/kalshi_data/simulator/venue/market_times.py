"""Move the times at which recorded markets open and close to the time at which their recording is played.

A market of an old recording closed long ago, so clients would drop its book as soon as a message names that time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from kalshi_data.kalshi.bodies import UNREADABLE
from kalshi_data.kalshi.instants import MILLISECONDS_MIN, timestamp_s_of_json
from kalshi_data.simulator.venue.recording import RecordedFrame

LIFECYCLE_TYPES = frozenset({"market_lifecycle_v2", "multivariate_market_lifecycle"})
MARKET_TIMES = ("open_ts", "close_ts")
METADATA, EXPIRATION = "additional_metadata", "expected_expiration_ts"
Fields = dict[str, msgspec.Raw]


def recorded_from_s(frames: Sequence[RecordedFrame]) -> float | None:
    """Return when a recording began, in s since 1970: by its own times, else by the exchange's; None if it has none."""
    received = [frame.received_ns / 1e9 for frame in frames if frame.received_ns is not None]
    if received:
        return min(received)
    sent = (timestamp_s_of_json(frame.fields["sending_ts_ms"]) for frame in frames if "sending_ts_ms" in frame.fields)
    return min((each for each in sent if each is not None), default=None)


def moved(frame: RecordedFrame, seconds: int) -> RecordedFrame:
    """Return a lifecycle message whose market opens, closes and expires later by `seconds`; others are unchanged."""
    if frame.type not in LIFECYCLE_TYPES:
        return frame
    body = _fields(frame.fields["msg"])
    changed = _moved_times(body, MARKET_TIMES, seconds)
    if METADATA in body:
        metadata = _fields(body[METADATA])
        expiration = _moved_times(metadata, (EXPIRATION,), seconds)
        changed |= {METADATA: _encoded({**metadata, **expiration})} if expiration else {}
    if not changed:
        return frame
    return frame._replace(fields={**frame.fields, "msg": _encoded({**body, **changed})})


def _moved_times(fields: Fields, names: Sequence[str], seconds: int) -> Fields:
    """Return the named fields that hold a time, moved."""
    times = {name: _moved_time(fields[name], seconds) for name in names if name in fields}
    return {name: value for name, value in times.items() if value is not None}


def _moved_time(encoded: msgspec.Raw, seconds: int) -> msgspec.Raw | None:
    """Return a time in the form it had: s or ms since 1970, or text; None if it is none."""
    if timestamp_s_of_json(encoded) is None:
        return None
    value = msgspec.json.decode(encoded, type=str | int | float)
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value) + timedelta(seconds=seconds)
        except (ValueError, OverflowError):
            return None
        return _encoded(time.isoformat().replace("+00:00", "Z"))
    return _encoded(value + (seconds if value < MILLISECONDS_MIN else seconds * 1000))


def _fields(encoded: msgspec.Raw) -> Fields:
    """Return the fields of an object, none if it is anything else."""
    try:
        return msgspec.json.decode(encoded, type=Fields)
    except UNREADABLE:
        return {}


def _encoded(value: str | float | Mapping[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
