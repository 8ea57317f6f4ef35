"""From records to rows: coverage, gaps, and who is told what."""

from typing import Any

import msgspec
import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.recording.batch import STATES, Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.timestamps import from_ns
from tests.support.receiving import BOOKS_SUBSCRIBED, Nobody, delta, frame, snapshot, trade

SECOND_NS = 1_000_000_000
TRADES_SUBSCRIBED = b'{"type":"subscribed","id":2,"msg":{"channel":"trade","sid":2}}'
States = list[tuple[Any, ...]]


class Feeding:
    """A decoder that gets one record a second, the first at second 1."""

    def __init__(self, *, whole: bool = True) -> None:
        self.items: list[Item] = []
        self.listener = Nobody()
        self.counters = Counters()
        self.decoder = FrameDecoder(7, self.items.append, self.counters, WritingSettings(), self.listener, whole=whole)
        self.number = 0

    def take(self, *payloads: bytes, kind: Kind = Kind.FRAME) -> "Feeding":
        for payload in payloads:
            self.number += 1
            self.decoder.take(self.number, self.number * SECOND_NS, kind, payload)
        return self

    def states(self, *streams: str) -> States:
        """Return rows of coverage with times as seconds, without the connection."""
        return [
            (item.stream, *(seconds(value) for value in item.row if value != 7))
            for item in self.items
            if item.stream in (streams or STATES)
        ]


def seconds(value: Any) -> Any:
    return round((value - from_ns(0)).total_seconds()) if hasattr(value, "tzinfo") else value


def test_a_book_is_covered_from_its_snapshot_a_channel_from_its_acknowledgement() -> None:
    fed = Feeding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1, "KXA"), delta(2, "KXA"), snapshot(3, "KXA"))
    assert fed.states() == [
        ("coverage_begun", 2, "trade", "", 2),
        ("coverage_begun", 1, "orderbook_delta", "KXA", 3),
    ]


def test_a_gap_ends_books_at_the_last_frame_before_it_and_snapshots_begin_them_anew() -> None:
    fed = Feeding().take(BOOKS_SUBSCRIBED, snapshot(1, "KXA"), snapshot(2, "KXB"), delta(9, "KXA"))
    assert fed.states()[2:] == [
        ("gaps_found", 4, 1, "orderbook_delta", 3, 9, 3, 4),
        ("coverage_ended", 1, None, 3, "gap"),
    ]
    assert ("gap", 1, "orderbook_delta", ["KXA", "KXB"]) in fed.listener.told
    fed.take(snapshot(10, "KXB"), snapshot(11, "KXA"))
    assert fed.states()[4:] == [
        ("coverage_begun", 1, "orderbook_delta", "KXB", 5),
        ("coverage_begun", 1, "orderbook_delta", "KXA", 6),
        ("gaps_repaired", 4, 6, "snapshot"),
    ]


def test_a_gap_amid_the_snapshots_that_repair_another_is_repaired_with_it() -> None:
    fed = Feeding().take(BOOKS_SUBSCRIBED, snapshot(1, "KXA"), snapshot(2, "KXB"), delta(9, "KXA"))
    fed.take(snapshot(10, "KXA"), delta(12, "KXA"))
    # The snapshot of KXB may be what is missing now, so it is asked for again.
    assert fed.listener.told[-1] == ("gap", 1, "orderbook_delta", ["KXA", "KXB"])
    fed.take(snapshot(13, "KXB"))
    fed.take(snapshot(14, "KXA"))
    assert fed.states("gaps_repaired") == [("gaps_repaired", 4, 7, "snapshot"), ("gaps_repaired", 6, 8, "snapshot")]


def test_a_gap_in_a_channel_of_all_markets_lasts_from_frame_to_frame() -> None:
    fed = Feeding().take(TRADES_SUBSCRIBED, trade(1, "a"), trade(4, "b"))
    assert fed.states()[1:] == [
        ("gaps_found", 3, 2, "trade", 2, 4, 2, 3),
        ("coverage_ended", 2, None, 2, "gap"),
        ("coverage_begun", 2, "trade", "", 3),
    ]


