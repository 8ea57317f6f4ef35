"""Wait for clients before a run begins, and say what is missing."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kalshi_data.simulator.feed.commands import INDEX_CHANNEL
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.venue.listings import COMBO_PREFIX

POLL_SECONDS = 0.02
ANNOUNCE_SECONDS = 1.0
COMBO_CHANNEL = "multivariate_market_lifecycle"
Topics = Mapping[str, set[str]]


def usually_subscribed(topics: Topics) -> dict[str, set[str]]:
    """Return channels and markets without those that many clients leave out: combos and indices."""
    channels = {name: each for name, each in topics.items() if name not in (INDEX_CHANNEL, COMBO_CHANNEL)}
    return {name: {topic for topic in each if not topic.startswith(COMBO_PREFIX)} for name, each in channels.items()}


class StartCondition(NamedTuple):
    """How many keys a run waits for, and what each of them must have subscribed.

    Combos and indices are waited for only with `everything`. A channel of all markets must be subscribed on
    `connections_per_channel` connections of each key.
    """

    clients: int
    everything: bool = False
    connections_per_channel: int = 1


async def wait_until_subscribed(
    publisher: Publisher,
    condition: StartCondition,
    wanted: Callable[[], Topics],
    announce: Callable[[dict[str, Any]], None],
) -> None:
    """Wait until as many keys have subscribed each wanted channel and market; announce what is still missing."""
    announced, announced_at = "", float("-inf")
    named = wanted if condition.everything else lambda: usually_subscribed(wanted())
    while missing := publisher.missing_subscriptions(condition.clients, named, condition.connections_per_channel):
        if missing != announced and time.monotonic() - announced_at > ANNOUNCE_SECONDS:
            announced, announced_at = missing, time.monotonic()
            announce({"event": "waiting", "for": missing})
        await asyncio.sleep(POLL_SECONDS)
