"""Bodies of listed markets: their times, and what is taken out of them since it was not known yet."""

from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec

from kalshi_data.kalshi.instants import timestamp_s
from kalshi_data.simulator.replay.play_clock import SECOND_US
from kalshi_data.simulator.venue.listings import Object, rfc3339

# What is only known once a market has traded or was decided.
LOOK_AHEAD = (
    "result",
    "settlement_value",
    "settlement_value_dollars",
    "settlement_ts",
    "settlement_time",
    "expiration_value",
    "status",
)
ZEROS = {"_fp": "0.00", "_dollars": "0.0000"}
TRADED = ("volume", "open_interest", "last_price", "yes_bid", "yes_ask", "no_bid", "no_ask", "previous_", "liquidity")
INITIALIZED = "initialized"


class ListedTimes(msgspec.Struct):
    """The times of a market in a listing's body, as text, and its status."""

    created_time: str | None = None
    updated_time: str | None = None
    open_time: str | None = None
    close_time: str | None = None
    status: str | None = None


def listed_times(body: bytes) -> ListedTimes:
    """Return the times of a body; none if it cannot be understood."""
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(body, type=ListedTimes)
    return ListedTimes()


def with_close(body: bytes, times: ListedTimes, close_us: int | None) -> tuple[bytes, ListedTimes]:
    """Return a market's body and its times, with the time at which it closes by a later message."""
    if close_us is None or times.close_time is None or time_us(times.close_time, 0) == close_us:
        return body, times
    fields: Object = msgspec.json.decode(body, type=dict[str, Any])
    changed = msgspec.json.encode({**fields, "close_time": rfc3339(close_us / SECOND_US)})
    return changed, listed_times(changed)


def without_look_ahead(body: bytes) -> bytes:
    """Return a market's body without what trading and its outcome made of it."""
    fields: Object = msgspec.json.decode(body, type=dict[str, Any])
    known = {name: value for name, value in fields.items() if name not in LOOK_AHEAD}
    zeros = {
        name: zero
        for name in known
        for ending, zero in ZEROS.items()
        if name.startswith(TRADED) and name.endswith(ending)
    }
    return msgspec.json.encode({**known, **zeros, "status": INITIALIZED, "result": "", "expiration_value": ""})


def time_us(text: str | None, otherwise: int) -> int:
    """Return a time in microseconds, or another one if it is none."""
    return _parsed_us(text) or otherwise if text else otherwise


# Markets of an event have the same times.
@lru_cache(maxsize=1 << 14)
def _parsed_us(text: str) -> int:
    return round(timestamp_s(text, 0.0) * SECOND_US)
