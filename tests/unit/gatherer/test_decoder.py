"""Records of one connection become rows and events."""

import tracemalloc
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from structlog.testing import capture_logs

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.format import Kind, LogRecord
from kalshi_data.gatherer.recording.batch import STATE_COLUMNS, Item
from kalshi_data.gatherer.recording.decoder import FrameDecoder
from kalshi_data.gatherer.recording.events import (
    Acknowledged,
    ClockWentBack,
    ErrorReceived,
    Event,
    FrameQuarantined,
    GapFound,
    SnapshotReceived,
    count,
)
from kalshi_data.gatherer.recording.subscriptions import SUBSCRIPTIONS_MAX
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.messages import ErrorBody
from kalshi_data.kalshi.timestamps import from_ns
from tests.support.receiving import BOOKS_SUBSCRIBED, delta, frame, snapshot, trade

SECOND_NS = 1_000_000_000
TRADES_SUBSCRIBED = b'{"type":"subscribed","id":2,"msg":{"channel":"trade","sid":2}}'
States = list[tuple[Any, ...]]


class Decoding:
    """A decoder that is given one record a second, the first at second 1."""

    def __init__(self, *, whole: bool = True) -> None:
        self.items: list[Item] = []
        self.events: list[Event] = []
        self.decoder = FrameDecoder(7, WritingSettings(), whole=whole)
        self.number = 0

    def take(self, *payloads: bytes, kind: int = Kind.FRAME) -> "Decoding":
        for payload in payloads:
            self.number += 1
            decoded = self.decoder.decode(LogRecord(self.number, self.number * SECOND_NS, 7, kind, payload))
            self.items += decoded.items
            self.events += decoded.events
        return self

    def lost(self) -> list[list[str]]:
        """Return the books that need a snapshot after each gap."""
        return [sorted(event.lost) for event in self.events if isinstance(event, GapFound)]

    def states(self, *streams: str) -> States:
        """Return rows of coverage with times as seconds, without the connection."""
        return [
            (item.stream, *(seconds(value) for value in item.row if value != 7))
            for item in self.items
            if item.stream in (streams or STATE_COLUMNS)
        ]


def seconds(value: Any) -> Any:
    return round((value - from_ns(0)).total_seconds()) if hasattr(value, "tzinfo") else value


def test_a_book_is_covered_from_its_snapshot_a_channel_from_its_acknowledgement() -> None:
    decoding = Decoding().take(
        BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1, "KXA"), delta(2, "KXB"), snapshot(3, "KXA")
    )
    assert decoding.states() == [
        ("coverage_begun", 2, "trade", "", 2),
        ("coverage_begun", 1, "orderbook_delta", "KXA", 3),
    ]


def test_a_gap_ends_books_at_the_last_frame_before_it_and_snapshots_restart_them() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1, "KXA"), snapshot(2, "KXB"), delta(9, "KXA"))
    assert decoding.states()[2:] == [
        ("gaps_found", 4, 1, "orderbook_delta", 3, 9, 3, 4),
        ("coverage_ended", 1, None, 3, "gap"),
    ]
    assert decoding.lost() == [["KXA", "KXB"]]
    decoding.take(snapshot(10, "KXB"), snapshot(11, "KXA"))
    assert decoding.states()[4:] == [
        ("coverage_begun", 1, "orderbook_delta", "KXB", 5),
        ("coverage_begun", 1, "orderbook_delta", "KXA", 6),
        ("gaps_repaired", 4, 6, "snapshot"),
    ]


def test_a_gap_amid_the_snapshots_that_repair_another_is_repaired_with_it() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1, "KXA"), snapshot(2, "KXB"), delta(9, "KXA"))
    decoding.take(snapshot(10, "KXA"), delta(12, "KXA"))
    # The snapshot of KXB may be among the missing frames, so it is requested again.
    assert decoding.lost()[-1] == ["KXA", "KXB"]
    decoding.take(snapshot(13, "KXB"))
    decoding.take(snapshot(14, "KXA"))
    assert decoding.states("gaps_repaired") == [
        ("gaps_repaired", 4, 7, "snapshot"),
        ("gaps_repaired", 6, 8, "snapshot"),
    ]


