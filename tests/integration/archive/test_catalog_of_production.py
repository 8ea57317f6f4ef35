"""The command registers what production verified, and waits for what it is about to write again."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from kalshi_data.database.connection import Connection
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.deduplicator.catalog.command import hold_file_lock
from kalshi_data.deduplicator.cli import main
from kalshi_data.errors import LockHeld
from tests.support.engines import Database
from tests.support.exporting import THEN, TRADES, export, fill, mark, part, settings, states, toml, trade
from tests.support.made_archive import MadeArchive


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        fill(connection)
        yield connection


def catalog(production: Database, folder: Path) -> tuple[int, dict[str, Any]]:
    address = f"sql:sqlite:///{folder / 'catalog.db'}"
    asked = ["--config", str(toml(production, folder)), "--iceberg", address, "--stream", "trades", "--json"]
    done = CliRunner().invoke(main, ["archive", "catalog", *asked])
    assert done.stdout, done.stderr
    (table,) = json.loads(done.stdout)["tables"]
    return done.exit_code, table


def changes(production: Database, folder: Path) -> tuple[int, int, int, int]:
    status, table = catalog(production, folder)
    assert (status, table["problems"]) == (0, [])
    return table["added"], table["replaced"], table["removed"], table["rows"]


def test_only_verified_hours_are_registered(production: Database, ops: Connection, tmp_path: Path) -> None:
    chosen = settings(production, tmp_path)
    export(chosen)
    assert changes(production, tmp_path) == (2, 0, 0, 10)
    trade(ops, THEN + timedelta(minutes=1), "late")
    mark(ops, THEN, streams=["trades"])
    assert states(ops)[THEN] == "pending"
    assert changes(production, tmp_path) == (0, 0, 0, 10)
    export(chosen)
    assert changes(production, tmp_path) == (0, 1, 0, 11)
    assert changes(production, tmp_path) == (0, 0, 0, 11)


def test_an_object_that_vanished_leaves_the_table(production: Database, ops: Connection, tmp_path: Path) -> None:
    export(settings(production, tmp_path))
    changes(production, tmp_path)
    part(tmp_path).unlink()
    added, replaced, removed, rows = changes(production, tmp_path)
    assert (added, replaced, removed) == (0, 0, 1)
    assert rows < 10
    assert states(ops)[THEN] == "verified"


def test_a_second_run_ends_with_a_message(production: Database, ops: Connection, tmp_path: Path) -> None:
    assert SessionLock("archive catalog", silence_seconds_max=None).take(ops)
    asked = ["--config", str(toml(production, tmp_path)), "--iceberg", f"sql:sqlite:///{tmp_path / 'catalog.db'}"]
    done = CliRunner().invoke(main, ["archive", "catalog", *asked])
    assert done.exit_code == 1
    assert "another run registers the archive: wait until it has ended" in done.stderr


def test_a_second_run_on_manifests_ends_with_a_message(tmp_path: Path) -> None:
    with hold_file_lock(tmp_path), pytest.raises(LockHeld, match="wait until it has ended"), hold_file_lock(tmp_path):
        pass
    with hold_file_lock(tmp_path):
        pass


def test_a_catalogue_may_lie_in_postgresql(production: Database, tmp_path: Path) -> None:
    made = MadeArchive(tmp_path)
    made.put(TRADES[0], THEN)
    parts = conninfo_to_dict(production.conninfo("kalshi_owner"))
    made.address = f"sql:postgresql+psycopg:///?{urlencode({key: str(value) for key, value in parts.items()})}"
    assert made.register(TRADES[0])["trades"].added == 1
    made.put(TRADES[0], THEN, seed=2)
    assert made.register(TRADES[0])["trades"].replaced == 1
