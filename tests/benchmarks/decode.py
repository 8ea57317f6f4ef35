"""Frames of the feed to rows, beside the same work by the standard library."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.decoding import decode_envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import to_row
from tests.support.sample import make_recording


def measure(seconds: float) -> dict[str, float]:
    """Return frames per second of both, measured in turns."""
    frames = [msgspec.json.encode({**entry["frame"], "sid": 1, "seq": 1}) for entry in make_recording(seconds=30)]
    ours = theirs = 0.0
    rounds = 4
    for _ in range(rounds):
        ours += rate(ours_once, frames, seconds / rounds / 2) / rounds
        theirs += rate(json_once, frames, seconds / rounds / 2) / rounds
    return {"frames_per_second": ours, "json_frames_per_second": theirs, "ratio": ours / theirs}


def rate(work: Callable[[list[bytes]], None], frames: list[bytes], seconds: float) -> float:
    """Repeat work for about `seconds` and return frames per second."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        work(frames)
        done += len(frames)
    return done / (time.perf_counter() - began)


def ours_once(frames: list[bytes]) -> None:
    """Decode, check and number every frame as the gatherer does."""
    arrival = Arrival(1, datetime.now(UTC), Occurrences())
    for frame in frames:
        to_row(decode_envelope(frame), arrival)


def json_once(frames: list[bytes]) -> None:
    """Decode every frame with exact amounts and times; nothing is checked."""
    for frame in frames:
        message: dict[str, Any] = json.loads(frame, parse_float=Decimal)
        body = message["msg"]
        for name, value in body.items():
            if name.endswith(("_dollars", "_fp")) and isinstance(value, str):
                body[name] = Decimal(value)
        if "ts_ms" in body:
            datetime.fromtimestamp(body["ts_ms"] / 1000, UTC)
