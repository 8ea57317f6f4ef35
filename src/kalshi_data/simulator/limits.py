"""The exchange's limits: token buckets for REST, and limits of connections and subscriptions.

Sources: docs.kalshi.com, rate limits, 19 Aug 2026; changelog of 18 Sep 2025 and 18 Jun 2026. The limits
behind errors 26 and 27 are not published.
"""

import time
from collections.abc import Callable

import msgspec

from kalshi_data.simulator.feed.field_sets import NO_FIELDS, FieldSet

REQUEST_TOKENS = 10
# Read tokens per second, and how many seconds of them the bucket holds.
READ_TIERS = {
    "basic": (200, 2),
    "advanced": (300, 2),
    "expert": (600, 1),
    "premier": (1_000, 1),
    "paragon": (2_000, 1),
    "prime": (4_000, 1),
    "prestige": (10_000, 1),
}
WRITE_TOKENS = {
    "basic": 100,
    "advanced": 300,
    "expert": 600,
    "premier": 1_000,
    "paragon": 2_000,
    "prime": 4_000,
    "prestige": 8_000,
}


class Limits(msgspec.Struct, kw_only=True, frozen=True):
    """The limits of one exchange; an answer to an unsigned request may be up to `stale_seconds` old.

    Trades and settled markets older than `live_seconds` are in the historical tier only; the real exchange keeps about
    three months live.

    All messages lack the fields `without`.

    `removed_fields` sends the fields of markets and events that the exchange has removed though some clients require
    them.
    """

    tier: str = "basic"
    connections_max: int = 200
    subscription_markets_max: int = 500_000
    commands_per_second_max: int = 10_000
    buffer_bytes_max: int = 64 << 20
    stale_seconds: float = 0.0
    live_seconds: int = 90 * 86_400
    deflate: bool = False
    without: FieldSet = NO_FIELDS
    removed_fields: bool = False


class TokenBucket:
    """Tokens that refill continuously; a request to an empty bucket takes none."""

    def __init__(self, refill_per_second: float, capacity: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start full."""
        self._refill = refill_per_second
        self._capacity = capacity
        self._clock = clock
        self._tokens = capacity
        self._at = clock()

    def take(self, tokens: float = REQUEST_TOKENS) -> bool:
        """Take tokens; return False, and take none, if there are not enough."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._refill)
        self._at = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True


def read_bucket(tier: str) -> TokenBucket:
    """Return the read bucket of a tier."""
    refill, seconds = READ_TIERS[tier]
    return TokenBucket(refill, refill * seconds)


def account_limits(tier: str) -> dict[str, object]:
    """Return the body of GET /account/limits."""
    refill, seconds = READ_TIERS[tier]
    write = WRITE_TOKENS[tier]
    return {
        "usage_tier": tier,
        "read": {"refill_rate": refill, "bucket_capacity": refill * seconds},
        "write": {"refill_rate": write, "bucket_capacity": write},
        "grants": [],
    }
