"""Why the exchange refused a request: only its own words say whether the key, the clock or something else is wrong."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from kalshi_data.errors import ExchangeError
from kalshi_data.kalshi.error_messages import clean, words_of

# The exchange documents no Retry-After; a proxy before it may send one. None is believed for longer.
RETRY_AFTER_SECONDS_MAX = 60.0
STATUS_SERVER_ERROR = 500
STATUSES_REDIRECT = range(300, 400)
# Besides all from 500 on: a time-out, a request that came too early, too many requests.
STATUSES_TRANSIENT = frozenset({408, 425, 429})

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


class BadAnswer(ExchangeError):
    """One answer of the exchange that cannot be used."""

    def __init__(
        self, message: str, status: int, *, is_transient: bool = False, retry_after_seconds: float = 0.0
    ) -> None:
        """Record whether the same request could succeed later, and how long the exchange asks to wait."""
        super().__init__(message, status)
        self.is_transient = is_transient
        self.retry_after_seconds = retry_after_seconds

    @property
    def concerns_all(self) -> bool:
        """Whether the exchange would refuse any other request now as well: too many, the key, or it is away."""
        return self.is_transient or self.status in STATUSES_OF_KEY


def refused_answer(path: str, status: int, reason: str, headers: Mapping[str, str], body: bytes) -> BadAnswer:
    """Return a refusal over HTTP as an error that holds the exchange's own words."""
    said = words_of(body)
    if status in STATUSES_REDIRECT:
        location = clean(headers.get("Location", ""))
        said = f"redirected to {location or 'nowhere'}; set rest_url if the exchange has moved"
    text = ": ".join(each for each in (f"GET {path}: {status} {clean(reason)}".strip(), said) if each)
    may_pass = status in STATUSES_TRANSIENT or status >= STATUS_SERVER_ERROR
    waits = retry_after_seconds(headers.get("Retry-After", ""), datetime.now(UTC))
    return BadAnswer(text, status, is_transient=may_pass, retry_after_seconds=waits)


def retry_after_seconds(text: str, now: datetime) -> float:
    """Return what a Retry-After header asks for, seconds or a date; within a limit, and 0 if it cannot be read."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - now).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS_MAX) if math.isfinite(seconds) else 0.0
