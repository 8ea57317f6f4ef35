import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.arrival import Arrival
from kalshi_data.kalshi.decoding import FIELD_NAME_LENGTH_MAX, REPORTED_FIELDS_MAX, OddField, decode_envelope
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.rows import Row, to_row
from kalshi_data.kalshi.timestamps import from_ns

RECEIVED = datetime(2026, 11, 2, 15, 0, 1, tzinfo=UTC)
TS_MS = 1793109600447
AT = datetime(2026, 10, 27, 14, 0, 0, 447_000, tzinfo=UTC)
SENT = datetime(2026, 10, 27, 14, 0, 0, 455_000, tzinfo=UTC)

TRADE = {
    "trade_id": "5b1d9c34",
    "market_ticker": "KXA-1",
    "yes_price_dollars": "0.4300",
    "no_price_dollars": "0.5700",
    "count_fp": "3.50",
    "taker_outcome_side": "yes",
    "taker_book_side": "bid",
    "is_block_trade": False,
    "ts": 1793109600,
    "ts_ms": TS_MS,
    "taker_side": "yes",
}
DELTA = {
    "market_ticker": "KXA-1",
    "market_id": "3f0c",
    "clock": 771209,
    "price_dollars": "0.4100",
    "delta_fp": "-12.25",
    "side": "yes",
    "ts": "2026-10-27T14:00:00.447123Z",
    "ts_ms": TS_MS,
}
SNAPSHOT = {
    "market_ticker": "KXA-1",
    "market_id": "3f0c",
    "clock": 771204,
    "yes_dollars_fp": [["0.0100", "250.00"], ["0.4100", "37.25"]],
    "no_dollars_fp": [["0.0500", "1200.00"]],
}
INDEX_VALUE = {
    "index_id": "ETHUSD_RTI",
    "received_at": TS_MS + 30,
    "data": '{"type":"value","id":"ETHUSD_RTI","time":1793109600447,"value":"4012.340"}',
    "avg_60s_data": {"value": "4011.90000000", "window_size": 59},
    "last_60s_windowed_average_15min": {"value": "4011.50000000", "window_size": 12},
}
TICKER = {
    "market_ticker": "KXA-1",
    "market_id": "3f0c",
    "price_dollars": "0.4300",
    "yes_bid_dollars": "0.4100",
    "yes_ask_dollars": "0.4300",
    "volume_fp": "10234.55",
    "open_interest_fp": "8120.10",
    "dollar_volume": 4711,
    "dollar_open_interest": 8120,
    "yes_bid_size_fp": "25.00",
    "yes_ask_size_fp": "80.00",
    "last_trade_size_fp": "3.50",
    "ts": 1793109600,
    "ts_ms": TS_MS,
    "time": "2026-10-27T14:00:00.447Z",
}
BODIES: dict[str, dict[str, Any]] = {
    "trade": TRADE,
    "orderbook_delta": DELTA,
    "orderbook_snapshot": SNAPSHOT,
    "ticker": TICKER,
}


def arrival(odd: list[OddField] | None = None) -> Arrival:
    return Arrival(9, RECEIVED, Occurrences(), [] if odd is None else odd)


def texts(*moments: datetime) -> tuple[str, ...]:
    """Format times for PostgreSQL."""
    return tuple(map(str, moments))


def frame(kind: str, body: object, **fields: object) -> bytes:
    envelope = {"type": kind, "sid": 3, "seq": 41, "sending_ts_ms": 1793109600455, **fields, "msg": body}
    return msgspec.json.encode(envelope)


def row_of(kind: str, body: object, **fields: object) -> tuple[str, Row]:
    return to_row(decode_envelope(frame(kind, body, **fields)), arrival())


def without(body: dict[str, Any], *names: str, **others: object) -> dict[str, Any]:
    return {**{name: value for name, value in body.items() if name not in names}, **others}


