"""Times of the exchange as aware datetimes, exact to the microsecond; finer digits are cut off, never rounded."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from kalshi_data.errors import BadFrame

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def from_seconds(seconds: int) -> datetime:
    """Convert a Unix time in seconds."""
    return _after_epoch(timedelta(seconds=seconds) if abs(seconds) < 1 << 40 else None)


@lru_cache(maxsize=4096)
def from_ms(milliseconds: int) -> datetime:
    """Convert a Unix time in milliseconds."""
    return _after_epoch(timedelta(milliseconds=milliseconds) if abs(milliseconds) < 1 << 50 else None)


def from_ns(nanoseconds: int) -> datetime:
    """Convert a Unix time in nanoseconds."""
    return EPOCH + timedelta(0, 0, nanoseconds // 1000)


def text_from_ns(nanoseconds: int) -> str:
    """Format a Unix time in nanoseconds for PostgreSQL."""
    seconds, microseconds = divmod(nanoseconds // 1000, 1_000_000)
    return f"{_whole_second(seconds)}.{microseconds:06}+00:00"


def to_unique_text(moment: datetime) -> str:
    """Format a time that few messages share for PostgreSQL; isoformat() takes almost twice as long."""
    elapsed = moment - EPOCH
    return f"{_whole_second(elapsed.days * 86_400 + elapsed.seconds)}.{elapsed.microseconds:06}+00:00"


@lru_cache(maxsize=64)
def _whole_second(seconds: int) -> str:
    return from_seconds(seconds).isoformat(" ")[:19]


@lru_cache(maxsize=4096)
def to_text(moment: datetime) -> str:
    """Format a time that many messages share for PostgreSQL."""
    return moment.isoformat(" ")


@lru_cache(maxsize=4096)
def from_rfc3339(text: str) -> datetime:
    """Convert an RFC 3339 string with any number of fraction digits.

    Raises:
        BadFrame: the string is not a time, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFrame("bad time") from error
    if moment.tzinfo is None:
        raise BadFrame("bad time: no offset")
    return moment


def engine_time(ts: str | int | None, ts_ms: int | None) -> datetime:
    """Return the matching engine's time of a delta: `ts` if it has finer digits of the same time, else `ts_ms`.

    Raises:
        BadFrame: both are missing, or one of them is not a time.
    """
    fine = from_rfc3339(ts) if isinstance(ts, str) else from_seconds(ts) if ts is not None else None
    if ts_ms is None:
        if fine is None:
            raise BadFrame("missing field ts_ms")
        return fine
    coarse = from_ms(ts_ms)
    return fine if fine is not None and coarse <= fine < coarse + MILLISECOND else coarse


def _after_epoch(elapsed: timedelta | None) -> datetime:
    """Return the time, or reject one that a datetime cannot hold."""
    try:
        return EPOCH + (elapsed if elapsed is not None else timedelta.max)
    except OverflowError as error:
        raise BadFrame("bad time: out of range") from error
