"""A stream that is behind stages its next batches in further sessions; each row comes once, whatever happens."""

import threading
from collections.abc import Generator
from contextlib import ExitStack, closing
from itertools import pairwise
from threading import Event, Semaphore
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from kalshi_data.database.connection import Connection
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.deduplicator.merge import batch_merge, polling
from kalshi_data.deduplicator.merge.batch_merge import BatchMerge, Counts
from kalshi_data.deduplicator.merge.polling import StreamPolls
from kalshi_data.deduplicator.merge.refusals import RefusalRule
from kalshi_data.deduplicator.merge.source import Batch, StreamSource
from kalshi_data.deduplicator.merge.staging_ahead import StageBatch, StagingSession
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.errors import ClockWrong, LockLost
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import MS, trade
from tests.integration.merge.test_tick import trade_ids
from tests.support.engines import Database
from tests.support.staging import claim, counts, receive, settings
from tests.support.waiting import wait_until

SMALL = {"batch_rows_min": 10, "batch_rows_max": 40, "gatherer_seconds_max": 30}
TRADES_STREAM = next(stream for stream in STREAMS if stream.name == "trades")
TRADES = 200
YEARS_AGO = MS - 2 * 365 * 86_400_000
SESSIONS = "select pid from pg_stat_activity where usename = 'deduplicator' and datname = current_database()"


@pytest.fixture
def gatherers(make_database: MakeDatabase) -> list[Database]:
    """Return two gatherers that both received some trades, of which one in three is the other's alone."""
    both = [make_database("kalshi_ts") for _ in range(2)]
    for place, gatherer in enumerate(both):
        received = [number for number in range(TRADES) if number % 3 != place]
        for begin in range(0, len(received), 10):
            batch = [trade(f"{number:03}") for number in received[begin : begin + 10]]
            receive(gatherer, batch, number=begin + 1)
    return both


