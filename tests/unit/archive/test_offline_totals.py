"""Verify without production compares the rows of each object with what its manifest says of them."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.archive import object_checks
from kalshi_data.archive.manifest import manifest_key
from kalshi_data.archive.partitions import STREAMS, HourSelection
from kalshi_data.archive.streams.columns import ArchiveStream
from kalshi_data.archive.verify import VERIFIED, Verifier
from tests.support.made_archive import MIDNIGHT, MadeArchive

TRADES, INDICES = STREAMS["trades"], STREAMS["index_values"]
SELECTED = HourSelection((TRADES,))
Manifest = dict[str, Any]


def change(archive: MadeArchive, stream: ArchiveStream, changes: Callable[[Manifest], Manifest]) -> None:
    """Change what the manifest of the first hour says."""
    path = archive.folder / "bucket" / manifest_key(archive.settings, stream, MIDNIGHT)
    manifest = json.loads(path.read_bytes())
    path.write_text(json.dumps(manifest | changes(manifest)))


def later(manifest: Manifest, name: str) -> Manifest:
    return {name: f"{MIDNIGHT + timedelta(minutes=50):%Y-%m-%dT%H:%M:%SZ}"}


WRONG: dict[str, tuple[Callable[[Manifest], Manifest], str]] = {
    "sum": (
        lambda held: {"sums": held["sums"] | {"size": f"{Decimal(held['sums']['size']) + Decimal('0.000001')}"}},
        "sum of size: its manifest says 5.100001, its rows say 5.100000",
    ),
    "no sum": (lambda _: {"sums": {}}, "sum of yes_price: its manifest says 0, its rows say 5.1"),
    "first time": (lambda held: later(held, "first_at"), "first time: its manifest says 2026-11-01 00:50"),
    "last time": (lambda held: later(held, "last_at"), "last time: its manifest says 2026-11-01 00:50"),
    "no time": (lambda _: {"first_at": None, "last_at": None}, "first time: its manifest says None"),
    "gatherers": (lambda _: {"gatherer_rows": {"7": 5}}, "rows by gatherer: its manifest says {7: 5}, its rows say"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_a_manifest_that_says_other_totals_than_the_rows_is_a_finding(
    tmp_path: Path, changes: Callable[[Manifest], Manifest], words: str
) -> None:
    archive = MadeArchive(tmp_path)
    archive.put(TRADES, MIDNIGHT)
    assert [each.state for each in Verifier(archive.settings).offline(SELECTED)] == [VERIFIED]
    change(archive, TRADES, changes)
    (found,) = Verifier(archive.settings).offline(SELECTED)
    assert words in "\n".join(found.problems)
    assert found.problems[0].startswith("parquet/trades/date=2026-11-01/hour=00/part-0.parquet: ")


def test_sums_are_exact_and_rows_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_checks, "BATCH_ROWS", 7)
    archive = MadeArchive(tmp_path)
    for stream in STREAMS.values():
        archive.put(stream, MIDNIGHT, rows=30, seed=2)
    assert {each.state for each in Verifier(archive.settings).offline(HourSelection())} == {VERIFIED}
    finest = Decimal("0.000000000000000001")
    change(archive, INDICES, lambda held: {"sums": {"value": f"{Decimal(held['sums']['value']) + finest:f}"}})
    (found,) = Verifier(archive.settings).offline(HourSelection((INDICES,)))
    assert "sum of value: its manifest says 64.350000000000000001, its rows say" in "\n".join(found.problems)


def test_a_file_of_an_older_version_is_compared_with_the_columns_that_it_has(tmp_path: Path) -> None:
    newer = TRADES.columns[-1]._replace(name="fee", type=TRADES.columns[3].type, since=TRADES.version + 1)
    archive = MadeArchive(tmp_path)
    archive.put(TRADES, MIDNIGHT)
    grown = TRADES._replace(columns=(*TRADES.columns, newer))
    assert [each.state for each in Verifier(archive.settings).offline(HourSelection((grown,)))] == [VERIFIED]
