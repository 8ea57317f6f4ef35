import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.errors import RecordingError
from kalshi_data.simulator.player import schedule
from kalshi_data.simulator.venue.books import OrderBooks
from kalshi_data.simulator.venue.recording import RecordedFrame, read_recording
from tests.support.sample import make_recording

DELTA: dict[str, Any] = {
    "type": "orderbook_delta",
    "sid": 9,
    "seq": 7,
    "msg": {"market_ticker": "KXA-1", "side": "yes"},
}
ACKNOWLEDGED = {"type": "subscribed", "id": 1, "msg": {"channel": "trade", "sid": 2}}


def write(folder: Path, text: str) -> Path:
    path = folder / "recording"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "received_ns"),
    [
        (json.dumps(DELTA), None),
        (json.dumps({"raw": json.dumps(DELTA) + "\n", "recv_ts_ns": 1776490453460692001}), 1776490453460692001),
        (json.dumps({"frame": DELTA, "received_ms": 1786085188416}), 1786085188416_000_000),
        (json.dumps({"recorded": "2026-08", "frame": DELTA}), None),
        (json.dumps({"captured_ms": 1, "frames": [{"frame": DELTA, "received_ms": 2}]}, indent=1), 2_000_000),
        (json.dumps([DELTA], indent=2), None),
        (json.dumps({"some_delta": DELTA, "some_ack": ACKNOWLEDGED}, indent=2), None),
    ],
    ids=["frame", "raw", "with time", "with another key", "document", "list", "named"],
)
def test_every_form_gives_the_same_frame(tmp_path: Path, text: str, received_ns: int | None) -> None:
    (frame,) = read_recording(write(tmp_path, text))
    assert (frame.received_ns, frame.type, frame.channel) == (received_ns, "orderbook_delta", "orderbook_delta")
    assert frame.market_ticker == "KXA-1"
    # sid and seq belonged to the connection it was recorded on.
    assert (
        msgspec.json.encode(frame.fields) == b'{"type":"orderbook_delta","msg":{"market_ticker":"KXA-1","side":"yes"}}'
    )


