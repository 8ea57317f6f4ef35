"""The archive holds what the exchange said of itself, in the hours in which it was said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.streams.exchange_status import EXCHANGE_STATUS
from kalshi_data.archive.verify import Verifier
from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings, states
from tests.support.merging import MIDNIGHT, Row, after, digest, stage

COVERED = """
insert into ops.archive_partitions (stream, hour, state)
select 'coverage', h.hour, 'verified' from unnest(%s::timestamptz[]) as h (hour)
"""
CHOSEN: dict[str, Any] = {"streams": (EXCHANGE_STATUS,), "from_at": MIDNIGHT, "until_at": MIDNIGHT + 2 * HOUR}


def said(gatherer_id: int, seen: float, confirmed: float, *, trading: bool) -> Row:
    facts = {"exchange_index": 0, "exchange_active": True, "trading_active": trading}
    body = {"kind": "shard", **facts, "body": Jsonb(facts), "body_sha256": digest(trading)}
    return {"gatherer_id": gatherer_id, **body, "first_seen_at": after(seen), "confirmed_at": after(confirmed)}


def merge(ops: Connection, rows: Sequence[Row]) -> None:
    """Merge rows as the deduplicator does, with the marks of their hours."""
    with ops.transaction():
        stage(ops, "exchange_status", rows)
        target = {"target": EXCHANGE_STATUS.table, "time_column": EXCHANGE_STATUS.time_column}
        ops.execute(query("production/stage/prepare_partitions"), target)
        merged = ops.execute(query("production/merge/exchange_status")).fetchall()
        marked = {"stream": "exchange_status", "hours": [hour for _, hour, _ in merged]}
        ops.execute(query("production/archive/mark_hours"), marked)
        ops.execute("delete from stage")


def archived(folder: Path, hour: int) -> list[tuple[bool, float, float]]:
    rows = parquet.read_table(part(folder, "exchange_status", MIDNIGHT + hour * HOUR)).to_pylist()
    times = [[(row[name] - MIDNIGHT).total_seconds() for name in ("first_seen_at", "confirmed_at")] for row in rows]
    return [(row["trading_active"], *time) for row, time in zip(rows, times, strict=True)]


def test_each_hour_is_written_and_written_again_when_an_answer_comes_late(production: Database, tmp_path: Path) -> None:
    with production.connect("deduplicator") as ops:
        ops.execute(query("production/stage/exchange_status"))
        merge(ops, [said(1, 0, 900, trading=True), said(1, 915, 930, trading=False), said(2, 3600, 3700, trading=True)])
        export(settings(production, tmp_path), **CHOSEN)
        assert archived(tmp_path, 0) == [(True, 0, 900), (False, 915, 930)]
        assert archived(tmp_path, 1) == [(True, 3600, 3700)]
        ops.execute(COVERED, ([MIDNIGHT, MIDNIGHT + HOUR],))
        merge(ops, [said(3, 912, 940, trading=False), said(3, 3600, 3710, trading=True)])
        # That trading was not active is new: minutes may be halted that were idle.
        assert states(ops, "coverage") == {MIDNIGHT: "pending", MIDNIGHT + HOUR: "verified"}
        assert states(ops, "exchange_status")[MIDNIGHT] == "pending"
        export(settings(production, tmp_path), **CHOSEN)
        assert archived(tmp_path, 0) == [(True, 0, 900), (False, 912, 940)]
        found = states(ops, "exchange_status")
        assert (found[MIDNIGHT], found[MIDNIGHT + HOUR]) == ("verified", "verified")
    verifier, selection = Verifier(settings(production, tmp_path).archive), HourSelection(**CHOSEN)
    with production.connect("exporter") as reading:
        checked = list(verifier.online(reading, selection, deep=True))
    assert [(each.state, each.problems, each.rows) for each in checked] == [("verified", [], 2), ("verified", [], 1)]
