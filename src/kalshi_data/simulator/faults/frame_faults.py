"""What a fault does to the frames of one connection on their way out: keep, change, or leave out (None)."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from kalshi_data.simulator.feed.wire import Damage
from kalshi_data.simulator.published import DEPRECATED

DATA = re.compile(rb'^\{"type":"(?!ok|subscribed|unsubscribed|error)')
Frame = dict[str, Any]
Change = Callable[[Frame], None]


def counted(count: int, change: Callable[[bytes], bytes | None], done: Callable[[], None]) -> Damage:
    """Return what changes the next `count` data frames, then calls `done`."""
    left = [count]

    def damage(payload: bytes) -> bytes | None:
        if not DATA.match(payload):
            return payload
        changed = change(payload)
        left[0] -= changed != payload
        if left[0] <= 0:
            done()
        return changed

    return damage


def drop(_: bytes) -> None:
    """Leave the frame out; its number is used up."""


def cut(payload: bytes) -> bytes:
    """Break the frame off in the middle."""
    return payload[: len(payload) // 2]


def in_frame(change: Change) -> Callable[[bytes], bytes]:
    """Return a change of the decoded frame as one of its bytes."""

    def changed(payload: bytes) -> bytes:
        frame: Frame = msgspec.json.decode(payload)
        change(frame)
        return msgspec.json.encode(frame)

    return changed


def without_deprecated(frame: Frame) -> None:
    """Take deprecated fields out."""
    for name in DEPRECATED.get(frame["type"], ()):
        frame["msg"].pop(name, None)


def with_unknown(frame: Frame) -> None:
    """Put fields in that nobody knows."""
    frame["msg"]["field_of_tomorrow"] = {"moon": "full"}
    frame["envelope_of_tomorrow"] = 1


def of_unknown_type(frame: Frame) -> None:
    """Make it a message that nobody knows."""
    frame["type"] = "message_of_tomorrow"


def without_market_id(frame: Frame) -> None:
    """Empty the market's id, where there is one."""
    if "market_id" in frame["msg"]:
        frame["msg"]["market_id"] = ""


def with_six_decimals(frame: Frame) -> None:
    """Write prices with six decimals: the same amounts in another form."""
    for name, value in frame["msg"].items():
        if name.endswith("_dollars") and isinstance(value, str):
            frame["msg"][name] = f"{value}00"


CHANGES: dict[str, Callable[[bytes], bytes | None]] = {
    "drop_frames": drop,
    "malformed_json": cut,
    "no_deprecated_fields": in_frame(without_deprecated),
    "unknown_fields": in_frame(with_unknown),
    "unknown_type": in_frame(of_unknown_type),
    "empty_market_id": in_frame(without_market_id),
    "wrong_decimals": in_frame(with_six_decimals),
}
