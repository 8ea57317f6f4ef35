"""How a tick behaves if gatherers are slow, held back, new or off, and if production asks for a repeat."""

import socket
import time
from contextlib import closing
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from psycopg.errors import DeadlockDetected, OutOfMemory, QueryCanceled, SerializationFailure

from kalshi_data.deduplicator.merge import stream_merge
from kalshi_data.deduplicator.merge.batch_merge import BatchMerge
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.monitoring.probe import Backlog, read_backlog
from kalshi_data.settings import Conninfo
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import MS, delta, settled, snapshot, ticker, trade
from tests.support.engines import Database
from tests.support.staging import NOW, claim, counts, later, merge, receive, rows, settings
from tests.support.waiting import wait_until

TRADES = next(stream for stream in STREAMS if stream.name == "trades")
SLOW = """
alter view sync.trades_v1 rename to trades_v0;
create view sync.trades_v1 as select t.* from sync.trades_v0 as t cross join pg_sleep(3) as s (slept);
grant select on sync.trades_v1 to dedup_reader
"""


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    return [make_database("kalshi_ts") for _ in range(3)]


def trade_ids(production: Database) -> list[str]:
    return [row[0] for row in rows(production, "trades", "trade_id exchange_ts size")]


def tick_with_news(production: Database, merging: StreamMerge, reporting: Database, ticks: int = 10) -> float:
    """Tick with a new trade of one gatherer each time, and return how long it took."""
    with production.connect("deduplicator") as connection:
        claim(merging, connection)
        began = time.monotonic()
        for number in range(ticks):
            receive(reporting, [trade(f"quick {number}")], number=number + 1)
            merging.tick(connection)
        taken = time.monotonic() - began
    assert len([trade_id for trade_id in trade_ids(production) if trade_id.startswith("quick")]) == ticks
    return taken


def test_a_slow_gatherer_is_waited_for_once(production: Database, gatherers: list[Database]) -> None:
    merging = StreamMerge(TRADES, settings(production, gatherers, gatherer_seconds_max=1.0), Event())
    receive(gatherers[1], [trade("slow")])
    with closing(merging), gatherers[1].connect("gatherer") as slow:
        slow.execute(SLOW)
        # Ten ticks that each waited would take ten seconds.
        assert tick_with_news(production, merging, gatherers[0]) < 9
        slow.execute("drop view sync.trades_v1; alter view sync.trades_v0 rename to trades_v1")
        with production.connect("deduplicator") as connection:
            claim(merging, connection)
            wait_until(lambda: merging.tick(connection) >= 0 and "slow" in trade_ids(production))


