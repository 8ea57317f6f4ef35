"""What a subscriber does about answers that come in an unlucky order."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiolimiter import AsyncLimiter

from kalshi_data.gatherer.connections.allocation import SubscriptionAllocator
from kalshi_data.gatherer.connections.readiness import Readiness
from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.gatherer.connections.subscriber import Subscriber
from kalshi_data.gatherer.connections.trade_outage import TradeOutage
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.recording.events import Acknowledged, ErrorReceived, Unsubscribed
from kalshi_data.kalshi.feed import BOOK_CHANNEL
from kalshi_data.kalshi.messages import ErrorBody

OVERFLOW = ErrorBody(code=25, msg="Subscription buffer overflow")


def ignore(*_: object) -> None:
    """Fetch no trades."""


async def subscribed_sids(end: ErrorReceived | Unsubscribed) -> list[int]:
    """Subscribe a book whose first subscription `end` ends as soon as it is acknowledged; return the sids of all."""
    counters, settings = Counters(), SubscriptionSettings(audit_seconds=0)
    allocator = SubscriptionAllocator(settings, counters)
    allocator.assign(["KXA-1"])
    sids: list[int] = []
    is_whole = asyncio.Event()

    async def send(encoded: bytes, *, text: bool) -> None:
        assert text
        sids.append(len(sids) + 1)
        subscriber.acknowledged(Acknowledged(msgspec.json.decode(encoded)["id"], sids[-1], BOOK_CHANNEL))
        if sids == [1]:  # in the same packet, before the task that waits for the acknowledgement runs
            if isinstance(end, ErrorReceived):
                subscriber.error_received(end)
            else:
                subscriber.unsubscribed(end)
        else:
            is_whole.set()

    websocket: Any = SimpleNamespace(send=send, last_received_at=None)
    recorder: Any = SimpleNamespace(counters=counters, sent=ignore, markets_covered=lambda: 1)
    outage = TradeOutage(ignore, None)
    shared = (allocator, Readiness(allocator, counters), outage, settings, AsyncLimiter(1000, 1.0))
    subscriber = Subscriber(allocator.specs[-1], websocket, recorder, *shared)
    running = asyncio.ensure_future(subscriber.run())
    try:
        await asyncio.wait_for(is_whole.wait(), 30)
    finally:
        running.cancel()
    return sids


@pytest.mark.parametrize(
    "end",
    [
        ErrorReceived(None, 1, OVERFLOW),
        ErrorReceived(None, 1, ErrorBody(code=99)),
        ErrorReceived(None, None, OVERFLOW),
        Unsubscribed(None, 1),
        Unsubscribed(7, 1),
    ],
)
def test_a_subscription_that_ends_right_after_its_acknowledgement_is_restarted(
    end: ErrorReceived | Unsubscribed,
) -> None:
    assert asyncio.run(subscribed_sids(end)) == [1, 2]
