"""Times of the exchange as aware datetimes, exact to the microsecond; finer digits are cut off, never rounded."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from kalshi_data.errors import BadFrame

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SECOND_US, MILLISECOND_US = 1_000_000, 1_000
# The exchange opened in 2021, so a time outside these years is a zero, or a number in another unit.
PLAUSIBLE_FROM, PLAUSIBLE_UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# A time as it may stand in a message.
SentTime = str | int | float | None
_NUMBER = re.compile(r"^-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")


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
    return _after_epoch(timedelta(seconds=seconds)).isoformat(" ")[:19]


@lru_cache(maxsize=4096)
def to_text(moment: datetime) -> str:
    """Format a time that many messages share for PostgreSQL."""
    return moment.isoformat(" ")


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


def exchange_time(sent: SentTime, unit: int = SECOND_US) -> datetime | None:
    """Return a time of a message, in whichever form the exchange sent it; None if it holds none.

    Forms: RFC 3339 text, or a Unix time as number or text. A Unix time counts in `unit` microseconds or in a finer
    unit: the exchange changed the resolution of its times more than once, and the size of the number shows which it is.
    An empty text and the year 1, which is zero in the exchange's programs, stand for no time.

    Raises:
        BadFrame: the value is not a time.
    """
    if sent is None or sent == "":
        return None
    # Nearly all times are of this form.
    if unit == MILLISECOND_US and type(sent) is int and 0 < sent < 10**14:
        return _from_ms(sent)
    return _read_time(sent, unit)


def plausible_time(sent: SentTime, unit: int = SECOND_US) -> datetime | None:
    """Return a time of a message like exchange_time; reject one that cannot be of the exchange.

    Raises:
        BadFrame: the value is no time, or one at which the exchange sent nothing.
    """
    moment = exchange_time(sent, unit)
    if moment is not None and not PLAUSIBLE_FROM <= moment < PLAUSIBLE_UNTIL:
        raise BadFrame("bad time: implausible")
    return moment


def finest_time(coarse: datetime | None, fine: datetime | None) -> datetime | None:
    """Return the second of two times of a delta if it has finer digits of the same millisecond, else the first."""
    if coarse is None or fine is None:
        return coarse or fine
    return fine if coarse <= fine < coarse + MILLISECOND else coarse


def to_millisecond(moment: datetime) -> datetime:
    """Cut a time to milliseconds."""
    if not moment.microsecond % 1_000:
        return moment
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


@lru_cache(maxsize=4096)
def _from_ms(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=4096, typed=True)
def _read_time(sent: str | float, unit: int) -> datetime | None:
    if isinstance(sent, str):
        moment = _from_number(Decimal(sent), unit) if _NUMBER.match(sent) else from_rfc3339(sent.upper())
    else:
        moment = _from_number(sent if isinstance(sent, int) else Decimal(repr(sent)), unit)
    return None if moment.year == 1 else moment


def _from_number(sent: int | Decimal, unit: int) -> datetime:
    """Convert a Unix time; in the coarsest unit, a time before the year 5000 has at most 11 digits."""
    digits = abs(sent)
    if not digits < 1 << 63:
        raise BadFrame("bad time: out of range")
    limit = 10**11 * SECOND_US // unit
    while digits >= limit and unit > 1:
        unit, limit = unit // 1000, limit * 1000
    if digits >= limit:
        # Nanoseconds: digits below a microsecond are cut off.
        return _after_epoch(timedelta(microseconds=int(sent // 1000)))
    return _after_epoch(timedelta(microseconds=int(sent * unit)))


def _after_epoch(elapsed: timedelta) -> datetime:
    """Return the time, or reject one that a datetime cannot hold."""
    try:
        return EPOCH + elapsed
    except OverflowError as error:
        raise BadFrame("bad time: out of range") from error