def test_trade() -> None:
    assert row_of("trade", TRADE) == (
        "trades",
        (RECEIVED, SENT, AT, 9, 3, 41, "5b1d9c34", "KXA-1", "0.4300", "0.5700", "3.50", "yes", False, 3),
    )


def test_trade_of_2025_has_whole_contracts_seconds_and_no_block_flag() -> None:
    old = without(TRADE, "count_fp", "ts_ms", "taker_outcome_side", "taker_book_side", "is_block_trade", count=7)
    _, row = row_of("trade", old)
    assert row[2] == AT.replace(microsecond=0)
    assert row[-4:] == (7, "yes", None, 0)


def test_prices_in_cents_become_exact_dollars() -> None:
    old = without(TRADE, "yes_price_dollars", "no_price_dollars", yes_price=7, no_price=93)
    assert row_of("trade", old)[1][8:10] == ("0.07", "0.93")


@pytest.mark.parametrize(("book_side", "taker_side"), [("bid", "yes"), ("ask", "no")])
def test_taker_side_follows_from_the_book_side(book_side: str, taker_side: str) -> None:
    body = without(TRADE, "taker_outcome_side", "taker_side", taker_book_side=book_side)
    assert row_of("trade", body)[1][11] == taker_side


def test_delta_keeps_amounts_as_sent_and_the_finer_time() -> None:
    fine = AT.replace(microsecond=447_123)
    assert row_of("orderbook_delta", DELTA) == (
        "orderbook_deltas",
        (*texts(RECEIVED, SENT, fine), 9, 3, 41, "KXA-1", 771209, "yes", "0.4100", "-12.25", 0, 6, *[None] * 4),
    )


def test_delta_of_2025_is_in_cents_without_clock() -> None:
    old = {"market_ticker": "KXA-1", "price": 41, "delta": -12, "side": "no", "ts": "2025-10-01T20:30:09.123456789Z"}
    row = row_of("orderbook_delta", old)[1]
    assert row[2] == str(datetime(2025, 10, 1, 20, 30, 9, 123_456, tzinfo=UTC))
    assert row[7:] == (0, "no", "0.41", "-12", 0, 6, None, None, None, None)


def test_equal_deltas_are_numbered_even_if_their_trailing_zeros_differ() -> None:
    here = arrival()
    bodies = [DELTA, DELTA, {**DELTA, "price_dollars": "0.41"}, {**DELTA, "clock": 771210}]
    rows = [to_row(decode_envelope(frame("orderbook_delta", body)), here)[1] for body in bodies]
    assert [row[11] for row in rows] == [0, 1, 2, 0]


def test_deltas_that_differ_below_a_microsecond_are_numbered_like_equal_ones() -> None:
    here = arrival()
    times = ("2025-10-01T20:30:09.123456001Z", "2025-10-01T20:30:09.123456999Z")
    bodies = [without(DELTA, "ts_ms", ts=time) for time in times]
    rows = [to_row(decode_envelope(frame("orderbook_delta", body)), here)[1] for body in bodies]
    assert [row[11] for row in rows] == [0, 1]


@pytest.mark.parametrize("ts_ms", [None, 1793109600447])
def test_a_shorter_time_after_finer_ones_may_be_the_copy_of_a_finer_one(ts_ms: int | None) -> None:
    # Its connection may have lost the last digits, as it may lose a field: with time_digits 6 it would be held twice.
    received, day = arrival(), str(AT)[:10]
    forms = [f"{day}T{str(AT)[11:19]}.{digits}Z" for digits in ("447123", "447", "447123", "447")]
    rows = [
        to_row(decode_envelope(frame("orderbook_delta", {**DELTA, "ts": form, "ts_ms": ts_ms})), received)[1]
        for form in forms
    ]
    numbers = [(row[11], row[12], row[13:]) for row in rows]
    none = (None,) * 4
    assert numbers == [(0, 6, none), (1, 3, none), (1, 6, (2, 2, 3, None)), (3, 3, none)]