def test_a_gap_in_a_channel_of_all_markets_lasts_from_frame_to_frame() -> None:
    decoding = Decoding().take(TRADES_SUBSCRIBED, trade(1, "a"), trade(4, "b"))
    assert decoding.states()[1:] == [
        ("gaps_found", 3, 2, "trade", 2, 4, 2, 3),
        ("coverage_ended", 2, None, 2, "gap"),
        ("coverage_begun", 2, "trade", "", 3),
    ]


def error(body: str, **envelope: int) -> bytes:
    return msgspec.json.encode({"type": "error", **envelope, "msg": msgspec.Raw(body.encode())})


ASK = b'{"id":5,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot","market_tickers":["KXA-1"]}}'


@pytest.mark.parametrize(
    ("envelope", "body", "reason"),
    [
        ({"sid": 1, "seq": 3}, '{"code":10,"msg":"no"}', "error 10"),
        ({"sid": 1, "seq": 3}, '{"code":25,"msg":"no"}', "error 25"),
        ({"sid": 1}, '{"code":25,"msg":"no"}', "error 25"),
        # Whatever the code is, an error that names a subscription and no command is about the subscription.
        ({"sid": 1, "seq": 3}, '{"code":27}', "error 27"),
        ({"sid": 1, "seq": 3}, '{"code":17}', "error 17"),
        ({"sid": 1, "seq": 3}, '{"code":"gone\\u0000"}', "error 0"),
        ({"sid": 1, "seq": 3}, "null", "error 0"),
        ({"sid": 1, "id": 0}, '{"code":27}', "error 27"),
        ({"sid": 1, "id": 77}, '{"code":27}', "error 27"),
        # An answer to a command ends the subscription if its code says so.
        ({"sid": 1, "seq": 3, "id": 5}, '{"code":27}', None),
        ({"id": 5}, '{"code":11}', None),
        ({"sid": 1, "seq": 3, "id": 5}, '{"code":99}', None),
        ({"sid": 1, "seq": 3, "id": 5}, '{"code":17}', "error 17"),
        ({"sid": 1, "seq": 3, "id": 5}, '{"code":25}', "error 25"),
        # The subscription that is unknown to the exchange is the one that the command named.
        ({"id": 5}, '{"code":7}', "error 7"),
        # An error about another subscription, or about none.
        ({"sid": 9}, '{"code":25}', None),
        ({}, '{"code":17}', None),
        ({}, '{"code":25}', "error 25"),
    ],
)
def test_an_error_ends_what_its_subscription_covered(envelope: dict[str, int], body: str, reason: str | None) -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2)).take(ASK, kind=Kind.SENT)
    decoding.take(error(body, **envelope))
    assert decoding.states("coverage_ended") == ([("coverage_ended", 1, None, 3, reason)] if reason else [])
    assert isinstance(decoding.events[-1], ErrorReceived)


def test_an_error_keeps_its_command_its_subscription_and_its_words() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED).take(ASK, kind=Kind.SENT)
    decoding.take(error('{"code":9,"msg":"no\\u0000pe"}', id=5), error('{"code":25,"msg":"full"}', sid=1, seq=1))
    assert decoding.events[1:] == [
        ErrorReceived(5, None, ErrorBody(9, "no pe")),
        ErrorReceived(None, 1, ErrorBody(25, "full")),
    ]


def test_each_subscription_ends_at_its_own_last_frame() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1), trade(1, "a"), trade(2, "b"))
    decoding.take(error('{"code":25}', sid=1)).take(ASK, kind=Kind.SENT).take(error('{"code":25}', sid=2))
    assert decoding.states("coverage_ended") == [
        ("coverage_ended", 1, None, 3, "error 25"),
        ("coverage_ended", 2, None, 5, "error 25"),
    ]


def test_a_gap_begins_at_the_last_frame_of_its_subscription() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, trade(1, "a"), snapshot(1), delta(2), trade(3, "c"))
    assert decoding.states("gaps_found") == [("gaps_found", 6, 2, "trade", 2, 3, 3, 6)]


UNSUBSCRIBED = b'{"type":"unsubscribed","id":6,"sid":1,"seq":3}'


@pytest.mark.parametrize(
    "frame_",
    [
        b'{"type":"unsubscribed","sid":1,"seq":3}',
        b'{"type":"unsubscribed","sid":1,"seq":3,"msg":{}}',
        b'{"type":"unsubscribed","msg":{"sid":1}}',
        UNSUBSCRIBED,
    ],
)
def test_a_subscription_that_the_exchange_ends_is_covered_until_its_last_frame(frame_: bytes) -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2), frame_)
    assert decoding.states("coverage_ended") == [("coverage_ended", 1, None, 3, "unsubscribed")]
    assert decoding.decoder.subscriptions.markets_covered() == 0


