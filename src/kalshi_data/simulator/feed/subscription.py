"""A connection's subscription to one channel: what it covers, and its sequence numbers."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from kalshi_data.simulator.feed.commands import INDEX_CHANNEL, UNSEQUENCED, CommandError

ALL = "all"


class MarketIds(Protocol):
    """Looks up the ids of markets."""

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty if the market is unknown."""
        ...


class Subscription(msgspec.Struct):
    """One channel of one connection; `topics` are markets or indices, None for all of them."""

    sid: int
    channel: str
    topics: set[str] | None
    skip_acknowledgements: bool = False
    by_id: bool = False
    use_yes_price: bool = False
    seq: int = 0

    def covers(self, topic: str | None) -> bool:
        """Return whether messages of a market or index belong to this subscription."""
        return self.topics is None or topic in self.topics

    def next_fields(self) -> bytes:
        """Return the sid and, if the channel is sequenced, the next seq, encoded."""
        if self.channel in UNSEQUENCED:
            return b'"sid":%d,' % self.sid
        self.seq += 1
        return b'"sid":%d,"seq":%d,' % (self.sid, self.seq)

    def listing(self, identities: MarketIds | None) -> bytes | None:
        """Return the body of an acknowledgement, all topics covered now, or None if the client asked to skip it."""
        if self.channel == INDEX_CHANNEL:
            return msgspec.json.encode({"index_ids": [ALL] if self.topics is None else sorted(self.topics)})
        if self.skip_acknowledgements:
            return None
        tickers = sorted(self.topics or ())
        if self.by_id and identities is not None:
            return msgspec.json.encode({"market_ids": [identities.id_of(each) or each for each in tickers]})
        return msgspec.json.encode({"market_tickers": tickers})


def change_indices(subscription: Subscription, action: str, named: Sequence[str], known: Sequence[str]) -> None:
    """Add indices to an index subscription or remove them; "all" means all of them.

    Raises:
        CommandError: error 13, no such action; error 24, no index is named.
    """
    if action not in ("subscribe_indices", "unsubscribe_indices"):
        raise CommandError(13)
    if not named:
        raise CommandError(24)
    held = {*known} if subscription.topics is None else subscription.topics
    if action == "subscribe_indices":
        subscription.topics = None if ALL in named or subscription.topics is None else held.union(named)
    else:
        subscription.topics = set() if ALL in named else held.difference(named)
