"""Recorded markets close as long after the beginning of a recording as they did, whenever it is played."""

import asyncio
import json
import time
from typing import Any

import msgspec
import pytest

from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.lifecycle import Lifecycle
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.gatherer.markets.settings import RegistrySettings
from kalshi_data.gatherer.settings import SubscriptionSettings
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.venue.market_times import moved, recorded_from_s
from kalshi_data.simulator.venue.recording import RecordedFrame

BEGAN_S = 1_700_000_000
HOUR = 3600


def frame(body: dict[str, Any], kind: str = "market_lifecycle_v2", received_s: float | None = BEGAN_S) -> RecordedFrame:
    fields = {
        "type": msgspec.Raw(json.dumps(kind).encode()),
        "msg": msgspec.Raw(json.dumps(body).encode()),
        "sending_ts_ms": msgspec.Raw(b"%d" % (BEGAN_S * 1000 + 7)),
    }
    return RecordedFrame(None if received_s is None else round(received_s * 1e9), kind, "KXA-1", fields)


def body_of(sent: RecordedFrame) -> dict[str, Any]:
    return json.loads(bytes(sent.fields["msg"]))


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({"close_ts": BEGAN_S}, {"close_ts": BEGAN_S + HOUR}),
        ({"close_ts": BEGAN_S * 1000}, {"close_ts": (BEGAN_S + HOUR) * 1000}),
        ({"close_ts": "2026-11-01T00:00:00Z"}, {"close_ts": "2026-11-01T01:00:00Z"}),
        ({"open_ts": 1.5e9, "close_ts": None}, {"open_ts": 1.5e9 + HOUR, "close_ts": None}),
        (
            {"additional_metadata": {"name": "A", "expected_expiration_ts": BEGAN_S}},
            {"additional_metadata": {"name": "A", "expected_expiration_ts": BEGAN_S + HOUR}},
        ),
        # What happened then happened then, and what is no time stays as it is.
        ({"determination_ts": BEGAN_S, "settled_ts": BEGAN_S}, {"determination_ts": BEGAN_S, "settled_ts": BEGAN_S}),
        ({"close_ts": "soon", "open_ts": [1]}, {"close_ts": "soon", "open_ts": [1]}),
        ({"close_ts": 0, "additional_metadata": 5}, {"close_ts": 0, "additional_metadata": 5}),
        ({"close_ts": "0001-01-01T00:00:00Z"}, {"close_ts": "0001-01-01T00:00:00Z"}),
    ],
)
def test_times_of_a_market_s_life_are_moved_in_the_form_they_have(
    recorded: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert body_of(moved(frame({"market_ticker": "KXA-1", **recorded}), HOUR)) == {"market_ticker": "KXA-1", **expected}


def test_other_messages_are_sent_byte_by_byte_as_recorded() -> None:
    sent = frame({"close_ts": BEGAN_S}, "trade")
    assert moved(sent, HOUR) is sent
    unreadable = sent._replace(type="market_lifecycle_v2", fields={**sent.fields, "msg": msgspec.Raw(b"[1]")})
    assert moved(unreadable, HOUR) is unreadable


def test_a_recording_without_times_of_reception_began_when_the_exchange_sent_it() -> None:
    assert recorded_from_s([frame({}), frame({}, received_s=BEGAN_S - 5)]) == BEGAN_S - 5
    assert recorded_from_s([frame({}, received_s=None)]) == BEGAN_S + 0.007
    assert recorded_from_s([frame({}, received_s=None)._replace(fields={})]) is None


def test_a_gatherer_keeps_the_book_of_a_market_that_closed_when_it_was_recorded() -> None:
    """Books are dropped half a minute after the time that a lifecycle message names."""
    closing = {"market_ticker": "KXA-1", "event_type": "close_date_updated", "close_ts": BEGAN_S + 600}
    sent: list[Message] = []

    def publish(message: Message) -> int:
        sent.append(message)
        return 1

    replay = Replay([frame(closing), frame({"market_ticker": "KXA-1"}, "trade")], None, lambda _: None)
    replay.publisher.publish = publish
    asyncio.run(replay.run(StartCondition(0), 0))
    schedule = Schedule(RegistrySettings(), time.time)
    schedule.create("KXA-1", 0, time.time() + HOUR)
    lifecycle = Lifecycle(schedule, FetchQueue(time.time), MarketFilter(SubscriptionSettings()))
    assert [message.type for message in sent] == ["market_lifecycle_v2", "trade"]
    lifecycle.apply("close_date_updated", "KXA-1", sent[0].body)
    schedule.advance()
    assert "KXA-1" in schedule.wanted
    lifecycle.apply("close_date_updated", "KXA-1", json.dumps(closing).encode())
    schedule.advance()
    assert "KXA-1" not in schedule.wanted