def test_a_subscription_that_a_command_ends_is_covered_until_it_ends() -> None:
    command = b'{"id":6,"cmd":"unsubscribe","params":{"sids":[1]}}'
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2)).take(command, kind=Kind.SENT)
    decoding.take(UNSUBSCRIBED)
    assert decoding.states("coverage_ended") == [("coverage_ended", 1, None, 5, "dropped")]


@pytest.mark.parametrize("frame_", [b'{"type":"unsubscribed"}', b'{"type":"unsubscribed","sid":9,"msg":[1]}'])
def test_unsubscribed_without_a_known_subscription_ends_nothing(frame_: bytes) -> None:
    assert Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), frame_).states("coverage_ended") == []


def test_frames_of_a_subscription_that_ended_are_stored_and_cover_nothing() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), error('{"code":25}', sid=1, seq=2), delta(3), snapshot(4))
    assert [item.stream for item in decoding.items[-2:]] == ["orderbook_deltas", "orderbook_snapshots"]
    assert len(decoding.states("coverage_begun")) == 1


def test_a_subscription_that_gets_the_sid_of_an_ended_one_counts_from_1() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2), error('{"code":25}', sid=1, seq=3))
    decoding.take(BOOKS_SUBSCRIBED, snapshot(1), delta(2))
    assert decoding.lost() == []
    assert decoding.states("coverage_begun") == [
        ("coverage_begun", 1, "orderbook_delta", "KXA-1", 2),
        ("coverage_begun", 1, "orderbook_delta", "KXA-1", 6),
    ]


def test_a_second_subscription_of_a_channel_replaces_the_first() -> None:
    second = b'{"type":"subscribed","id":3,"msg":{"channel":"orderbook_delta","sid":4}}'
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2), second, snapshot(1, sid=4))
    assert decoding.states("coverage_ended") == [("coverage_ended", 1, None, 3, "replaced")]
    assert decoding.decoder.subscriptions.books_covered() == {"KXA-1"}


def test_subscriptions_that_the_exchange_invents_are_bounded() -> None:
    text = '{"type":"subscribed","id":1,"msg":{"channel":"c%d","sid":%d}}'
    decoding = Decoding().take(*((text % (number, number)).encode() for number in range(SUBSCRIPTIONS_MAX + 5)))
    assert decoding.events[-5:] == [FrameQuarantined("too many subscriptions")] * 5


def test_a_command_that_was_sent_last_is_no_sign_that_frames_arrived() -> None:
    decoding = (
        Decoding().take(b'{"name":"books-1","url":"ws://"}', kind=Kind.OPENED).take(BOOKS_SUBSCRIBED, snapshot(1))
    )
    decoding.take(ASK, kind=Kind.SENT).take(b'{"reason":"nothing arrived"}', kind=Kind.CLOSED)
    assert decoding.states("coverage_ended") == [("coverage_ended", 1, None, 3, "closed")]


def test_markets_that_are_dropped_are_covered_until_the_exchange_acknowledges() -> None:
    params = {"sid": 1, "action": "delete_markets", "market_tickers": ["KXA"]}
    command = msgspec.json.encode({"id": 5, "cmd": "update_subscription", "params": params})
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1, "KXA"), snapshot(2, "KXB")).take(command, kind=Kind.SENT)
    assert decoding.states("coverage_ended") == []
    decoding.take(b'{"type":"ok","id":5,"sid":1,"seq":3}')
    assert decoding.states("coverage_ended") == [("coverage_ended", 1, "KXA", 5, "dropped")]
    assert decoding.decoder.subscriptions.markets_covered() == 1


def test_the_end_of_a_connection_ends_its_coverage() -> None:
    decoding = Decoding().take(b'{"name":"books-1","url":"ws://"}', kind=Kind.OPENED)
    decoding.take(BOOKS_SUBSCRIBED, snapshot(1)).take(b'{"reason":"stopped"}', kind=Kind.CLOSED)
    assert decoding.states() == [
        ("connections_opened", "books-1", "ws://", 1),
        ("coverage_begun", 1, "orderbook_delta", "KXA-1", 3),
        ("coverage_ended", 1, None, 3, "stopped"),
        ("connections_closed", 4, "stopped", 2),
    ]


