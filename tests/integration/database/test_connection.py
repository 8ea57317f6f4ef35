"""A connection that is opened again after it was closed."""

import psycopg
import pytest

from kalshi_data.database.connection import ReconnectingConnection
from tests.conftest import MakeDatabase

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
