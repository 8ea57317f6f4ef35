from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kalshi_data.database.connection import query
from tests.support.engines import Database, Engine

TABLES = {"trades", "orderbook_deltas", "orderbook_snapshots", "tickers", "lifecycle_events", "index_values"}
AT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
INSERT = """
insert into market_data.trades values
    (%s, %s, 'KXA-1', 0.43, 0.57, 3.5, 'yes', false, now(), 1)
"""


def ensure(connection: psycopg.Connection[tuple[bool]], moment: datetime) -> bool:
    row = connection.execute("select timeseries.ensure_partition('market_data.trades', %s)", (moment,)).fetchone()
    return row == (True,)


def test_every_table_of_rows_is_a_time_series(engine: Engine, kalshi_ts: Database, production: Database) -> None:
    for database, schema in ((kalshi_ts, "capture"), (production, "market_data")):
        with database.connect() as connection:
            names = "select target::text from timeseries.series"
            assert {name for (name,) in connection.execute(names).fetchall()} == {f"{schema}.{name}" for name in TABLES}
            hypertables = "select hypertable_name from timescaledb_information.hypertables"
            partitioned = "select relname from pg_class where relkind = 'p'"
            found = connection.execute((hypertables if engine.name == "timescaledb" else partitioned).encode())
            assert {name for (name,) in found.fetchall()} == TABLES


def test_partitions_are_made_once_where_the_engine_makes_none(engine: Engine, production: Database) -> None:
    with production.connect("deduplicator") as connection:
        native = engine.name == "plain"
        assert ensure(connection, AT) is native
        assert ensure(connection, AT + timedelta(hours=8)) is False
        assert ensure(connection, AT + timedelta(hours=9)) is native
        for number, moment in enumerate((AT, AT + timedelta(hours=9))):
            connection.execute(INSERT, (moment, str(number)))
        assert connection.execute("select count(*) from market_data.trades").fetchone() == (2,)


def test_keys_hold_across_writers(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        ensure(connection, AT)
        connection.execute(INSERT, (AT, "same"))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(INSERT, (AT, "same"))


def test_a_table_that_is_no_time_series_is_refused(production: Database) -> None:
    with production.connect() as connection, pytest.raises(psycopg.errors.RaiseException, match="not a time series"):
        connection.execute("select timeseries.ensure_partition('ops.cursors', now())")


def test_only_who_was_granted_it_may_make_partitions(production: Database) -> None:
    with production.connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ensure(connection, AT)


def test_a_gatherer_makes_the_partitions_of_all_tables(engine: Engine, kalshi_ts: Database) -> None:
    with kalshi_ts.connect("gatherer") as connection:
        made = len(TABLES) if engine.name == "plain" else 0
        for expected in (made, 0):
            assert connection.execute(query("capture/record/ensure_partitions"), {"moment": AT}).fetchone() == (
                expected,
            )
