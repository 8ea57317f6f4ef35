"""The exporter dies at each step, its disk fills up, its store fails: no object is incomplete, and exports continue."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kalshi_data.archive import exporter as exporter_module
from kalshi_data.archive import partition_export
from kalshi_data.archive.partitions import Partitions
from kalshi_data.archive.storage.local import FolderStore
from kalshi_data.archive.verify import Verifier
from kalshi_data.database.connection import Connection
from tests.support.engines import Database
from tests.support.exporting import (
    HOUR,
    THEN,
    export,
    exporter,
    fill,
    manifest_of,
    part,
    row_of,
    settings,
    states,
    toml,
)
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

FIRST: dict[str, Any] = {"until_at": THEN + HOUR}


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        fill(connection)
        yield connection


class Crash(BaseException):
    """The end of the process."""


# The step at which the exporter dies, before or after it, and the state of the hour afterwards.
STEPS = [
    (Partitions, "claim", "after", "exporting"),
    (partition_export, "read_control_totals", "before", "exporting"),
    (partition_export, "write_partition", "after", "exporting"),
    (FolderStore, "put", "before", "exporting"),
    (FolderStore, "put", "after", "exporting"),
    (partition_export, "put_manifest", "after", "exporting"),
    (Partitions, "finish", "after", "exported"),
    (partition_export, "check_object", "after", "exported"),
    (Partitions, "verify", "after", "verified"),
]


@pytest.mark.parametrize(("owner", "step", "when", "left"), STEPS, ids=[f"{step[2]} {step[1]}" for step in STEPS])
def test_after_a_crash_at_any_step_the_hour_is_exported_again(
    production: Database, ops: Connection, tmp_path: Path, owner: Any, step: str, when: str, left: str
) -> None:
    chosen, work = settings(production, tmp_path), getattr(owner, step)

    def die(*arguments: Any, **named: Any) -> None:
        if when == "after":
            work(*arguments, **named)
        raise Crash

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner, step, die)
        with pytest.raises(Crash):
            export(chosen, **FIRST)
    assert states(ops)[THEN] == left
    # An object that exists is complete.
    assert not part(tmp_path).exists() or part(tmp_path).read_bytes()[-4:] == b"PAR1"
    export(chosen, **FIRST)
    assert states(ops)[THEN] == "verified"
    assert [finding.state for finding in Verifier(chosen.archive).offline(exporter(chosen, **FIRST).selection)] == [
        "verified"
    ]


# Statements that block the program, so that it can be killed there.
HOLDS = {
    "reading": "lock table ops.cursors in access exclusive mode",
    "finishing": "select from ops.archive_partitions where state = 'exporting' for update",
}
BLOCKED = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'deduplicator archive' and wait_event_type = 'Lock'
"""


def start(config: Path) -> subprocess.Popen[bytes]:
    until = (THEN + HOUR).isoformat()
    command = [sys.executable, "-m", "kalshi_data.deduplicator", "export", "--once", "--config", str(config)]
    with (config.parent / "log").open("ab") as log:
        return subprocess.Popen([*command, "--stream", "trades", "--to", until], stdout=log, stderr=log)


def wait_for(connection: Connection, query: str, config: Path) -> None:
    wait_until(lambda: connection.execute(query.encode()).fetchone() != (0,), (config.parent / "log").read_text)


@pytest.mark.parametrize("step", HOLDS)
def test_a_killed_program_is_followed_by_one_that_finishes(
    production: Database, ops: Connection, tmp_path: Path, step: str
) -> None:
    config = toml(production, tmp_path)
    with production.connect() as holder, production.connect() as watching:
        with holder.transaction():
            if step == "finishing":
                # It waits here until its hour is claimed, then holds the record.
                ops.execute("update ops.archive_partitions set state = 'exporting' where hour = %s", (THEN,))
            holder.execute(HOLDS[step].encode())
            program = start(config)
            wait_for(watching, BLOCKED, config)
            program.kill()
            program.wait()
        wait_until(lambda: watching.execute(BLOCKED.encode()).fetchone() == (0,))
    assert states(ops)[THEN] == "exporting"
    again = start(config)
    assert again.wait(STILL_SECONDS_MAX) == 0, (tmp_path / "log").read_text()
    assert states(ops)[THEN] == "verified"


