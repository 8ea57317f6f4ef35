"""A lag is written when it changes, else only now and then."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database

ROW: dict[str, Any] = {"gatherer_id": 1, "stream": "trades", "rows_waiting": 0, "rows_per_second": 0.0}
WRITTEN = "select measured_at, rows_waiting, cause, error from ops.lags"


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
