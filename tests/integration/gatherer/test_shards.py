"""What a gatherer's shards share: one database, with a position, a lock and a heartbeat for each of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import query
from tests.integration.gatherer.test_health import beats
from tests.support.engines import Database

BEAT_AT = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)


def status(shard: str, **changes: Any) -> dict[str, Any]:
    """Return the parts of a shard's status that are merged in different ways."""
    health: dict[str, Any] = {"status": "healthy", "reasons": []}
    levels = {"connections_up": 3, "log_free_bytes": 7_000, "database_bytes": 100, "log_failure": ""}
    rates = {"frames": 10.5, "commits": 2}
    made: dict[str, Any] = {
        "state": "running",
        "shard": shard,
        "started_at": "2026-11-18T16:00:00+00:00",
        "refused": {},
    }
    return {**made, **levels, "health": health, "per_second": rates, **changes}


def beat(database: Database, shard: int, document: dict[str, Any], age_seconds: float = 0) -> None:
    values = {"shard": shard, "beat_at": BEAT_AT - timedelta(seconds=age_seconds), "status": Jsonb(document)}
    with database.connect("gatherer") as connection:
        connection.execute(query("capture/status/write_heartbeat"), values)


def test_a_single_status_is_left_as_it_is(kalshi_ts: Database) -> None:
    assert beats(kalshi_ts) == []
    document = status("1/1", refused={"rest": "refused"})
    beat(kalshi_ts, 1, document)
    assert beats(kalshi_ts) == [(BEAT_AT, document)]


def test_a_gatherer_is_as_alive_as_its_most_silent_shard(kalshi_ts: Database) -> None:
    beat(kalshi_ts, 1, status("1/2"))
    assert beats(kalshi_ts) == []
    reason = {"severity": "degraded", "check": "feed", "text": "no frame received"}
    worse = {"status": "degraded", "reasons": [reason]}
    changes = {"health": worse, "log_free_bytes": 6_000, "database_bytes": 120, "refused": {"books-1": "no"}}
    beat(kalshi_ts, 2, status("2/2", log_failure="full", started_at="2026-11-18T15:00:00+00:00", **changes), 9)
    assert beats(kalshi_ts) == [
        (
            BEAT_AT - timedelta(seconds=9),
            {
                "state": "running",
                "shard": "2/2",
                "started_at": "2026-11-18T15:00:00+00:00",
                "refused": {"books-1": "no"},
                "connections_up": 6,
                "log_free_bytes": 6_000,
                "database_bytes": 120,
                "log_failure": "full",
                "health": worse,
                "per_second": {"frames": 21, "commits": 4},
            },
        )
    ]


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_shard_that_ended_shows(kalshi_ts: Database, state: str) -> None:
    beat(kalshi_ts, 1, status("1/2", state=state))
    beat(kalshi_ts, 2, status("2/2"))
    assert [each["state"] for _, each in beats(kalshi_ts)] == [state]


def test_shards_that_there_were_before_do_not_count(kalshi_ts: Database) -> None:
    for shard in (1, 2, 3):
        beat(kalshi_ts, shard, status(f"{shard}/3"), age_seconds=60)
    assert beats(kalshi_ts)[0][1]["connections_up"] == 9
    for shard in (1, 2):
        beat(kalshi_ts, shard, status(f"{shard}/2"))
    assert [(at, each["connections_up"]) for at, each in beats(kalshi_ts)] == [(BEAT_AT, 6)]
    beat(kalshi_ts, 1, status("1/1"), age_seconds=-1)
    assert [each["connections_up"] for _, each in beats(kalshi_ts)] == [3]