def test_snapshot_keeps_the_order_of_levels() -> None:
    assert row_of("orderbook_snapshot", SNAPSHOT) == (
        "orderbook_snapshots",
        (
            *(RECEIVED, SENT, 9, 3, 41, "KXA-1", "3f0c", 771204),
            *("{0.0100,0.4100}", "{250.00,37.25}", "{0.0500}", "{1200.00}", 0, None),
        ),
    )


@pytest.mark.parametrize(
    ("levels", "arrays"),
    [
        ({}, ("{}", "{}")),
        ({"yes_dollars_fp": None}, ("{}", "{}")),
        ({"yes_dollars": [["0.0800", 300]], "yes": [[8, 300]]}, ("{0.0800}", "{300}")),
        ({"yes": [[8, 300], [99, 1]]}, ("{0.08,0.99}", "{300,1}")),
    ],
    ids=["absent", "null", "2025", "cents"],
)
def test_levels_of_all_earlier_forms_are_read(levels: dict[str, Any], arrays: tuple[str, str]) -> None:
    row = row_of("orderbook_snapshot", {"market_ticker": "KXA-1", "market_id": "", **levels})[1]
    assert row[8:12] == (*arrays, "{}", "{}")


def test_equal_snapshots_without_a_clock_are_numbered() -> None:
    here = arrival()
    unchanged = {**SNAPSHOT, "clock": 0}
    bodies = [without(SNAPSHOT, "clock")] * 2 + [SNAPSHOT] * 2 + [unchanged] * 2
    rows = [to_row(decode_envelope(frame("orderbook_snapshot", body)), here)[1] for body in bodies]
    assert [row[12] for row in rows] == [1, 2, 0, 0, 0, 0]
    assert [row[7] for row in rows[-3:]] == [771204, 0, 0]


def test_ticker() -> None:
    stream, row = row_of("ticker", TICKER, seq=None)
    assert stream == "tickers"
    assert row[:7] == (*texts(RECEIVED, SENT, AT), 9, 3, "KXA-1", "3f0c")
    assert row[7:] == ("0.4300", "0.4100", "0.4300", "25.00", "80.00", "3.50", "10234.55", "8120.10", 4711, 8120, 3)


def test_absent_ticker_values_are_unknown_and_zero_is_a_value() -> None:
    body = {"market_ticker": "KXA-1", "price": 0, "yes_bid_dollars": "0.0000", "volume": 0, "ts": 1793109600}
    row = row_of("ticker", body)[1]
    assert row[7:] == ("0.00", "0.0000", None, None, None, None, 0, None, None, None, 0)


@pytest.mark.parametrize(
    ("kind", "body", "subject", "name"),
    [
        (
            "market_lifecycle_v2",
            {"market_ticker": "KXA-1", "event_type": "settled", "settled_ts": 1},
            "KXA-1",
            "settled",
        ),
        ("multivariate_market_lifecycle", {"market_ticker": "KXMVE-1", "event_type": "x"}, "KXMVE-1", "x"),
        ("event_lifecycle", {"event_ticker": "KXA", "title": "?"}, "KXA", "event_lifecycle"),
        ("event_fee_update", {"event_ticker": "KXA", "fee_type_override": None}, "KXA", "event_fee_update"),
    ],
)
def test_lifecycle_bodies_are_stored_whole(kind: str, body: dict[str, Any], subject: str, name: str) -> None:
    stream, row = row_of(kind, body)
    assert stream == "lifecycle_events"
    assert row[:7] == (RECEIVED, SENT, 9, 3, 41, subject, name)
    assert msgspec.json.decode(row[7]) == body


