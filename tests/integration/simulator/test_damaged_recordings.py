"""Recordings with missing and damaged fields: what can be read is stored and compared, on both engines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.decoding import decode_envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import to_row
from kalshi_data.simulator.verification import StreamCounts, Verification, verify_journal
from tests.support.any_json import GOOD, VALUES, odd_frames
from tests.support.engines import Database
from tests.support.staging import NOW, merge, receive

MS = int(NOW.timestamp() * 1000)
SNAPSHOT: dict[str, Any] = {"market_ticker": "KXA-1", "market_id": "m", "yes_dollars_fp": [["0.4000", "10.00"]]}
DELTA: dict[str, Any] = {"market_ticker": "KXA-1", "price_dollars": "0.4000", "delta_fp": "1.00", "side": "yes"}
TRADE: dict[str, Any] = {"trade_id": "t", "market_ticker": "KXA-1", "yes_price_dollars": "0.4100", "count_fp": "5.00"}
TICKER: dict[str, Any] = {"market_ticker": "KXA-1", "yes_bid_dollars": "0.40", "volume_fp": "1.00"}
NONE = {"no_dollars_fp": None, "clock": None, "market_id": None}
MOMENT = NOW.isoformat().replace("+00:00", ".123456789Z")
Published = tuple[str, dict[str, Any]]
CLOCKS: list[object] = [7, "7", 8.0, 2**63 - 1, "0", -1, 2**63, 1.5, "noon", "", True, [], {}]
RECORDINGS: dict[str, list[Published]] = {
    "trades without a price or a taker": [
        ("trade", {**TRADE, "ts_ms": MS, "taker_side": "no"}),
        ("trade", {**TRADE, "trade_id": "u", "ts": MS // 1000, "is_block_trade": True}),
        ("trade", {**TRADE, "trade_id": "v", "ts_ms": MS, "yes_price_dollars": "", "no_price_dollars": "0.5900"}),
    ],
    "bad deprecated fields": [
        ("trade", {**TRADE, "ts_ms": MS, "taker_side": "", "ts": MOMENT}),
        ("trade", {**TRADE, "trade_id": "u", "ts_ms": MS, "taker_side": 7, "ts": [], "yes_price": "x"}),
        ("ticker", {**TICKER, "ts_ms": MS, "ts": MOMENT, "time": "noon", "price": {}, "price_dollars": "0.41"}),
        ("orderbook_delta", {**DELTA, "ts_ms": MS, "ts": "noon", "market_id": 5}),
    ],
    "deltas without a time": [("orderbook_snapshot", SNAPSHOT), *[("orderbook_delta", DELTA)] * 3],
    "trades and summaries without a time": [
        ("trade", TRADE),
        ("trade", {**TRADE, "trade_id": "u", "ts": "noon"}),
        ("ticker", TICKER),
        ("ticker", {**TICKER, "volume_fp": "2.00", "ts": []}),
    ],
    "times of every form": [
        *(("trade", {**TRADE, "trade_id": repr(ts), "ts": ts}) for ts in (MS // 1000, MS, MS * 1000, str(MS), MOMENT)),
        *(("orderbook_delta", {**DELTA, "ts": ts}) for ts in (MS + 1, MS * 1000 + 2, MOMENT)),
        ("orderbook_delta", {**DELTA, "ts": MS // 1000}),
        *(("ticker", {**TICKER, name: MOMENT, "dollar_volume": len(name)}) for name in ("ts", "time", "ts_ms")),
        ("orderbook_delta", {**DELTA, "ts": "", "ts_ms": MS + 7}),
    ],
    "null and empty": [
        ("orderbook_snapshot", {**SNAPSHOT, **NONE}),
        ("orderbook_snapshot", {**SNAPSHOT, **NONE, "yes_dollars_fp": [None, ["0.5000", "1.00"], None]}),
        ("orderbook_delta", {**DELTA, **NONE, "ts_ms": MS}),
        ("trade", {**TRADE, "ts_ms": MS, "is_block_trade": None, "taker_book_side": None, "count": ""}),
        ("ticker", {"market_ticker": "KXA-1", "ts_ms": MS, "yes_bid_dollars": None, "volume_fp": "", "market_id": ""}),
    ],
    "amounts that are no whole numbers": [
        ("ticker", {**TICKER, "ts_ms": MS, "dollar_volume": 7.0, "dollar_open_interest": 2**63}),
    ],
    "clocks of every form": [
        *(("orderbook_delta", {**DELTA, "ts_ms": MS, "clock": clock}) for clock in CLOCKS),
        *(
            ("orderbook_snapshot", {**SNAPSHOT, "yes_dollars_fp": [["0.4000", f"{size}.00"]], "clock": clock})
            for size, clock in enumerate(CLOCKS)
        ),
    ],
    "cents": [
        ("orderbook_snapshot", {"market_ticker": "KXA-1", "market_id": "m", "yes": [[8, 300]], "no": None}),
        ("orderbook_delta", {"market_ticker": "KXA-1", "side": "no", "price": 8, "delta": -3, "ts": MOMENT}),
    ],
}


def encoded(kind: str, body: object) -> bytes:
    return msgspec.json.encode({"type": kind, "sid": 1, "sending_ts_ms": MS, "msg": body})


def write_journal(folder: Path, frames: Sequence[bytes]) -> Path:
    """Write a journal as the exchange does: without the fields that belong to a connection."""
    path = folder / "journal.jsonl"
    lines = [b'{"published_ms":%d,"sent":3,"frame":%b}\n' % (MS, frame) for frame in frames]
    path.write_bytes(b"".join(lines))
    return path


def compare(production: Database, folder: Path, frames: Sequence[bytes]) -> Verification:
    return verify_journal(production.conninfo(), write_journal(folder, frames))


@pytest.mark.parametrize("recording", RECORDINGS.values(), ids=RECORDINGS)
def test_what_can_be_read_is_stored_once_and_complete(
    production: Database, kalshi_ts: Database, tmp_path: Path, recording: list[Published]
) -> None:
    frames = [encoded(*each) for each in recording]
    receive(kalshi_ts, [json.loads(frame) for frame in frames])
    for _ in range(2):
        merge(production, [kalshi_ts])
    found = compare(production, tmp_path, frames)
    assert (found.complete, found.unreadable) == (True, 0), found
    assert sum(each.published for each in found.streams.values()) == len(frames)


def test_unreadable_messages_make_a_run_incomplete(production: Database, kalshi_ts: Database, tmp_path: Path) -> None:
    good = encoded("trade", {**TRADE, "ts_ms": MS})
    bad = [
        encoded("trade", {**TRADE, "ts_ms": MS, "yes_price_dollars": "0.4x"}),
        encoded("trade", {**TRADE, "ts_ms": MS, "yes_price_dollars": "0.41000005", "no_price_dollars": "0.59"}),
        encoded("trade", {**TRADE, "count_fp": "1e2"}),
        encoded("orderbook_delta", {**DELTA, "side": "both"}),
        encoded("orderbook_delta", {**DELTA, "delta_fp": None}),
        encoded("orderbook_snapshot", {**SNAPSHOT, "yes_dollars_fp": [["0.01", "many"]]}),
        encoded("ticker", {"ts_ms": MS}),
        encoded("ticker", {**TICKER, "ts_ms": MS, "volume_fp": 1}),
        encoded("ticker", {**TICKER, "ts_ms": MS, "yes_bid_dollars": None, "yes_bid": 0.5}),
        encoded("market_lifecycle_v2", {"market_ticker": "KXA-1", "note": "\0"}),
        encoded("event_lifecycle", {"event_ticker": None}),
    ]
    receive(kalshi_ts, [json.loads(good)])
    merge(production, [kalshi_ts])
    found = compare(production, tmp_path, [good, *bad])
    assert found.streams["trades"] == StreamCounts(1, 1, 0, 0)
    assert (found.complete, found.unreadable) == (False, len(bad))


NO_NAMES: list[object] = [None, "", [], {}, ["KXA-1"], 7, True, "x" * 201, "KX\n", "KX\x7f"]
# A gatherer takes 200 levels: the body itself is one of them.
DEEP = msgspec.Raw(b"[" * 199 + b"]" * 199)
TOO_DEEP = msgspec.Raw(b"[" * 200 + b"]" * 200)
LIFECYCLE = {"market_ticker": "KXA-1", "event_type": "settled"}
NAMED: list[tuple[str, dict[str, Any], str]] = [
    ("trade", TRADE, "trade_id"),
    ("trade", TRADE, "market_ticker"),
    ("orderbook_delta", DELTA, "market_ticker"),
    ("orderbook_delta", DELTA, "side"),
    ("orderbook_snapshot", SNAPSHOT, "market_ticker"),
    ("ticker", TICKER, "market_ticker"),
    ("market_lifecycle_v2", LIFECYCLE, "market_ticker"),
    ("multivariate_market_lifecycle", LIFECYCLE, "event_type"),
    ("event_lifecycle", {}, "event_ticker"),
    ("event_fee_update", {}, "event_ticker"),
]
REFUSED_BODIES: list[Published] = [
    ("trade", {**TRADE, "taker_outcome_side": "both"}),
    ("trade", {**TRADE, "taker_outcome_side": ["yes"], "taker_book_side": "bid"}),
    ("trade", {**TRADE, "taker_book_side": "yes", "taker_side": "no"}),
    ("event_lifecycle", {"event_ticker": "KXA", "deep": TOO_DEEP}),
    ("event_lifecycle", {"event_ticker": "KXA", "large": msgspec.Raw(b"-1e1001")}),
    ("event_lifecycle", {"event_ticker": "KXA", "small": msgspec.Raw(b"1e-1001")}),
]
TAKEN_BODIES: list[Published] = [
    ("trade", {**TRADE, "ts_ms": MS, "taker_outcome_side": "both", "taker_side": "no"}),
    ("trade", {**TRADE, "trade_id": "u", "ts_ms": MS, "taker_outcome_side": "no", "taker_book_side": {}}),
    ("trade", {**TRADE, "trade_id": "v", "ts_ms": MS, "is_block_trade": "true", "taker_side": ["no"]}),
    ("trade", {**TRADE, "trade_id": "x" * 200, "ts_ms": MS, "taker_outcome_side": "both", "taker_side": []}),
    *(
        ("ticker", {**TICKER, "ts_ms": MS + place, "market_id": name})
        for place, name in enumerate((*NO_NAMES, "\u00e9" * 200))
    ),
    *(
        ("orderbook_snapshot", {**SNAPSHOT, "clock": place + 1, "market_id": name})
        for place, name in enumerate(NO_NAMES)
    ),
    ("event_lifecycle", {"event_ticker": "KXA", "deep": DEEP, "large": 1e300, "small": -1e-300}),
]


def test_the_comparison_refuses_what_the_gatherers_refuse(production: Database, tmp_path: Path) -> None:
    refused = [encoded(kind, {**body, name: value}) for kind, body, name in NAMED for value in NO_NAMES]
    refused += [encoded(*each) for each in REFUSED_BODIES]
    trade = {"type": "trade", "msg": TRADE}
    odd: list[object] = ["1", [], {}, True, 1.5, -1, 2**63]
    refused += [msgspec.json.encode({**trade, name: value}) for name in ("sid", "seq") for value in odd]
    assert [frame for frame in refused if is_readable(frame)] == []
    found = compare(production, tmp_path, refused)
    assert sum(each.published for each in found.streams.values()) == 0
    assert found.unreadable == len(refused)


def test_the_comparison_takes_what_the_gatherers_take(
    production: Database, kalshi_ts: Database, tmp_path: Path
) -> None:
    frames = [encoded(*each) for each in TAKEN_BODIES]
    assert [frame for frame in frames if not is_readable(frame)] == []
    receive(kalshi_ts, [msgspec.json.decode(frame) for frame in frames])
    merge(production, [kalshi_ts])
    found = compare(production, tmp_path, frames)
    assert (found.complete, found.unreadable) == (True, 0), found


def is_readable(frame: bytes) -> bool:
    try:
        # A journal's frames have no subscription.
        to_row(msgspec.structs.replace(decode_envelope(frame), sid=1), Arrival(1, NOW, Occurrences()))
    except BadFrame:
        return False
    return True


def is_line(frame: bytes) -> bool:
    """Return whether a frame can be a line of a journal."""
    try:
        frame.decode()
        msgspec.json.decode(frame, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def test_any_journal_is_compared_without_an_error(production: Database, kalshi_ts: Database, tmp_path: Path) -> None:
    receive(kalshi_ts, [json.loads(frame) for frame in GOOD])
    merge(production, [kalshi_ts], late_days_max=36_500)
    few = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    anything = odd_frames() | VALUES.map(lambda value: b'{"type":"trade","msg":%b}' % value)

    @few
    @given(st.lists(anything.filter(is_line), max_size=10))
    def check(frames: list[bytes]) -> None:
        found = compare(production, tmp_path, [*GOOD, *frames])
        assert sum(each.lost for each in found.streams.values()) <= sum(map(is_readable, frames)) + found.unreadable
        assert found.streams["trades"].invented == 0

    check()