def test_lines_keep_their_order_and_control_frames_are_left_out(tmp_path: Path) -> None:
    acknowledged = {"type": "ok", "id": 2, "sid": 1, "seq": 1}
    refused = {"type": "error", "msg": {"code": 8}}
    lines: list[dict[str, Any]] = [ACKNOWLEDGED, DELTA, acknowledged, refused, {"type": "trade", "msg": {}}]
    recorded = read_recording(write(tmp_path, "\n".join(map(json.dumps, lines)) + "\n\n"))
    assert [frame.type for frame in recorded] == ["orderbook_delta", "trade"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "holds no data frame"),
        ("[]", "holds no frames"),
        (json.dumps(ACKNOWLEDGED), "holds no data frame"),
        (json.dumps(DELTA) + "\nnonsense\n", "entry 2 is not a frame of the feed"),
        (json.dumps(DELTA) + '\n{"type": "trade"}\n', "entry 2 is not a frame of the feed: no type or no msg"),
        ('{"note": {"hello": 1}}', "entry 1 is not a frame of the feed: neither type nor raw nor frame"),
    ],
)
def test_errors_name_the_entry(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(RecordingError, match=expected):
        read_recording(write(tmp_path, text))


def recorded(received_ns: int | None) -> RecordedFrame:
    return RecordedFrame(received_ns, "trade", "KXA-1", {})


def test_times_are_kept_if_the_recording_is_short_enough() -> None:
    frames = [recorded(1_000_000_000), recorded(None), recorded(3_000_000_000), recorded(2_000_000_000)]
    assert [due for due, _ in schedule(frames, 10)] == [0, 0, 2, 2]


def test_long_recordings_are_compressed() -> None:
    frames = [recorded(second * 10**9) for second in (0, 50, 100)]
    assert [due for due, _ in schedule(frames, 10)] == [0, 5, 10]


def test_a_recording_without_times_takes_all_the_seconds() -> None:
    frames = [recorded(None) for _ in range(4)]
    assert [due for due, _ in schedule(frames, 10)] == [0, 2.5, 5, 7.5]


def test_the_sample_is_the_same_for_the_same_seed_and_holds_everything() -> None:
    entries = make_recording(seed=4, seconds=5)
    assert entries == make_recording(seed=4, seconds=5)
    assert entries != make_recording(seed=5, seconds=5)
    kinds = {entry["frame"]["type"] for entry in entries}
    assert kinds == {
        *("orderbook_snapshot", "orderbook_delta", "trade", "ticker"),
        *("market_lifecycle_v2", "event_lifecycle", "event_fee_update"),
    }
    deltas = [json.dumps(entry["frame"]) for entry in entries if entry["frame"]["type"] == "orderbook_delta"]
    assert len(set(deltas)) < len(deltas) - 20


def test_books_follow_snapshots_and_deltas() -> None:
    books = OrderBooks()
    msg: dict[str, Any] = {
        "market_ticker": "KXA-1",
        "market_id": "m",
        "yes_dollars_fp": [["0.4100", "10.00"]],
        "clock": 4,
    }
    delta = {"market_ticker": "KXA-1", "market_id": "m", "side": "yes", "clock": 5}
    frames = [
        ("orderbook_snapshot", msg),
        ("orderbook_delta", {**delta, "price_dollars": "0.4000", "delta_fp": "1.50"}),
        ("orderbook_delta", {**delta, "price_dollars": "0.4100", "delta_fp": "-10.00"}),
    ]
    for kind, body in frames:
        books.apply(RecordedFrame(None, kind, "KXA-1", {"msg": msgspec.Raw(msgspec.json.encode(body))}))
    assert books.snapshot("KXA-1") == {
        "market_ticker": "KXA-1",
        "market_id": "m",
        "clock": 5,
        "yes_dollars_fp": [["0.4000", "1.50"]],
    }
    assert books.snapshot("KXB-1") == {"market_ticker": "KXB-1", "market_id": ""}


CENTS: dict[str, Any] = {"market_ticker": "KXA-1", "yes": [[8, 300], [41, 12]], "no": None}
DOLLARS_OF_CENTS: dict[str, Any] = {"yes_dollars": [["0.0800", 300], ["0.4100", 12]], "no_dollars": []}
CHANGE_IN_CENTS: dict[str, Any] = {"market_ticker": "KXA-1", "side": "no", "price": 50, "delta": 7}


@pytest.mark.parametrize(
    ("began", "change"),
    [
        (CENTS, CHANGE_IN_CENTS),
        ({**CENTS, **DOLLARS_OF_CENTS, "market_id": "m"}, {**CHANGE_IN_CENTS, "price_dollars": "0.5000"}),
        ({**DOLLARS_OF_CENTS, "market_ticker": "KXA-1"}, {**CHANGE_IN_CENTS, "delta_fp": "7.00", "market_id": "m"}),
    ],
    ids=["cents", "both", "dollars"],
)
def test_a_book_of_every_era_is_answered_in_the_form_of_today(began: dict[str, Any], change: dict[str, Any]) -> None:
    """A client compares the answer with the messages that it received."""
    books = OrderBooks()
    for kind, body in (("orderbook_snapshot", began), ("orderbook_delta", change)):
        books.apply(RecordedFrame(None, kind, "KXA-1", {"msg": msgspec.Raw(msgspec.json.encode(body))}))
    levels = {"yes_dollars_fp": [["0.0800", "300.00"], ["0.4100", "12.00"]], "no_dollars_fp": [["0.5000", "7.00"]]}
    # The id is the last that a message named, since an empty one means that the exchange does not know the market.
    market_id = change.get("market_id") or began.get("market_id", "")
    assert books.snapshot("KXA-1") == {"market_ticker": "KXA-1", "market_id": market_id, **levels}


def test_a_book_that_changed_without_a_clock_is_answered_without_one() -> None:
    books = OrderBooks()
    change = {"market_ticker": "KXA-1", "side": "yes", "price_dollars": "0.4", "delta_fp": "1"}
    for clock, answered in (({"clock": 7}, 7), ({}, None), ({"clock": 9}, 9)):
        body = msgspec.Raw(msgspec.json.encode({**change, **clock}))
        books.apply(RecordedFrame(None, "orderbook_delta", "KXA-1", {"msg": body}))
        assert books.snapshot("KXA-1").get("clock") == answered
