"""Faults that change or drop (None) the frames of one connection before they are sent."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from kalshi_data.simulator.feed.wire import FrameFault

DATA = re.compile(rb'^\{"type":"(?!ok|subscribed|unsubscribed|error)')
Frame = dict[str, Any]
Change = Callable[[Frame], None]


def counted(count: int, change: Callable[[bytes], bytes | None], done: Callable[[], None]) -> FrameFault:
    """Return a fault that changes the next `count` data frames, then calls `done`."""
    left = [count]

    def apply(payload: bytes) -> bytes | None:
        if not DATA.match(payload):
            return payload
        changed = change(payload)
        left[0] -= changed != payload
        if left[0] <= 0:
            done()
        return changed

    return apply


def drop(_: bytes) -> None:
    """Leave the frame out; its sequence number is used up."""


def cut(payload: bytes) -> bytes:
    """Cut the frame off in the middle."""
    return payload[: len(payload) // 2]


def in_frame(change: Change) -> Callable[[bytes], bytes]:
    """Return a function that decodes a frame, changes it and encodes it again."""

    def changed(payload: bytes) -> bytes:
        frame: Frame = msgspec.json.decode(payload)
        change(frame)
        return msgspec.json.encode(frame)

    return changed


def with_unknown(frame: Frame) -> None:
    """Add undocumented fields."""
    frame["msg"]["undocumented_field"] = {"moon": "full"}
    frame["undocumented_envelope"] = 1


def of_unknown_type(frame: Frame) -> None:
    """Set an undocumented message type."""
    frame["type"] = "undocumented_message"


def without_market_id(frame: Frame) -> None:
    """Set the market id to empty, if the message has one."""
    if "market_id" in frame["msg"]:
        frame["msg"]["market_id"] = ""


def with_six_decimals(frame: Frame) -> None:
    """Write prices with six decimals, which are the same amounts."""
    for name, value in frame["msg"].items():
        if name.endswith("_dollars") and isinstance(value, str):
            frame["msg"][name] = f"{value}00"


CHANGES: dict[str, Callable[[bytes], bytes | None]] = {
    "drop_frames": drop,
    "malformed_json": cut,
    "unknown_fields": in_frame(with_unknown),
    "unknown_type": in_frame(of_unknown_type),
    "empty_market_id": in_frame(without_market_id),
    "wrong_decimals": in_frame(with_six_decimals),
}
