"""Times of the exchange as aware datetimes, exact to the microsecond; finer digits are cut off, never rounded."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from kalshi_data.errors import BadFrame

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RESOLUTION = {0: timedelta(seconds=1), 3: timedelta(milliseconds=1), 6: timedelta(microseconds=1)}
SECOND_US, MILLISECOND_US = 1_000_000, 1_000
# The exchange opened in 2021, so a time outside these years is a zero, or a number in another unit.
PLAUSIBLE_FROM, PLAUSIBLE_UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_PLAUSIBLE_FROM_MS, _PLAUSIBLE_UNTIL_MS = (int(each.timestamp()) * 1000 for each in (PLAUSIBLE_FROM, PLAUSIBLE_UNTIL))
# A time as it may stand in a message.
SentTime = str | int | float | None
# A time and how many decimal places of the second are known: 0, 3 or 6.
KnownTime = tuple[datetime, int]
_NUMBER = re.compile(r"^-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")
_FRACTION = re.compile(r"[.,]([0-9]+)")


# Many frames arrive within a millisecond, so that their times differ in these parts only.
_MICROSECONDS = tuple(timedelta(microseconds=number) for number in range(1000))
_MICROSECOND_TEXTS = tuple(f"{number:03}+00:00" for number in range(1000))
# What follows the milliseconds of an RFC 3339 string in UTC: the same for PostgreSQL, and the decimal places in all.
_AFTER_MILLISECONDS = {f"{number:03}Z": (text, 6) for number, text in enumerate(_MICROSECOND_TEXTS)}
_AFTER_MILLISECONDS["Z"] = (_MICROSECOND_TEXTS[0], 3)


def from_ns(nanoseconds: int) -> datetime:
    """Convert a Unix time in nanoseconds."""
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    return _ms_and_text(milliseconds)[0] + _MICROSECONDS[rest // 1000]


def with_text_from_ns(nanoseconds: int) -> tuple[datetime, str]:
    """Convert a Unix time in nanoseconds; return the time, and its text for PostgreSQL."""
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    moment, text, _ = _ms_and_text(milliseconds)
    microseconds = rest // 1000
    return moment + _MICROSECONDS[microseconds], text + _MICROSECOND_TEXTS[microseconds]


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


@lru_cache(maxsize=16_384, typed=True)
def known_time(sent: SentTime, unit: int = SECOND_US) -> KnownTime | None:
    """Return a time of a message like plausible_time, with its decimal places; None if it holds none.

    Raises:
        BadFrame: like plausible_time.
    """
    moment = plausible_time(sent, unit)
    return None if moment is None or sent is None else (moment, decimal_places(sent, unit))


def decimal_places(sent: str | float, unit: int = SECOND_US) -> int:
    """Return how many decimal places of the second a time has that exchange_time() has read: 0, 3 or 6.

    A text may lack trailing zeros, so a time with one place has three. It may have six that end in zeros, even more so
    if the times before it had six; but its connection may have begun to send fewer. Three is right in both cases: the
    merge then joins the change with a copy that has finer digits, and six would make it another change.
    """
    if type(sent) is int and unit == MILLISECOND_US and sent < 10**14:
        return 3
    if isinstance(sent, str) and not _NUMBER.match(sent):
        # Nearly all times are of the first form.
        if sent[19:20] == "." and sent[-1] in "Zz":
            places = len(sent) - 21
        else:
            fraction = _FRACTION.search(sent)
            places = len(fraction[1]) if fraction else 0
    else:
        places = _places_of_number(sent, unit)
    return 0 if places <= 0 else 3 if places <= 3 else 6


def finest_time(coarse: KnownTime | None, fine: KnownTime | None) -> KnownTime | None:
    """Return the second of two times with their decimal places if it is the first with more places, else the first."""
    if coarse is None or fine is None:
        return coarse or fine
    (moment, places), (finer, more) = coarse, fine
    return fine if more > places and moment <= finer < moment + _RESOLUTION[places] else coarse


def to_millisecond(moment: datetime) -> datetime:
    """Cut a time to milliseconds."""
    if not moment.microsecond % 1_000:
        return moment
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def usual_time(ts_ms: SentTime, ts: SentTime) -> tuple[datetime, str, int] | None:
    """Return the time of a delta in a form that nearly all have, or None if its form is another.

    Returns:
        The time cut to milliseconds, its text for PostgreSQL with all digits, and its decimal places.
    """
    if type(ts_ms) is not int or not _PLAUSIBLE_FROM_MS <= ts_ms < _PLAUSIBLE_UNTIL_MS:
        return None
    moment, text, rfc3339_text = _ms_and_text(ts_ms)
    if ts is None:
        return moment, text + _MICROSECOND_TEXTS[0], 3
    # With the same second and millisecond, it is the same time with three digits more, or none.
    if type(ts) is str and ts.startswith(rfc3339_text):
        rest = _AFTER_MILLISECONDS.get(ts[len(rfc3339_text) :])
        return rest and (moment, text + rest[0], rest[1])
    return None


@lru_cache(maxsize=4096)
def _from_ms(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=4096)
def _ms_and_text(milliseconds: int) -> tuple[datetime, str, str]:
    """Return a time, and its text without an offset: as PostgreSQL writes it, and as RFC 3339 does."""
    moment = _from_ms(milliseconds)
    text = moment.isoformat(" ", "milliseconds")[:23]
    return moment, text, text.replace(" ", "T")


@lru_cache(maxsize=4096, typed=True)
def _read_time(sent: str | float, unit: int) -> datetime | None:
    if isinstance(sent, str):
        moment = _from_number(Decimal(sent), unit) if _NUMBER.match(sent) else from_rfc3339(sent.upper())
    else:
        moment = _from_number(sent if isinstance(sent, int) else Decimal(repr(sent)), unit)
    return None if moment.year == 1 else moment


def _places_of_number(sent: str | float, unit: int) -> int:
    """Return how many decimal places of the second a Unix time has."""
    number = sent if isinstance(sent, int) else Decimal(sent if isinstance(sent, str) else repr(sent))
    places = {SECOND_US: 0, MILLISECOND_US: 3, 1: 6, 0: 9}[_unit(number, unit)]
    if isinstance(number, int):
        return places
    exponent = (number if isinstance(sent, str) else number.normalize()).as_tuple().exponent
    return places - min(0, int(exponent))


def _unit(sent: int | Decimal, unit: int) -> int:
    """Return a Unix time's unit in microseconds, 0 for nanoseconds.

    In the coarsest unit, a time before the year 5000 has at most 11 digits.
    """
    digits, limit = abs(sent), 10**11 * SECOND_US // unit
    while digits >= limit and unit:
        unit, limit = unit // 1000, limit * 1000
    return unit


def _from_number(sent: int | Decimal, unit: int) -> datetime:
    """Convert a Unix time; digits below a microsecond are cut off."""
    if not abs(sent) < 1 << 63:
        raise BadFrame("bad time: out of range")
    unit = _unit(sent, unit)
    return _after_epoch(timedelta(microseconds=int(sent * unit if unit else sent // 1000)))


def _after_epoch(elapsed: timedelta) -> datetime:
    """Return the time, or reject one that a datetime cannot hold."""
    try:
        return EPOCH + elapsed
    except OverflowError as error:
        raise BadFrame("bad time: out of range") from error