def test_equal_lifecycle_messages_are_numbered_until_a_pause() -> None:
    body = {"market_ticker": "KXA-1", "event_type": "deactivated", "is_deactivated": True}
    receiving = arrival()

    def occurrence(sent_ms: int | None, **others: object) -> int:
        sent = {} if sent_ms is None else {"sending_ts_ms": TS_MS + sent_ms}
        raw = msgspec.json.encode({"type": "market_lifecycle_v2", "sid": 3, **sent, "msg": {**body, **others}})
        return to_row(decode_envelope(raw), receiving)[1][8]

    assert [occurrence(at) for at in (0, 60_000, 120_000, 180_001, 180_002)] == [0, 1, 2, 0, 1]
    assert [occurrence(180_003, is_deactivated=False), occurrence(180_003)] == [0, 2]
    receiving.received_at = from_ns((TS_MS + 300_000) * 10**6)
    assert [occurrence(None), occurrence(None)] == [0, 1]


def test_an_index_value_keeps_its_digits_and_the_time_inside() -> None:
    stream, row = row_of("cfbenchmarks_value", INDEX_VALUE)
    assert stream == "index_values"
    published = AT + timedelta(milliseconds=30)
    values = ("ETHUSD_RTI", published, "4012.340", "4011.90000000", "4011.50000000")
    assert row[:11] == (RECEIVED, SENT, AT, 9, 3, 41, *values)
    assert msgspec.json.decode(row[11]) == INDEX_VALUE
    bare = row_of("cfbenchmarks_value", {"index_id": "BRTI", "received_at": TS_MS, "data": '{"value": 101234.560}'})[1]
    assert bare[2:3] + bare[6:11] == (AT, "BRTI", AT, "101234.560", None, None)


@pytest.mark.parametrize(
    "data",
    [
        *("", "{}", "[]", '{"value": null}', '{"value": ""}', '{"value": "NaN"}', '{"value": "much"}'),
        *('{"value": 1e400}', '{"value": "1e99999999"}', '{"value": "1_000"}', '{"value": true}', '{"value": [1]}'),
        *(f'{{"value": {"9" * 400}}}', '{"value": 0.1234567890123456789}', '{"value": "Infinity"}'),
    ],
)
def test_an_index_value_without_a_value_is_rejected(data: str) -> None:
    with pytest.raises(BadFrame, match="bad "):
        row_of("cfbenchmarks_value", {**INDEX_VALUE, "data": data})


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"heartbeat", "not JSON"),
        (b'{"type": "trade"', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"type": "trade", "later": ' + b"[" * 100_000, "not JSON"),
        (b"[]", "bad envelope"),
        (b"{}", "bad envelope"),
        (b'{"type": 7}', "bad envelope"),
        (b'{"type": "trade", "sid": "one"}', "bad envelope"),
        (b'{"type": "trade", "sid": 1, "seq": 1e99}', "bad envelope"),
    ],
)
def test_a_frame_without_an_envelope_is_rejected(raw: bytes, reason: str) -> None:
    with pytest.raises(BadFrame, match=reason):
        decode_envelope(raw)


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("trade", {"trade_id": None}, "bad trade"),
        ("trade", {"market_ticker": ""}, "bad trade"),
        ("trade", {"market_ticker": "KX\u0000A"}, "bad trade"),
        ("trade", {"yes_price_dollars": "0.4x"}, "bad trade"),
        ("trade", {"yes_price_dollars": "NaN"}, "bad trade"),
        ("trade", {"yes_price_dollars": 0.43}, "bad trade"),
        ("trade", {"yes_price_dollars": None, "no_price_dollars": ""}, "missing field yes_price_dollars"),
        ("trade", {"yes_price_dollars": "0.41000005"}, "bad trade"),
        ("trade", {"count_fp": "1000000000000.00"}, "bad trade"),
        ("trade", {"count_fp": None, "count": 10**12}, "bad trade"),
        ("trade", {"count_fp": "", "count": "3"}, "bad trade"),
        ("trade", {"count_fp": "1e3"}, "bad trade"),
        ("trade", {"count_fp": None}, "missing field count_fp"),
        ("trade", {"taker_outcome_side": "maybe", "taker_side": None}, "bad trade"),
        ("orderbook_delta", {"side": "both"}, "bad orderbook_delta"),
        ("orderbook_delta", {"delta_fp": "\u0661"}, "bad orderbook_delta"),
        ("orderbook_delta", {"delta_fp": "1\n"}, "bad orderbook_delta"),
        ("orderbook_delta", {"price_dollars": "0.41000005"}, "bad orderbook_delta"),
        ("orderbook_delta", {"price_dollars": None, "price": 10**12}, "bad orderbook_delta"),
        ("orderbook_delta", {"delta_fp": None}, "missing field delta_fp"),
        ("orderbook_snapshot", {"yes_dollars_fp": [["0.01"]]}, "bad orderbook_snapshot"),
        ("orderbook_snapshot", {"yes_dollars_fp": [["0.01", ""]]}, "bad orderbook_snapshot"),
        ("orderbook_snapshot", {"yes_dollars_fp": [["0.01", None]]}, "bad orderbook_snapshot"),
        ("orderbook_snapshot", {"yes_dollars_fp": None, "yes": [[8, "many"]]}, "bad orderbook_snapshot"),
        ("ticker", {"yes_bid_dollars": "-"}, "bad ticker"),
    ],
)
def test_bad_values_are_rejected_with_the_reason(kind: str, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadFrame, match=reason):
        row_of(kind, {**BODIES[kind], **change})


