"""A lag is written when it changes, else only now and then; hours and lists wait no longer because of that."""

from datetime import datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.exporting import HEARTBEAT

ROW: dict[str, Any] = {"gatherer_id": 1, "stream": "trades", "rows_waiting": 0, "rows_per_second": 0.0}
WRITTEN = "select measured_at, rows_waiting, cause, error from ops.lags"
# Whether all trades are merged that a gatherer received until a time, and the markets that it had listed then.
READY = "select ops.merged_until('trades', '{1}') >= %s, ops.is_listed('markets')"


def record(connection: Connection, **changed: Any) -> tuple[Any, ...]:
    """Record a lag, and return what is written then."""
    connection.execute(query("production/status/record_lags"), {"shard": "1/1", "lags": Jsonb([ROW | changed])})
    return connection.execute(WRITTEN).fetchall()[0]


@pytest.mark.parametrize(
    "changed",
    [{"rows_waiting": 7, "lag_seconds": 0.5}, {"error": "away", "rows_waiting": None}, {"rows_held": 2, "cause": "a"}],
)
def test_a_lag_is_written_when_it_changes(production: Database, changed: dict[str, Any]) -> None:
    with production.connect("deduplicator") as connection:
        first = record(connection)
        assert record(connection, rows_per_second=3.5) == first
        second = record(connection, **changed)
        assert second[0] > first[0]
        assert second[1:] == (changed.get("rows_waiting", 0), changed.get("cause"), changed.get("error"))
        assert record(connection)[1:] == first[1:]


def test_a_lag_that_is_as_before_is_written_again_after_ten_seconds(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        record(connection)
        connection.execute("update ops.lags set measured_at = measured_at - interval '10 s'")
        (old, *_) = connection.execute(WRITTEN).fetchall()[0]
        assert record(connection)[0] > old


def beat(connection: Connection) -> datetime:
    """Measure two lags again that are as before, and return when."""
    with connection.transaction():
        for stream in ("trades", "markets"):
            record(connection, stream=stream, lag_seconds=0.0)
        connection.execute(query("production/status/record_deduplicator"), {"shard": "1/1", "status": Jsonb({})})
        return connection.execute("select now()").fetchall()[0][0]


def test_an_hour_and_a_list_wait_for_no_lag_that_is_as_before(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        beat(connection)
        connection.execute("update ops.lags set measured_at = measured_at - interval '9 s'")
        written = connection.execute(WRITTEN).fetchall()
        listed_at = beat(connection)
        assert connection.execute(WRITTEN).fetchall() == written
        connection.execute(HEARTBEAT, (Jsonb({"markets": listed_at.isoformat()}),))
        assert connection.execute(READY, (listed_at,)).fetchall() == [(True, True)]


def test_a_beat_says_nothing_of_a_lag_that_is_measured_no_longer(production: Database) -> None:
    with production.connect("deduplicator") as connection:
        listed_at = beat(connection)
        connection.execute("update ops.lags set measured_at = measured_at - interval '10 s'")
        connection.execute(HEARTBEAT, (Jsonb({"markets": listed_at.isoformat()}),))
        assert connection.execute(READY, (listed_at,)).fetchall() == [(False, False)]