def test_a_stop_cancels_the_statement_and_leaves_the_hour_for_later(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    config = toml(production, tmp_path)
    with production.connect() as holder, production.connect() as watching, holder.transaction():
        holder.execute(HOLDS["reading"].encode())
        program = start(config)
        wait_for(watching, BLOCKED, config)
        program.terminate()
        assert program.wait(STILL_SECONDS_MAX) == 1
    assert states(ops)[THEN] == "exporting"
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert start(config).wait(STILL_SECONDS_MAX) == 0
    assert states(ops)[THEN] == "verified"


def test_a_full_disk_is_reported_and_other_hours_are_exported(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = partition_export.write_partition

    def full(*arguments: Any) -> Any:
        if arguments[2] == THEN:
            raise OSError(28, os.strerror(28))
        return work(*arguments)

    monkeypatch.setattr(partition_export, "write_partition", full)
    chosen = settings(production, tmp_path)
    done = export(chosen)
    assert states(ops) | {THEN: "pending"} == states(ops)
    assert states(ops)[THEN + HOUR] == "verified"
    error = row_of(ops)["error"]
    assert "no space is left: free some" in error
    assert str(tmp_path / "workspace") in error
    assert done.state.error == error
    assert not part(tmp_path).exists()
    assert not list((tmp_path / "workspace").iterdir())
    monkeypatch.undo()
    ops.execute("update ops.archive_partitions set retry_at = now()")
    export(chosen)
    assert states(ops)[THEN] == "verified"
    assert row_of(ops)["error"] is None


def test_an_hour_that_fails_waits_longer_each_time(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def delay_seconds(attempt: int, _: float) -> float:
        attempts.append(attempt)
        return 600.0

    # A wait is random, and a slow machine may need longer for the other hours.
    monkeypatch.setattr(exporter_module, "delay_seconds", delay_seconds)
    (tmp_path / "bucket").write_bytes(b"a file where a folder should be")
    chosen = settings(production, tmp_path)
    for attempt in (1, 2, 3):
        ops.execute("update ops.archive_partitions set retry_at = null")
        export(chosen, **FIRST)
        assert row_of(ops)["failures"] == attempt
    assert attempts == sorted(set(attempts))
    assert states(ops)[THEN] == "pending"
    assert ops.execute("select retry_at > now() from ops.archive_partitions where hour = %s", (THEN,)).fetchone()
    (tmp_path / "bucket").unlink()
    ops.execute("update ops.archive_partitions set retry_at = null")
    export(chosen, **FIRST)
    assert states(ops)[THEN] == "verified"
    assert row_of(ops)["failures"] == 0


def test_a_file_that_differs_from_production_is_not_uploaded(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = partition_export.write_partition

    def miscount(*arguments: Any) -> Any:
        written = work(*arguments)
        return written._replace(totals=written.totals._replace(rows=5, gatherer_rows={1: 5}))

    monkeypatch.setattr(partition_export, "write_partition", miscount)
    export(settings(production, tmp_path), **FIRST)
    assert states(ops)[THEN] == "pending"
    assert "rows: production has 6, the archive 5" in row_of(ops)["error"]
    assert not part(tmp_path).exists()


def test_an_object_that_is_read_back_damaged_is_written_again(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = partition_export.put_manifest

    def damage(*arguments: Any) -> None:
        work(*arguments)
        part(tmp_path).write_bytes(part(tmp_path).read_bytes()[:-1] + b"?")

    monkeypatch.setattr(partition_export, "put_manifest", damage)
    export(settings(production, tmp_path), **FIRST)
    assert states(ops)[THEN] == "pending"
    assert "cannot be read back" in row_of(ops)["error"]
    monkeypatch.undo()
    ops.execute("update ops.archive_partitions set retry_at = null")
    export(settings(production, tmp_path), **FIRST)
    assert states(ops)[THEN] == "verified"


def test_an_export_survives_a_lost_connection_to_production(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    work, cut = partition_export.read_control_totals, [False]
    chosen = settings(production, tmp_path)

    def lose(connection: Connection, *arguments: Any) -> Any:
        if not cut[0]:
            cut[0] = True
            with production.connect() as superuser:
                superuser.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        return work(connection, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(partition_export, "read_control_totals", lose)
        with pytest.raises(psycopg.OperationalError):
            export(chosen, **FIRST)
    assert states(ops)[THEN] == "exporting"
    assert not manifest_of(tmp_path).exists()
    export(chosen, **FIRST)
    assert states(ops)[THEN] == "verified"
