"""Minutes in which nothing was published are halted if the exchange said so, else idle."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.merging import MIDNIGHT, digest

MINUTE = timedelta(minutes=1)
CLASSIFIED = """
insert into ops.classified_minutes (stream, market_ticker, day, proven, covered, repaired, gap, idle)
values ('orderbook_deltas', %(ticker)s, %(day)s, '{}', %(covered)s, '{}', %(gap)s, %(idle)s)
"""
SAID = """
insert into market_data.exchange_status (gatherer_id, kind, exchange_index, exchange_active, trading_active, body,
body_sha256, first_seen_at, confirmed_at) values (1, 'shard', %s, %s, %s, '{}', %s, %s, %s)
"""
LISTED = """
insert into market_data.markets (ticker, fetched_at, body_sha256, body) values (%s, now(), sha256('x'), %s)
"""
MINUTES = 30
States = dict[int, str]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        connection.execute("select timeseries.ensure_partition('market_data.exchange_status', %s)", (MIDNIGHT,))
        yield connection


def ranges(states: States, state: str) -> str:
    """Return the minutes of a state as a multirange."""
    found = [MIDNIGHT + minute * MINUTE for minute, each in states.items() if each == state]
    return "{" + ",".join(f"[{at.isoformat()},{(at + MINUTE).isoformat()})" for at in found) + "}"


def classify(ops: Connection, ticker: str, states: States, body: Any) -> None:
    ops.execute(LISTED, (ticker, Jsonb(body)))
    runs = {state: ranges(states, state) for state in ("covered", "gap", "idle")}
    ops.execute(CLASSIFIED, {"ticker": ticker, "day": MIDNIGHT.date(), **runs})


def say(ops: Connection, shard: int, first: int, last: int, *, active: bool | None, trading: bool | None) -> None:
    """Let the exchange have said something of a shard from one second to another."""
    times = [MIDNIGHT + timedelta(seconds=each) for each in (first, last)]
    ops.execute(SAID, (shard, active, trading, digest(shard, first, last, active, trading), *times))


def judged(ops: Connection, ticker: str) -> list[States]:
    """Return the state of each minute of a market, by two views, the archive's function and the ledger."""
    span = {"ticker": ticker, "from_at": MIDNIGHT, "until_at": MIDNIGHT + MINUTES * MINUTE}
    runs = "select from_at, to_at, state from {} where market_ticker = %(ticker)s"
    minutes = "select minute, minute + interval '1 min', state from market_data.minute_states"
    asked = (
        runs.format("market_data.coverage"),
        f"{minutes} where market_ticker = %(ticker)s",
        runs.format("ops.coverage_during(%(from_at)s, %(until_at)s)"),
    )
    found: list[States] = []
    for statement in asked:
        states: States = {}
        for from_at, to_at, state in ops.execute(statement.encode(), span).fetchall():
            for number in range(int((from_at - MIDNIGHT) / MINUTE), int((to_at - MIDNIGHT) / MINUTE)):
                assert number not in states, "no minute has two states"
                states[number] = state
        found.append(states)
    cells = {"market": ticker, **span, "cells": MINUTES}
    rows = ops.execute(query("production/completeness/read_minutes"), cells).fetchall()
    return [*found, {cell: state for stream, state, cell, _ in rows if stream == "orderbook_deltas"}]


STATE = st.sampled_from(["idle", "idle", "covered", "gap"])
FLAG = st.sampled_from([True, False, None])
SAYINGS = st.tuples(st.integers(0, 2), st.integers(0, 60 * MINUTES - 1), st.integers(0, 400), FLAG, FLAG)


def test_a_minute_is_halted_if_its_market_s_shard_was_in_a_part_of_it(ops: Connection) -> None:
    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.dictionaries(st.integers(0, MINUTES - 1), STATE, min_size=1),
        st.lists(SAYINGS, max_size=6, unique_by=lambda each: each[:3]),
        st.sampled_from([({"exchange_index": 1}, 1), ({}, 0), ({"exchange_index": "x"}, 0)]),
    )
    def whatever(states: States, sayings: list[tuple[Any, ...]], listed: tuple[dict[str, Any], int]) -> None:
        body, shard = listed
        expected = dict(states)
        with ops.transaction(force_rollback=True):
            classify(ops, "KXA-1", states, body)
            for index, first, length, active, trading in sayings:
                say(ops, index, first, first + length, active=active, trading=trading)
                if index == shard and (active is False or trading is False):
                    for minute in range(first // 60, (first + length) // 60 + 1):
                        if expected.get(minute) == "idle":
                            expected[minute] = "halted"
            assert judged(ops, "KXA-1") == [expected] * 4

    run: Callable[[], None] = whatever
    run()


def test_a_stream_of_all_markets_is_halted_if_every_shard_is(ops: Connection) -> None:
    classify(ops, "", {0: "idle", 1: "idle", 2: "idle"}, {})
    say(ops, 0, 0, 119, active=True, trading=False)
    say(ops, 1, 60, 179, active=False, trading=False)
    assert judged(ops, "")[0] == {0: "idle", 1: "halted", 2: "idle"}
    say(ops, 2, 0, 179, active=True, trading=True)
    assert set(judged(ops, "")[0].values()) == {"idle"}


def test_readers_see_halted_minutes(production: Database, ops: Connection) -> None:
    classify(ops, "KXA-1", {0: "idle", 1: "idle"}, {})
    say(ops, 0, 70, 80, active=True, trading=False)
    with production.connect("reader") as reader:
        rows = reader.execute("select state from market_data.coverage order by from_at").fetchall()
        assert rows == [("idle",), ("halted",)]
        assert reader.execute("select state from market_data.minute_states order by minute").fetchall() == rows
