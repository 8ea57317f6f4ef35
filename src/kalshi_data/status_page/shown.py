"""How values look on a page: numbers, sizes, durations and times as texts, and addresses of other pages."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

NONE = "-"
UNITS = ("B", "kB", "MB", "GB", "TB")


def count(value: float | Decimal | None) -> str:
    """Return a whole number with separators."""
    return NONE if value is None else f"{value:,.0f}"


def rate(value: float | None) -> str:
    """Return a number per second, with a decimal if it is small."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:,.1f}"


def share(part: float | None, whole: float | None) -> str:
    """Return a percentage; it is 0 or 100 only if that is exact."""
    if not whole or part is None:
        return NONE
    if part in (0, whole):
        return "0 %" if part == 0 else "100 %"
    return f"{min(max(100 * part / whole, 0.1), 99.9):.1f} %"


def size(value: float | None) -> str:
    """Return bytes in the largest unit of a thousand that leaves at least 1."""
    if value is None:
        return NONE
    unit = min(int(math.log10(value) / 3), len(UNITS) - 1) if value >= 1 else 0
    return f"{value / 1000**unit:,.{1 if unit else 0}f} {UNITS[unit]}"


def span(seconds: float | None) -> str:
    """Return a duration in its largest units."""
    if seconds is None:
        return NONE
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{max(seconds, 0):.1f} s" if whole < 10 else f"{whole} s"


def moment(value: datetime | str | None) -> str:
    """Return a time in UTC to the second."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else NONE


def clock(value: datetime | None) -> str:
    """Return the time of day in UTC to the minute."""
    return f"{value.astimezone(UTC):%H:%M}" if value else NONE


def ago(value: datetime | None) -> str:
    """Return for how long a time has been over."""
    return f"{span((datetime.now(UTC) - value).total_seconds())} ago" if value else "never"


def amount(value: Decimal | float | None) -> str:
    """Return an exact amount without zeros at its end."""
    if value is None:
        return NONE
    return f"{Decimal(value).normalize():,f}"


def price(value: Decimal | None) -> str:
    """Return dollars with at least two decimal places, and all that it has."""
    if value is None:
        return NONE
    plain = value.normalize()
    exponent = plain.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{plain:,.{places}f}"


def frame(value: bytes) -> str:
    """Return a frame as text; a byte that is no text, and a NUL, which HTML has not, are shown as their numbers."""
    return value.decode("utf-8", errors="backslashreplace").replace("\x00", "\\x00")


def address(path: str, asked: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """Return the address of a page with parameters; empty ones are left out."""
    values = {**(asked or {}), **changes}
    named = {name: _parameter(value) for name, value in values.items() if value not in (None, "")}
    return f"{path}?{urlencode(named)}" if named else path


def _parameter(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else str(value)


FILTERS = {
    each.__name__: each for each in (count, rate, size, span, moment, clock, ago, amount, price, frame)
}  # fmt: skip
FUNCTIONS = {"share": share, "address": address}
