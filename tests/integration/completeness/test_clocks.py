"""Wrong and jumping clocks of gatherers: what they report floods nothing, stops nothing and claims nothing."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql

from kalshi_data.database.connection import Connection, query
from tests.support.books import ensure_partitions
from tests.support.coverage import EPOCH, T0, at, beat, cover, miss
from tests.support.engines import Database

LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
FAR_AHEAD = datetime.fromisoformat("2100-01-01T00:00:00+00:00")
ARCHIVED = {
    "streams": ["trades"],
    "whole_streams": [],
    "gatherers": [1],
    "settle_seconds": 0,
    "deadline_seconds": 0,
    "hours_max": 500,
}
CONNECTION = """
insert into ops.connections (gatherer_id, epoch, connection_id, name, url, use_yes_price, opened_at)
values (1, gen_random_uuid(), %s, 'trades', '', false, %s)
"""


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


def advance(ops: Connection, minutes: int = 1440) -> tuple[Any, ...]:
    limits = {"minutes_max": minutes, "markets_max": 2000}
    return ops.execute(query("production/completeness/advance_minutes"), limits).fetchall()[0]


def stage(ops: Connection, name: str, *rows: dict[str, Any]) -> int:
    """Merge rows of one of the streams of coverage; return how many are refused."""
    ops.execute("drop table if exists pg_temp.stage")
    ops.execute(query(f"production/stage/{name}"))
    with ops.transaction():
        for row in rows:
            given = {"gatherer_id": 1, "epoch": EPOCH, "connection_id": 1, "ingest_xid": "1", **row}
            names = sql.SQL(", ").join(map(sql.Identifier, given))
            values = sql.SQL(", ").join([sql.Placeholder()] * len(given))
            ops.execute(sql.SQL("insert into stage ({}) values ({})").format(names, values), list(given.values()))
        asked = {"late_days_max": 400, "stream": name, "target": f"ops.{name}"}
        refused = ops.execute(query("production/reject/misfits"), asked).fetchall()
        refused += ops.execute(query(f"production/reject/{name}"), asked).fetchall()
        ops.execute(query(f"production/merge/{name}"))
    return sum(count for _, count in refused)


def connection_row(opened_at: datetime, closed_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    facts = {"name": "books-1", "url": "wss://", "use_yes_price": False}
    return {**facts, "opened_at": opened_at, "closed_at": closed_at, **more}


def subscription_row(began_at: datetime, ended_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    facts = {"sid": 1, "channel": "orderbook_delta", "market_ticker": "KXA-1"}
    reason = None if ended_at is None else "closed"
    return {**facts, "began_at": began_at, "ended_at": ended_at, "end_reason": reason, **more}


def gap_row(number: int, began_at: datetime, detected_at: datetime, ended_at: datetime | None) -> dict[str, Any]:
    facts = {"sid": 1, "channel": "trade", "seq_expected": 5, "seq_received": 9, "frame_number": number}
    repair = None if ended_at is None else "rest"
    return {**facts, "began_at": began_at, "detected_at": detected_at, "ended_at": ended_at, "repair": repair}


@pytest.mark.parametrize(("moment", "reason"), [(LONG_AGO, "time too old"), (FAR_AHEAD, "time in the future")])
@pytest.mark.parametrize("which", ["connections", "subscriptions", "gaps"])
def test_coverage_of_an_impossible_time_is_rejected(ops: Connection, which: str, moment: datetime, reason: str) -> None:
    rows = {
        "connections": [connection_row(moment), connection_row(at(1), moment, connection_id=2)],
        "subscriptions": [subscription_row(moment), subscription_row(at(1), moment, connection_id=2)],
        "gaps": [gap_row(1, moment, at(1), None), gap_row(2, at(1), at(2), moment), gap_row(3, at(1), moment, None)],
    }[which]
    good = {
        "connections": connection_row(at(1), at(2), connection_id=9),
        "subscriptions": subscription_row(at(1), at(2), connection_id=9),
        "gaps": gap_row(9, at(1), at(2), None),
    }[which]
    assert stage(ops, which, *rows, good) == len(rows)
    found = ops.execute("select distinct stream, reason from ops.rejected_rows").fetchall()
    assert [(stream, text[: len(reason)]) for stream, text in found] == [(which, reason)]
    assert ops.execute(f"select count(*) from ops.{which}".encode()).fetchone() == (1,)
    assert ops.execute("select count(*) from ops.expected where began_at < %s", (at(0),)).fetchone() == (0,)


def test_an_impossible_end_ends_coverage_where_it_began(ops: Connection) -> None:
    stage(ops, "connections", connection_row(at(0)))
    stage(ops, "subscriptions", subscription_row(at(0)))
    assert stage(ops, "subscriptions", subscription_row(at(0), FAR_AHEAD, ingest_xid="2")) == 1
    assert stage(ops, "connections", connection_row(at(0), FAR_AHEAD, ingest_xid="2")) == 1
    beat(ops, 1, 60)
    covered = "select covered from ops.coverage('KXA-1', tstzrange(%s, %s)) where channel = 'orderbook_delta'"
    assert [list(row[0]) for row in ops.execute(covered, (at(0), at(60))).fetchall()] == [[]]
    assert ops.execute("select closed_at - opened_at from ops.connections").fetchone() == (timedelta(0),)


def test_coverage_does_not_reach_into_the_future(ops: Connection) -> None:
    ahead = datetime.now(T0.tzinfo) + timedelta(hours=20)
    assert stage(ops, "subscriptions", subscription_row(at(0), ahead)) == 0
    beat(ops, 1, 60 * 24 * 10)
    latest = "select max(upper(s.during)) <= now() + interval '1 min' from ops.coverage_spans(%s, %s, %s) as s"
    asked = ("orderbook_delta", "KXA-1", "[,]")
    assert ops.execute(latest, asked).fetchone() == (True,)
    stage(ops, "subscriptions", subscription_row(at(5), sid=3))
    assert ops.execute(latest, asked).fetchone() == (True,)


def test_a_gap_whose_end_is_before_its_beginning_stops_nothing(ops: Connection) -> None:
    cover(ops, 1, 0, None, ticker="", channel="trade")
    beat(ops, 1, 60)
    # The clock was set back by 0.6 s, also on a gatherer whose row came before such rows were put in order.
    miss(ops, 1, 10, 9.99, "rest")
    stage(ops, "gaps", gap_row(7, at(20), at(19.9), at(21)))
    assert advance(ops)[0] == at(60)
    assert ops.execute("select began_at, detected_at from ops.gaps where frame_number = 7").fetchone() == (
        at(19.9),
        at(20),
    )
    evidence = {"stream": "trades", "market": "", "from_at": at(0), "until_at": at(60)}
    found = ops.execute(query("production/completeness/read_evidence"), evidence).fetchall()
    assert [row[2:4] for row in found if row[0] == "gap"] == [(at(9.99), at(10)), (at(19.9), at(20))]


@pytest.mark.parametrize("began_at", [LONG_AGO, "-infinity"])
def test_a_single_wrong_clock_floods_neither_archive_nor_minutes(ops: Connection, began_at: datetime) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    advance(ops)
    ops.execute(CONNECTION, (1, began_at))
    ops.execute(
        "insert into ops.subscriptions values (2, %s, 9, 1, 'orderbook_delta', 'KXA-1', %s, null, null, '0')",
        (UUID(int=2), began_at),
    )
    ops.execute(query("production/archive/open_hours"), ARCHIVED)
    ((hours,),) = ops.execute("select count(*) from ops.archive_partitions where hour < now() - interval '9 days'")
    assert hours == 0
    for _ in range(3):
        _, new, again = advance(ops)
        assert new + again <= 2
    assert ops.execute("select count(*) from ops.market_minutes_due").fetchone() == (0,)
    assert ops.execute("select count(*) from ops.market_minutes where day < now() - interval '9 days'").fetchone() == (
        0,
    )


def test_a_long_past_keeps_no_present_hour_waiting(ops: Connection) -> None:
    ops.execute(CONNECTION, (1, datetime.now(T0.tzinfo) - timedelta(days=390)))
    ops.execute(query("production/archive/open_hours"), ARCHIVED)
    found = ops.execute("select count(*), max(hour) > now() - interval '3 h' from ops.archive_partitions").fetchone()
    assert found == (500, True)
    ops.execute(query("production/archive/open_hours"), ARCHIVED)
    assert ops.execute("select count(*) from ops.archive_partitions").fetchone() == (1000,)
    claim = {**ARCHIVED, "from_at": LONG_AGO, "until_at": FAR_AHEAD, "early": False, "began_at": LONG_AGO}
    row = ops.execute(query("production/archive/claim_hour"), claim).fetchone()
    assert row is not None
    assert datetime.now(T0.tzinfo) - row[1] < timedelta(days=3)


def test_a_year_1_close_time_makes_no_year_due(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    ops.execute(
        "insert into market_data.markets (ticker, fetched_at, body_sha256, status, close_time, body) "
        "values ('KXA-1', now(), '', 'closed', '0001-01-01 00:00:00+00', '{}')"
    )
    for _ in range(401):
        advance(ops)
    assert ops.execute("select count(*) from ops.market_minutes_due").fetchone() == (0,)


JUMPS = st.lists(
    st.sampled_from([0.0, 0.0, -0.6, -6.0, -360.0, 6.0, 360.0, -86_400.0 * 9_000, 86_400.0 * 20_000]), max_size=4
)


@hypothesis_settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def jump(ops: Connection, data: st.DataObject) -> None:
    """Report what one gatherer saw while its clock jumped, beside another one that saw everything."""
    with ops.transaction(force_rollback=True):
        cover(ops, 2, 0, None)
        cover(ops, 2, 0, None, ticker="", channel="trade")
        beat(ops, 2, 60)
        skew, minute, subscriptions, gaps, connections = 0.0, 0.0, list[Any](), list[Any](), list[Any]()
        for number, jumped in enumerate(data.draw(JUMPS, label="jumps")):
            began = at(minute) + timedelta(seconds=skew)
            skew += jumped
            minute += data.draw(st.sampled_from([0.01, 1.5, 7.0]), label="minutes")
            ended = at(minute) + timedelta(seconds=skew)
            chosen = ended if data.draw(st.booleans(), label="ends") else None
            subscriptions.append(subscription_row(began, chosen, connection_id=number))
            connections.append(connection_row(began, chosen, connection_id=number))
            gaps.append(gap_row(number, began, ended, data.draw(st.sampled_from([None, ended]), label="repaired")))
        stage(ops, "connections", *connections)
        stage(ops, "subscriptions", *subscriptions)
        stage(ops, "gaps", *gaps)
        for _ in range(3):
            assert advance(ops)[0] == at(60)
        assert ops.execute("select count(*) from ops.market_minutes_due").fetchone() == (0,)
        assert ops.execute("select count(*) from ops.market_minutes").fetchall()[0][0] <= 6
        wrong = ops.execute(
            "select count(*) from ops.completeness where state = 'gap' and minute >= %s and minute < %s",
            (at(0), at(60)),
        ).fetchone()
        assert wrong == (0,)
        for which, first, last in (("subscriptions", "began_at", "ended_at"), ("gaps", "began_at", "detected_at")):
            reversed_rows = f"select count(*) from ops.{which} where {last} < {first}"
            assert ops.execute(reversed_rows.encode()).fetchone() == (0,)


def test_a_jumping_clock_takes_nothing_from_what_another_gatherer_saw(ops: Connection) -> None:
    run: Callable[[Connection], None] = jump
    run(ops)
