"""Production knows when its last backup was finished, and whether its write-ahead log reaches the backups."""

import math
from pathlib import Path

import psycopg
import pytest

from kalshi_data.deduplicator.monitoring.backup_rules import DAY_SECONDS, backup_rules
from kalshi_data.deduplicator.monitoring.measurements import Backups, Measurements
from tests.support.engines import Database, Engine
from tests.support.log_archiving import (
    KEEPS,
    archiving_production,
    read_backups,
    record_backup,
    run_on_host,
    wait_for_log,
)


def reasons(backups: Backups | None) -> list[str]:
    measurements = Measurements()
    measurements.backups = backups
    return [reason.text for reason in backup_rules(measurements)]


def test_nothing_is_expected_of_a_production_that_never_finished_one(production: Database) -> None:
    assert read_backups(production) is None
    assert reasons(None) == []


def test_a_backup_counts_from_its_end_and_a_full_one_for_both(engine: Engine, production: Database) -> None:
    record_backup(engine, production, "diff")
    found = read_backups(production)
    assert found
    assert 0 <= found.age_seconds < 60
    assert math.isinf(found.full_age_seconds)
    record_backup(engine, production, "full")
    record_backup(engine, production, "full")
    with production.connect() as connection:
        connection.execute("update ops.backups set finished_at = now() - interval '3 days' where kind = 'diff'")
    found = read_backups(production)
    assert found
    assert max(found[:2]) < 60
    assert found.failing_seconds == 0


def test_the_first_backup_is_missed_once_it_is_expected(engine: Engine, production: Database) -> None:
    for _ in range(2):
        run_on_host(engine, production, "expect_backups")
    assert read_backups(production) == (math.inf, math.inf, 0)
    record_backup(engine, production, "full")
    run_on_host(engine, production, "expect_backups")
    assert reasons(read_backups(production)) == []


def test_another_kind_is_refused(production: Database) -> None:
    with production.connect() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("insert into ops.backups values ('incr', now())")


def test_a_log_that_cannot_be_kept_is_noticed_until_it_can(engine: Engine, server_folder: Path) -> None:
    with archiving_production(engine, server_folder) as production:
        wait_for_log(engine, production, is_failing=True)
        (production.server.folder / "data" / KEEPS).touch()
        wait_for_log(engine, production, is_failing=False)


@pytest.mark.parametrize(
    ("backups", "words"),
    [
        (Backups(DAY_SECONDS, 8.0 * DAY_SECONDS, 0), []),
        (Backups(3.0 * DAY_SECONDS, 8.0 * DAY_SECONDS, 0), ["the last backup of production was finished 3.0 days ago"]),
        (Backups(DAY_SECONDS, math.inf, 0), ["no full backup of production was ever finished"]),
        (Backups(DAY_SECONDS, DAY_SECONDS, 1000.0), ["has not reached its backups for 1000 s"]),
    ],
)
def test_health_says_what_is_late(backups: Backups, words: list[str]) -> None:
    found = reasons(backups)
    assert len(found) == len(words)
    assert all(word in reason for word, reason in zip(words, found, strict=True))