def test_frames_of_an_unknown_type_or_without_a_subscription_are_rejected() -> None:
    with pytest.raises(BadFrame, match="unknown message type"):
        row_of("weather", {})
    with pytest.raises(BadFrame, match="missing field sid"):
        row_of("trade", TRADE, sid=None)
    with pytest.raises(BadFrame, match="bad trade"):
        to_row(decode_envelope(b'{"type": "trade", "sid": 1}'), arrival())
    raw = b'{"type":"market_lifecycle_v2","sid":1,"msg":{"market_ticker":"A","event_type":"b","x":"\xff"}}'
    with pytest.raises(BadFrame, match="bad market_lifecycle_v2"):
        to_row(decode_envelope(raw), arrival())


@pytest.mark.parametrize("kind", BODIES)
def test_unknown_fields_are_reported_and_do_not_change_the_row(kind: str) -> None:
    odd: list[OddField] = []
    row = to_row(decode_envelope(frame(kind, BODIES[kind])), arrival(odd))
    assert not odd
    body = {"moon_phase": {"full": True}, **BODIES[kind], "tide": None}
    assert to_row(decode_envelope(frame(kind, body)), arrival(odd)) == row
    assert sorted(odd) == [(kind, "moon_phase", False), (kind, "tide", False)]


@pytest.mark.parametrize("kind", BODIES)
def test_a_bad_message_is_rejected_without_a_report_of_its_unknown_fields(kind: str) -> None:
    odd: list[OddField] = []
    body = {"moon_phase": 1, **BODIES[kind], "market_ticker": 7}
    with pytest.raises(BadFrame, match=f"bad {kind}: Expected `str`, got `int` - at `\\$.market_ticker`"):
        to_row(decode_envelope(frame(kind, body)), arrival(odd))
    assert not odd


def test_lifecycle_has_no_unknown_fields_since_it_is_stored_whole() -> None:
    odd: list[OddField] = []
    body = {"market_ticker": "KXA-1", "event_type": "settled", "anything": 1}
    to_row(decode_envelope(frame("market_lifecycle_v2", body)), arrival(odd))
    assert not odd


def test_names_of_unknown_fields_are_bounded_in_number_and_length() -> None:
    odd: list[OddField] = []
    names = [f"{number:04}\u0000{'x' * 10_000}" for number in range(10_000)]
    to_row(decode_envelope(frame("trade", {**TRADE, **dict.fromkeys(names)})), arrival(odd))
    assert len(odd) == REPORTED_FIELDS_MAX
    assert odd[0].name == f"0000 {'x' * (FIELD_NAME_LENGTH_MAX - 5)}"


