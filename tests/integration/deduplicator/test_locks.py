"""A lock of production: held by one session, taken over from a client that vanished, never from one that lives."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
import pytest
from structlog.testing import capture_logs

from kalshi_data.database.connection import Connection, query
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.errors import LockLost
from tests.support.engines import Database
from tests.support.waiting import wait_until

NAME = "trades 1/1"


@contextmanager
def session(production: Database, role: str = "deduplicator") -> Generator[Connection]:
    # A test may leave it in the middle of a statement.
    with closing(production.connect(role)) as connection:
        yield connection


def silent(production: Database, connection: Connection) -> bool:
    """Whether the server sees a session that has done nothing for a while."""
    seen = "select state_change < clock_timestamp() - interval '0.1 s' from pg_stat_activity where pid = %s"
    with production.connect() as superuser:
        return superuser.execute(seen.encode(), (connection.info.backend_pid,)).fetchone() == (True,)


def test_one_session_holds_it_until_it_ends(production: Database) -> None:
    first, second = SessionLock(NAME), SessionLock(NAME)
    with session(production) as one, session(production) as two:
        assert first.take(one)
        assert first.take(one)
        first.confirm(one)
        assert not second.take(two)
        with pytest.raises(LockLost, match="another deduplicator has taken over trades 1/1"):
            second.confirm(two)
        one.close()
        wait_until(lambda: second.take(two))


def test_another_session_of_the_holder_keeps_it_for_one_transaction(production: Database) -> None:
    lock, second = SessionLock(NAME), SessionLock(NAME)
    with session(production) as one, session(production) as further, session(production) as two:
        two.execute("set lock_timeout = '50ms'")
        assert lock.take(one)
        with further.transaction():
            lock.confirm(further)
            one.close()
            with pytest.raises(psycopg.errors.LockNotAvailable):
                wait_until(lambda: second.take(two))
        assert second.take(two)
        with pytest.raises(LockLost):
            lock.confirm(further)


def test_a_holder_is_not_silent_while_a_further_session_works(production: Database) -> None:
    lock, second = SessionLock(NAME, 0.1), SessionLock(NAME)
    with (
        session(production) as one,
        session(production) as further,
        session(production) as third,
        session(production) as two,
        production.connect() as blocker,
    ):
        assert lock.take(one)
        lock.add_session(further)
        with ThreadPoolExecutor(1) as threads:
            blocker.execute("begin; lock table ops.cursors in access exclusive mode")
            working = threads.submit(further.execute, "select from ops.cursors")
            wait_until(lambda: silent(production, one))
            assert not second.take(two)
            blocker.execute("rollback")
            working.result()
        wait_until(lambda: silent(production, further))
        lock.add_session(third)
        wait_until(lambda: silent(production, third))
        with capture_logs() as logged:
            assert second.take(two)
        ended = [(each["pid"], each["has_ended"]) for each in logged if each["event"].startswith("session ended")]
        assert sorted(ended) == sorted((each.info.backend_pid, True) for each in (one, further, third))
        for each in (one, further):
            with pytest.raises(psycopg.OperationalError):
                each.execute("select 1")


def test_a_holder_that_connects_again_ends_further_sessions_in_a_copy(production: Database) -> None:
    lock = SessionLock(NAME)
    with session(production) as before, session(production) as further, session(production) as after:
        assert lock.take(before)
        lock.add_session(further)
        further.execute("begin")
        lock.confirm(further)
        copying = further.cursor().copy("copy (select 1) to stdout")
        copying.__enter__()
        assert lock.take(after)
        lock.confirm(after)


def test_sessions_that_have_ended_are_forgotten(production: Database) -> None:
    lock = SessionLock(NAME)
    with session(production) as one, session(production) as two:
        assert lock.take(one)
        lock.add_session(one)
        lock.add_session(two)
    for _ in range(2):
        with session(production) as three:
            wait_until(lambda: noted(production, lock, three) == 1)


def noted(production: Database, lock: SessionLock, connection: Connection) -> int:
    lock.add_session(connection)
    with production.connect() as superuser:
        row = superuser.execute("select count(*) from ops.lock_sessions").fetchone()
    return int(row[0]) if row else 0


def test_a_lock_for_another_number_of_shards_keeps_further_sessions_from_committing(production: Database) -> None:
    whole, half = SessionLock("trades 1/1"), SessionLock("trades 1/2")
    with session(production) as one, session(production) as further, session(production) as two:
        assert whole.take(one)
        whole.confirm(further)
        one.close()
        wait_until(lambda: half.take(two))
        with pytest.raises(LockLost):
            whole.confirm(further)


def test_different_locks_do_not_meet(production: Database) -> None:
    with session(production) as one, session(production) as two:
        assert SessionLock("trades 1/2").take(one)
        assert SessionLock("trades 2/2").take(two)


def test_a_holder_that_connects_again_ends_its_session_of_before(production: Database) -> None:
    lock = SessionLock(NAME)
    with session(production) as before, session(production) as after:
        assert lock.take(before)
        before.execute("begin")
        lock.confirm(before)
        assert lock.take(after)
        lock.confirm(after)
        with pytest.raises(psycopg.OperationalError):
            before.execute("commit")


def test_a_silent_holder_is_ended_and_a_live_one_is_not(production: Database) -> None:
    quick, patient, second = SessionLock(NAME, 0.05), SessionLock("upkeep", 3_600), SessionLock(NAME)
    with session(production) as one, session(production) as two:
        assert quick.take(one)
        assert patient.take(one)
        wait_until(lambda: silent(production, one))
        assert not SessionLock("upkeep").take(two)
        assert second.take(two)
        with pytest.raises(psycopg.OperationalError):
            one.execute("select 1")


def test_a_holder_that_executes_a_statement_is_not_silent(production: Database) -> None:
    lock, second = SessionLock(NAME, 0.01), SessionLock(NAME)
    with session(production) as one, session(production) as two, production.connect() as blocker:
        assert lock.take(one)
        blocker.execute("begin")
        blocker.execute("lock table ops.cursors")
        one.pgconn.send_query(b"select count(*) from ops.cursors")
        wait_until(lambda: silent(production, one))
        assert not second.take(two)
        blocker.execute("rollback")
        wait_until(lambda: second.take(two))


def test_a_holder_that_vanished_amid_its_rows_is_ended(production: Database) -> None:
    lock, second = SessionLock(NAME, 0.01), SessionLock(NAME)
    with session(production) as one, session(production) as two:
        assert lock.take(one)
        one.execute("create temporary table stage (x integer)")
        one.pgconn.send_query(b"copy stage from stdin")
        wait_until(lambda: second.take(two))


def test_what_a_dead_holder_wrote_is_not_committed_beside_its_successor(production: Database) -> None:
    first, second = SessionLock(NAME, 0.05), SessionLock(NAME)
    with session(production) as one, session(production) as two:
        assert first.take(one)
        one.execute("begin")
        first.confirm(one)
        one.execute(query("production/stage/trades"))
        wait_until(lambda: silent(production, one))
        assert second.take(two)
        with pytest.raises(psycopg.OperationalError):
            one.execute("commit")


def test_a_lock_given_back_may_be_taken_at_once(production: Database) -> None:
    first, second = SessionLock("archive", None), SessionLock("archive", None)
    with session(production, "exporter") as one, session(production) as two:
        assert first.take(one)
        assert not second.take(two)
        first.give_back(one)
        assert second.take(two)
        first.give_back(one)
        second.confirm(two)


def test_a_session_of_another_role_is_never_ended(production: Database) -> None:
    first, second = SessionLock(NAME, 0.0), SessionLock(NAME)
    with session(production, "exporter") as one, session(production) as two:
        assert first.take(one)
        wait_until(lambda: silent(production, one))
        assert not second.take(two)
        first.confirm(one)


def test_a_number_of_a_process_that_is_used_again_does_not_count(production: Database) -> None:
    first, second = SessionLock(NAME), SessionLock(NAME)
    with session(production) as one, session(production) as two, production.connect() as superuser:
        assert first.take(one)
        earlier = {"before": timedelta(hours=1), "name": NAME}
        superuser.execute(
            "update ops.locks set session_started_at = session_started_at - %(before)s where name = %(name)s", earlier
        )
        assert second.take(two)
        with pytest.raises(LockLost):
            first.confirm(one)


def test_a_process_of_the_server_itself_holds_nothing(production: Database) -> None:
    """After a restart or a restore of the server, such a process may have the number of a former session."""
    first, second = SessionLock(NAME), SessionLock(NAME)
    with session(production) as one, session(production) as two, production.connect() as superuser:
        assert first.take(one)
        superuser.execute(
            "update ops.locks set session_started_at = session_started_at - interval '1 h', "
            "pid = (select pid from pg_stat_activity where backend_type = 'checkpointer') where name = %s",
            (NAME,),
        )
        assert second.take(two)
        second.confirm(two)


def test_readers_can_take_nothing_of_it(production: Database) -> None:
    with session(production, "reader") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        SessionLock(NAME).take(reader)
