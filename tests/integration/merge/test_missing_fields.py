"""Rows whose fields come and go: what production holds follows from what was received, in any order and batches."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import query
from tests.support.engines import Database
from tests.support.merging import Row, after, deal, digest, merged

Known = dict[str, Any]
BATCHES_MAX = 4
LABELS = ("market_id", "yes_bid", "volume")
TICKERS = (
    "select extract(epoch from exchange_ts)::float, time_digits, market_id, yes_bid::float, volume::float"
    " from market_data.tickers"
)


def agrees(one: Known, other: Known) -> bool:
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def knows(one: Known, other: Known) -> bool:
    return {**one, **other} == one


def order(row: Known) -> tuple[Any, ...]:
    """PostgreSQL's order of objects with the same keys; those with more keys come later."""
    return len(row), [(name, row[name]) for name in sorted(row, key=lambda name: (len(name), name))]


def joined(rows: Iterable[Known]) -> list[Known]:
    """Leave out poorer copies, then join each with the first that it agrees with, those of a known time and rich first.

    One of an unknown time must agree with no other; else it adds nothing.
    """
    richest: list[Known] = []
    for row in sorted(rows, key=order, reverse=True):
        if not any(knows(other, row) for other in richest):
            richest.append(row)
    found: list[Known] = []
    for row in sorted(richest, key=lambda row: "exchange_ts" not in row):
        agreeing = [other for other in found if agrees(other, row)]
        if not agreeing:
            found.append(dict(row))
        elif len(agreeing) == 1 or "exchange_ts" in row:
            agreeing[0].update(row)
    return found


def ticker(gatherer_id: int, second: int, ms: int, digits: int, bid: int, volume: int, missing: set[str]) -> Row:
    """A summary of a market as one line receives it: fields may be missing, and digits of the time."""
    at = after(second + (ms / 1000 if digits else 0))
    values = {"market_id": "m", "yes_bid": bid / 4, "volume": volume / 4}
    known = {name: value for name, value in values.items() if name not in missing}
    return {"gatherer_id": gatherer_id, "market_ticker": "M", "exchange_ts": at, "time_digits": digits, **known}


TICKER = st.builds(
    ticker,
    st.integers(1, 3),
    st.sampled_from([0, 1, 3599, 3600]),
    st.sampled_from([0, 250, 500]),
    st.sampled_from([3, 3, 3, 0]),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sets(st.sampled_from(LABELS), max_size=2),
)


def known_of(row: Row) -> Known:
    """What a row knows; the time only if that is exact."""
    labels = {name: row[name] for name in LABELS if name in row}
    return {**labels, **({"exchange_ts": row["exchange_ts"].timestamp()} if row["time_digits"] else {})}


