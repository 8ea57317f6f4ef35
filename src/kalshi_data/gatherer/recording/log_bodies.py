"""What the gatherer itself writes to the frame log beside frames; another version may have written it."""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from kalshi_data.errors import BadFrame
from kalshi_data.gatherer.recording.subscriptions import SubscriptionsState

FrameNumber = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Opening(msgspec.Struct, frozen=True):
    """A connection opened."""

    name: str = ""
    url: str = ""


class Closing(msgspec.Struct, frozen=True):
    """A connection closed."""

    reason: str = ""


class Repair(msgspec.Struct, frozen=True):
    """What a gap lost was fetched."""

    frame_number: FrameNumber
    repair: str


class ConnectionState(msgspec.Struct, frozen=True):
    """What a decoder knows of an open connection; another one continues with it."""

    frames_received: FrameNumber
    last_at: datetime | None
    # The sequence number that follows, by sid.
    expected: dict[FrameNumber, FrameNumber]
    subscriptions: SubscriptionsState


LogBody = TypeVar("LogBody", bound=msgspec.Struct)


def read_log_body(payload: bytes, kind: type[LogBody]) -> LogBody:
    """Return what a record holds.

    Raises:
        BadFrame: it holds something else.
    """
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"bad record of the frame log: {error}") from error
