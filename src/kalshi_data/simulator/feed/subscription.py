"""A channel that one connection has subscribed: what it covers, and its numbers."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from kalshi_data.simulator.feed.commands import INDEX_CHANNEL, UNSEQUENCED, Refused

ALL = "all"


class Identities(Protocol):
    """Who knows the ids of markets."""

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty for one that nobody knows."""
        ...


class Subscription(msgspec.Struct):
    """A channel of one connection; topics are markets or indices, None for all of them.

    `prefix` is the beginning of its data frames, up to the number.
    """

    sid: int
    channel: str
    topics: set[str] | None
    quiet: bool = False
    by_id: bool = False
    use_yes_price: bool = False
    seq: int = 0

    def covers(self, topic: str | None) -> bool:
        """Tell whether messages of a market or index belong to it."""
        return self.topics is None or topic in self.topics

    def place(self) -> bytes:
        """Return sid and, where the channel has numbers, the next one, encoded."""
        if self.channel in UNSEQUENCED:
            return b'"sid":%d,' % self.sid
        self.seq += 1
        return b'"sid":%d,"seq":%d,' % (self.sid, self.seq)

    def listing(self, identities: Identities | None) -> bytes | None:
        """Return the body of an acknowledgement: everything it covers now, None where that is not wanted."""
        if self.channel == INDEX_CHANNEL:
            return msgspec.json.encode({"index_ids": [ALL] if self.topics is None else sorted(self.topics)})
        if self.quiet:
            return None
        tickers = sorted(self.topics or ())
        if self.by_id and identities is not None:
            return msgspec.json.encode({"market_ids": [identities.id_of(each) or each for each in tickers]})
        return msgspec.json.encode({"market_tickers": tickers})


def change_indices(subscription: Subscription, action: str, named: Sequence[str], known: Sequence[str]) -> None:
    """Add indices to an index subscription or take them away; "all" means all of them.

    Raises:
        Refused: error 13, no such action; error 24, no index is named.
    """
    if action not in ("subscribe_indices", "unsubscribe_indices"):
        raise Refused(13)
    if not named:
        raise Refused(24)
    held = {*known} if subscription.topics is None else subscription.topics
    if action == "subscribe_indices":
        subscription.topics = None if ALL in named or subscription.topics is None else held.union(named)
    else:
        subscription.topics = set() if ALL in named else held.difference(named)
