"""Crashes under load, of the gatherer and of its database: the frame log restores every logged frame."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.demo.postgres import SETTINGS, server_account
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.reader import records_from
from kalshi_data.kalshi.decoding import decode_envelope
from tests.acceptance.conftest import Rehearse
from tests.acceptance.rehearsal import QUICK, Rehearsal, Settings
from tests.support.engines import Database, Engine
from tests.support.waiting import wait_until

# A snapshot that only a killed gatherer asked for is lost on its way.
UNAUDITED: Settings = {**QUICK, "subscriptions": {"audit_seconds": 0}}
# A killed server keeps only what had reached the disk.
DURABLE = {**SETTINGS, "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
TABLES = {
    "orderbook_delta": "orderbook_deltas",
    "orderbook_snapshot": "orderbook_snapshots",
    "trade": "trades",
    "ticker": "tickers",
    "market_lifecycle_v2": "lifecycle_events",
    "event_lifecycle": "lifecycle_events",
    "event_fee_update": "lifecycle_events",
}


@pytest.fixture(scope="module")
def own_server(server_folder: Path, embedded: Path) -> Iterator[Engine]:
    """A server that a test may stop."""
    engine = Engine("plain", server_folder / "crashing", embedded, server_account(), DURABLE)
    with engine.running():
        yield engine


def logged_rows(folder: Path) -> set[tuple[str, Any]]:
    """Return table and frame number of every data frame in a frame log; of a snapshot the market and the clock."""
    found: set[tuple[str, Any]] = set()
    for record in records_from(folder, 0):
        envelope = decode_envelope(record.payload) if record.kind == Kind.FRAME else None
        if envelope is not None and envelope.type == "orderbook_snapshot":
            body = msgspec.json.decode(envelope.msg)
            found.add(("orderbook_snapshots", (body["market_ticker"], body.get("clock") or 0)))
        elif envelope is not None and envelope.type in TABLES:
            found.add((TABLES[envelope.type], record.number))
    return found


def captured_rows(rehearsal: Rehearsal, number: int) -> set[tuple[str, Any]]:
    """Return the same of every row that a gatherer captured from the feed; equal snapshots have one."""
    held = "select market_ticker, clock from capture.orderbook_snapshots"
    return {
        *(
            (table, frame)
            for table in set(TABLES.values())
            for (frame,) in rehearsal.rows(
                f"select frame_number from capture.{table} where frame_number is not null", number
            )
        ),
        *(("orderbook_snapshots", (ticker, clock)) for ticker, clock in rehearsal.rows(held, number)),
    }


def assert_nothing_logged_is_lost(rehearsal: Rehearsal, number: int = 1) -> None:
    logged = logged_rows(rehearsal.frames(number))
    assert len(logged) > 500
    # A row may be committed before its frame has reached the disk, but every logged frame must have its row.
    assert logged <= captured_rows(rehearsal, number)


def test_a_killed_gatherer_continues_at_the_end_of_its_frame_log(rehearse: Rehearse) -> None:
    rehearsal = rehearse(3)
    rehearsal.start("--lifecycles=1", "--rate=1000", settings=UNAUDITED)
    rehearsal.wait_for("orderbook_deltas", 500)
    rehearsal.gatherers[1].kill()
    rehearsal.start_gatherer(1)
    rehearsal.wait_for("connections where close_reason = 'crashed'", 3)
    rehearsal.wait_for("subscriptions where channel = 'orderbook_delta' and ended_at is null", 40)
    rehearsal.gatherers[2].kill()
    rehearsal.start_gatherer(2)
    rehearsal.wait_for("connections where close_reason = 'crashed'", 3, number=2)
    rehearsal.wait_for("subscriptions where channel = 'orderbook_delta' and ended_at is null", 40, number=2)
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert found.withheld == 0
    for number in rehearsal.numbers:
        assert_nothing_logged_is_lost(rehearsal, number)
    assert rehearsal.counted("subscriptions where end_reason = 'crashed'") >= 40
    # Coverage ended at the last frame that was logged, or at the last heartbeat.
    late = """
        select count(*) from capture.subscriptions as s, capture.connections as c
        where s.connection_id = c.connection_id and s.ended_at > c.closed_at
    """
    assert rehearsal.rows(late) == [(0,)]
    assert rehearsal.counted("connections where closed_at is null") == 0


def test_a_killed_database_gets_everything_when_it_is_back(rehearse: Rehearse, own_server: Engine) -> None:
    rehearsal = rehearse(3)
    with ExitStack() as stack:
        for kind in rehearsal.databases[1]:
            rehearsal.databases[1][kind] = stack.enter_context(own_server.database(kind))
        rehearsal.start("--lifecycles=1", "--rate=1000", settings=UNAUDITED)
        rehearsal.wait_for("orderbook_deltas", 500)
        own_server.server.kill()
        rehearsal.wait_for("orderbook_deltas", 2 * rehearsal.counted("orderbook_deltas", 2), number=2)
        own_server.server.start()
        wait_until(lambda: rehearsal.counted("orderbook_deltas") >= rehearsal.counted("orderbook_deltas", 2), "equal")
        # Kill the server once more, and the gatherer with it.
        own_server.server.kill()
        rehearsal.gatherers[1].kill()
        own_server.server.start()
        rehearsal.start_gatherer(1)
        rehearsal.wait_for("connections where close_reason = 'crashed'", 3)
        rehearsal.wait_for("subscriptions where channel = 'orderbook_delta' and ended_at is null", 40)
        found = rehearsal.finish()
        assert found.complete, str(found)
        assert_nothing_logged_is_lost(rehearsal)
        away = "database away, trying again; frames are kept in the frame log"
        # One line per outage; the gatherer may be killed before it sees the second one.
        assert 1 <= len(rehearsal.logged(away)) <= 2
        assert rehearsal.counted("gaps") == 0


def allow(server: Engine, databases: Iterable[Database], *, connections: bool) -> None:
    """Let databases take sessions, or refuse them and end those that there are."""
    for database in databases:
        with Database(server.server, "postgres").connect() as connection:
            connection.execute(f"alter database {database.name} allow_connections {connections}".encode())
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
            connection.execute(ended, (database.name,))


@pytest.mark.parametrize("kinds", [("kalshi_ts",), ("kalshi_meta",), ("kalshi_ts", "kalshi_meta")], ids="+".join)
def test_a_database_that_is_away_at_the_start_gets_everything_when_it_is_back(
    rehearse: Rehearse, server: Engine, kinds: tuple[str, ...]
) -> None:
    rehearsal = rehearse(1)
    away = [rehearsal.databases[1][kind] for kind in kinds]
    allow(server, away, connections=False)
    # The exchange trades as soon as the gatherer has subscribed everything.
    rehearsal.start("--lifecycles=1", "--rate=1000")
    rehearsal.end_publishing()
    allow(server, away, connections=True)
    rehearsal.wait_for("subscriptions where channel = 'orderbook_delta' and ended_at is null", 40)
    found = rehearsal.compare()
    assert found.complete, str(found)
    assert found.withheld == 0
    assert_nothing_logged_is_lost(rehearsal)
    assert rehearsal.counted("gaps") == 0
    assert rehearsal.counted("connections where close_reason = 'stopped'") == 3
    assert [line["event"] for line in rehearsal.lines() if line["level"] == "error"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_the_database_is_away_leaves_the_rest_to_the_next_start(
    rehearse: Rehearse, own_server: Engine, number: signal.Signals
) -> None:
    rehearsal = rehearse(1)
    with ExitStack() as stack:
        for kind in rehearsal.databases[1]:
            rehearsal.databases[1][kind] = stack.enter_context(own_server.database(kind))
        rehearsal.start("--lifecycles=0", settings={"writing": {"stop_seconds_max": 1.0}})
        rehearsal.wait_for("orderbook_deltas", 100)
        own_server.server.kill()
        rehearsal.gatherers[1].signal(number)
        rehearsal.stop_gatherers()
        own_server.server.start()
        rehearsal.start_gatherer(1)
        rehearsal.wait_for("connections where close_reason = 'stopped'", 3)
        rehearsal.wait_for("subscriptions where channel = 'orderbook_delta' and ended_at is null", 40)
        rehearsal.end_trading()
        rehearsal.stop_gatherers()
        assert_nothing_logged_is_lost(rehearsal)