def odd_of(kind: str, **changes: object) -> tuple[Row, list[str]]:
    """Return a row of a message with changed fields, and the names of known fields that were ignored."""
    odd: list[OddField] = []
    _, row = to_row(decode_envelope(frame(kind, {**BODIES[kind], **changes})), arrival(odd))
    return row, [each.name for each in odd if each.is_known]


BAD: list[object] = ["noon", [], {}, True]


@pytest.mark.parametrize(
    ("kind", "name", "bad"),
    [
        *(("trade", "taker_side", bad) for bad in BAD),
        *(("trade", "ts", bad) for bad in ("2026-13-01T00:00:00Z", 10**30, *BAD)),
        *(("ticker", name, bad) for name in ("ts", "time") for bad in BAD),
        *(("ticker", name, "x") for name in ("price", "yes_bid", "yes_ask", "volume", "open_interest", "Clock")),
        *(("trade", name, "x") for name in ("yes_price", "no_price", "count", "is_block_trade")),
        *(("trade", name, bad) for name in ("taker_outcome_side", "taker_book_side") for bad in ("BID", 1)),
        *((kind, "market_id", 1) for kind in ("orderbook_snapshot", "ticker")),
        *(("ticker", name, bad) for name in ("dollar_volume", "dollar_open_interest") for bad in ("12", 1.5, 2**70)),
        *(("orderbook_delta", name, {}) for name in ("ts", "market_id", "price", "delta", "subaccount")),
        *(("orderbook_snapshot", name, [["0.1"]]) for name in ("yes", "no", "yes_dollars", "no_dollars")),
    ],
)
def test_a_bad_value_of_a_deprecated_field_is_ignored_and_reported(kind: str, name: str, bad: object) -> None:
    row, ignored = odd_of(kind, **{name: bad})
    without_it = to_row(decode_envelope(frame(kind, without(BODIES[kind], name))), arrival())[1]
    assert (row, ignored) == (without_it, [name])


CLOCKS = [0, 1, 2**53 + 1, 2**63 - 1]


