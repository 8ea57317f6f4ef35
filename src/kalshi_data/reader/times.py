"""Times and lengths of time as the library takes them: UTC, and microseconds inside."""

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

Moment: TypeAlias = datetime | date | str
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Whatever its offset, a time of these years is one that Python and Arrow can hold.
YEARS = (1970, 9998)
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
UNITS = {"ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": HOUR, "d": DAY}
# Monday, 2000-01-03, 00:00 UTC: buckets are whole multiples of their length from here, as in production.
ORIGIN = (datetime(2000, 1, 3, tzinfo=UTC) - EPOCH) // MICROSECOND


def microseconds(moment: Moment) -> int:
    """Return a time as microseconds since 1970; a time without an offset is UTC, a date is its midnight.

    Raises:
        TypeError: it is neither a time nor a date nor a text.
        ValueError: the text is no time, or the year is not from 1970 to 9998.

    Example:
        >>> microseconds("2026-11-02T15:00:00Z") == microseconds("2026-11-02 15:00")
        True
    """
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise ValueError(f"{moment!r} is no time: write 2026-11-01 or 2026-11-01T09:30:00Z") from error
    if not is_a(date, moment):
        raise TypeError(f"{moment!r} is no time: take a datetime, a date, or a text such as 2026-11-01T09:30:00Z")
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise ValueError(f"{moment} is no time of an archive: choose a year from {YEARS[0]} to {YEARS[1]}")
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


def is_a(kind: type, value: object) -> bool:
    """Return whether a value has a type: callers without a type checker give any."""
    return isinstance(value, kind)


def instant(at_us: int) -> datetime:
    """Return microseconds since 1970 as a time in UTC.

    Example:
        >>> instant(0)
        datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return EPOCH + timedelta(microseconds=at_us)


def length(every: str | timedelta) -> int:
    """Return a length of time in microseconds: a timedelta, or a text such as 500ms, 1s, 5m, 1h or 7d.

    Raises:
        TypeError: it is neither a timedelta nor a text.
        ValueError: the text is no length, or the length is not above 0.

    Example:
        >>> length("5m")
        300000000
    """
    if isinstance(every, timedelta):
        found = every // MICROSECOND
    elif not is_a(str, every):
        raise TypeError(f"{every!r} is no length of time: write 500ms, 1s, 5m, 1h or 7d")
    else:
        number = every.rstrip("hmsd")
        unit = every[len(number) :]
        found = int(number) * UNITS[unit] if number.isascii() and number.isdecimal() and unit in UNITS else 0
    if found <= 0:
        raise ValueError(f"{every!r} is no length of time: write 500ms, 1s, 5m, 1h or 7d")
    return found


def bucket(at_us: int, width_us: int) -> int:
    """Return the beginning of the bucket that a time is in, as production's market_data.candles has it."""
    return at_us - (at_us - ORIGIN) % width_us


def span(start: Moment, end: Moment) -> tuple[int, int]:
    """Return the half-open range [start, end) in microseconds.

    Raises:
        ValueError: it is empty, or one of them is no time.
    """
    begin, until = microseconds(start), microseconds(end)
    if begin >= until:
        raise ValueError(
            f"the range is empty: {instant(begin):%Y-%m-%dT%H:%M:%SZ} is not before {end}: choose a later end"
        )
    return begin, until
