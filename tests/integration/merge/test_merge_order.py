"""Each merge file gives the same result for any order of gatherers and size of batches, run once or twice."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import query
from kalshi_data.streams import STREAMS
from tests.support.engines import Database
from tests.support.merging import MIDNIGHT, Row, after, deal, digest, merged

BATCHES_MAX = 4
# Around the beginning of a day and of an hour.
MOMENTS = st.sampled_from([-7200, -3601, -1, 0, 1, 1800, 3600]).map(
    lambda seconds: MIDNIGHT + timedelta(seconds=seconds)
)
TENS = st.sampled_from([-7200, -10, 0, 10, 3590, 3600]).map(lambda seconds: MIDNIGHT + timedelta(seconds=seconds))
FEW = st.integers(0, 2)
GATHERER = st.integers(1, 3)


def trade(gatherer_id: int, number: int, minute: int, late_ms: int) -> Row:
    """The times reported of one trade lie within 5 s; the same id a minute later would be another trade."""
    price = number / 10
    facts = {"trade_id": f"t{number}", "market_ticker": f"M{number}", "yes_price": price, "no_price": 1 - price}
    at = after(60 * minute) + timedelta(milliseconds=late_ms)
    return {"gatherer_id": gatherer_id, "exchange_ts": at, **facts, "size": 1, "taker_side": "yes"}


def delta(gatherer_id: int, second: int, clock: int, side: str, size: int, occurrence: int) -> Row:
    facts = {"market_ticker": "M", "clock": clock, "side": side, "price": 0.4, "size_delta": size}
    return {
        "gatherer_id": gatherer_id,
        "exchange_ts": after(second),
        **facts,
        "occurrence": occurrence,
        "time_digits": 6,
    }


def snapshot(
    gatherer_id: int, received_at: datetime, clock: int, state: int, occurrence: int, market_id: str | None
) -> Row:
    """Those that are numbered have no clock; lines may lack the market's id."""
    clock = 0 if occurrence else clock
    facts = {"market_ticker": "M", "market_id": market_id, "clock": clock, "levels_sha256": digest(state)}
    levels = {"yes_prices": [0.4], "yes_sizes": [state], "no_prices": [0.1], "no_sizes": [1]}
    return {"gatherer_id": gatherer_id, "received_at": received_at, **facts, **levels, "occurrence": occurrence}


def ticker(gatherer_id: int, second: int, bid: int) -> Row:
    facts = {"market_ticker": "M", "yes_bid": bid / 10, "time_digits": 3}
    return {"gatherer_id": gatherer_id, "exchange_ts": after(second), **facts}


def lifecycle_event(gatherer_id: int, at: datetime, late_ms: int, kind: int, occurrence: int) -> Row:
    """Copies of one message are sent within 5 s; equal messages of one number are further apart."""
    seen_at = at + timedelta(milliseconds=late_ms)
    facts = {"subject_ticker": "M", "kind": f"k{kind}", "payload_sha256": digest(kind), "payload": Jsonb({"k": kind})}
    return {"gatherer_id": gatherer_id, "seen_at": seen_at, **facts, "occurrence": occurrence}


def index_value(gatherer_id: int, second: int, index: int) -> Row:
    facts = {"index_id": f"I{index}", "published_at": after(second), "value": index + second, "payload": Jsonb({})}
    return {"gatherer_id": gatherer_id, "source_ts": after(second), **facts}


def coverage(gatherer_id: int, epoch: int, key: int, xid: int, ended: bool) -> Row:
    """One transaction of a gatherer's database holds one state."""
    end = after(xid) if ended and xid % 2 else None
    owner = {"gatherer_id": gatherer_id, "epoch": UUID(int=epoch), "connection_id": key, "ingest_xid": str(xid + 1)}
    return {**owner, "began_at": after(0), "ended": end, "key": key}


def connection(row: Row) -> Row:
    facts = {"name": "n", "url": "u", "use_yes_price": False, "opened_at": row["began_at"], "closed_at": row["ended"]}
    return {**{name: row[name] for name in ("gatherer_id", "epoch", "connection_id", "ingest_xid")}, **facts}


def subscription(row: Row) -> Row:
    facts = {"sid": 1, "channel": "c", "market_ticker": "M", "began_at": row["began_at"], "ended_at": row["ended"]}
    return {**{name: row[name] for name in ("gatherer_id", "epoch", "connection_id", "ingest_xid")}, **facts}


def gap(row: Row) -> Row:
    facts = {"sid": 1, "channel": "c", "seq_expected": 1, "seq_received": 2, "detected_at": row["began_at"]}
    place = {"frame_number": row["key"], "began_at": row["began_at"], "ended_at": row["ended"]}
    return {**{name: row[name] for name in ("gatherer_id", "epoch", "connection_id", "ingest_xid")}, **facts, **place}


