from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kalshi_data.database.connection import query
from tests.support.engines import Database, Engine

TABLES = {"trades", "orderbook_deltas", "orderbook_snapshots", "tickers", "lifecycle_events", "index_values"}
AT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
# The next day in UTC.
NEXT_PARTITION = datetime(2026, 11, 3, tzinfo=UTC)
INSERT = """
insert into market_data.hot_trades values
    (%s, %s, 'KXA-1', 0.43, 0.57, 3.5, 'yes', false, now(), 1)
"""


def ensure(connection: psycopg.Connection[tuple[bool]], moment: datetime) -> bool:
    row = connection.execute("select timeseries.ensure_partition('market_data.hot_trades', %s)", (moment,)).fetchone()
    return row == (True,)


def test_the_table_of_every_stream_is_a_time_series(engine: Engine, kalshi_ts: Database, production: Database) -> None:
    # A gatherer keeps what it compared as it keeps messages, and production what lines saw differently.
    captured = {f"capture.{name}" for name in (*TABLES, "book_checks")}
    packed = {"orderbook_deltas", "orderbook_snapshots", "tickers", "trades"}
    merged = {*(f"market_data.{name}" for name in TABLES - packed), "ops.delta_evidence"}
    merged |= {"market_data.exchange_status"}
    merged |= {f"market_data.{part}_{name}" for part in ("hot", "packed") for name in packed}
    for database, series in ((kalshi_ts, captured), (production, merged)):
        expected = {name.partition(".")[2] for name in series}
        with database.connect() as connection:
            names = "select target::text from timeseries.series"
            assert {name for (name,) in connection.execute(names).fetchall()} == series
            hypertables = "select hypertable_name from timescaledb_information.hypertables"
            partitioned = "select relname from pg_class where relkind = 'p'"
            found = connection.execute((hypertables if engine.name == "timescaledb" else partitioned).encode())
            assert {name for (name,) in found.fetchall()} == expected


def test_a_partition_is_created_once_unless_the_engine_creates_it(engine: Engine, production: Database) -> None:
    with production.connect("deduplicator") as connection:
        native = engine.name == "plain"
        assert ensure(connection, AT) is native
        assert ensure(connection, NEXT_PARTITION - timedelta(microseconds=1)) is False
        assert ensure(connection, NEXT_PARTITION) is native
        for number, moment in enumerate((AT, NEXT_PARTITION)):
            connection.execute(INSERT, (moment, str(number)))
        assert connection.execute("select count(*) from market_data.trades").fetchone() == (2,)


def test_a_time_series_keeps_its_unique_key(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        ensure(connection, AT)
        connection.execute(INSERT, (AT, "same"))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(INSERT, (AT, "same"))


def test_other_tables_get_no_partitions(production: Database) -> None:
    with production.connect() as connection, pytest.raises(psycopg.errors.RaiseException, match="not a time series"):
        connection.execute("select timeseries.ensure_partition('ops.cursors', now())")


def test_a_role_without_the_grant_may_not_create_partitions(production: Database) -> None:
    with production.connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ensure(connection, AT)


def test_a_gatherer_creates_the_partitions_of_all_streams(engine: Engine, kalshi_ts: Database) -> None:
    with kalshi_ts.connect("gatherer") as connection:
        created = len(TABLES) + 1 if engine.name == "plain" else 0
        for expected in (created, 0):
            assert connection.execute(query("capture/record/ensure_partitions"), {"moment": AT}).fetchone() == (
                expected,
            )
