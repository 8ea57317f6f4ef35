"""Any bytes that arrive become a row, or are rejected with a reason."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.decoding import decode_envelope
from kalshi_data.kalshi.rows import to_row
from tests.unit.kalshi.test_rows import BODIES, INDEX_VALUE, arrival

STREAMS = {"trades", "orderbook_deltas", "orderbook_snapshots", "tickers", "lifecycle_events", "index_values"}
TYPES = [*BODIES, "cfbenchmarks_value", "market_lifecycle_v2", "event_lifecycle", "weather"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
# On a busy machine any example may take long, so there is no deadline.
UNHURRIED = settings(deadline=None, max_examples=300)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)


VALUES = st.recursive(SCALARS, containers)


def understand(frame: bytes) -> None:
    """Decode a frame as a gatherer does; BadFrame is the only error that a gatherer expects."""
    try:
        envelope = decode_envelope(frame)
        stream, row = to_row(envelope, arrival())
    except BadFrame:
        return
    assert stream in STREAMS
    assert len(row) >= 8


@UNHURRIED
@given(st.binary(max_size=200))
def test_any_bytes(frame: bytes) -> None:
    understand(frame)


@UNHURRIED
@given(VALUES)
def test_any_json(document: Any) -> None:
    understand(msgspec.json.encode(document))


@UNHURRIED
@given(data=st.data(), kind=st.sampled_from(TYPES))
def test_any_body_of_any_type(data: st.DataObject, kind: str) -> None:
    bodies = {**BODIES, "cfbenchmarks_value": INDEX_VALUE}
    body = dict(bodies.get(kind, {"market_ticker": "KXA-1", "event_type": "settled", "event_ticker": "KXA"}))
    changed = data.draw(st.lists(st.sampled_from(sorted(body)), max_size=3, unique=True))
    body |= {name: data.draw(VALUES, label=name) for name in changed}
    envelope = {"type": kind, "sid": 1, "seq": 1, "sending_ts_ms": data.draw(st.integers(0, 2**63 - 1)), "msg": body}
    understand(msgspec.json.encode(envelope))
