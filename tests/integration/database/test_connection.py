"""A connection that is opened again after it was closed."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kalshi_data.database import connection as connection_module
from kalshi_data.database.connection import (
    RENEW_SECONDS_MAX,
    SESSION_SETTINGS,
    ReconnectingConnection,
    SupervisedConnection,
    connect,
)
from tests.conftest import MakeDatabase
from tests.support.silent_proxy import silent_proxy

NOWHERE = "host=127.0.0.1 port=1 dbname=none user=none"


def test_it_is_opened_once_and_kept(make_database: MakeDatabase) -> None:
    database = ReconnectingConnection(make_database("empty").conninfo(), application_name="kept")
    assert not database.is_open
    with database.use() as first, database.use() as second:
        assert first is second
        assert first.execute("show application_name").fetchone() == ("kept",)
    assert database.is_open
    database.close()
    database.close()
    assert not database.is_open
    assert first.closed


def test_an_error_closes_it_and_the_next_use_opens_another(make_database: MakeDatabase) -> None:
    database = ReconnectingConnection(make_database("empty").conninfo(), application_name="test")
    with pytest.raises(psycopg.errors.DivisionByZero), database.use() as first:
        first.execute("select 1 / 0")
    assert not database.is_open
    assert database.get() is not first
    database.close()


def test_a_connection_is_renewed_about_daily(make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    database = ReconnectingConnection(make_database("empty").conninfo(), application_name="test")
    first = database.get()
    assert database.get() is first
    now = time.monotonic()
    monkeypatch.setattr(connection_module.time, "monotonic", lambda: now + RENEW_SECONDS_MAX)
    assert database.get() is not first
    assert first.closed
    database.close()


def test_values_are_exact_whatever_the_environment_prefers(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    preferences = {"PGDATESTYLE": "German", "PGCLIENTENCODING": "LATIN1", "PGTZ": "Asia/Kathmandu"}
    for name, value in preferences.items():
        monkeypatch.setenv(name, value)
    moment = datetime(2026, 11, 1, 5, 30, 0, 123456, tzinfo=UTC)
    values = (moment, timedelta(days=3, hours=-2), b"\\x\0", 0.1 + 0.2, "Zürich ₿ \\")
    statement = "select %s::timestamptz, %s::interval, %s::bytea, %s::float8, %s::text"
    with connect(make_database("empty").conninfo(), application_name="test") as connection:
        assert connection.execute(statement, values).fetchone() == values
        assert connection.execute("select %s::timestamptz::text", (moment,)).fetchone() == (
            "2026-11-01 05:30:00.123456+00",
        )


def test_a_statement_is_cancelled_after_its_time(make_database: MakeDatabase) -> None:
    conninfo = make_database("empty").conninfo()
    database = ReconnectingConnection(conninfo, application_name="test", statement_seconds_max=0.05)
    with pytest.raises(psycopg.errors.QueryCanceled), database.use() as connection:
        connection.execute("select pg_sleep(10)")


def test_a_database_that_is_away_raises_at_each_use() -> None:
    database = ReconnectingConnection(NOWHERE, application_name="test")
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            database.get()
    assert not database.is_open


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SupervisedConnection, "silence_seconds_max", 0.2)


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_is_lost_is_not_waited_for(make_database: MakeDatabase) -> None:
    database = make_database("empty")
    with silent_proxy(database) as proxy, connect(proxy.conninfo("postgres"), application_name="test") as connection:
        connection.execute("create table kept (x integer)")
        proxy.lose()
        proxy.restore()
        with pytest.raises(psycopg.OperationalError, match="does not work on the statement"):
            connection.execute("select 1")
        assert connection.closed


@pytest.mark.usefixtures("impatient")
def test_rows_that_are_lost_on_their_way_are_not_waited_for(make_database: MakeDatabase) -> None:
    with silent_proxy(make_database("empty")) as proxy, connect(proxy.conninfo("postgres"), application_name="t") as c:
        c.execute("create table kept (x integer)")

        def copy_into_silence() -> None:
            with c.transaction(), c.cursor() as cursor, cursor.copy("copy kept from stdin") as copy:
                copy.write(b"1\n")
                proxy.lose()
                proxy.restore()

        with pytest.raises(psycopg.OperationalError, match="does not work on the statement"):
            copy_into_silence()
        assert c.closed


@pytest.mark.usefixtures("impatient")
def test_a_server_that_cannot_be_reached_either_is_given_up(make_database: MakeDatabase) -> None:
    with silent_proxy(make_database("empty")) as proxy:
        conninfo = proxy.conninfo("postgres")
        with connect(conninfo, application_name="test") as connection:
            proxy.lose()
            proxy.refuse()
            with pytest.raises(psycopg.OperationalError, match="does not work on the statement"):
                connection.execute("select 1")


@pytest.mark.usefixtures("impatient")
def test_a_slow_statement_goes_on(make_database: MakeDatabase) -> None:
    with make_database("empty").connect() as connection:
        assert connection.execute("select pg_sleep(1.5), 1").fetchone() == ("", 1)


@pytest.mark.usefixtures("impatient")
def test_a_statement_that_waits_for_a_lock_goes_on(make_database: MakeDatabase) -> None:
    database = make_database("empty")
    with database.connect() as holder, database.connect() as waiting, ThreadPoolExecutor(1) as thread:
        holder.execute("create table held (x integer)")
        holder.execute("begin; lock table held")
        reading = thread.submit(lambda: waiting.execute("select count(*) from held").fetchone())
        with pytest.raises(TimeoutError):
            reading.result(1.5)
        holder.execute("commit")
        assert reading.result(30) == (0,)


def test_a_connection_of_about_a_day_is_renewed(make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    database = ReconnectingConnection(make_database("empty").conninfo(), application_name="test")
    first = database.get()
    assert database.get() is first
    monkeypatch.setattr(connection_module, "RENEW_SECONDS_MAX", 0.0)
    database.close()
    second = database.get()
    assert database.get() is not second
    assert second.closed
    database.close()


def test_every_session_is_found_dead_by_the_server_too(make_database: MakeDatabase) -> None:
    with silent_proxy(make_database("empty")) as proxy, connect(proxy.conninfo("postgres"), application_name="t") as c:
        shown = {name: c.execute(f"show {name}".encode()).fetchone() for name in SESSION_SETTINGS}
    assert shown["client_connection_check_interval"] == ("5s",)
    assert shown["idle_in_transaction_session_timeout"] == ("1min",)
    assert shown.keys() >= {"tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"}
