"""Hours that production dropped stay complete in the archive, also when rows come late."""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pytest

from kalshi_data.archive.partitions import END, HourSelection
from kalshi_data.archive.verify import Verifier
from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.retention import drop_archived
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from kalshi_data.errors import ArchiveError
from tests.support.engines import Database
from tests.support.exporting import (
    DELTA,
    HOUR,
    HOURLY,
    THEN,
    TRADES,
    export,
    fill,
    manifest_of,
    mark,
    parquet,
    part,
    row_of,
    settings,
    states,
    trade,
)

# Its functions are described to type checkers only in part.
arrow: Any = pyarrow
RETENTION = ProductionRetentionSettings(
    trades_days=1, orderbook_deltas_days=1, orderbook_snapshots_days=1, tickers_days=1
)


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        fill(connection)
        yield connection


def held(path: Path) -> list[str]:
    return sorted(parquet.read_table(path).column("trade_id").to_pylist())


def count(connection: Connection, table: str = "market_data.trades") -> int:
    return connection.execute(f"select count(*) from {table}".encode()).fetchall()[0][0]


def test_production_drops_only_what_was_exported(production: Database, ops: Connection, tmp_path: Path) -> None:
    chosen = settings(production, tmp_path)
    export(chosen)
    drop_archived(ops, RETENTION)
    assert count(ops) == 10
    export(chosen, until_at=END)
    drop_archived(ops, RETENTION)
    assert count(ops) == 0
    assert count(ops, "market_data.orderbook_deltas") == 10
    with production.connect("exporter") as reading:
        findings = list(Verifier(chosen.archive).online(reading, HourSelection(TRADES), deep=True))
    assert {finding.state for finding in findings} == {"verified"}
    assert sum(finding.rows for finding in findings) == 10


