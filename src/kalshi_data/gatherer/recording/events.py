"""What a record means beside its rows: events for the session of its connection and for the counters."""

import time
from datetime import datetime

import msgspec
import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.decoding import OddField, event_time, sending_time
from kalshi_data.kalshi.error_messages import clean
from kalshi_data.kalshi.messages import Envelope, ErrorBody
from kalshi_data.kalshi.rows import UNKNOWN_TYPE
from kalshi_data.kalshi.sequence import SequenceGap
from kalshi_data.service.metrics import NAME_LETTERS_MAX, is_new

log = structlog.get_logger()

# Errors that end a subscription although the connection lives. Source: Kalshi AsyncAPI, channel error, buffer overflow.
ENDING_CODES = frozenset({10, 25})
# Of the errors that answer a command, those after which its subscription is gone: also unknown sid and, until
# September 2026, internal error. After any other one the next command shows whether it is gone.
ENDING_ANSWERS = ENDING_CODES | {7, 17}


class Acknowledged(msgspec.Struct, frozen=True):
    """The exchange carried out a command; `channel` is set if the command made a subscription."""

    command: int | None
    sid: int | None
    channel: str | None


class Unsubscribed(msgspec.Struct, frozen=True):
    """The exchange ended a subscription with `unsubscribed`, whether a command demanded it or not."""

    command: int | None
    sid: int | None


class ErrorReceived(msgspec.Struct, frozen=True):
    """The exchange sent an error: about a command, about a subscription, or about neither."""

    command: int | None
    sid: int | None
    error: ErrorBody

    def ends(self, sid: int) -> bool:
        """Whether this error ends a subscription.

        An error that names a subscription and no command ends it, whatever its code is. One that names neither may have
        ended any subscription, if its code says that one ended.
        """
        if self.sid is None:
            return self.command is None and self.error.code in ENDING_CODES
        return self.sid == sid and (self.command is None or self.error.code in ENDING_ANSWERS)


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


class BookCompared(msgspec.Struct, frozen=True):
    """A snapshot was compared with the one before it and the changes between; `seqs` are the numbers of both."""

    ticker: str
    seqs: tuple[int, int]
    wrong_level_count: int
    is_repeated: bool


class BookNotFollowed(msgspec.Struct, frozen=True):
    """A book has too many levels to be compared, or there are too many books."""

    ticker: str


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


class OddFieldFound(msgspec.Struct, frozen=True):
    """The row of a message was made without one of its fields: this version does not know it, or its value is bad."""

    field: OddField


class DelaysMeasured(msgspec.Struct, frozen=True):
    """How long a message took from the exchange's queue, and from the matching engine; None if it has no such time."""

    feed_seconds: float | None
    event_seconds: float | None


Event = (
    Acknowledged
    | Unsubscribed
    | ErrorReceived
    | GapFound
    | SnapshotReceived
    | BookCompared
    | BookNotFollowed
    | ClockWentBack
    | LifecycleChanged
    | FrameQuarantined
    | OddFieldFound
    | DelaysMeasured
)


def measure_delays(envelope: Envelope, received_at: datetime) -> DelaysMeasured:
    """Measure how long a message took."""
    moments = (sending_time(envelope), event_time(envelope))
    return DelaysMeasured(*(None if each is None else (received_at - each).total_seconds() for each in moments))


def count(event: Event, counters: Counters, connection_id: int) -> None:
    """Add an event to the counters; log what is new, and what goes on once in a while."""
    match event:
        case GapFound(channel=channel, gap=gap):
            counters.gaps[channel] += 1
            _log_gap(gap, channel, counters, connection_id)
        case ErrorReceived(error=error):
            counters.exchange_errors[error.code] += 1
        case BookCompared():
            counters.book_checks["different" if event.wrong_level_count else "equal"] += 1
            if event.wrong_level_count:
                _log_difference(event, counters, connection_id)
        case BookNotFollowed(ticker=ticker):
            counters.books_not_followed += 1
            if (books := counters.repeated.due(("not followed", connection_id))) is not None:
                log.warning("too many levels, book not compared", market=ticker, books=books)
        case FrameQuarantined(reason=reason):
            _count_quarantined(reason, counters, connection_id)
        case OddFieldFound(field=field):
            _count_odd_field(field, counters)
        case DelaysMeasured(feed_seconds=feed_seconds, event_seconds=event_seconds):
            if feed_seconds is not None:
                counters.feed_delays.observe(feed_seconds)
                counters.clock_difference_seconds = counters.exchange_clock.observe(feed_seconds)
            if event_seconds is not None:
                counters.event_delays.observe(event_seconds)
        case _:
            return


def _log_gap(gap: SequenceGap, channel: str, counters: Counters, connection_id: int) -> None:
    """Log a gap, but one that follows others on its connection only together with them."""
    if (gaps := counters.repeated.due(("gap", connection_id, channel))) is not None:
        log.warning("sequence gap", connection_id=connection_id, channel=channel, gaps=gaps, **gap._asdict())


def _log_difference(event: BookCompared, counters: Counters, connection_id: int) -> None:
    """Log that a book is wrong: each market at most once an hour, and those of a connection together."""
    if counters.different_books.due(event.ticker) is None:
        return
    if (books := counters.repeated.due(("book", connection_id))) is not None:
        place = {"connection_id": connection_id, "market": event.ticker, "seqs": event.seqs}
        levels = event.wrong_level_count
        log.error("snapshot differs from what was received before it", books=books, wrong_levels=levels, **place)


def _count_odd_field(field: OddField, counters: Counters) -> None:
    counts = counters.unknown_fields if not field.is_known else counters.ignored_fields
    key = field.message_type, field.name
    if is_new(counts, key):
        reason = "unknown field" if not field.is_known else "field with a bad value"
        log.info(f"{reason}, the row is stored without it", type=field.message_type, field=field.name)
        if not field.is_known:
            # The names that count are bounded, and with them these.
            name = clean(f"field {field.name[:NAME_LETTERS_MAX]} of {field.message_type[:NAME_LETTERS_MAX]}")
            counters.unknown_at[name] = time.monotonic()
    counts[key] += 1


def _count_quarantined(reason: str, counters: Counters, connection_id: int) -> None:
    # What follows the colon may differ from frame to frame, so only what precedes it is a kind.
    kind = reason.partition(":")[0]
    if is_new(counters.quarantined, kind):
        log.warning("frame quarantined", reason=reason, connection_id=connection_id)
        if kind == UNKNOWN_TYPE:
            counters.unknown_at["messages of another type (capture.quarantine)"] = time.monotonic()
    counters.quarantined[kind] += 1
