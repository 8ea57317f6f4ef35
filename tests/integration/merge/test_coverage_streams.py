"""Connections, coverage and gaps reach production in their newest state; so do heartbeats."""

import itertools
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.monitoring.heartbeats import HeartbeatRecorder
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import NOW, counts, later, merge, settings

OPEN = """
insert into capture.connections (connection_id, name, url, use_yes_price, opened_at)
values (1, 'books-1', 'ws://exchange', false, %(now)s);
"""
COVER = """
insert into capture.subscriptions (connection_id, sid, channel, market_ticker, began_at)
values (1, 2, 'orderbook_delta', %(market)s, %(now)s);
"""
UNCOVER = """
update capture.subscriptions
set ended_at = %(then)s, end_reason = 'gap', ingest_xid = pg_current_xact_id() where market_ticker = %(market)s
"""
GAP = """
insert into capture.gaps (
    frame_number, connection_id, sid, channel, seq_expected, seq_received, began_at, detected_at
) values (77, 1, 2, 'trade', 5, 9, %(now)s, %(now)s)
"""
REPAIR = "update capture.gaps set ended_at = %(then)s, repair = 'rest', ingest_xid = pg_current_xact_id()"
AT = {"now": NOW, "then": later(5), "market": "KXA-1"}


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(2)]


def held(production: Database, statement: str) -> list[tuple[Any, ...]]:
    with production.connect("deduplicator") as connection:
        return connection.execute(statement.encode()).fetchall()


def test_a_changed_row_is_read_again_and_replaces_the_old_one(production: Database, gatherers: list[Database]) -> None:
    for gatherer in gatherers:
        with gatherer.connect("gatherer") as connection:
            for statement in (OPEN, COVER, GAP):
                connection.execute(statement.encode(), AT)
    merge(production, gatherers)
    assert held(production, "select count(*), count(ended_at) from ops.subscriptions") == [(2, 0)]
    closing = {"connection_id": 1, "closed_at": later(9).isoformat(), "close_reason": "stopped", "frames_received": 4}
    with gatherers[1].connect("gatherer") as connection:
        connection.execute(query("capture/coverage/connections_closed"), {"rows": Jsonb([closing])})
        connection.execute(UNCOVER.encode(), AT)
        connection.execute(REPAIR.encode(), AT)
    merge(production, gatherers)
    merge(production, gatherers)
    gaps = held(production, "select gatherer_id, frame_number, ended_at, repair from ops.gaps order by 1")
    assert gaps == [(1, 77, None, None), (2, 77, later(5), "rest")]
    subscriptions = held(production, "select gatherer_id, market_ticker, ended_at from ops.subscriptions order by 1")
    assert subscriptions == [(1, "KXA-1", None), (2, "KXA-1", later(5))]
    connections = held(
        production, "select gatherer_id, name, closed_at, frames_received from ops.connections order by 1"
    )
    assert connections == [(1, "books-1", None, None), (2, "books-1", later(9), 4)]
    assert [row[1:] for row in counts(production, "gaps")] == [(1, 1, 0, 0), (2, 2, 0, 0)]


COMPARED = """
insert into capture.book_checks (
    frame_number, connection_id, sid, market_ticker, from_at, until_at, from_seq, until_seq, from_clock, until_clock,
    from_change_at, until_change_at, change_count, inner_count, level_count, is_equal, wrong_level_count
) values (%s, 1, 2, 'KXA-1', %s, %s, %s, %s, 0, 0, %s, %s, 3, 2, 5, true, 0)
"""


def test_books_proven_on_a_connection_are_read_and_joined(production: Database, gatherers: list[Database]) -> None:
    for second in (0, 60):
        for gatherer in gatherers:
            with gatherer.connect("gatherer") as connection:
                connection.execute(query("capture/record/ensure_partitions"), {"moment": NOW})
                times = (later(second), later(second + 60))
                connection.execute(COMPARED.encode(), (second + 9, *times, second + 1, second + 61, *times))
        merge(production, gatherers, line_check_sample_one_in=1)
    runs = held(production, "select gatherer_id, until_at - from_at, check_count, change_count from ops.line_checks")
    assert sorted(runs) == [(number, timedelta(minutes=2), 2, 6) for number in (1, 2)]
    assert held(production, "select count(*), sum(inner_count) from ops.line_counts") == [(4, 8)]
    assert [row[1:] for row in counts(production, "book_checks")] == [(2, 2, 0, 0), (2, 2, 0, 0)]


STAGE = """
insert into stage (
    gatherer_id, epoch, frame_number, connection_id, sid, channel, seq_expected, seq_received, began_at, detected_at,
    ended_at, repair, ingest_xid
) values (1, %(epoch)s, 77, 1, 2, 'trade', 5, 9, %(now)s, %(now)s, %(ended_at)s, %(repair)s, %(xid)s)
"""


def test_the_newest_state_wins_in_whatever_order_states_come(production: Database) -> None:
    states = [(10, None, None), (12, later(3), "rest"), (11, later(2), "snapshot"), (13, None, None)]
    for order in itertools.permutations(states):
        epoch = UUID(int=hash(order) % 2**128)
        with production.connect("deduplicator") as connection:
            connection.execute(query("production/stage/gaps"))
            for xid, ended_at, repair in order:
                with connection.transaction():
                    changing = {"epoch": epoch, "now": NOW, "ended_at": ended_at, "repair": repair, "xid": str(xid)}
                    connection.execute(STAGE.encode(), changing)
                    connection.execute(query("production/merge/gaps"))
    kept = held(production, "select distinct repair, ended_at from ops.gaps")
    assert kept == [("rest", later(3))]


def test_each_gatherers_heartbeat_is_kept_by_its_own_clock(production: Database, gatherers: list[Database]) -> None:
    beat = "insert into capture.heartbeat (beat_at, status) values (now() - interval '1 hour', %s)"
    heartbeats = HeartbeatRecorder(settings(production, gatherers), Event())
    with gatherers[0].connect("gatherer") as connection, production.connect("deduplicator") as merging:
        heartbeats.record(merging)
        assert held(production, "select from ops.heartbeats") == []
        # A gatherer that never beat is new; one whose last beat is an hour old is not alive.
        assert [heartbeats.is_alive(each) for each in heartbeats.read().values()] == [True, True]
        connection.execute(beat.encode(), (Jsonb({"frames": 3}),))
        heartbeats.record(merging)
        heartbeats.record(merging)
        read = heartbeats.read()
        # A gatherer that died before its clock was set back left a heartbeat of the future, which is no sign of life.
        connection.execute(b"update capture.heartbeat set beat_at = now() + interval '55 minutes'")
        read_ahead = heartbeats.read()
    heartbeats.close()
    assert {number: heartbeats.is_alive(each) for number, each in read.items()} == {1: False, 2: True}
    assert not heartbeats.is_alive(read_ahead[1])
    ((gatherer_id, status, age),) = held(
        production, "select gatherer_id, status, read_at - beat_at from ops.heartbeats"
    )
    assert (gatherer_id, status) == (1, {"frames": 3})
    assert timedelta(hours=1) < age < timedelta(hours=1, minutes=1)
