"""How fast production grows is known from half an hour on, if it is more than noise."""

from collections.abc import Iterator
from typing import Any

import pytest

from kalshi_data.database.connection import Connection, query
from kalshi_data.service.growth import Growth
from tests.support.engines import Database

GB = 10**9
SIZE_MAX = 400 * GB


@pytest.fixture
def connection(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as opened:
        yield opened


def growth(connection: Connection, kept: list[Any], minutes_ago: int = 0) -> Growth:
    """Record a sample every ten minutes, the last of them some minutes ago, and return the growth that they show."""
    for place, size in enumerate(reversed(kept)):
        connection.execute(
            "insert into ops.storage_samples values (now() - make_interval(mins => %s), %s, %s)",
            (minutes_ago + 10 * place, int(size * GB), int(size * GB)),
        )
    return Growth.of(connection.execute(query("production/status/read_growth")).fetchone())


def days(found: Growth) -> float:
    return found.toward(SIZE_MAX).days_left(SIZE_MAX)


def test_a_new_production_that_is_full_in_hours_is_known_after_half_an_hour(connection: Connection) -> None:
    found = growth(connection, [0, 15, 31, 45])  # 400 GB in four and a half hours
    assert 2 / 24 < days(found) < 6 / 24


def test_a_rush_after_a_quiet_day_is_known(connection: Connection) -> None:
    growth(connection, [10 + 0.01 * place for place in range(120)], minutes_ago=40)
    found = growth(connection, [20, 45, 70, 95])
    assert days(found) < 4 / 24


@pytest.mark.parametrize(
    "kept",
    [
        [7],
        [0, 100],
        [0, 100, 200],  # three may lie on a line by chance
        [50, 50, 50, 50],
        [50, 51, 50, 51, 50, 51],
        [50, 50, 50, 60, 60, 60],  # once
        [60, 55, 50, 45],
    ],
)
def test_noise_and_single_steps_are_no_growth(connection: Connection, kept: list[int]) -> None:
    found = growth(connection, kept)
    assert (found.kept_bytes, found.bytes_per_day, found.recent_bytes_per_day) == (kept[-1] * GB, 0, 0)


def test_a_busy_hour_does_not_count_for_days(connection: Connection) -> None:
    growth(connection, [100 + 0.1 * place for place in range(137)], minutes_ago=70)
    found = growth(connection, [114 + 0.6 * place for place in range(7)])  # six times as fast
    assert found.recent_bytes_per_day > 50 * GB
    assert days(found) > 10
