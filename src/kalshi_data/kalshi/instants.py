"""Times of series, events, markets and lifecycle messages as s since 1970, where many texts stand for "none".

The exchange sends 0001-01-01T00:00:00Z, the zero of its programming language, where it has no time. So whatever is not
after 1970 is none.
"""

from datetime import UTC, datetime

import msgspec

from kalshi_data.kalshi.bodies import UNREADABLE

# The year 2100: a market that closes then, or later, closes never.
FAR_AWAY_S = 4_102_444_800.0
# From here on a number is milliseconds: as seconds it is in the year 33658, as milliseconds in 2001.
MILLISECONDS_MIN = 10**12
MILLISECONDS_MAX = 10**15


def timestamp_s(text: str | None, otherwise: float) -> float:
    """Return a time in s since 1970, or `otherwise` if the text is no time, or one of those that stand for none."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() if moment else 0.0
    except (ValueError, OverflowError):
        return otherwise
    return seconds if seconds > 0 else otherwise


def timestamp_s_of_json(encoded: bytes | msgspec.Raw) -> float | None:
    """Return a time in s since 1970, sent as text or as a number of seconds or milliseconds; None if it is none."""
    try:
        value = msgspec.json.decode(encoded, type=str | int | float | None)
    except UNREADABLE:
        return None
    if isinstance(value, (int, float)):
        is_time = 0 < value < MILLISECONDS_MAX
        seconds = (value if value < MILLISECONDS_MIN else value / 1000) if is_time else 0.0
    else:
        seconds = timestamp_s(value, 0.0)
    return min(float(seconds), FAR_AWAY_S) or None