def test_a_market_that_the_exchange_does_not_know_is_not_covered() -> None:
    empty = frame("orderbook_snapshot", 1, 1, {"market_ticker": "KXNONE", "market_id": ""})
    decoding = Decoding().take(BOOKS_SUBSCRIBED, empty)
    assert decoding.states() == []
    assert decoding.events[-1] == SnapshotReceived(None, "KXNONE", is_known=False)


@pytest.mark.parametrize("fields", [{}, {"market_id": None}, {"market_id": []}, {"market_id": 7}])
def test_an_empty_book_with_no_market_id_or_an_unreadable_one_is_covered(fields: dict[str, object]) -> None:
    decoding = Decoding().take(
        BOOKS_SUBSCRIBED, frame("orderbook_snapshot", 1, 1, {"market_ticker": "KXA-1", **fields})
    )
    assert decoding.states() == [("coverage_begun", 1, "orderbook_delta", "KXA-1", 2)]
    assert [item.stream for item in decoding.items].count("orderbook_snapshots") == 1
    assert "quarantine" not in {item.stream for item in decoding.items}
    assert SnapshotReceived(None, "KXA-1", is_known=True) in decoding.events


def test_a_clock_that_goes_back_is_reported_once() -> None:
    decoding = Decoding().take(
        BOOKS_SUBSCRIBED, snapshot(1, clock=50), delta(2, clock=51), delta(3, clock=7), delta(4, clock=8)
    )
    assert decoding.events.count(ClockWentBack("KXA-1")) == 1


def test_messages_without_a_clock_show_no_clock_that_went_back() -> None:
    decoding = Decoding().take(
        *(BOOKS_SUBSCRIBED, snapshot(1, clock=50), delta(2, clock=None), snapshot(3, clock=None)),
        *(delta(4, clock=51), delta(5, clock=None)),
    )
    assert ClockWentBack("KXA-1") not in decoding.events
    # The last known one still shows it.
    assert decoding.take(delta(6, clock=50)).events.count(ClockWentBack("KXA-1")) == 1


def test_a_connection_decoded_from_the_middle_needs_no_first_number() -> None:
    decoding = Decoding(whole=False).take(delta(500), delta(501), delta(503))
    assert [item.stream for item in decoding.items].count("orderbook_deltas") == 3
    assert decoding.states("gaps_found") == [("gaps_found", 3, 1, "orderbook_delta", 502, 503, 2, 3)]


def test_records_missing_in_the_log_end_what_was_covered() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1), trade(1, "a"))
    decoding.items += decoding.decoder.skip()
    assert decoding.states()[2:] == [
        ("coverage_ended", 1, None, 4, "gap"),
        ("coverage_ended", 2, None, 4, "gap"),
    ]
    # A channel of all markets is covered again from its next frame on.
    assert decoding.take(delta(2), trade(2, "b"), trade(3, "c")).states()[4:] == [
        ("coverage_begun", 2, "trade", "", 6),
    ]


def test_after_missing_records_a_state_names_the_subscriptions_made_in_them() -> None:
    live = Decoding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1), trade(1, "a"))
    decoding = Decoding().take(BOOKS_SUBSCRIBED)
    decoding.items += decoding.decoder.skip()
    decoding.take(live.decoder.state(), kind=Kind.STATE).take(trade(2, "b"), delta(2), snapshot(3))
    assert decoding.states()[1:] == [
        # Trades go on from their next frame; the book's snapshot is among the missing records.
        ("coverage_begun", 2, "trade", "", 3),
        ("gaps_found", 4, 1, "orderbook_delta", 1, 2, 1, 4),
        ("coverage_ended", 1, None, 1, "gap"),
        ("coverage_begun", 1, "orderbook_delta", "KXA-1", 5),
    ]


def test_delays_are_measured_from_the_exchange_and_from_the_matching_engine() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED)
    sent = {"type": "orderbook_delta", "sid": 1, "sending_ts_ms": 14_500}
    for seq in range(1, 40):
        body = {"market_ticker": "KXA-1", "price_dollars": "0.4100", "delta_fp": "1.00", "side": "yes", "ts_ms": 14_000}
        decoding.take(msgspec.json.encode({**sent, "seq": seq, "msg": body}))
    # One frame of 16: those received at second 16 and 32.
    counters = Counters()
    for event in decoding.events:
        count(event, counters, 7)
    assert counters.feed_delays.sum_seconds == pytest.approx(1.5 + 17.5)
    assert counters.event_delays.sum_seconds == pytest.approx(2 + 18)


