"""Whatever is changed in a complete production by hand, the comparison with the journal finds it."""

from collections.abc import Generator

import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.simulator.verification import (
    SNAPSHOTS,
    VERIFIED_STREAMS,
    StreamCounts,
    count_books,
    count_stream,
    place_books,
    read_journal,
)
from kalshi_data.streams import STREAMS
from tests.support.engines import Engine
from tests.support.merged_run import FIELDS, UNDATED, merged_run


@pytest.fixture(scope="module")
def run(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Generator[Connection]:
    journal = tmp_path_factory.mktemp("run") / "journal"
    with merged_run(engine, journal, FIELDS) as made:
        read_journal(made, journal)
        yield made


@pytest.fixture(scope="module")
def undated_run(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Generator[Connection]:
    journal = tmp_path_factory.mktemp("undated") / "journal"
    with merged_run(engine, journal, UNDATED) as made:
        read_journal(made, journal)
        yield made


PACK = """
select (ops.pack_hour(s.stream, h.hour, 1000000, false)).is_packed
from ops.packed_streams() as s
cross join lateral timeseries.list_partitions(s.hot_table) as t
cross join lateral generate_series(lower(t.during), upper(t.during) - interval '1 h', interval '1 h') as h (hour)
"""
LEFT = "select (select count(*) from market_data.hot_orderbook_deltas), (select count(*) from market_data.hot_tickers)"


def compared(run: Connection, stream: str, statement: str) -> tuple[int, StreamCounts]:
    """Return how many rows of a stream a statement changes, and what is found then; nothing stays changed."""
    with run.transaction(force_rollback=True):
        changed = run.execute(statement.encode()).rowcount
        if stream == SNAPSHOTS:
            place_books(run)
        return changed, count_stream(run, stream)


def wrong_streams(run: Connection) -> dict[str, StreamCounts]:
    """Return the streams that are not complete."""
    with run.transaction(force_rollback=True):
        place_books(run)
        found = {name: count_stream(run, name) for name in VERIFIED_STREAMS}
        assert count_books(run)[1] == 0
    return {name: counts for name, counts in found.items() if counts.lost or counts.invented or not counts.published}


def test_the_run_is_complete(run: Connection) -> None:
    assert wrong_streams(run) == {}


def test_packed_runs_are_complete(run: Connection, undated_run: Connection) -> None:
    for production in (run, undated_run):
        with production.transaction(force_rollback=True):
            packed = production.execute(PACK).fetchall()
            assert all(is_packed for (is_packed,) in packed)
            assert production.execute(LEFT).fetchall() == [(0, 0)]
            assert wrong_streams(production) == {}


def test_the_run_without_times_is_complete(undated_run: Connection) -> None:
    assert wrong_streams(undated_run) == {}


COLUMNS = {
    "orderbook_deltas": (
        "exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits"
    ),
    "trades": (
        "exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade, received_at, "
        "gatherer_id, time_digits"
    ),
    "lifecycle_events": (
        "seen_at, subject_ticker, kind, payload_sha256, payload, received_at, gatherer_id, occurrence"
    ),
    "index_values": (
        "source_ts, index_id, published_at, value, average_60s, average_15min, payload, received_at, gatherer_id"
    ),
    "orderbook_snapshots": (
        "received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes, no_prices, "
        "no_sizes, gatherer_id, last_change_at"
    ),
    "tickers": (
        "exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size, "
        "yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest, received_at, "
        "gatherer_id, time_digits"
    ),
}
# A time of the same day in UTC, further away than any delay.
AWAY = "case when extract(hour from {0}) < 12 then interval '1 h' else interval '-1 h' end"


def table_of(stream: str) -> str:
    """Return the table that a stream is merged into."""
    return next(each.target for each in STREAMS if each.name == stream)


def one(stream: str, condition: str = "true") -> str:
    """Return a condition that one row of a stream meets."""
    table = table_of(stream)
    columns = "(tableoid, ctid)"
    order = COLUMNS[stream]
    return f"{columns} in (select tableoid, ctid from {table} where {condition} order by {order} limit 1)"


def change(stream: str, assignments: str, condition: str) -> tuple[str, str]:
    return stream, f"update {table_of(stream)} set {assignments} where {condition}"


def move(stream: str, interval: str, condition: str) -> tuple[str, str]:
    """Return the statement that moves rows in time: TimescaleDB updates none into another partition."""
    columns = COLUMNS[stream]
    removed = f"with removed as (delete from {table_of(stream)} where {condition} returning {columns})"
    moved = columns.replace("exchange_ts", f"exchange_ts + {interval}")
    return stream, f"{removed} insert into {table_of(stream)} ({columns}) select {moved} from removed"


def remove(stream: str, condition: str = "true") -> tuple[str, str]:
    return stream, f"delete from {table_of(stream)} where {one(stream, condition)}"


def double(stream: str, condition: str = "true", **changed: str) -> tuple[str, str]:
    columns = COLUMNS[stream].split(", ")
    values = ", ".join(changed.get(column, column) for column in columns)
    inserted = f"insert into {table_of(stream)} ({COLUMNS[stream]}) select {values} from {table_of(stream)}"
    return stream, f"{inserted} where {one(stream, condition)}"


D, S, T, K, L = "orderbook_deltas", "orderbook_snapshots", "trades", "tickers", "lifecycle_events"
V = "index_values"
MS = "date_trunc('milliseconds', exchange_ts)"
RICH = "clock > 0 and time_digits = 6 and extract(microsecond from exchange_ts)::integer % 1000 between 1 and 900"
LEVELS = "cardinality(yes_prices) > 1"
CHANGES: dict[str, tuple[str, str]] = {
    "a delta is missing": remove(D),
    "a delta is there twice": double(D, occurrence="occurrence + 77"),
    "a delta and its opposite are added": double(D, occurrence="occurrence + 77", size_delta="-size_delta"),
    "a delta lacks its clock": change(D, "clock = 0, occurrence = 77", one(D, RICH)),
    "all deltas lack their clock": change(D, "clock = 0, occurrence = occurrence + clock", "clock > 0"),
    "a delta has another clock": change(D, "clock = clock + 1, occurrence = 77", one(D, RICH)),
    "a delta's time is cut": change(D, f"time_digits = 3, exchange_ts = {MS}, occurrence = 77", one(D, RICH)),
    "a delta's time counts as cut": change(D, "time_digits = 3", one(D, RICH)),
    "a delta's time is cut to its second": change(
        D, "time_digits = 0, exchange_ts = date_trunc('second', exchange_ts), occurrence = 77", one(D, RICH)
    ),
    "a delta's time is moved by 0.05 ms": change(D, "exchange_ts = exchange_ts + interval '50 us'", one(D, RICH)),
    "a delta's time is moved by a second": move(D, "interval '1 s'", one(D, RICH)),
    "a delta has no time": change(D, "time_digits = null, occurrence = 77", one(D, RICH)),
    "all deltas have no time": change(D, "time_digits = null", "true"),
    "a delta is on the other side": change(
        D, "side = case side when 'yes' then 'no' else 'yes' end, occurrence = 77", one(D)
    ),
    "a delta has another price": change(D, "price = price + 0.01, occurrence = 77", one(D, "price < 0.9")),
    "a delta has another size": change(D, "size_delta = size_delta + 1, occurrence = 77", one(D)),
    "a delta is of another market": change(D, "market_ticker = market_ticker || 'X'", one(D)),
    "a snapshot is missing": remove(S, "occurrence = 0"),
    "a snapshot is there twice": double(S, "clock > 0", received_at="received_at + interval '1 us'"),
    "a snapshot is there without its clock, too": double(
        S, "clock > 0 and last_change_at is not null", occurrence="1", clock="0"
    ),
    "a snapshot has a level more": change(
        S, "yes_prices = yes_prices || 0.99, yes_sizes = yes_sizes || 1.00", one(S, LEVELS)
    ),
    "a snapshot has a level less": change(
        S, "yes_prices = trim_array(yes_prices, 1), yes_sizes = trim_array(yes_sizes, 1)", one(S, LEVELS)
    ),
    "a snapshot's level has another size": change(S, "yes_sizes[1] = yes_sizes[1] + 1", one(S, LEVELS)),
    "a snapshot has its sides swapped": change(
        S, "yes_prices = no_prices, yes_sizes = no_sizes, no_prices = yes_prices, no_sizes = yes_sizes", one(S, LEVELS)
    ),
    "a snapshot lacks its clock": change(S, "clock = 0, occurrence = 1", one(S, "clock > 0")),
    "a snapshot has another clock": change(S, "clock = clock + 1000", one(S, "clock > 0")),
    "a snapshot lacks the market's id": change(S, "market_id = ''", one(S, "market_id <> ''")),
    "a snapshot has another market's id": change(S, "market_id = market_id || 'x'", one(S, "market_id <> ''")),
    "a snapshot's last change is another": change(
        S, "last_change_at = last_change_at - interval '1 ms'", one(S, "last_change_at is not null")
    ),
    "all snapshots' last changes are others": change(
        S, "last_change_at = last_change_at - interval '1 min'", "last_change_at is not null"
    ),
    "a snapshot lacks its last change": change(S, "last_change_at = null", one(S, "last_change_at is not null")),
    "a trade is missing": remove(T),
    "a trade is there twice": double(T, exchange_ts="exchange_ts + interval '1 ms'"),
    "a trade has another size": change(T, "size = size + 1", one(T)),
    "a trade has another price": change(T, "yes_price = no_price, no_price = yes_price", one(T, "yes_price <> 0.5")),
    "a trade has another taker": change(
        T, "taker_side = case taker_side when 'yes' then 'no' else 'yes' end", one(T, "taker_side is not null")
    ),
    "a trade lacks its taker": change(T, "taker_side = null", one(T, "taker_side is not null")),
    "a trade lacks whether it is a block": change(T, "is_block_trade = null", one(T, "is_block_trade is not null")),
    "a trade's time is moved": change(T, "exchange_ts = exchange_ts + interval '1 ms'", one(T)),
    "a trade's time is cut": change(
        T, "time_digits = 0, exchange_ts = date_trunc('second', exchange_ts)", one(T, "time_digits = 3")
    ),
    "a trade has no time": change(T, "time_digits = null", one(T)),
    "a trade is of another market": change(T, "market_ticker = market_ticker || 'X'", one(T)),
    "a summary is missing": remove(K),
    "a summary is there twice": double(K, exchange_ts="exchange_ts + interval '1 ms'"),
    "a poorer summary is added": double(K, "volume is not null", volume="null", values_sha256="'x'"),
    "a summary lacks a value": change(K, "volume = null", one(K, "volume is not null")),
    "all summaries lack a value": change(K, "yes_ask = null", "yes_ask is not null"),
    "a summary lacks the market's id": change(K, "market_id = null", one(K, "market_id is not null")),
    "a summary has another value": change(K, "volume = volume + 1", one(K, "volume is not null")),
    "a summary has its sides swapped": change(K, "yes_bid = yes_ask, yes_ask = yes_bid", one(K, "yes_bid <> yes_ask")),
    "a summary's time is moved": change(K, "exchange_ts = exchange_ts + interval '1 ms'", one(K)),
    "a summary's time is cut": change(
        K, "time_digits = 0, exchange_ts = date_trunc('second', exchange_ts)", one(K, "time_digits = 3")
    ),
    "a summary has no time": change(K, "time_digits = null", one(K)),
    "an index value is missing": remove(V),
    "an index value is another": change(V, "value = value + 0.000001", one(V)),
    "an index value lacks an average": change(
        V, "payload = payload - 'avg_60s_data'", one(V, "payload ? 'avg_60s_data'")
    ),
    "an index value is of another time": change(V, "source_ts = source_ts + interval '1 ms'", one(V)),
    "an index value is there twice": double(V, source_ts="source_ts + interval '1 ms'"),
    "an event is missing": remove(L),
    "an event is there twice": double(L, occurrence="occurrence + 1"),
    "an event's body lacks a field": change(
        L, "payload = payload - (select min(name) from jsonb_object_keys(payload) as f (name))", one(L)
    ),
    "an event's body has another field": change(L, """payload = payload || '{"added": 1}'""", one(L)),
    "an event is of another kind": change(L, "kind = 'settled_again'", one(L)),
    "an event's time is moved": change(L, f"seen_at = seen_at + {AWAY.format('seen_at')}", one(L)),
}
UNDATED_CHANGES: dict[str, tuple[str, str]] = {
    f"{what} is moved": move(stream, AWAY.format("exchange_ts"), which)
    for stream, what, which in ((D, "a delta", one(D)), (T, "a trade", one(T)), (K, "a summary", one(K)))
} | {
    "all deltas are moved": move(D, AWAY.format("exchange_ts"), "true"),
    "a delta has a time": change(D, "time_digits = 6", one(D)),
    "a trade has a time": change(T, "time_digits = 3, exchange_ts = exchange_ts + interval '3 s'", one(T)),
    "a summary has a time": change(K, "time_digits = 3", one(K)),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_found(run: Connection, case: str) -> None:
    changed, found = compared(run, *CHANGES[case])
    assert changed > 0
    assert found.lost or found.invented
    # One wrong row is one fact; a book may have several states with the same levels.
    assert changed > 1 or max(found.lost, found.invented) == 1 or CHANGES[case][0] == SNAPSHOTS


@pytest.mark.parametrize("case", UNDATED_CHANGES)
def test_a_change_of_what_has_no_time_is_found(undated_run: Connection, case: str) -> None:
    changed, found = compared(undated_run, *UNDATED_CHANGES[case])
    assert changed > 0
    assert (found.lost, found.invented) == (changed, changed)
