"""What a record means beside its rows: events for the session of its connection and for the counters."""

from datetime import datetime

import msgspec
import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.messages import ErrorBody
from kalshi_data.kalshi.sequence import SequenceGap

log = structlog.get_logger()


class Acknowledged(msgspec.Struct, frozen=True):
    """The exchange carried out a command; `channel` is set if the command made a subscription."""

    command: int | None
    sid: int | None
    channel: str | None


class ErrorReceived(msgspec.Struct, frozen=True):
    """The exchange sent an error: about a command, about a subscription, or about neither."""

    command: int | None
    sid: int | None
    error: ErrorBody


class GapFound(msgspec.Struct, frozen=True):
    """Frames of a subscription are missing or came again; the books in `lost` need a snapshot."""

    sid: int
    channel: str
    frame_number: int
    gap: SequenceGap
    lost: set[str]
    began_at: datetime


class SnapshotReceived(msgspec.Struct, frozen=True):
    """The snapshot of a book arrived; `is_known` is false if the exchange does not know the market."""

    command: int | None
    ticker: str
    is_known: bool


class ClockWentBack(msgspec.Struct, frozen=True):
    """The clock of a book is lower than it was."""

    ticker: str


class LifecycleChanged(msgspec.Struct, frozen=True):
    """The state of a market or of an event changed."""

    kind: str
    subject: str
    payload: bytes


class FrameQuarantined(msgspec.Struct, frozen=True):
    """A frame could not be read; its row in quarantine holds it verbatim."""

    reason: str


class UnknownFieldFound(msgspec.Struct, frozen=True):
    """A message has a field that this version does not know; the row is made without it."""

    message_type: str
    name: str


class DelaysMeasured(msgspec.Struct, frozen=True):
    """How long a message took from the exchange's queue, and from the matching engine; None if it has no such time."""

    feed_seconds: float | None
    event_seconds: float | None


Event = (
    Acknowledged
    | ErrorReceived
    | GapFound
    | SnapshotReceived
    | ClockWentBack
    | LifecycleChanged
    | FrameQuarantined
    | UnknownFieldFound
    | DelaysMeasured
)


def count(event: Event, counters: Counters, connection_id: int) -> None:
    """Add an event to the counters; log each gap, and the first of each kind of unreadable frame and unknown field."""
    match event:
        case GapFound(channel=channel, gap=gap):
            counters.gaps[channel] += 1
            log.warning("sequence gap", connection_id=connection_id, channel=channel, **gap._asdict())
        case ErrorReceived(error=error):
            counters.exchange_errors[error.code] += 1
        case FrameQuarantined(reason=reason):
            _count_quarantined(reason, counters, connection_id)
        case UnknownFieldFound(message_type=message_type, name=name):
            if not counters.unknown_fields[message_type, name]:
                log.info("unknown field, the row is stored without it", type=message_type, field=name)
            counters.unknown_fields[message_type, name] += 1
        case DelaysMeasured(feed_seconds=feed_seconds, event_seconds=event_seconds):
            if feed_seconds is not None:
                counters.feed_delays.observe(feed_seconds)
            if event_seconds is not None:
                counters.event_delays.observe(event_seconds)
        case _:
            return


def _count_quarantined(reason: str, counters: Counters, connection_id: int) -> None:
    # What follows the colon may differ from frame to frame, so only what precedes it is a kind.
    kind = reason.partition(":")[0]
    if not counters.quarantined[kind]:
        log.warning("frame quarantined", reason=reason, connection_id=connection_id)
    counters.quarantined[kind] += 1