def listed(gatherer_id: int, number: int, updated: int | None, fetched: int, title: int) -> Row:
    body = {"title": f"t{title}", "updated_time": updated}
    times = {"updated_time": None if updated is None else after(updated), "fetched_at": after(fetched)}
    return {
        "gatherer_id": gatherer_id,
        "ticker": f"M{number}",
        **times,
        "body": Jsonb(body),
        "body_sha256": digest(body),
    }


def exchange_state(gatherer_id: int, first_at: datetime, seconds: int, number: int) -> Row:
    """Its last confirmation may be in another hour, or before the first if a clock was set back."""
    body = {"exchange_index": number, "exchange_active": True}
    times = {"first_seen_at": first_at, "confirmed_at": first_at + timedelta(seconds=seconds)}
    facts = {"kind": "shard", **body, "body": Jsonb(body), "body_sha256": digest(body)}
    return {"gatherer_id": gatherer_id, **facts, **times}


COVERAGE_ROWS = st.builds(coverage, GATHERER, st.integers(1, 2), FEW, st.integers(0, 7), st.just(value=True))
LISTED = st.builds(listed, GATHERER, FEW, st.none() | FEW, FEW, FEW)
# How rows of each stream are made, and which columns of production have to be the same. The gatherer and the receive
# time of a fact are left out, since they depend on which gatherer's copy was merged first.
CASES: dict[str, tuple[st.SearchStrategy[Row], Sequence[str]]] = {
    "trades": (
        st.builds(trade, GATHERER, FEW, FEW, st.integers(0, 5000)),
        ["select trade_id, market_ticker, yes_price, size, date_trunc('minute', exchange_ts) from market_data.trades"],
    ),
    "orderbook_deltas": (
        st.builds(delta, GATHERER, FEW, FEW, st.sampled_from(["yes", "no"]), FEW, FEW),
        [
            "select exchange_ts, market_ticker, clock, side, price, size_delta, occurrence"
            " from market_data.orderbook_deltas"
        ],
    ),
    "orderbook_snapshots": (
        st.builds(snapshot, GATHERER, MOMENTS, FEW, FEW, FEW, st.sampled_from(["m", "", None])),
        [
            "select date_trunc(case occurrence when 0 then 'day' else 'hour' end, received_at, 'UTC'), clock,"
            " levels_sha256, occurrence, yes_sizes, market_id from market_data.orderbook_snapshots"
        ],
    ),
    "tickers": (
        st.builds(ticker, GATHERER, FEW, FEW),
        ["select exchange_ts, market_ticker, values_sha256, yes_bid from market_data.tickers"],
    ),
    "lifecycle_events": (
        st.builds(lifecycle_event, GATHERER, TENS, st.integers(-2500, 2500), FEW, FEW),
        [
            "select date_bin('10 s', seen_at, '2000-01-01 00:00:05+00'), subject_ticker, kind, payload, occurrence"
            " from market_data.lifecycle_events"
        ],
    ),
    "index_values": (
        st.builds(index_value, GATHERER, FEW, FEW),
        ["select source_ts, index_id, published_at, value from market_data.index_values"],
    ),
    "connections": (COVERAGE_ROWS.map(connection), ["select * from ops.connections"]),
    "subscriptions": (COVERAGE_ROWS.map(subscription), ["select * from ops.subscriptions"]),
    "gaps": (COVERAGE_ROWS.map(gap), ["select * from ops.gaps"]),
    **{
        name: (
            LISTED,
            [
                f"select ticker, updated_time, fetched_at, title, body from market_data.{name}",
                f"select ticker, body_sha256, updated_time, body from market_data.{name}_history",
            ],
        )
        for name in ("series", "events", "markets")
    },
    "exchange_status": (
        st.builds(exchange_state, GATHERER, TENS, st.sampled_from([-5, 0, 3, 10, 15, 4000]), st.integers(0, 1)),
        ["select kind, exchange_index, body, first_seen_at, confirmed_at from market_data.exchange_status"],
    ),
}


def test_every_stream_has_a_case() -> None:
    # completeness/test_line_checks draws book checks, which become runs.
    assert {*CASES, "book_checks"} == {stream.name for stream in STREAMS}


@pytest.mark.parametrize("name", CASES)
def test_order_and_batches_change_nothing(production: Database, name: str) -> None:
    with production.connect("deduplicator") as connection:
        connection.execute(query(f"production/stage/{name}"))

        @settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
        @given(data=st.data())
        def whatever(data: st.DataObject) -> None:
            rows = data.draw(st.lists(CASES[name][0], min_size=1, max_size=12), label="rows")
            twice = data.draw(st.permutations([*rows, *rows]), label="order")
            cuts = data.draw(st.lists(st.integers(0, 24), max_size=BATCHES_MAX), label="cuts")
            at_once = merged(connection, name, [rows], CASES[name][1])
            assert any(at_once)
            assert merged(connection, name, deal(twice, cuts), CASES[name][1]) == at_once

        run: Callable[[], None] = whatever
        run()