def test_a_late_row_of_a_dropped_hour_joins_what_the_archive_holds(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    chosen = settings(production, tmp_path)
    export(chosen, until_at=END)
    before, others = held(part(tmp_path)), part(tmp_path, hour=THEN + HOUR).read_bytes()
    drop_archived(ops, RETENTION)
    assert count(ops) == 0
    # One row is new. The other one is in the archive already, but production no longer has it.
    trade(ops, THEN + timedelta(minutes=3), "late")
    trade(ops, THEN, "trade 0")
    mark(ops, THEN, streams=["trades"])
    export(chosen, until_at=END)
    assert held(part(tmp_path)) == sorted([*before, "late"])
    assert row_of(ops)["row_count"] == 7
    assert part(tmp_path, hour=THEN + HOUR).read_bytes() == others
    # Production holds that hour again, and drops it again.
    assert count(ops) == 7
    drop_archived(ops, RETENTION)
    assert count(ops) == 0
    trade(ops, THEN + timedelta(minutes=4), "later")
    mark(ops, THEN, streams=["trades"])
    export(chosen, until_at=END)
    assert held(part(tmp_path)) == sorted([*before, "late", "later"])


def test_late_rows_of_every_stream_join_dropped_hours(production: Database, ops: Connection, tmp_path: Path) -> None:
    chosen = settings(production, tmp_path)
    export(chosen, streams=HOURLY)
    written = {stream.name: parquet.read_table(part(tmp_path, stream.name)) for stream in HOURLY}
    with production.connect("kalshi_owner") as owner:
        for stream in HOURLY:
            owner.execute(f"truncate {stream.table}".encode())
            owner.execute(
                "insert into ops.dropped_partitions (stream, during) values (%s, tstzrange(%s, %s))",
                (stream.name, THEN, THEN + 24 * HOUR),
            )
    ops.execute(DELTA, (THEN + timedelta(minutes=5), "KXB-1", 1, "1.00", THEN, 1))
    mark(ops, THEN)
    export(chosen, streams=HOURLY)
    for stream in HOURLY:
        now, before = parquet.read_table(part(tmp_path, stream.name)), written[stream.name]
        assert states(ops, stream.name)[THEN] == "verified"
        if stream.name == "orderbook_deltas":
            assert now.num_rows == before.num_rows + 1
        else:
            assert now.equals(before)


def forge(folder: Path) -> None:
    """Replace an object and its manifest by others that fit each other."""
    with parquet.ParquetFile(part(folder)) as file:
        schema = file.schema_arrow
        rows = file.read().to_pylist()
    rows[0]["trade_id"] = "forged"
    parquet.write_table(arrow.Table.from_pylist(rows, schema=schema), part(folder))
    manifest = msgspec.json.decode(manifest_of(folder).read_bytes())
    sha256 = hashlib.sha256(part(folder).read_bytes()).hexdigest()
    change_manifest(folder, bytes=part(folder).stat().st_size, sha256=sha256, rows=manifest["rows"])


def change_manifest(folder: Path, **changes: object) -> None:
    manifest = msgspec.json.decode(manifest_of(folder).read_bytes())
    manifest_of(folder).write_bytes(msgspec.json.encode({**manifest, **changes}))


def lose_object(folder: Path) -> None:
    part(folder).unlink()


def lose_manifest(folder: Path) -> None:
    manifest_of(folder).unlink()


def break_manifest(folder: Path) -> None:
    manifest_of(folder).write_text("{")


def name_another_sha256(folder: Path) -> None:
    change_manifest(folder, sha256="00" * 32)


def name_other_rows(folder: Path) -> None:
    change_manifest(folder, rows=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (forge, "its sha256 is .*, production recorded"),
        (lose_object, "it is missing"),
        (lose_manifest, "its manifest is missing"),
        (break_manifest, "is not a manifest"),
        (name_another_sha256, "production recorded sha256 .*, its manifest says"),
        (name_other_rows, "its manifest says 1"),
    ],
)
def test_an_object_that_is_not_the_one_production_wrote_is_not_restored(
    production: Database, ops: Connection, tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    chosen = settings(production, tmp_path)
    export(chosen, until_at=END)
    drop_archived(ops, RETENTION)
    change(tmp_path)
    trade(ops, THEN + timedelta(minutes=3), "late")
    trade(ops, THEN + timedelta(minutes=63), "late, too")
    mark(ops, THEN, THEN + HOUR, streams=["trades"])
    export(chosen)
    assert states(ops)[THEN] == "pending"
    failed = row_of(ops)
    assert re.search(message, failed["error"]), failed["error"]
    assert failed["retry_at"] is not None
    # The late row waits; nothing of the object came, and the next hour was written.
    assert ops.execute("select trade_id from market_data.trades where exchange_ts < %s", (THEN + HOUR,)).fetchall() == [
        ("late",)
    ]
    assert states(ops)[THEN + HOUR] == "verified"


def test_an_object_whose_writing_was_interrupted_is_restored(
    production: Database, ops: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(production, tmp_path)
    export(chosen, until_at=END)
    drop_archived(ops, RETENTION)
    trade(ops, THEN + timedelta(minutes=3), "late")
    mark(ops, THEN, streams=["trades"])

    def fail(*_: object) -> None:
        raise ArchiveError("the power is off")

    with monkeypatch.context() as interrupted:
        interrupted.setattr("kalshi_data.archive.partition_export.put_manifest", fail)
        export(chosen, until_at=END)
    assert "late" in held(part(tmp_path))
    assert states(ops)[THEN] == "pending"
    trade(ops, THEN + timedelta(minutes=4), "later")
    ops.execute("update ops.archive_partitions set retry_at = null")
    export(chosen, until_at=END)
    assert {"late", "later"} <= set(held(part(tmp_path)))
    assert states(ops)[THEN] == "verified"


def test_late_rows_wait_if_the_archived_object_is_damaged(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    chosen = settings(production, tmp_path)
    export(chosen, until_at=END)
    drop_archived(ops, RETENTION)
    whole = part(tmp_path).read_bytes()
    part(tmp_path).write_bytes(whole[:-100])
    trade(ops, THEN + timedelta(minutes=3), "late")
    mark(ops, THEN, streams=["trades"])
    export(chosen)
    assert states(ops)[THEN] == "pending"
    assert "the archive's object cannot be used" in row_of(ops)["error"]
    assert part(tmp_path).read_bytes() == whole[:-100]
    part(tmp_path).write_bytes(whole)
    ops.execute("update ops.archive_partitions set retry_at = null")
    export(chosen)
    assert "late" in held(part(tmp_path))
    assert len(held(part(tmp_path))) == 7
