"""An hour on its way from merged to verified, and again when rows come late."""

import io
import itertools
import json
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kalshi_data.archive import partition_export
from kalshi_data.archive.partitions import END, Partitions
from kalshi_data.database.connection import Connection
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.deduplicator.monitoring.heartbeats import HeartbeatRecorder
from kalshi_data.deduplicator.monitoring.status import draw_status, read_status
from kalshi_data.deduplicator.runner import merge
from kalshi_data.deduplicator.state import State
from kalshi_data.shard import EVERYTHING
from tests.support.engines import Database
from tests.support.exporting import (
    CONNECTION,
    DAILY,
    DAY,
    HOUR,
    HOURLY,
    LAG,
    MARKET,
    THEN,
    export,
    exporter,
    fill,
    list_whole,
    manifest_of,
    mark,
    parquet,
    part,
    row_of,
    settings,
    states,
    trade,
)
from tests.support.waiting import STILL_SECONDS_MAX, wait_until


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        yield connection


def ids(path: Path) -> list[str]:
    return parquet.read_table(path).column("trade_id").to_pylist()


def test_each_stream_is_written_and_read_back(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    done = export(settings(production, tmp_path), streams=HOURLY)
    list_whole(ops, THEN)
    export(settings(production, tmp_path), streams=DAILY, until_at=END)
    for stream in HOURLY:
        assert {THEN: "verified", THEN + HOUR: "verified"}.items() <= states(ops, stream.name).items()
        path = part(tmp_path, stream.name)
        count = ops.execute(
            f"select count(*) from {stream.table} where {stream.time_column} < %s".encode(), (THEN + HOUR,)
        )
        assert (parquet.read_metadata(path).num_rows,) == count.fetchone()
    for stream in DAILY:
        ((day, state),) = states(ops, stream.name).items()
        assert (day.time(), state) == (time.min, "verified")
        # Midnight may have passed since THEN was read from the clock.
        assert day >= THEN + 2 * DAY
        (listed,) = tmp_path.glob(f"bucket/parquet/{stream.name}/date={day:%Y-%m-%d}/part-0.parquet")
        assert parquet.read_table(listed).num_rows == 1
    assert done.state.failures == 0
    assert not list((tmp_path / "workspace").iterdir())
    assert not list((tmp_path / "bucket").rglob(".*"))


def test_a_list_of_the_exchange_is_archived_once_it_was_loaded_whole(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    chosen, now = settings(production, tmp_path), datetime.now(UTC)
    ops.execute(MARKET, ("KXA-1",))
    export(chosen, streams=DAILY, until_at=END, early=True)
    # A whole list that is not merged yet, another list, and no time at all change nothing.
    list_whole(ops, now + HOUR, "markets")
    export(chosen, streams=DAILY, until_at=END, early=True)
    list_whole(ops, now - HOUR, "events")
    ops.execute("update ops.heartbeats set status = jsonb_set(status, '{listed_at,markets}', '\"soon\"')")
    export(chosen, streams=DAILY, until_at=END)
    assert {name: [*states(ops, name).values()] for name in ("series", "events", "markets")} == {
        "series": ["pending"],
        "events": ["verified"],
        "markets": ["pending"],
    }
    list_whole(ops, now - HOUR, "markets")
    export(chosen, streams=DAILY, until_at=END)
    ((day, state),) = states(ops, "markets").items()
    assert (state, row_of(ops, "markets", day)["row_count"]) == ("verified", 1)
    # The next day needs no new load: gatherers keep the tables up to date.
    ops.execute("update ops.heartbeats set status = '{}'")
    ops.execute("update ops.archive_partitions set hour = hour - interval '1 d' where stream = 'markets'")
    shutil.rmtree(tmp_path / "bucket" / "parquet")
    export(chosen, streams=DAILY, until_at=END)
    assert [*states(ops, "markets").values()] == ["verified", "verified"]


def test_each_stream_has_a_file_from_the_first_hour_on(production: Database, ops: Connection, tmp_path: Path) -> None:
    chosen, now = settings(production, tmp_path), datetime.now(UTC)
    ops.execute(CONNECTION, (now,))
    for _ in "12":
        export(chosen, streams=HOURLY, until_at=END, early=True)
    for stream in HOURLY:
        assert [*states(ops, stream.name).values()] == ["verified"]
        (path,) = tmp_path.glob(f"bucket/parquet/{stream.name}/*/*/part-0.parquet")
        assert parquet.read_metadata(path).num_rows == 0


def test_an_early_export_writes_today_s_snapshots_again(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    for number in (1, 2):
        ops.execute(MARKET, (f"KXA-{number}",))
        list_whole(ops, THEN)
        export(settings(production, tmp_path), streams=DAILY, until_at=END, early=True)
        (path,) = tmp_path.glob("bucket/parquet/markets/*/part-0.parquet")
        assert parquet.read_table(path).num_rows == number


@pytest.mark.parametrize("once", [True, False])
def test_hours_that_failed_are_tried_at_once_by_a_new_exporter(
    production: Database, ops: Connection, tmp_path: Path, once: bool
) -> None:
    """Who mends what was wrong restarts the program, and must not wait for the pause of the last failure."""
    fill(ops)
    (tmp_path / "workspace").write_text("a file where the folder should be")
    chosen = settings(production, tmp_path, retry_seconds_max=3600)
    failures = export(chosen).state.failures
    assert failures >= 2
    (tmp_path / "workspace").unlink()
    pending = "select count(*) from ops.archive_partitions where stream = 'trades' and retry_at > now()"
    assert ops.execute(pending.encode()).fetchone() == (failures,)
    stop = threading.Event()
    exporting = exporter(chosen, stop)
    running = threading.Thread(target=exporting.export, kwargs={"once": once})
    running.start()
    try:
        wait_until(lambda: list(states(ops).values())[:2] == ["verified"] * 2)
    finally:
        stop.set()
        running.join()
    assert exporting.state.failures == 0


def test_the_manifest_describes_the_object(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    ops.execute(
        "insert into ops.cursors (gatherer_id, epoch, stream, ingest_xid) "
        "values (1, '00000000-0000-0000-0000-000000000001', 'trades', '812')"
    )
    export(settings(production, tmp_path))
    manifest = json.loads(manifest_of(tmp_path).read_bytes())
    recorded = row_of(ops)
    assert manifest["key"] == recorded["object_key"] == str(part(tmp_path).relative_to(tmp_path / "bucket"))
    assert manifest["rows"] == recorded["row_count"] == 6
    assert manifest["bytes"] == recorded["byte_count"] == part(tmp_path).stat().st_size
    assert "\\x" + manifest["sha256"] == recorded["sha256"]
    assert manifest["gatherer_rows"] == recorded["gatherer_rows"] == {"1": 3, "2": 3}
    assert {name: float(total) for name, total in manifest["sums"].items()} == {
        "yes_price": 2.58, "no_price": 3.42, "size": 21.0,
    }  # fmt: skip
    assert datetime.fromisoformat(manifest["first_at"]) == THEN
    assert datetime.fromisoformat(manifest["last_at"]) == THEN + timedelta(minutes=55)
    assert manifest["watermarks"] == recorded["watermarks"]
    assert manifest["watermarks"][0]["ingest_xid"] == "812"


def test_hours_without_rows_have_their_record_and_object(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    export(settings(production, tmp_path), until_at=END)
    held = states(ops)
    # Every hour of the partition has a record, though rows were received in two of them only.
    assert set(held) == {THEN + number * HOUR for number in range(24)}
    assert set(held.values()) == {"verified"}
    assert row_of(ops, hour=THEN + 20 * HOUR)["row_count"] == 0
    assert ids(part(tmp_path, hour=THEN + 20 * HOUR)) == []


def test_hours_begin_with_the_first_connection_of_a_gatherer(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    began = datetime.now(UTC) - timedelta(hours=5)
    ops.execute(CONNECTION, (began,))
    export(settings(production, tmp_path), streams=HOURLY)
    first = began.replace(minute=0, second=0, microsecond=0)
    for stream in HOURLY:
        assert list(states(ops, stream.name)) == [first + number * HOUR for number in range(5)]


def test_hours_before_the_first_start_wait_from_then_on(production: Database, ops: Connection, tmp_path: Path) -> None:
    """The health of a new deduplicator does not depend on how many hours of the day are over."""
    ops.execute(CONNECTION, (THEN,))
    started_at = datetime.now(UTC)
    partitions = Partitions(ops, settings(production, tmp_path).archive, [1, 2])
    partitions.open_hours(HOURLY)
    (trades,) = (each for each in partitions.progress() if each.stream == "trades")
    assert trades.hours_due >= 48
    assert trades.due_since is not None
    assert trades.due_since >= started_at


def test_an_hour_waits_for_every_gatherer_or_the_deadline(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    patient = settings(production, tmp_path, settle_seconds=60, deadline_seconds=10 * 86_400)
    ops.execute(LAG, (1, "trades", THEN + HOUR + timedelta(seconds=61)))
    export(patient)
    assert states(ops) == {THEN: "pending", THEN + HOUR: "pending"}
    ops.execute(LAG, (2, "trades", THEN + HOUR + timedelta(seconds=59)))
    export(patient)
    assert states(ops) == {THEN: "pending", THEN + HOUR: "pending"}
    ops.execute(LAG, (2, "trades", THEN + HOUR + timedelta(seconds=60)))
    export(patient)
    assert states(ops) == {THEN: "verified", THEN + HOUR: "pending"}
    export(settings(production, tmp_path, settle_seconds=60, deadline_seconds=3_600))
    assert states(ops)[THEN + HOUR] == "verified"


def test_a_failing_gatherer_or_a_stale_shard_proves_nothing(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    chosen = settings(production, tmp_path, deadline_seconds=10 * 86_400)
    for number in (1, 2):
        ops.execute(LAG, (number, "trades", THEN + 2 * DAY))
    ops.execute("update ops.lags set error = 'away' where gatherer_id = 2")
    export(chosen)
    assert states(ops) == {THEN: "pending", THEN + HOUR: "pending"}
    # The last report of a shard of an earlier configuration does not hold an hour back.
    ops.execute("update ops.lags set error = null")
    ops.execute(
        "insert into ops.lags (gatherer_id, stream, shard, measured_at, lag_seconds) "
        "values (1, 'trades', '1/2', '2000-01-01', 0)"
    )
    export(chosen)
    assert states(ops)[THEN] == "verified"


def test_an_hour_changed_a_moment_ago_waits_unless_early(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    ops.execute("update ops.archive_partitions set touched_at = now() where stream = 'trades'")
    chosen = settings(production, tmp_path, settle_seconds=30)
    export(chosen)
    assert states(ops)[THEN] == "pending"
    export(chosen, early=True)
    assert states(ops)[THEN] == "verified"


def test_the_current_hour_is_written_early_and_again_when_it_grows(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    # The next hour, so that it cannot end during the test.
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    trade(ops, now, "first")
    mark(ops, now, streams=["trades"])
    export(settings(production, tmp_path), early=True, until_at=END)
    assert ids(part(tmp_path, hour=now)) == ["first"]
    trade(ops, now + timedelta(microseconds=1), "second")
    mark(ops, now, streams=["trades"])
    export(settings(production, tmp_path), until_at=END)
    assert states(ops)[now] == "pending"
    export(settings(production, tmp_path), early=True, until_at=END)
    assert ids(part(tmp_path, hour=now)) == ["first", "second"]


def test_an_hour_that_failed_early_counts_as_failing_from_when_it_is_due(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    """Whoever wrote it early saw the error; nothing is wrong with what is due."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    trade(ops, now, "first")
    mark(ops, now, streams=["trades"])
    (tmp_path / "workspace").write_text("a file where the folder should be")
    early = export(settings(production, tmp_path), early=True, from_at=now, until_at=END).state
    assert (early.failures, early.error) == (1, None)
    (tmp_path / "workspace").unlink()
    assert export(settings(production, tmp_path), until_at=now).state.error is None
    assert ops.execute("select count(*) from ops.archive_partitions where error is not null").fetchone() == (1,)
    (tmp_path / "workspace").rename(tmp_path / "mended")
    (tmp_path / "workspace").write_text("a file where the folder should be")
    fill(ops)
    due = export(settings(production, tmp_path), until_at=now).state
    assert due.failures
    assert due.error


def test_an_early_export_ends_although_rows_keep_coming(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    trade(ops, now, "first")
    mark(ops, now, streams=["trades"])
    write: Any = partition_export.put_manifest
    written = itertools.count(1)

    def merging(*arguments: Any) -> Any:
        number = next(written)
        assert number <= 2, "the hour is written again and again"
        trade(ops, now + timedelta(microseconds=number), f"during {len(ids(part(tmp_path, hour=now)))}")
        mark(ops, now, streams=["trades"])
        return write(*arguments)

    monkeypatch.setattr(partition_export, "put_manifest", merging)
    assert export(settings(production, tmp_path), early=True, until_at=END).state.failures == 0
    assert ids(part(tmp_path, hour=now)) == ["first"]
    assert states(ops)[now] == "pending"
    export(settings(production, tmp_path), early=True, until_at=END)
    assert ids(part(tmp_path, hour=now)) == ["first", "during 1"]


def test_a_late_row_replaces_the_object_under_the_same_key(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export(settings(production, tmp_path))
    before = row_of(ops)
    trade(ops, THEN + timedelta(minutes=1), "late", market="KXB-1")
    mark(ops, THEN, streams=["trades"])
    done = export(settings(production, tmp_path))
    after = row_of(ops)
    assert done.state.hours_exported == 1
    assert after["object_key"] == before["object_key"]
    assert (before["row_count"], after["row_count"]) == (6, 7)
    assert "late" in ids(part(tmp_path))
    assert json.loads(manifest_of(tmp_path).read_bytes())["rows"] == 7


@pytest.mark.parametrize("step", ["put_manifest", "write_partition"])
def test_a_row_merged_while_its_hour_is_exported_is_archived(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    fill(ops)
    work: Any = getattr(partition_export, step)
    merged = threading.Event()

    def interrupted(*arguments: Any) -> Any:
        if not merged.is_set() and "trades" in {getattr(each, "name", "") for each in arguments}:
            merged.set()
            trade(ops, THEN + timedelta(minutes=2), "meanwhile")
            mark(ops, THEN, streams=["trades"])
        return work(*arguments)

    monkeypatch.setattr(partition_export, step, interrupted)
    done = export(settings(production, tmp_path))
    assert merged.is_set()
    assert states(ops)[THEN] == "verified"
    assert "meanwhile" in ids(part(tmp_path))
    assert row_of(ops)["row_count"] == 7
    assert done.state.failures == 0


def test_hours_are_chosen_by_stream_and_time_and_written_again_when_asked(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    chosen = settings(production, tmp_path)
    export(chosen, from_at=THEN + HOUR, until_at=THEN + 2 * HOUR)
    assert {hour for hour, state in states(ops).items() if state == "verified"} == {THEN + HOUR}
    assert states(ops, "tickers") == {THEN: "pending", THEN + HOUR: "pending"}
    part(tmp_path, hour=THEN + HOUR).write_bytes(b"damaged")
    again = exporter(chosen, from_at=THEN + HOUR, until_at=THEN + 2 * HOUR)
    again.export(once=True, again=True)
    assert len(ids(part(tmp_path, hour=THEN + HOUR))) == 4


def test_the_service_exports_what_becomes_due_until_it_is_stopped(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    stop = threading.Event()
    exporting = exporter(settings(production, tmp_path), stop)
    working = threading.Thread(target=exporting.run)
    working.start()
    try:
        fill(ops)
        wait_until(
            lambda: [state for hour, state in states(ops).items() if hour < THEN + 3 * HOUR] == ["verified"] * 3,
            lambda: exporting.state.error,
            progress=lambda: states(ops),
        )
    finally:
        stop.set()
        working.join(STILL_SECONDS_MAX)
    assert not working.is_alive()


def test_the_deduplicator_exports_beside_merging_and_reports_progress(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    list_whole(ops, THEN)
    chosen, state, stop = settings(production, tmp_path), State(), threading.Event()
    heartbeats = HeartbeatRecorder(chosen, stop)
    working = threading.Thread(target=merge, args=(chosen, EVERYTHING, heartbeats, state, stop))
    working.start()
    try:
        wait_until(
            lambda: [states(ops).get(THEN + each * HOUR) for each in (0, 1)] == ["verified"] * 2,
            lambda: state.archive.error,
            progress=lambda: state.archive.hours_exported,
        )
        assert {"trades", "markets"} <= {each.stream for each in state.archive.progress}
    finally:
        stop.set()
        working.join(STILL_SECONDS_MAX)
    assert not working.is_alive()
    document = read_status(ops, chosen)
    held = {each["stream"]: each for each in document["archive"]["streams"]}
    assert held["trades"]["hours_verified"] >= 1
    assert held["trades"]["row_count"] >= 6
    console = Console(width=160, file=io.StringIO())
    console.print(draw_status(document))
    assert isinstance(console.file, io.StringIO)
    assert "hours verified" in console.file.getvalue()


def test_a_second_exporter_leaves_the_hour_to_the_first(production: Database, ops: Connection, tmp_path: Path) -> None:
    fill(ops)
    first = SessionLock("archive")
    assert first.take(ops)
    waiting = exporter(settings(production, tmp_path))
    with waiting.session() as connection:
        assert waiting.tick(connection) == 0
        first.give_back(ops)
        assert waiting.tick(connection) > 0