def test_trades_and_deltas_make_one_row_each_and_no_events() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, snapshot(1))
    events = list(decoding.events)
    decoding.take(delta(2), trade(1, "a"), delta(3))
    assert [item.stream for item in decoding.items[-3:]] == ["orderbook_deltas", "trades", "orderbook_deltas"]
    assert decoding.events == events


def test_each_frame_is_decoded_to_its_message_type_and_its_events() -> None:
    decoder = FrameDecoder(7, WritingSettings())
    lifecycle = {"market_ticker": "KXA-1", "event_type": "settled"}
    frames = {
        b"not JSON": ("", ["FrameQuarantined"]),
        BOOKS_SUBSCRIBED: ("subscribed", ["Acknowledged"]),
        snapshot(1): ("orderbook_snapshot", ["SnapshotReceived"]),
        delta(2, moon=1): ("orderbook_delta", ["OddFieldFound"]),
        delta(1): ("orderbook_delta", ["GapFound", "FrameQuarantined"]),
        frame("market_lifecycle_v2", 3, 1, lifecycle): ("market_lifecycle_v2", ["LifecycleChanged"]),
        frame("weather", 4, 1, {}): ("weather", ["FrameQuarantined"]),
    }
    for number, (payload, expected) in enumerate(frames.items(), start=1):
        decoded = decoder.decode(LogRecord(number, number * SECOND_NS, 7, Kind.FRAME, payload))
        assert (decoded.message_type, [type(event).__name__ for event in decoded.events]) == expected


def test_a_changed_limit_of_a_frame_holds_for_an_open_connection() -> None:
    settings = WritingSettings()
    decoder = FrameDecoder(7, settings)
    record = LogRecord(1, SECOND_NS, 7, Kind.FRAME, BOOKS_SUBSCRIBED)
    assert decoder.decode(record).events[0] == Acknowledged(1, 1, "orderbook_delta")
    settings.frame_bytes_max = 10
    assert decoder.decode(record).events[0] == FrameQuarantined("frame too long")


def test_many_gaps_before_a_snapshot_take_little_memory_and_are_repaired_by_it() -> None:
    books = [f"KXA-{number}" for number in range(300)]
    decoding = Decoding().take(BOOKS_SUBSCRIBED, *(snapshot(seq, ticker) for seq, ticker in enumerate(books, start=1)))
    tracemalloc.start()
    decoding.take(*(delta(1_000 + 2 * number) for number in range(300)))
    decoding.events.clear()
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 300 gaps, and 300 books that wait for a snapshot after each.
    assert held_bytes < 2_000_000
    decoding.take(*(snapshot(2_000 + number, ticker) for number, ticker in enumerate(books)))
    repaired = decoding.states("gaps_repaired")
    # The first of these snapshots is behind a gap, too.
    assert len(repaired) == len({row[1] for row in repaired}) == len(decoding.states("gaps_found")) == 301
    assert {row[2] for row in repaired} == {decoding.number}


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"reason":5}', b'{"reason":null}', b"\xff"])
def test_a_connection_whose_end_cannot_be_read_has_ended(payload: bytes) -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1)).take(payload, kind=Kind.CLOSED)
    assert decoding.states()[1:] == [
        ("coverage_ended", 1, None, 2, "closed"),
        ("connections_closed", 3, "", 2),
    ]
    assert decoding.items[-1].stream == "quarantine"


@pytest.mark.parametrize("kind", [Kind.OPENED, Kind.SENT, Kind.REPAIRED, Kind.STATE, 9])
def test_a_record_of_another_version_is_quarantined(kind: int) -> None:
    decoding = Decoding()
    for payload in (b"", b"[]", b"null", b'{"frame_number":1e99}', b'{"id":[],"params":7}', b"\xff"):
        decoding.take(payload, kind=kind)
    # A connection without a readable opening has opened all the same.
    items = [item for item in decoding.items if item.stream != "connections_opened"]
    assert {item.stream for item in items} == {"quarantine"}
    assert all(item.row[2].startswith(("cannot be decoded", "bad record")) for item in items)
    assert len(items) == (4 if kind == Kind.OPENED else 6)