@pytest.fixture
def merged_by(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return a list of the sessions that merge, each with the number of batches that were staged in it before."""
    used: list[tuple[int, int]] = []
    original = BatchMerge.write

    def write(writer: BatchMerge, production: Connection, *arguments: Any) -> None:
        original(writer, production, *arguments)
        used.append((production.info.backend_pid, len(arguments[1]) if len(arguments) > 1 else 0))

    monkeypatch.setattr(BatchMerge, "write", write)
    return used


@pytest.fixture
def rejecting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list of the sessions that reject rows."""
    used: list[int] = []
    original = BatchMerge.reject

    def reject(writer: BatchMerge, cursor: psycopg.Cursor[Any], found: Counts) -> None:
        original(writer, cursor, found)
        used.append(cursor.connection.info.backend_pid)

    monkeypatch.setattr(BatchMerge, "reject", reject)
    return used


@pytest.fixture
def merging(production: Database, gatherers: list[Database]) -> Generator[StreamMerge]:
    with closing(StreamMerge(TRADES_STREAM, settings(production, gatherers, **SMALL), Event())) as merging:
        yield merging


@pytest.fixture
def connection(production: Database, merging: StreamMerge) -> Generator[Connection]:
    with production.connect("deduplicator") as connection:
        claim(merging, connection)
        yield connection


def sessions(production: Database) -> set[int]:
    with production.connect() as superuser:
        return {row[0] for row in superuser.execute(SESSIONS.encode()).fetchall()}


def end_sessions(production: Database, but: Connection) -> None:
    with production.connect() as superuser:
        for pid in sessions(production) - {but.info.backend_pid}:
            superuser.execute("select pg_terminate_backend(%s, 5000)", (pid,))


def finish(merging: StreamMerge, connection: Connection) -> None:
    while merging.tick(connection) or merging.state.is_behind:
        pass


def assert_whole(production: Database) -> None:
    """Each trade is held once, and each gatherer's rows were counted once."""
    assert trade_ids(production) == [f"{number:03}" for number in range(TRADES)]
    assert [row[1] for row in counts(production, "trades")] == [133, 133]
    assert sum(row[2] for row in counts(production, "trades")) == TRADES


def staged_once(merging: StreamMerge, connection: Connection) -> StagingSession:
    """Tick until batches of both gatherers are staged ahead, and return the session that holds them."""
    session: StagingSession | None = None
    while session is None or len(session.staged) < 2:
        assert merging.tick(connection)
        session = ahead(merging)
        wait_until(lambda: not merging.state.is_behind or len(ahead(merging).staged) in (0, 2))
    return session


def ahead(merging: StreamMerge) -> StagingSession:
    return merging._ahead._sessions[0]  # pyright: ignore[reportPrivateUsage]


def test_two_further_sessions_take_turns_and_are_closed_at_the_end(
    production: Database, merging: StreamMerge, connection: Connection, merged_by: list[tuple[int, int]]
) -> None:
    finish(merging, connection)
    assert_whole(production)
    further = [(pid, staged) for pid, staged in merged_by if pid != connection.info.backend_pid]
    assert {staged for _, staged in further} == {2}
    assert len({pid for pid, _ in further}) == 2
    assert all(one[0] != other[0] for one, other in pairwise(further))
    wait_until(lambda: sessions(production) == {connection.info.backend_pid})


def test_a_stream_that_is_not_behind_opens_none(
    production: Database, gatherers: list[Database], merged_by: list[tuple[int, int]]
) -> None:
    chosen = settings(production, gatherers, gatherer_seconds_max=30)
    with closing(StreamMerge(TRADES_STREAM, chosen, Event())) as merging, production.connect() as connection:
        claim(merging, connection)
        finish(merging, connection)
        assert merged_by == [(connection.info.backend_pid, 0)]


def test_a_stream_whose_bad_rows_change_other_tables_opens_none(
    production: Database, gatherers: list[Database], merged_by: list[tuple[int, int]]
) -> None:
    stream, chosen = TRADES_STREAM._replace(is_staged_ahead=False), settings(production, gatherers, **SMALL)
    with closing(StreamMerge(stream, chosen, Event())) as merging, production.connect() as connection:
        claim(merging, connection)
        finish(merging, connection)
        assert set(merged_by) == {(connection.info.backend_pid, 0)}
    assert_whole(production)


def test_a_session_that_ended_costs_no_tick(
    production: Database, merging: StreamMerge, connection: Connection, merged_by: list[tuple[int, int]]
) -> None:
    staged_once(merging, connection)
    end_sessions(production, connection)
    merged_by.clear()
    merging.tick(connection)
    assert merged_by == [(connection.info.backend_pid, 0)]
    finish(merging, connection)
    assert_whole(production)


def test_sessions_that_cannot_be_opened_cost_no_tick(
    production: Database, merging: StreamMerge, connection: Connection, merged_by: list[tuple[int, int]]
) -> None:
    with production.connect() as superuser:
        row = superuser.execute("select rolconnlimit from pg_roles where rolname = 'deduplicator'").fetchone()
        superuser.execute("alter role deduplicator connection limit 1")
        try:
            finish(merging, connection)
        finally:
            superuser.execute(f"alter role deduplicator connection limit {row[0] if row else -1}".encode())
    assert_whole(production)
    assert {pid for pid, _ in merged_by} == {connection.info.backend_pid}


def test_a_batch_that_comes_too_late_is_staged_when_it_is_merged(
    production: Database, merging: StreamMerge, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, late = SMALL | {"gatherer_seconds_max": 0.5}, Event()
    original = polling._poll_and_stage  # pyright: ignore[reportPrivateUsage]

    def poll_and_stage(source: StreamSource, after: str, stage: StageBatch | None) -> Batch | None:
        batch = original(source, after, stage)
        if stage and source.gatherer_id == 1:
            late.wait(5)
        return batch

    monkeypatch.setattr(polling, "_poll_and_stage", poll_and_stage)
    monkeypatch.setattr(merging._settings, "gatherer_seconds_max", chosen["gatherer_seconds_max"])  # pyright: ignore[reportPrivateUsage]
    for _ in range(8):
        merging.tick(connection)
    late.set()
    wait_until(lambda: merging.tick(connection) == 0 and len(trade_ids(production)) == TRADES)
    assert_whole(production)


def test_a_batch_of_an_earlier_round_is_not_staged(
    production: Database, merging: StreamMerge, connection: Connection
) -> None:
    """Else it would count as one of this round's, and bad rows of the last one would not be looked for."""
    session = staged_once(merging, connection)
    wait_until(lambda: session.rejected is not None)
    batches = list(session.staged)
    session.end([], lambda _: None)
    stage_late, stage = session.begin(2), session.begin(2)
    for each in batches:
        stage_late(each)
    stage(batches[0])
    wait_until(lambda: session.staged)
    assert (session.staged, session.rejected) == (batches[:1], None)
    stage(batches[1])
    assert session.end(batches, lambda _: None)
    assert session.staged == batches
    assert session.rejected is not None


def test_slow_staging_makes_no_gatherer_late(
    production: Database, gatherers: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = BatchMerge.reject

    def reject(writer: BatchMerge, cursor: psycopg.Cursor[Any], found: Counts) -> None:
        if not cursor.connection.autocommit:
            cursor.execute("select pg_sleep(0.6)")
        original(writer, cursor, found)

    monkeypatch.setattr(BatchMerge, "reject", reject)
    chosen = settings(production, gatherers, **SMALL | {"gatherer_seconds_max": 0.5})
    merging = StreamMerge(TRADES_STREAM, chosen, Event())
    with closing(merging), production.connect("deduplicator") as connection:
        claim(merging, connection)
        ticks: list[int] = []
        while not ticks or merging.state.is_behind:
            ticks.append(merging.tick(connection))
    assert all(ticks)
    assert_whole(production)


def test_rows_count_as_decided_once_they_are_committed(
    merging: StreamMerge, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[bool] = []
    original = RefusalRule.decided

    def decide(rule: RefusalRule, *arguments: int) -> None:
        idle = (each.info.transaction_status for each in open_connections(merging))
        decided.append(all(status is TransactionStatus.IDLE for status in idle))
        original(rule, *arguments)

    monkeypatch.setattr(RefusalRule, "decided", decide)
    session = staged_once(merging, connection)
    monkeypatch.setattr(StreamPolls, "read_ahead", nothing_ahead)
    merging.tick(connection)
    assert session.staged == []
    assert all(decided)


def nothing_ahead(*_: object) -> bool:
    return False


def open_connections(merging: StreamMerge) -> list[Connection]:
    sessions = merging._ahead._sessions  # pyright: ignore[reportPrivateUsage]
    held = [each._connection for each in sessions if not each._is_open]  # pyright: ignore[reportPrivateUsage]
    return [each for each in held if each is not None]


def test_a_takeover_between_staging_and_merging_leaves_nothing_of_it(
    production: Database, merging: StreamMerge, connection: Connection
) -> None:
    staged_once(merging, connection)
    held = counts(production, "trades")
    connection.close()
    with production.connect("deduplicator") as other:
        wait_until(lambda: SessionLock("trades 1/1").take(other))
        with pytest.raises(LockLost):
            merging.tick(connection)
    assert counts(production, "trades") == held


def test_no_other_session_takes_over_in_the_middle_of_a_transaction(
    production: Database, merging: StreamMerge, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged_once(merging, connection)
    original = BatchMerge._advance  # pyright: ignore[reportPrivateUsage]
    order: list[str] = []

    def take() -> None:
        with production.connect("deduplicator") as other:
            wait_until(lambda: SessionLock("trades 1/1").take(other))
            order.append("taken")

    taking = threading.Thread(target=take)

    def advance(*arguments: Any) -> None:
        connection.close()
        taking.start()
        wait_until(lambda: blocked(production))
        original(*arguments)
        order.append("advanced")

    monkeypatch.setattr(BatchMerge, "_advance", advance)
    merging.tick(connection)
    taking.join()
    assert order[0] == "advanced"


def blocked(production: Database) -> bool:
    with production.connect() as superuser:
        waiting = "select from pg_stat_activity where usename = 'deduplicator' and wait_event_type = 'Lock'"
        return superuser.execute(waiting.encode()).fetchone() is not None


def test_a_row_that_production_refuses_goes_into_quarantine(
    production: Database, gatherers: list[Database], merging: StreamMerge, connection: Connection
) -> None:
    with production.connect() as superuser:
        superuser.execute("alter table market_data.hot_trades add constraint odd check (trade_id <> '150')")
    finish(merging, connection)
    with production.connect() as superuser:
        rejected = superuser.execute("select body ->> 'trade_id' from ops.rejected_rows").fetchall()
    assert {row[0] for row in rejected} == {"150"}
    assert len(trade_ids(production)) == TRADES - 1


def test_bad_rows_are_rejected_and_counted_once(
    production: Database, gatherers: list[Database], rejecting: list[int], merging: StreamMerge, connection: Connection
) -> None:
    for number in range(1, 5):
        receive(gatherers[0], [trade(f"old {each}", YEARS_AGO) for each in range(10)], number=1000 + number)
        receive(gatherers[0], [trade(f"{TRADES - 1 - 3 * each}") for each in range(10)], number=2000 + number)
    finish(merging, connection)
    assert trade_ids(production) == [f"{number:03}" for number in range(TRADES)]
    with production.connect() as superuser:
        rejected = superuser.execute("select body ->> 'trade_id' from ops.rejected_rows").fetchall()
    assert sorted(row[0] for row in rejected) == sorted([f"old {each}" for each in range(10)] * 4)
    assert [row[1] + row[4] for row in counts(production, "trades")] == [213 + 40, 133]
    assert [row[4] for row in counts(production, "trades")] == [40, 0]
    # It was done by further sessions, before their turn.
    assert set(rejecting) - {connection.info.backend_pid}


def test_a_wrong_clock_of_production_rejects_nothing(
    production: Database, gatherers: list[Database], merging: StreamMerge, connection: Connection
) -> None:
    receive(gatherers[0], [trade(f"old {each}", YEARS_AGO) for each in range(40)], number=1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_clocks", list)
        patch.setattr(batch_merge, "require_right_clock", wrong_clock)
        for _ in range(12):
            merging.tick(connection)
    assert merging.state.gatherer_errors[1] == "wrong"
    with production.connect() as superuser:
        assert superuser.execute("select from ops.rejected_rows").fetchall() == []


def wrong_clock(*_: object) -> None:
    raise ClockWrong("wrong")


def test_a_failed_tick_leaves_nothing_of_what_was_staged(
    production: Database, merging: StreamMerge, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise psycopg.OperationalError("gone")

    staged_once(merging, connection)
    with monkeypatch.context() as patch:
        patch.setattr(BatchMerge, "_advance", fail)
        with pytest.raises(psycopg.OperationalError):
            merging.tick(connection)
    with production.connect("deduplicator") as again:
        claim(merging, again)
        wait_until(lambda: merging.tick(again) == 0 and len(trade_ids(production)) == TRADES)
    assert_whole(production)


def test_one_stream_of_a_program_stages_ahead_at_a_time(
    production: Database, gatherers: list[Database], merged_by: list[tuple[int, int]]
) -> None:
    places = Semaphore()
    with ExitStack() as stack:
        chosen = settings(production, gatherers, **SMALL)
        merging = stack.enter_context(closing(StreamMerge(TRADES_STREAM, chosen, Event(), places=places)))
        connection = stack.enter_context(production.connect("deduplicator"))
        claim(merging, connection)
        assert places.acquire(blocking=False)
        finish(merging, connection)
        assert {staged for _, staged in merged_by} == {0}
        places.release()
    assert_whole(production)


def test_the_place_is_left_to_others(merging: StreamMerge, connection: Connection) -> None:
    places = merging._ahead._places  # pyright: ignore[reportPrivateUsage]
    staged_once(merging, connection)
    assert not places.acquire(blocking=False)
    finish(merging, connection)
    assert places.acquire(blocking=False)
