"""Databases are created with UTF8 on any cluster, and another encoding is refused by name."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from kalshi_data.database.connection import connect, sql_folder
from kalshi_data.database.migrations import migrate, require_current
from kalshi_data.errors import MigrationError
from tests.support.engines import Engine

ENCODING = "select pg_encoding_to_char(encoding), datcollate from pg_database where datname = %s"


@contextmanager
def created(engine: Engine, name: str, statement: bytes) -> Generator[str]:
    """Create a database and drop it in the end."""
    with psycopg.connect(engine.server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(statement)
        try:
            yield engine.server.conninfo(name)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_another_encoding_is_refused_with_what_to_do(engine: Engine, encoding: str) -> None:
    statement = f"create database other encoding '{encoding}' locale 'C' template template0"
    with created(engine, "other", statement.encode()) as conninfo:
        words = rf"the database other has the encoding {encoding}, but UTF8 is needed: drop it, create it again"
        with connect(conninfo, application_name="test") as connection:
            for _ in range(2):
                with pytest.raises(MigrationError, match=words):
                    migrate(connection, "timeseries")
            with pytest.raises(MigrationError, match=words):
                require_current(connection, "timeseries", "it")
            assert connection.execute("select to_regnamespace('timeseries')").fetchone() == (None,)


@pytest.mark.parametrize("name", ["kalshi", "kalshi_meta", "kalshi_ts"])
def test_databases_have_utf8_whatever_the_cluster_has(engine: Engine, name: str) -> None:
    statement = (sql_folder() / "databases" / f"{name}.sql").read_bytes()
    with created(engine, name, statement) as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute(ENCODING, (name,)).fetchone() == ("UTF8", "C")
    assert b"template template0" in statement
