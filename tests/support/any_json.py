"""Records of the frame log as no exchange should send them, mixed with good ones, for hypothesis."""

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from kalshi_data.gatherer.frame_log.format import Kind
from tests.support.receiving import BOOKS_SUBSCRIBED, delta, snapshot, trade

Record = tuple[int, bytes]
TS_MS = 1793109600447
TRADES_SUBSCRIBED = b'{"type":"subscribed","id":2,"msg":{"channel":"trade","sid":2}}'
# JSON that a reader may stumble over, some of it no JSON at all.
ODD = [
    *(b"null", b'""', b"[]", b"{}", b"true", b"0", b"-0", b"1.5", b"1e400", b"NaN", b"Infinity", b"1E99999999"),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"9" * 400, b"9" * 5_000),
    *(b'"\\u0000"', b'"\\ud800"', b'"\\udc00\\u0041"', b'"\xff"', b'"\xed\xa0\x80"', b'"\\u001b[31m"'),
    *(b'"' + b"x" * 5_000 + b'"', b"[" * 300 + b"]" * 300, b'{"a":' * 300 + b"1" + b"}" * 300, b"[" * 50_000),
    *(b"[null]", b"[[]]", b'[["0.1",null]]', b'"0001-01-01T00:00:00Z"', b'"9999-12-31T23:59:59-23:59"'),
    *(b'"NaN"', b'"1e5"', b'"0.12345678"', b'"\xd9\xa1"', b'" "'),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)


# json writes lone surrogates as escapes, which a feed may hold.
PLAIN = st.recursive(SCALARS, _containers, max_leaves=8).map(lambda value: json.dumps(value).encode())
VALUES = st.sampled_from(ODD) | PLAIN
NAMES = st.sampled_from(
    [b'"moon"', b'"\\u0000"', b'"\xff"', b'""', b'"msg"', b'"type"', b'"ts"', b'"' + b"n" * 500 + b'"']
)

_INDEX: dict[str, Any] = {"index_id": "BRTI", "received_at": TS_MS, "data": '{"time":1793109600447,"value":"1.5"}'}
_TICKER: dict[str, Any] = {"market_ticker": "KXA-1", "yes_bid_dollars": "0.4000", "ts_ms": TS_MS, "market_id": "m"}
_LIFECYCLE: dict[str, Any] = {"market_ticker": "KXA-1", "event_ticker": "KXA", "event_type": "settled"}
BODIES: dict[str, dict[str, Any]] = {
    "trade": msgspec.json.decode(trade(1, "a"))["msg"],
    "orderbook_delta": msgspec.json.decode(delta(1))["msg"],
    "orderbook_snapshot": msgspec.json.decode(snapshot(1))["msg"],
    "ticker": _TICKER,
    "cfbenchmarks_value": {**_INDEX, "avg_60s_data": {"value": "1.5"}},
    **dict.fromkeys(("market_lifecycle_v2", "multivariate_market_lifecycle"), _LIFECYCLE),
    **dict.fromkeys(("event_lifecycle", "event_fee_update"), _LIFECYCLE),
    "subscribed": {"channel": "ticker", "sid": 3},
    "ok": {"market_tickers": ["KXA-1"]},
    "unsubscribed": {},
    "error": {"code": 8, "msg": "Unknown channel name"},
    "weather": {},
}
# Each of them has one row, whatever comes before it. They have no seq, so that none of them is a repetition.
GOOD = [
    msgspec.json.encode({"type": kind, "sid": 1, "msg": BODIES[kind]})
    for kind in ("trade", "orderbook_delta", "orderbook_snapshot", "ticker", "cfbenchmarks_value", "event_lifecycle")
]


def encode(fields: dict[bytes, bytes], more: list[tuple[bytes, bytes]]) -> bytes:
    """Return an object of encoded names and values; `more` may name a field again."""
    return b"{" + b",".join(name + b":" + value for name, value in [*fields.items(), *more]) + b"}"


@st.composite
def changed(draw: st.DrawFn, fields: dict[str, bytes]) -> bytes:
    """Draw an object with some values replaced, some fields left out, and some added."""
    names = sorted(fields)
    replaced = draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=3)) if names else {}
    dropped = draw(st.sets(st.sampled_from(names), max_size=1)) if names else set[str]()
    kept = {name: replaced.get(name, value) for name, value in fields.items() if name not in dropped}
    encoded = {json.dumps(name).encode(): value for name, value in kept.items()}
    return encode(encoded, draw(st.lists(st.tuples(NAMES, VALUES), max_size=2)))


@st.composite
def odd_frames(draw: st.DrawFn) -> bytes:
    """Draw a frame of any type with any JSON in any of its fields."""
    kind = draw(st.sampled_from(sorted(BODIES)))
    body = draw(changed({name: msgspec.json.encode(value) for name, value in BODIES[kind].items()}))
    envelope = {
        "type": msgspec.json.encode(kind),
        "sid": b"1",
        "seq": b"1",
        "id": b"1",
        "sending_ts_ms": b"1793109600455",
    }
    return draw(changed({**envelope, "msg": draw(st.just(body) | VALUES)}))


@st.composite
def odd_own_records(draw: st.DrawFn) -> Record:
    """Draw a record of what the gatherer did, as another version or a crash may have left it."""
    params = b'{"sid":1,"action":"delete_markets","market_tickers":["KXA-1"]}'
    bodies = {
        Kind.OPENED: {"name": b'"books-1"', "url": b'"ws://exchange"'},
        Kind.SENT: {"id": b"1", "cmd": b'"update_subscription"', "params": draw(st.just(params) | VALUES)},
        Kind.REPAIRED: {"frame_number": b"1", "repair": b'"rest"'},
        Kind.STATE: {"frames_received": b"5", "last_at": b"null", "expected": b'{"1":9}', "subscriptions": b"{}"},
    }
    kind = draw(st.sampled_from([*bodies, 9]))
    return kind, draw(changed(bodies.get(Kind(kind), {}) if kind != 9 else {}) | st.binary(max_size=20))


ANY_RECORD: st.SearchStrategy[Record] = (
    st.sampled_from(GOOD).map(lambda frame: (int(Kind.FRAME), frame))
    | odd_frames().map(lambda frame: (int(Kind.FRAME), frame))
    | st.binary(max_size=60).map(lambda frame: (int(Kind.FRAME), frame))
    | odd_own_records()
)
CLOSINGS = changed({"reason": b'"going away"'}) | st.binary(max_size=20)


@st.composite
def any_records(draw: st.DrawFn) -> list[Record]:
    """Draw the records of one connection, from its opening to its end."""
    begun = [(int(Kind.OPENED), b'{"name":"books-1","url":"ws://"}'), (int(Kind.FRAME), BOOKS_SUBSCRIBED)]
    begun.append((int(Kind.FRAME), TRADES_SUBSCRIBED))
    return [*begun, *draw(st.lists(ANY_RECORD, max_size=12)), (int(Kind.CLOSED), draw(CLOSINGS))]
