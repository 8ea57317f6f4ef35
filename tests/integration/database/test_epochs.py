"""A gatherer's database gets a new epoch if it was rebuilt, restored or moved; otherwise it keeps its epoch."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.demo.postgres import SETTINGS, SUPERUSER, Server, server_account
from kalshi_data.gatherer.epoch import recognise_instance
from tests.conftest import MakeDatabase
from tests.support.engines import TIMESCALEDB, Database, Engine
from tests.support.waiting import wait_until


def epoch(database: Database) -> Any:
    with database.connect("dedup_reader") as connection:
        return connection.execute("select epoch, created_at from sync.instance_v1").fetchone()


def acknowledged(database: Database) -> int:
    with database.connect() as connection:
        row = connection.execute("select count(*) from capture.acknowledgements").fetchone()
    return int(row[0]) if row else 0


def recognise(database: Database) -> bool:
    with database.connect("gatherer") as connection:
        return recognise_instance(connection, "capture")


def acknowledge(database: Database) -> None:
    with database.connect("dedup_reader") as connection:
        connection.execute("select sync.acknowledge('trades', '1')")


def test_an_unchanged_database_keeps_its_epoch(kalshi_ts: Database) -> None:
    before = epoch(kalshi_ts)
    acknowledge(kalshi_ts)
    assert [recognise(kalshi_ts) for _ in range(3)] == [False, False, False]
    assert epoch(kalshi_ts) == before
    assert acknowledged(kalshi_ts) == 1


@pytest.mark.parametrize("change", ["system_identifier = system_identifier - 1", "timeline = timeline + 1"])
def test_another_cluster_or_timeline_starts_an_epoch_without_acknowledgements(kalshi_ts: Database, change: str) -> None:
    assert not recognise(kalshi_ts)
    acknowledge(kalshi_ts)
    before = epoch(kalshi_ts)
    with kalshi_ts.connect() as connection:
        connection.execute(f"update capture.instance set {change}".encode())
    assert recognise(kalshi_ts)
    after = epoch(kalshi_ts)
    assert after[0] != before[0]
    assert after[1] > before[1]
    assert acknowledged(kalshi_ts) == 0
    assert not recognise(kalshi_ts)
    assert epoch(kalshi_ts) == after


@pytest.mark.parametrize("change", ["system_identifier = system_identifier - 1", "timeline = timeline + 1"])
def test_the_registry_has_its_own_epoch(make_database: MakeDatabase, change: str) -> None:
    kalshi_meta = make_database("kalshi_meta")
    before = epoch(kalshi_meta)
    with kalshi_meta.connect("gatherer") as connection:
        assert [recognise_instance(connection, "registry") for _ in range(2)] == [False, False]
        assert epoch(kalshi_meta) == before
        connection.execute(f"update registry.instance set {change}".encode())
        assert [recognise_instance(connection, "registry") for _ in range(2)] == [True, False]
    assert epoch(kalshi_meta)[0] != before[0]


def restore(engine: Engine, folder: Path) -> Server:
    """Copy the running server, and let the copy recover and be promoted, as after a restore."""
    account = server_account()
    account.own(folder)
    command = [engine.binaries / "pg_basebackup", "-h", engine.server.socket, "-U", SUPERUSER, "-D", folder / "data"]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGPASSFILE": "/dev/null"}
    subprocess.run(
        [*command, "--checkpoint=fast", "--no-sync"],
        capture_output=True,
        check=True,
        cwd="/",
        env=environment,
        **account.options(),
    )
    subprocess.run(["touch", folder / "data" / "recovery.signal"], check=True, **account.options())
    settings = SETTINGS | (TIMESCALEDB if engine.name == "timescaledb" else {}) | {"restore_command": "/bin/false"}
    return Server(folder, engine.binaries, account, settings)


def test_a_restored_cluster_starts_its_own_epoch(engine: Engine, kalshi_ts: Database, server_folder: Path) -> None:
    assert not recognise(kalshi_ts)
    before = epoch(kalshi_ts)
    server = restore(engine, server_folder / f"restored-{engine.name}")
    server.start()
    try:
        restored = Database(server, kalshi_ts.name)
        with restored.connect() as connection:
            wait_until(lambda: connection.execute("select pg_is_in_recovery()").fetchone() == (False,))
        assert epoch(restored) == before
        assert recognise(restored)
        assert epoch(restored) != before
        assert not recognise(restored)
    finally:
        server.stop()
    assert not recognise(kalshi_ts)
    assert epoch(kalshi_ts) == before
