"""Why the exchange refused a request: only its own words say whether the key, the clock or something else is wrong."""

import re
from enum import Enum

STATUSES_OF_KEY = frozenset({401, 403})
STATUSES_OF_CLOCK = frozenset({400, 401, 403})
CLOCK = re.compile(r"time_?stamp|\bclock\b|(time|clock)[ _-]?(skew|drift)|request[ _]?(has[ _])?expired", re.IGNORECASE)
KEY = re.compile(
    r"authenticat|signature|credential|(api|access)[ _-]?key|\bkey[ _-]?id\b|^(http )?(40[13] )?(unauthori[sz]ed\W*)?$",
    re.IGNORECASE,
)
# A page of a proxy, or an address that has moved, says nothing about the key, whatever else its text mentions.
OTHER = re.compile(r"^\s*<|\bmoved\b|migrat", re.IGNORECASE)


class Refusal(Enum):
    """What the exchange refuses."""

    KEY = "key"
    CLOCK = "clock"
    OTHER = "other"


def refusal_of(status: int, words: str) -> Refusal:
    """Return what an HTTP status and the words of the answer refuse; a 401 or 403 without words refuses the key."""
    if OTHER.search(words):
        return Refusal.OTHER
    if status in STATUSES_OF_CLOCK and CLOCK.search(words):
        return Refusal.CLOCK
    if status in STATUSES_OF_KEY and KEY.search(words):
        return Refusal.KEY
    return Refusal.OTHER