@pytest.mark.parametrize("kind", ["orderbook_delta", "orderbook_snapshot"])
@pytest.mark.parametrize("form", ["%d", '"%d"', "%d.0", '"%d.000"', "%d.0e0"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_is_read_in_any_form_of_a_whole_number(kind: str, form: str, clock: int) -> None:
    raw = frame(kind, {**BODIES[kind], "clock": 771209771209}).replace(b"771209771209", (form % clock).encode())
    odd: list[OddField] = []
    _, row = to_row(decode_envelope(raw), arrival(odd))
    assert (row[7], odd) == (clock, [])


@pytest.mark.parametrize("kind", ["orderbook_delta", "orderbook_snapshot"])
@pytest.mark.parametrize(
    "bad",
    [
        *("-1", "1.5", "9223372036854775808", "1e40", "1e999", "-0.5", "true", "[]", "{}", '"noon"', '"1.5"', '" 7"'),
        *('"-7"', '"\u0661"', '"+7"', '"7_0"', '"0x7"', '"9223372036854775808"', '"NaN"', '"Infinity"', '"1e999"'),
    ],
)
def test_a_bad_clock_is_ignored_and_reported(kind: str, bad: str) -> None:
    raw = frame(kind, {**BODIES[kind], "clock": 771209771209}).replace(b"771209771209", bad.encode())
    odd: list[OddField] = []
    row = to_row(decode_envelope(raw), arrival(odd))[1]
    assert row == to_row(decode_envelope(frame(kind, without(BODIES[kind], "clock"))), arrival())[1]
    assert odd == [(kind, "clock", True)]


@pytest.mark.parametrize("kind", ["trade", "ticker", "orderbook_delta"])
@pytest.mark.parametrize("bad", [0, -1, 1793109600, 9_999_999_999_999, True, [], "noon", 2**63])
def test_an_implausible_time_is_ignored_beside_a_good_one(kind: str, bad: object) -> None:
    row, ignored = odd_of(kind, ts_ms=bad)
    without_it = to_row(decode_envelope(frame(kind, without(BODIES[kind], "ts_ms"))), arrival())[1]
    assert (row, ignored) == (without_it, ["ts_ms"])


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_text_read_as_absent_in_every_field_that_may_be_absent(kind: str, nothing: object) -> None:
    required = {"trade_id", "market_ticker", "side", "ts_ms", "count_fp", "price_dollars", "delta_fp"}
    kept = required if kind != "ticker" else {"market_ticker", "ts_ms"}
    body = BODIES[kind]
    empty = {name: nothing for name in body if name not in kept and name != "yes_price_dollars"}
    bare = {name: value for name, value in body.items() if name not in empty}
    assert row_of(kind, {**body, **empty}) == row_of(kind, bare)


def test_null_in_a_list_reads_as_absent() -> None:
    levels = [None, ["0.0100", "250.00"], None, ["0.4100", "37.25"], None]
    assert row_of("orderbook_snapshot", {**SNAPSHOT, "yes_dollars_fp": levels}) == row_of(
        "orderbook_snapshot", SNAPSHOT
    )


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({"yes_price_dollars": "0.4100"}, ("0.4100", "0.5900")),
        ({"no_price_dollars": "0.4100"}, ("0.5900", "0.4100")),
        ({"yes_price_dollars": "1.0000", "no_price_dollars": ""}, ("1.0000", "0.0000")),
        ({"yes_price_dollars": None, "no_price_dollars": "0.055"}, ("0.945", "0.055")),
        ({"yes_price": 7}, ("0.07", "0.93")),
        ({"yes_price_dollars": "0.41000000"}, ("0.41000000", "0.59000000")),
    ],
)
def test_a_missing_price_is_one_dollar_less_the_other(prices: dict[str, object], expected: tuple[str, str]) -> None:
    bare = without(TRADE, "yes_price_dollars", "no_price_dollars")
    assert row_of("trade", {**bare, **prices})[1][8:10] == expected


def test_a_trade_without_a_takers_side_has_none() -> None:
    body = without(TRADE, "taker_outcome_side", "taker_book_side", "taker_side")
    assert row_of("trade", {**body, "is_block_trade": True})[1][11:13] == (None, True)


@pytest.mark.parametrize("form", [TS_MS, str(TS_MS), TS_MS * 1000, "2026-10-27T14:00:00.447Z"])
def test_any_form_of_a_time_is_read_in_every_message(form: object) -> None:
    for kind in ("trade", "ticker", "orderbook_delta"):
        bare = without(BODIES[kind], "ts", "ts_ms", "time")
        for name in ("ts_ms", "ts"):
            assert row_of(kind, {**bare, name: form})[1][2] in (AT, str(AT))
    assert row_of("ticker", {**without(TICKER, "ts", "ts_ms"), "time": form})[1][2] == str(AT)
    assert row_of("trade", TRADE, sending_ts_ms=form)[1][1] == AT
    data = msgspec.json.encode({"value": "1", "time": form}).decode()
    assert row_of("cfbenchmarks_value", {**INDEX_VALUE, "data": data, "received_at": form})[1][2] == AT


@pytest.mark.parametrize("sending", [True, [], {}, "soon", 1e300, 10**30, 0, -1, 1793109600, 10**13 - 1])
def test_a_time_of_sending_that_cannot_be_read_is_none(sending: object) -> None:
    assert row_of("trade", TRADE, sending_ts_ms=sending)[1][:3] == (RECEIVED, None, AT)
    assert decode_envelope(frame("trade", TRADE, id={}, sending_ts_ms=sending)).id is None
    assert decode_envelope(frame("trade", TRADE, id=7, sending_ts_ms=[])).id == 7