def test_a_gatherer_that_answers_nothing_is_waited_for_once(production: Database, gatherers: list[Database]) -> None:
    chosen = settings(production, gatherers, gatherer_seconds_max=1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        chosen.gatherers[1].kalshi_ts = Conninfo(conninfo=f"host=127.0.0.1 port={silent.getsockname()[1]} dbname=x")
        merging = StreamMerge(TRADES, chosen, Event())
        with closing(merging):
            assert tick_with_news(production, merging, gatherers[0]) < 9


@pytest.mark.parametrize("error", [SerializationFailure, DeadlockDetected, psycopg.OperationalError])
def test_a_tick_that_production_asks_to_repeat_is_repeated(
    production: Database, gatherers: list[Database], monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
) -> None:
    monkeypatch.setattr(stream_merge, "RETRY_SECONDS_MAX", 0.2)
    original, failures, stop = BatchMerge._advance, [0], Event()  # pyright: ignore[reportPrivateUsage]

    def fail_twice(*arguments: Any) -> None:
        failures[0] += 1
        if failures[0] <= 2:
            raise error("try again")
        original(*arguments)

    monkeypatch.setattr(BatchMerge, "_advance", fail_twice)
    for number in range(4):
        receive(gatherers[0], [trade(f"{number}-{each}") for each in range(10)], number=number + 1)
    small = {"batch_rows_min": 10, "batch_rows_max": 10, "poll_seconds": 0.01}
    running = Thread(target=StreamMerge(TRADES, settings(production, gatherers[:1], **small), stop).run)
    running.start()
    wait_until(lambda: len(trade_ids(production)) >= 40, progress=lambda: len(trade_ids(production)))
    stop.set()
    running.join()
    # What was read ahead of the ticks that failed was not merged twice.
    assert [row[1:] for row in counts(production, "trades")] == [(40, 40, 0, 0)]
    assert failures[0] >= 6


def test_batches_grow_while_more_is_waiting(production: Database, gatherers: list[Database]) -> None:
    for number in range(16):
        receive(gatherers[0], [trade(f"{number}-{each}") for each in range(10)], number=number + 1)
    merging = StreamMerge(TRADES, settings(production, gatherers[:1], batch_rows_min=10, batch_rows_max=80), Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        polled: list[int] = []
        behind: list[bool] = []
        while not behind or behind[-1]:
            polled.append(merging.tick(connection))
            behind.append(merging.state.is_behind)
    assert polled == [10, 20, 40, 80, 10]
    assert len(trade_ids(production)) == 160


@pytest.mark.parametrize("error", [QueryCanceled, OutOfMemory])
def test_batches_shrink_until_production_can_merge_them(
    production: Database, gatherers: list[Database], monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
) -> None:
    original, stop = BatchMerge.write, Event()

    def refuse_many(*arguments: Any) -> None:
        if sum(batch.rows for _, batch in arguments[-1]) > 10:
            raise error("too much at once")
        original(*arguments)

    monkeypatch.setattr(BatchMerge, "write", refuse_many)
    for number in range(4):
        receive(gatherers[0], [trade(f"{number}-{each}") for each in range(10)], number=number + 1)
    large = {"batch_rows_min": 40, "batch_rows_max": 40, "poll_seconds": 0.01}
    running = Thread(target=StreamMerge(TRADES, settings(production, gatherers[:1], **large), stop).run)
    running.start()
    try:
        wait_until(lambda: len(trade_ids(production)) >= 40, progress=lambda: len(trade_ids(production)))
    finally:
        stop.set()
        running.join()


def test_what_holds_rows_back_is_named(production: Database, gatherers: list[Database]) -> None:
    holder, gatherer = gatherers[0].connect("gatherer"), gatherers[0]
    receive(gatherer, [trade("before")])
    merge(production, [gatherer])
    with production.connect() as connection:
        held = connection.execute("select ingest_xid::text from ops.cursors where stream = 'trades'").fetchone()
    after = str(held[0]) if held else ""
    with closing(holder), gatherer.connect("dedup_reader") as reader:
        assert read_backlog(reader, TRADES, after) == Backlog(0, None, 0, None)
        with holder.transaction():
            holder.execute("select pg_current_xact_id()")
            receive(gatherer, [trade("b"), trade("c")], received_at=later(1), number=2)
            merge(production, [gatherer])
            assert trade_ids(production) == ["before"]
            found = read_backlog(reader, TRADES, after)
            assert found[:3] == (2, later(1), 2)
            assert found.cause
            assert f"process {holder.info.backend_pid} of gatherer, test" in found.cause
        assert read_backlog(reader, TRADES, after) == Backlog(2, later(1), 0, None)
        for stream in STREAMS:
            if stream.source == "capture":
                assert read_backlog(reader, stream, "0").rows_held == 0
        with pytest.raises(psycopg.errors.RaiseException, match="there is no stream instances"):
            read_backlog(reader, TRADES._replace(name="instances"), "0")


def test_lag_of_the_registry_is_measured_too(make_database: MakeDatabase) -> None:
    with make_database("kalshi_meta").connect("dedup_reader") as reader:
        for stream in STREAMS:
            if stream.source == "registry":
                assert read_backlog(reader, stream, "0") == Backlog(0, None, 0, None)


def test_a_gatherer_may_be_added_and_removed(production: Database, gatherers: list[Database]) -> None:
    receive(gatherers[0], [trade("a"), trade("b")])
    receive(gatherers[1], [trade("b"), trade("c")])
    merge(production, gatherers[:1])
    merge(production, gatherers[:2])
    receive(gatherers[0], [trade("d")], number=2)
    receive(gatherers[1], [trade("e")], number=2)
    merge(production, gatherers[:1])
    assert trade_ids(production) == ["a", "b", "c", "d"]
    merge(production, gatherers[:2])
    assert trade_ids(production) == ["a", "b", "c", "d", "e"]
    assert [row[1:] for row in counts(production, "trades")] == [(3, 3, 0, 0), (3, 2, 1, 0)]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_off_neither_loses_nor_doubles(
    production: Database, gatherers: list[Database], hours: int
) -> None:
    frames = [trade("a"), delta(), delta(), ticker("0.4"), settled(0)]
    for gatherer, off in zip(gatherers, (0, hours, 0), strict=True):
        receive(gatherer, frames, received_at=NOW + timedelta(hours=off))
    merge(production, gatherers)
    receive(gatherers[1], [trade("b", MS + 1)], received_at=NOW + timedelta(hours=hours, seconds=1), number=2)
    receive(gatherers[0], [trade("b", MS + 1), trade("c")], received_at=later(1), number=2)
    merge(production, gatherers)
    assert trade_ids(production) == ["a", "b", "c"]
    assert len(rows(production, "orderbook_deltas", "occurrence clock price")) == 2
    for table in ("tickers", "lifecycle_events"):
        assert len(rows(production, table, "received_at gatherer_id received_at")) == 1


def test_a_snapshot_of_a_clock_an_hour_off_is_the_same_within_the_day(
    production: Database, gatherers: list[Database]
) -> None:
    noon = NOW.replace(hour=12, minute=0) - timedelta(days=1)
    for gatherer, hour in zip(gatherers, (0, 1, -1), strict=True):
        receive(gatherer, [snapshot(7)], received_at=noon + timedelta(hours=hour))
    merge(production, gatherers)
    assert len(rows(production, "orderbook_snapshots", "clock occurrence received_at")) == 1


def test_gatherers_learn_what_production_holds(production: Database, gatherers: list[Database]) -> None:
    with gatherers[1].connect("gatherer") as connection:
        connection.execute("drop function sync.acknowledge")
    for gatherer in gatherers[:2]:
        receive(gatherer, [trade("a"), delta()])
    # The second gatherer is of a version that takes no acknowledgements, and is merged all the same.
    merge(production, gatherers[:2], ticks=3, acknowledge_seconds=0.0)
    receive(gatherers[1], [trade("b")], number=2)
    merge(production, gatherers[:2], ticks=3, acknowledge_seconds=0.0)
    assert trade_ids(production) == ["a", "b"]
    with gatherers[0].connect("gatherer") as connection:
        acknowledged = connection.execute(
            "select stream, ingest_xid::text from capture.acknowledgements order by 1"
        ).fetchall()
        written = connection.execute("select distinct ingest_xid::text from capture.trades").fetchall()
    assert acknowledged == [("orderbook_deltas", written[0][0]), ("trades", written[0][0])]
