"""A gatherer measures how fast what it must keep grows, and drops merged rows early when its disk is short of space."""

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.database.connection import query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.database_space import DatabaseSpace
from kalshi_data.gatherer.retention import RetentionJob
from tests.integration.gatherer.test_health import settings
from tests.integration.gatherer.test_retention import acknowledge, fill, held, now, size_of
from tests.support.disks import measure_as
from tests.support.engines import Database, Engine

pytestmark = pytest.mark.usefixtures("within_a_day")

GB = 10**9


def run(database: Database, **chosen: Any) -> Counters:
    counters = Counters()
    counters.database_bytes = size_of(database)
    chosen_settings = settings(database, {"captured_hours": 400 * 24, **chosen})
    RetentionJob(chosen_settings, counters, DatabaseSpace(chosen_settings, counters)).run_once()
    return counters


def samples(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        statement = "select sampled_at, database_bytes, kept_bytes from capture.storage_samples order by 1"
        return connection.execute(statement).fetchall()


def remember(database: Database, hours: range, bytes_per_hour: int) -> None:
    """Record samples of past hours."""
    with database.connect("gatherer") as connection:
        for hour in hours:
            moment, kept = now() - timedelta(hours=hour), 40 * GB - hour * bytes_per_hour
            statement = "insert into capture.storage_samples values (%s, %s, %s)"
            connection.execute(statement, (moment, 60 * GB, kept))


def test_the_server_says_where_its_files_are(engine: Engine, kalshi_ts: Database) -> None:
    with kalshi_ts.connect("gatherer") as connection:
        (folder,) = connection.execute(query("capture/retention/read_data_directory")).fetchone() or ("",)
    assert Path(folder) == engine.server.folder / "data"
    with kalshi_ts.connect("dedup_reader") as connection:
        row = connection.execute(query("capture/retention/read_data_directory")).fetchone()
    assert row == (None,)


def test_one_sample_in_ten_minutes_is_kept_for_two_days(kalshi_ts: Database) -> None:
    remember(kalshi_ts, range(-5, 60), 0)
    run(kalshi_ts)
    run(kalshi_ts)
    found = [moment for moment, *_ in samples(kalshi_ts)]
    assert 48 <= len(found) <= 50
    assert now() - timedelta(days=2, minutes=1) < found[0]
    assert now() - timedelta(minutes=20) < found[-1] <= now()


def test_partitions_that_are_merged_do_not_count(kalshi_ts: Database) -> None:
    fill(kalshi_ts)
    before = run(kalshi_ts)
    assert 0 < before.database_kept_bytes <= size_of(kalshi_ts)
    acknowledge(kalshi_ts, until="10")
    after = run(kalshi_ts)
    assert after.database_kept_bytes < before.database_kept_bytes
    assert held(kalshi_ts) == ["20", "10", "1", "0"]


def growth(database: Database) -> tuple[Any, ...]:
    with database.connect("gatherer") as connection:
        return connection.execute(query("capture/retention/read_growth")).fetchone() or ()


def test_growth_is_that_of_the_last_day(kalshi_ts: Database) -> None:
    assert growth(kalshi_ts) == ()
    remember(kalshi_ts, range(6), GB)
    assert growth(kalshi_ts) == (60 * GB, 40 * GB, pytest.approx(24 * GB, rel=0.001), 0)
    remember(kalshi_ts, range(6, 24), GB)
    size, kept, rate, _ = growth(kalshi_ts)
    assert (size, kept) == (60 * GB, 40 * GB)
    assert rate == pytest.approx(24 * GB, rel=0.001)
    # What was long before does not matter.
    remember(kalshi_ts, range(25, 47), 0)
    assert growth(kalshi_ts)[2] == pytest.approx(24 * GB, rel=0.001)


def test_a_gatherer_says_when_it_will_be_full(kalshi_ts: Database) -> None:
    """Samples survive restarts, so the first look after one knows it."""
    remember(kalshi_ts, range(1, 24), GB)
    counters = run(kalshi_ts, database_bytes_max=100 * GB)
    assert counters.growth_bytes_per_day != 0
    with kalshi_ts.connect("gatherer") as connection:
        connection.execute("delete from capture.storage_samples where sampled_at > now() - interval '20 min'")
    *_, rate, _ = growth(kalshi_ts)
    assert rate == pytest.approx(24 * GB, rel=0.001)


def test_a_database_that_does_not_grow_is_never_full(kalshi_ts: Database) -> None:
    remember(kalshi_ts, range(1, 24), -GB)
    counters = run(kalshi_ts, database_bytes_max=100 * GB)
    assert counters.growth_bytes_per_day < 0
    assert counters.full_in_days == math.inf


@pytest.mark.parametrize("bound", [0, 100 * GB])
def test_a_disk_that_another_program_fills_costs_merged_rows_only(
    kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    """Oldest first, whatever their age; the current partition stays, and so do rows that are not merged."""
    fill(kalshi_ts, (20, 10, 5, 0))
    acknowledge(kalshi_ts, until="10")
    measure_as(monkeypatch, 3 * GB)
    run(kalshi_ts, database_bytes_max=bound)
    assert held(kalshi_ts) == ["20", "10", "5", "0"]

    measure_as(monkeypatch, 0)
    counters = run(kalshi_ts, database_bytes_max=bound)

    assert held(kalshi_ts) == ["5", "0"]
    assert counters.partitions_dropped == {"trades": 2}
    assert not counters.unread_partitions_dropped
    assert counters.retention_failure == ""


def test_as_much_is_dropped_as_is_missing(kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(kalshi_ts, (20, 10, 5, 0))
    acknowledge(kalshi_ts)
    # More than the server itself may free meanwhile, and less than a partition takes.
    measure_as(monkeypatch, (2 << 30) - 20_000)
    counters = run(kalshi_ts)
    assert (counters.partitions_dropped, counters.retention_failure) == ({"trades": 1}, "")
    assert held(kalshi_ts) == ["10", "5", "0"]


def test_space_is_looked_at_between_two_runs(kalshi_ts: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is due every five minutes, but a disk may be full in one."""
    counters, chosen = Counters(), settings(kalshi_ts)
    job = RetentionJob(chosen, counters)
    measure_as(monkeypatch, 100 * GB)
    job.run_if_due()
    fill(kalshi_ts, (20, 0))
    acknowledge(kalshi_ts)
    job.run_if_due()
    assert held(kalshi_ts) == ["20", "0"]
    measure_as(monkeypatch, 0)
    job.run_if_due()
    assert held(kalshi_ts) == ["0"]