def expected_tickers(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Join the rows of each second that has one with no finer time, and of each millisecond of other seconds."""
    coarse = {row["exchange_ts"] for row in rows if not row["time_digits"]}
    groups: defaultdict[Any, list[Known]] = defaultdict(list)
    for row in rows:
        second = row["exchange_ts"].replace(microsecond=0)
        groups[second if second in coarse else row["exchange_ts"]].append(known_of(row))
    return [
        (known.get("exchange_ts", began_at.timestamp()), 3 if "exchange_ts" in known else 0, *map(known.get, LABELS))
        for began_at, group in groups.items()
        for known in joined(group)
    ]


def trade(gatherer_id: int, number: int, late_ms: int, digits: int | None, missing: set[str]) -> Row:
    """A trade as one line or REST reports it: its times lie within 5 s, whole seconds included."""
    at = after(3600 * number + 2 + late_ms / 1000)
    if digits == 0:
        at = at.replace(microsecond=0)
    values = {"taker_side": "yes" if number else "no", "is_block_trade": bool(number)}
    known = {name: value for name, value in values.items() if name not in missing}
    facts = {"trade_id": f"t{number}", "market_ticker": "M", "yes_price": 0.4, "no_price": 0.6, "size": 1}
    return {"gatherer_id": gatherer_id, "exchange_ts": at, "time_digits": digits, **facts, **known}


TRADE = st.builds(
    trade,
    st.integers(1, 3),
    st.integers(0, 1),
    st.integers(-2500, 1500),
    st.sampled_from([3, 3, 0, None]),
    st.sets(st.sampled_from(["taker_side", "is_block_trade"])),
)


def expected_trades(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The finest time of each, of equally fine ones the earliest, and what any copy has."""
    copies: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        copies[row["trade_id"]].append(row)
    found: list[tuple[Any, ...]] = []
    for trade_id, same in copies.items():
        finest = max(-1 if row["time_digits"] is None else row["time_digits"] for row in same)
        digits = None if finest < 0 else finest
        at = min(row["exchange_ts"] for row in same if row["time_digits"] == digits)
        known = {name: value for row in same for name, value in row.items()}
        found.append((trade_id, at.timestamp(), digits, known.get("taker_side"), known.get("is_block_trade")))
    return found


TRADES = (
    "select trade_id, extract(epoch from exchange_ts)::float, time_digits, taker_side, is_block_trade"
    " from market_data.trades"
)
# The clocks of a market's states, and when its last change before each came: two changes may come at the same time.
CHANGED_AT = {1: after(-100), 2: after(-100), 3: after(-50)}


def snapshot(gatherer_id: int, second: int, clock: int, number: int, state: int, missing: set[str]) -> Row:
    """A book as one line receives it; those without a clock are numbered."""
    facts = {"market_ticker": "M", "market_id": "m", "levels_sha256": digest(state), "last_change_at": None}
    known = {"clock": clock, "occurrence": 0} if "clock" not in missing else {"clock": 0, "occurrence": number}
    changed = {} if "last_change_at" in missing else {"last_change_at": CHANGED_AT[clock]}
    levels = {"yes_prices": [0.4], "yes_sizes": [state], "no_prices": [0.1], "no_sizes": [1]}
    return {"gatherer_id": gatherer_id, "received_at": after(second), **facts, **known, **changed, **levels}


SNAPSHOT = st.builds(
    snapshot,
    st.integers(1, 3),
    st.sampled_from([-7200, -3601, -1, 0, 1, 1800, 3600]),
    st.sampled_from(sorted(CHANGED_AT)),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sets(st.sampled_from(["clock", "last_change_at"])),
)
SNAPSHOTS = (
    "select date_trunc(case when occurrence > 0 and last_change_at is null then 'hour' else 'day' end,"
    " received_at, 'UTC')::text, yes_sizes[1]::integer, clock, occurrence, extract(epoch from last_change_at)::float"
    " from market_data.orderbook_snapshots"
)


def expected_snapshots(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Each clock; each time of a last change that no clock has; each number that has neither, of an hour."""
    clocks: dict[tuple[str, int, int], float | None] = {}
    times: set[tuple[str, int, float]] = set()
    numbered: set[tuple[Any, ...]] = set()
    for row in rows:
        at, state = row["received_at"], row["yes_sizes"][0]
        day = at.replace(hour=0, minute=0, second=0).strftime("%Y-%m-%d %H:%M:%S+00")
        changed_at = row["last_change_at"] and row["last_change_at"].timestamp()
        if row["occurrence"] == 0:
            clocks[day, state, row["clock"]] = clocks.get((day, state, row["clock"])) or changed_at
        elif changed_at:
            times.add((day, state, changed_at))
        else:
            hour = at.replace(minute=0, second=0).strftime("%Y-%m-%d %H:%M:%S+00")
            numbered.add((hour, state, 0, row["occurrence"], None))
    timed = {(day, state, changed_at) for (day, state, _), changed_at in clocks.items()}
    return [
        *((*key, 0, changed_at) for key, changed_at in clocks.items()),
        *((day, state, 0, 1, changed_at) for day, state, changed_at in times - timed),
        *numbered,
    ]


def index_value(gatherer_id: int, second: int, missing: set[str]) -> Row:
    averages = {"average_60s": 7.5, "average_15min": 8.5}
    known = {name: value for name, value in averages.items() if name not in missing}
    facts = {"index_id": "I", "published_at": after(second), "value": second, "payload": Jsonb({"v": 1, **known})}
    return {"gatherer_id": gatherer_id, "source_ts": after(second), **facts, **known}


INDEX_VALUE = st.builds(
    index_value, st.integers(1, 3), st.integers(1, 2), st.sets(st.sampled_from(["average_60s", "average_15min"]))
)
INDEX_VALUES = (
    "select extract(epoch from source_ts)::float, average_60s::float, average_15min::float,"
    " payload -> 'average_60s' is not null, payload -> 'average_15min' is not null from market_data.index_values"
)


def expected_index_values(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """What any copy has."""
    known: defaultdict[float, Row] = defaultdict(dict)
    for row in rows:
        known[row["source_ts"].timestamp()].update(row)
    averages = ("average_60s", "average_15min")
    return [
        (at, *(row.get(name) for name in averages), *(name in row for name in averages)) for at, row in known.items()
    ]


def lifecycle_event(gatherer_id: int, cell: int, late_ms: int, kind: int, number: int, missing: set[str]) -> Row:
    """A message about a market as one line receives it: copies come within 5 s, fields of it may be missing or null."""
    inner = {name: 2 for name in ("c", "d") if name not in missing}
    payload = {"k": kind, **{name: 1 for name in ("a", "b") if name not in missing}, "inner": inner}
    if "null" in missing:
        payload = {"a": None, "b": None, **payload}
    facts = {"subject_ticker": "M", "kind": "k", "payload": Jsonb(payload), "occurrence": number}
    return {"gatherer_id": gatherer_id, "seen_at": after(10 * cell + late_ms / 1000), **facts}


LIFECYCLE_EVENT = st.builds(
    lifecycle_event,
    st.integers(1, 3),
    st.sampled_from([-720, -1, 0, 1]),
    st.integers(-2400, 2400),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sets(st.sampled_from(["a", "b", "c", "d", "null"])),
)
LIFECYCLE_EVENTS = (
    "select round(extract(epoch from seen_at) / 10)::integer, occurrence, (payload -> 'k')::integer,"
    " array(select jsonb_object_keys(jsonb_strip_nulls(payload)) order by 1),"
    " array(select jsonb_object_keys(payload -> 'inner') order by 1),"
    " payload_sha256 = sha256(convert_to(payload::text, 'UTF8')) from market_data.lifecycle_events"
)


def expected_lifecycle_events(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Each message once, with the fields of all copies."""
    fields: defaultdict[tuple[int, int, int], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for row in rows:
        payload: Known = row["payload"].obj
        outer, inner = fields[round(row["seen_at"].timestamp() / 10), row["occurrence"], payload["k"]]
        outer.update(name for name, value in payload.items() if value is not None)
        inner.update(payload["inner"])
    return [(*key, sorted(outer), sorted(inner), True) for key, (outer, inner) in fields.items()]


def undated(gatherer_id: int, cell: int, late_ms: int, dated: bool, bid: int, missing: set[str]) -> Row:
    """A summary that some lines receive with its time, at most 2 s after it, and others without."""
    at = after(30 * cell + (0 if dated else late_ms / 1000))
    values = {"market_id": "m", "yes_bid": bid / 4, "volume": 1 / 4}
    known = {name: value for name, value in values.items() if dated or name not in missing}
    facts = {"market_ticker": "M", "exchange_ts": at, "time_digits": 3 if dated else None}
    return {"gatherer_id": gatherer_id, **facts, **known}


UNDATED = st.builds(
    undated,
    st.integers(1, 3),
    st.sampled_from([-1, 0, 1]),
    st.integers(1, 2000),
    st.booleans(),
    st.integers(1, 2),
    st.sampled_from([set[str](), {"volume"}, {"volume", "market_id"}]),
)
UNDATED_TICKERS = (
    "select round(extract(epoch from exchange_ts) / 30)::integer, time_digits, yes_bid::float, market_id,"
    " volume::float from market_data.tickers"
)


def expected_undated(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Each state once: with its time if any line has that, else with the most fields that a line has."""
    states: defaultdict[tuple[int, float], list[Row]] = defaultdict(list)
    for row in rows:
        states[round(row["exchange_ts"].timestamp() / 30), row["yes_bid"]].append(row)
    richest = {key: max(same, key=lambda row: (row["time_digits"] or 0, len(row))) for key, same in states.items()}
    return [
        (cell, row["time_digits"], bid, row.get("market_id"), row.get("volume")) for (cell, bid), row in richest.items()
    ]


CASES: dict[str, tuple[st.SearchStrategy[Row], str, Callable[[Sequence[Row]], list[tuple[Any, ...]]]]] = {
    "tickers": (TICKER, TICKERS, expected_tickers),
    "tickers without a time": (UNDATED, UNDATED_TICKERS, expected_undated),
    "trades": (TRADE, TRADES, expected_trades),
    "orderbook_snapshots": (SNAPSHOT, SNAPSHOTS, expected_snapshots),
    "lifecycle_events": (LIFECYCLE_EVENT, LIFECYCLE_EVENTS, expected_lifecycle_events),
    "index_values": (INDEX_VALUE, INDEX_VALUES, expected_index_values),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_held_follows_from_what_was_received(production: Database, name: str) -> None:
    row, statement, expected = CASES[name]
    name = name.split(maxsplit=1)[0]
    with production.connect("deduplicator") as connection:
        connection.execute(query(f"production/stage/{name}"))

        @settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
        @given(data=st.data())
        def whatever(data: st.DataObject) -> None:
            rows = data.draw(st.lists(row, min_size=1, max_size=12), label="rows")
            twice = data.draw(st.permutations([*rows, *rows]), label="order")
            cuts = data.draw(st.lists(st.integers(0, 24), max_size=BATCHES_MAX), label="cuts")
            (found,) = merged(connection, name, deal(twice, cuts), [statement])
            assert found == sorted(map(repr, expected(rows)))

        run: Callable[[], None] = whatever
        run()