@pytest.mark.parametrize(("code", "ends"), [(10, True), (25, True), (27, False)])
def test_an_error_that_ends_a_subscription_ends_what_it_covered(code: int, ends: bool) -> None:
    error = b'{"type":"error","sid":1,"seq":3,"msg":{"code":%d,"msg":"no"}}' % code
    fed = Feeding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2), error)
    assert fed.states("coverage_ended") == ([("coverage_ended", 1, None, 3, f"error {code}")] if ends else [])
    assert fed.listener.told[-1] == ("refused", None, 1, code)


def test_markets_that_are_dropped_are_covered_until_the_exchange_says_so() -> None:
    params = {"sid": 1, "action": "delete_markets", "market_tickers": ["KXA"]}
    command = msgspec.json.encode({"id": 5, "cmd": "update_subscription", "params": params})
    fed = Feeding().take(BOOKS_SUBSCRIBED, snapshot(1, "KXA"), snapshot(2, "KXB")).take(command, kind=Kind.SENT)
    assert fed.states("coverage_ended") == []
    fed.take(b'{"type":"ok","id":5,"sid":1,"seq":3}')
    assert fed.states("coverage_ended") == [("coverage_ended", 1, "KXA", 5, "dropped")]
    assert fed.decoder.markets_covered() == 1


def test_what_is_open_ends_with_the_connection() -> None:
    fed = Feeding().take(b'{"name":"books-1","url":"ws://"}', kind=Kind.OPENED)
    fed.take(BOOKS_SUBSCRIBED, snapshot(1)).take(b'{"reason":"stopped"}', kind=Kind.CLOSED)
    assert fed.states() == [
        ("connections_opened", "books-1", "ws://", 1),
        ("coverage_begun", 1, "orderbook_delta", "KXA-1", 3),
        ("coverage_ended", 1, None, 3, "stopped"),
        ("connections_closed", 4, "stopped", 2),
    ]


def test_a_market_that_the_exchange_does_not_know_is_not_covered() -> None:
    empty = frame("orderbook_snapshot", 1, 1, {"market_ticker": "KXNONE", "market_id": ""})
    fed = Feeding().take(BOOKS_SUBSCRIBED, empty)
    assert fed.states() == []
    assert fed.listener.told[-1] == ("snapshot", None, "KXNONE", False)


def test_a_clock_that_goes_back_is_told() -> None:
    fed = Feeding().take(
        BOOKS_SUBSCRIBED, snapshot(1, clock=50), delta(2, clock=51), delta(3, clock=7), delta(4, clock=8)
    )
    assert fed.listener.told.count(("clock_went_back", "KXA-1")) == 1


def test_a_connection_read_from_the_middle_is_not_expected_to_begin() -> None:
    fed = Feeding(whole=False).take(delta(500), delta(501), delta(503))
    assert [item.stream for item in fed.items].count("orderbook_deltas") == 3
    assert fed.states("gaps_found") == [("gaps_found", 3, 1, "", 502, 503, 2, 3)]


def test_records_missing_in_the_log_end_what_was_covered() -> None:
    fed = Feeding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1), trade(1, "a"))
    fed.decoder.hole()
    assert fed.states()[2:] == [
        ("coverage_ended", 1, None, 4, "gap"),
        ("coverage_ended", 2, None, 4, "gap"),
        ("coverage_begun", 2, "trade", "", 4),
    ]


def test_delays_are_measured_from_the_exchange_and_from_the_matching_engine() -> None:
    fed = Feeding().take(BOOKS_SUBSCRIBED)
    sent = {"type": "orderbook_delta", "sid": 1, "sending_ts_ms": 14_500}
    for seq in range(1, 40):
        body = {"market_ticker": "KXA-1", "price_dollars": "0.4100", "delta_fp": "1.00", "side": "yes", "ts_ms": 14_000}
        fed.take(msgspec.json.encode({**sent, "seq": seq, "msg": body}))
    # One frame of 16: those received at second 16 and 32.
    assert fed.counters.feed_delays.sum_seconds == pytest.approx(1.5 + 17.5)
    assert fed.counters.event_delays.sum_seconds == pytest.approx(2 + 18)
