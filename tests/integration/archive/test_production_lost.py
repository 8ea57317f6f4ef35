"""Production goes away while an hour is read: the error is that of any other lost session."""

from contextlib import suppress

import psycopg
import pytest

from kalshi_data.archive import production_reader
from kalshi_data.database.connection import Connection
from tests.support.archived_rows import HOUR, STREAMS, after
from tests.support.engines import Database

DELTAS = STREAMS["orderbook_deltas"]
# More than a session can have sent before it is read.
ROWS = 300_000
MANY = """
insert into market_data.hot_orderbook_deltas
select %s + n * interval '1 ms', 'KXMANY-1', n, 'yes', 0.5, 1, 0, %s, 1 from generate_series(1, %s) as n
"""
OTHERS_OF_ROLE = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and usename = 'exporter' and pid <> %s
"""


@pytest.fixture
def exporter(production: Database) -> Connection:
    connection = production.connect("exporter")
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def test_in_the_middle_of_an_hour(production: Database, exporter: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production_reader, "BATCH_BYTES", 4096)
    with exporter, production.connect() as owner:
        owner.execute("select timeseries.ensure_partition('market_data.hot_orderbook_deltas', %s)", (HOUR,))
        owner.execute(MANY, (HOUR, HOUR, ROWS))
        with suppress(psycopg.OperationalError), exporter.transaction():
            batches = production_reader.read(exporter, DELTAS, HOUR, after(3600))
            read = next(batches).num_rows
            assert owner.execute(OTHERS_OF_ROLE, (exporter.info.backend_pid,)).fetchall() == [(True,)]
            with pytest.raises(psycopg.OperationalError, match=r"server closed the connection|terminating connection"):
                read += sum(each.num_rows for each in batches)
            assert 0 < read < ROWS


def test_before_it_is_read(exporter: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> str:
        return "host=127.0.0.1 port=9 dbname=kalshi"

    monkeypatch.setattr(production_reader, "conninfo_of", away)
    with exporter, exporter.transaction(), pytest.raises(psycopg.OperationalError, match="Connection refused"):
        next(production_reader.read(exporter, DELTAS, HOUR, after(3600)))