def test_a_book_without_a_market_id_is_known_and_one_with_an_empty_one_is_not() -> None:
    body = {"market_ticker": "KXA-1"}
    decoding = Decoding().take(BOOKS_SUBSCRIBED)
    for seq, market_id in enumerate(({}, {"market_id": None}, {"market_id": ""}), start=1):
        decoding.take(frame("orderbook_snapshot", seq, 1, {**body, **market_id}))
    known = [event.is_known for event in decoding.events if isinstance(event, SnapshotReceived)]
    assert known == [True, True, False]


def test_conditions_that_repeat_are_logged_once_and_all_are_counted() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, TRADES_SUBSCRIBED, *(delta(seq) for seq in range(2, 200, 2)))
    decoding.take(*(trade(seq, "a", yes_price_dollars="x") for seq in range(2, 20, 2)))
    decoding.take(*(delta(200 + seq, moon=1, ts=[]) for seq in range(9)))
    counters = Counters()
    with capture_logs() as logs:
        for event in decoding.events:
            count(event, counters, 7)
    assert counters.gaps["orderbook_delta"] >= 99
    assert counters.quarantined["bad trade"] == 9
    assert counters.unknown_fields["orderbook_delta", "moon"] == counters.ignored_fields["orderbook_delta", "ts"] == 9
    assert sorted(line["event"] for line in logs) == [
        "field with a bad value, the row is stored without it",
        "frame quarantined",
        "sequence gap",
        "sequence gap",
        "unknown field, the row is stored without it",
    ]


def test_a_sequence_number_at_the_end_of_its_range_makes_no_state_that_the_database_refuses() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, delta(1), delta(2**63 - 1), delta(2**63 - 2), delta(3))
    numbers = [row[4:6] for row in decoding.states("gaps_found")]
    assert numbers == [(2, 2**63 - 2), (2**63 - 1, 3)]
    assert [item.row[2][:12] for item in decoding.items if item.stream == "quarantine"] == [
        "bad envelope",
        "repeated seq",
    ]


def test_a_fault_of_the_decoder_itself_is_quarantined_and_memory_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for fault, reason in (
        (ZeroDivisionError("zero"), "cannot be decoded: ZeroDivisionError: zero"),
        (RecursionError(), "cannot"),
    ):
        monkeypatch.setattr("kalshi_data.gatherer.recording.decoder.decode_envelope", Mock(side_effect=fault))
        (item,) = Decoding().take(delta(1)).items
        assert (item.stream, item.row[3]) == ("quarantine", delta(1))
        assert item.row[2].startswith(reason)
    monkeypatch.setattr("kalshi_data.gatherer.recording.decoder.decode_envelope", Mock(side_effect=MemoryError))
    with pytest.raises(MemoryError):
        Decoding().take(delta(1))


def last_changes(decoding: Decoding) -> list[str | None]:
    """Return the newest change that each snapshot knows of."""
    found = [item.row[13] for item in decoding.items if item.stream == "orderbook_snapshots"]
    return [each and each.strftime("%S.%f") for each in found]


def test_a_snapshot_names_the_newest_change_of_its_market_on_its_subscription() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2), delta(3, "KXB", ts_ms=1_793_109_601_001))
    decoding.take(snapshot(4), delta(5, ts_ms=1_793_109_602_000), snapshot(6), snapshot(7, "KXB"))
    assert last_changes(decoding) == [None, "00.447000", "02.000000", "01.001000"]


def test_a_snapshot_names_no_change_whose_time_is_not_known_to_the_millisecond() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED)
    times: tuple[dict[str, Any], ...] = (
        {"ts": "2026-10-27T12:00:01.123456789Z"},
        {"ts": "2026-10-27T12:00:01.123999Z", "ts_ms": None},
        {"ts": "2026-10-27T12:00:01Z", "ts_ms": None},
        {},
        {"ts_ms": None},
    )
    for number, each in enumerate(times):
        decoding.take(delta(2 * number + 1, **each), snapshot(2 * number + 2))
    assert last_changes(decoding) == ["00.447000", "01.123000", None, "00.447000", None]


def test_a_snapshot_names_no_change_from_before_frames_that_are_missing() -> None:
    decoding = Decoding().take(BOOKS_SUBSCRIBED, snapshot(1), delta(2), snapshot(9), delta(10), snapshot(11))
    decoding.items += decoding.decoder.skip()
    decoding.take(snapshot(12), delta(13), BOOKS_SUBSCRIBED, snapshot(1))
    assert last_changes(decoding) == [None, None, "00.447000", None, None]