@pytest.mark.parametrize("kind", ["trade", "ticker"])
@pytest.mark.parametrize("times", [{}, {"ts": ""}, {"ts": "noon"}, {"ts_ms": 2**63}, {"ts_ms": True, "ts": 0}])
def test_a_trade_or_summary_without_a_time_has_that_of_its_frame_and_says_so(
    kind: str, times: dict[str, object]
) -> None:
    body = {**without(BODIES[kind], "ts", "ts_ms", "time"), **times}
    for sending, moment in ((1793109600455, SENT), (None, RECEIVED)):
        row = row_of(kind, body, sending_ts_ms=sending)[1]
        assert (str(row[2]), row[-1]) == (str(moment), None)


@pytest.mark.parametrize("times", [{}, {"ts": None, "ts_ms": None}, {"ts": "", "ts_ms": ""}, {"ts": "noon"}])
def test_a_delta_without_a_time_has_that_of_its_frame_and_says_so(times: dict[str, object]) -> None:
    here = arrival()
    body = {**without(DELTA, "ts", "ts_ms"), **times}

    def take(**fields: object) -> tuple[object, ...]:
        row = to_row(decode_envelope(frame("orderbook_delta", body, **fields)), here)[1]
        return row[2], row[11], row[12]

    assert [take(), take()] == [(str(SENT), 0, None), (str(SENT), 1, None)]
    here.received_at = RECEIVED + timedelta(seconds=20)
    here.received_text = str(here.received_at)
    assert take(sending_ts_ms=None) == (str(RECEIVED + timedelta(seconds=20)), 0, None)


@pytest.mark.parametrize("kind", ["orderbook_delta", "trade", "ticker"])
@pytest.mark.parametrize(
    ("ahead", "is_taken"),
    [
        (timedelta(hours=1), True),
        (timedelta(hours=1, milliseconds=1), False),
        (timedelta(days=31 * 365), False),
        (timedelta(hours=-1), True),
        # An old recording that is played again.
        (timedelta(days=-3 * 365), True),
    ],
)
def test_a_time_of_sending_that_lies_far_ahead_is_none(kind: str, ahead: timedelta, *, is_taken: bool) -> None:
    sent = RECEIVED + ahead
    body = without(BODIES[kind], "ts", "ts_ms", "time")
    row = row_of(kind, body, sending_ts_ms=int(sent.timestamp() * 1000))[1]
    expected = (str(sent), str(sent)) if is_taken else ("None", str(RECEIVED))
    assert (str(row[1]), str(row[2])) == expected


def test_many_snapshots_without_a_clock_take_little_memory() -> None:
    here = arrival()
    levels = [[f"0.{cents:04}", "1000.00"] for cents in range(1, 51)]
    encoded = [
        frame("orderbook_snapshot", {"market_ticker": f"KXA-{number}", "yes_dollars_fp": levels})
        for number in range(2_000)
    ]
    tracemalloc.start()
    for each in encoded:
        to_row(decode_envelope(each), here)
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes / len(encoded) < 400


@pytest.mark.parametrize("kind", ["market_lifecycle_v2", "cfbenchmarks_value"])
@pytest.mark.parametrize(
    "value", [b'"\\u0000"', b'{"\\u0000":1}', b"[" * 300 + b"]" * 300, b"1e100000", b'"\xff"', b"9" * 5_000]
)
def test_a_body_that_the_database_cannot_hold_is_rejected(kind: str, value: bytes) -> None:
    body = {"market_ticker": "KXA-1", "event_type": "settled"} if kind != "cfbenchmarks_value" else INDEX_VALUE
    raw = frame(kind, {**body, "extra": msgspec.Raw(value)})
    with pytest.raises(BadFrame, match="bad "):
        to_row(decode_envelope(raw), arrival())
