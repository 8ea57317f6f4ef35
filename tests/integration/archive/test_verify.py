"""Verify finds every kind of damage, and the commands print for people and for programs."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.archive.partitions import END, STREAMS, HourSelection
from kalshi_data.archive.verify import Finding, Verifier
from kalshi_data.database.connection import Connection
from tests.support.engines import Database
from tests.support.exporting import (
    DAILY,
    HOUR,
    HOURLY,
    THEN,
    TRADES,
    export,
    fill,
    list_whole,
    manifest_of,
    mark,
    parquet,
    part,
    settings,
    toml,
    trade,
)
from tests.support.waiting import SECONDS_MAX

SPAN = HourSelection(TRADES, THEN, THEN + 2 * HOUR)


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        fill(connection)
        yield connection


def online(production: Database, folder: Path, *, deep: bool = False, selection: HourSelection = SPAN) -> list[Finding]:
    """Verify as the role that only reads."""
    with production.connect("exporter") as reading:
        return list(Verifier(settings(production, folder).archive).online(reading, selection, deep=deep))


def offline(production: Database, folder: Path, selection: HourSelection = SPAN) -> list[Finding]:
    return list(Verifier(settings(production, folder).archive).offline(selection))


def problems(findings: list[Finding]) -> str:
    return "\n".join(problem for finding in findings for problem in finding.problems)


PACK = "select count(*) filter (where k.is_packed) from ops.pack_next_hour(1, 1000, true) as k"
LEFT = "select (select count(*) from market_data.hot_orderbook_deltas), (select count(*) from market_data.hot_tickers)"


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("deep", [False, True])
def test_an_export_of_each_stream_is_verified(
    production: Database, ops: Connection, tmp_path: Path, deep: bool, is_packed: bool
) -> None:
    export(settings(production, tmp_path), streams=HOURLY)
    if is_packed:
        while ops.execute(PACK).fetchall() != [(0,)]:
            pass
        assert ops.execute(LEFT).fetchall() == [(0, 0)]
    found = online(production, tmp_path, deep=deep, selection=HourSelection(HOURLY, THEN, THEN + 2 * HOUR))
    assert [finding.state for finding in found] == ["verified"] * 2 * len(HOURLY)
    assert {finding.compared_with for finding in found} == {"rows" if deep else "counts and sums"}
    assert problems(found) == ""
    assert [finding.state for finding in offline(production, tmp_path)] == ["verified"] * 2


def test_a_list_of_the_exchange_without_rows_is_a_finding(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    list_whole(ops, THEN)
    with production.connect() as superuser:
        for stream in DAILY:
            superuser.execute(f"delete from {stream.table}".encode())
    export(settings(production, tmp_path), streams=DAILY, until_at=END)
    for found in (
        online(production, tmp_path, selection=HourSelection(DAILY)),
        offline(production, tmp_path, HourSelection(DAILY)),
    ):
        assert [finding.state for finding in found] == ["wrong"] * 3
        assert problems(found).count("the list is empty") == 3


def lose(folder: Path) -> None:
    part(folder).unlink()


def cut(folder: Path) -> None:
    part(folder).write_bytes(part(folder).read_bytes()[:-1])


def flip(folder: Path) -> None:
    content = bytearray(part(folder).read_bytes())
    content[100] ^= 1
    part(folder).write_bytes(content)


def lose_manifest(folder: Path) -> None:
    manifest_of(folder).unlink()


def spoil_manifest(folder: Path) -> None:
    manifest_of(folder).write_bytes(b"{}")


DAMAGE: list[tuple[Callable[[Path], None], str, str]] = [
    (lose, "is missing", "is missing"),
    (cut, "bytes, its manifest says", "bytes, its manifest says"),
    (flip, "has sha256", "has sha256"),
    (lose_manifest, "its manifest is missing", "has no manifest"),
    (spoil_manifest, "is not a manifest", "is not a manifest"),
]


@pytest.mark.parametrize(("damage", "message", "offline_message"), DAMAGE, ids=[each[0].__name__ for each in DAMAGE])
def test_damage_of_an_object_is_found(
    production: Database,
    ops: Connection,
    tmp_path: Path,
    damage: Callable[[Path], None],
    message: str,
    offline_message: str,
) -> None:
    export(settings(production, tmp_path), until_at=THEN + 2 * HOUR)
    damage(tmp_path)
    assert message in problems(found := online(production, tmp_path))
    assert [finding.state for finding in found] == ["wrong", "verified"]
    assert offline_message in problems(offline(production, tmp_path))


@pytest.mark.parametrize(
    ("place", "is_beside_the_streams"),
    [
        ("trades/stray.parquet", False),
        ("trades/date={day}/hour=01/part-1.parquet", False),
        ("trades/date={day}/hour=01/copy/part-0.parquet", False),
        ("trades/date=yesterday/part-0.parquet", False),
        ("copies/trades.parquet", True),
        ("letter.txt", True),
    ],
)
def test_objects_that_do_not_belong_to_the_archive_are_found(
    production: Database, ops: Connection, tmp_path: Path, place: str, is_beside_the_streams: bool
) -> None:
    export(settings(production, tmp_path), until_at=THEN + 2 * HOUR)
    stray = part(tmp_path).parents[3] / place.format(day=f"{THEN:%Y-%m-%d}")
    stray.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(part(tmp_path), stray)
    words = f"{stray.relative_to(tmp_path / 'bucket')} is not an object of the archive, but readers take it: remove it"
    everything = HourSelection(tuple(STREAMS.values()), THEN, THEN + 24 * HOUR)
    for found in (online(production, tmp_path, selection=everything), offline(production, tmp_path, everything)):
        # This archive was written without the other streams, and each of them is a finding.
        assert [each for each in problems(found).splitlines() if "though it holds trades" not in each] == [words]
    for found in (online(production, tmp_path), offline(production, tmp_path)):
        assert problems(found) == ("" if is_beside_the_streams else words)


def rewrite(folder: Path, change: Callable[[Any], Any]) -> None:
    """Replace an object and the bytes and sha256 in its manifest, so that only its rows differ."""
    changed = change(parquet.read_table(part(folder)))
    parquet.write_table(changed, part(folder))
    content = part(folder).read_bytes()
    manifest = json.loads(manifest_of(folder).read_bytes())
    manifest |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest_of(folder).write_text(json.dumps(manifest))


def test_rows_missing_from_the_footer_are_found(production: Database, ops: Connection, tmp_path: Path) -> None:
    export(settings(production, tmp_path), until_at=THEN + 2 * HOUR)
    rewrite(tmp_path, lambda rows: rows.slice(1))
    assert "has 5 rows, its manifest says 6" in problems(offline(production, tmp_path))


def test_a_difference_to_production_is_found_and_deep_shows_the_row(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    export(settings(production, tmp_path), until_at=THEN + 2 * HOUR)
    with production.connect() as superuser:
        superuser.execute("update market_data.hot_trades set size = 4 where trade_id = 'trade 1'")
        superuser.execute("delete from market_data.hot_trades where trade_id = 'trade 7'")
    shown = problems(online(production, tmp_path))
    assert "sum of size: production has 21.5, the archive 21" in shown
    assert "rows: production has 3, the archive 4" in shown
    deep = problems(online(production, tmp_path, deep=True))
    assert "1 rows of production are missing" in deep
    assert "trade 1" in deep
    assert "trade 7" in deep
    assert problems(offline(production, tmp_path)) == ""


def test_a_change_that_no_sum_shows_is_found_by_deep_only(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    export(settings(production, tmp_path), until_at=THEN + 2 * HOUR)
    with production.connect() as superuser:
        superuser.execute("update market_data.hot_trades set taker_side = 'no' where trade_id = 'trade 1'")
    assert problems(online(production, tmp_path)) == ""
    assert "1 rows are not in production" in problems(online(production, tmp_path, deep=True))


def test_rows_out_of_order_are_found_by_deep(production: Database, ops: Connection, tmp_path: Path) -> None:
    export(settings(production, tmp_path), until_at=THEN + 2 * HOUR)
    rewrite(tmp_path, lambda rows: rows.take(list(range(rows.num_rows - 1, -1, -1))))
    ops.execute(
        "update ops.archive_partitions set sha256 = sha256(%s) where hour = %s", (part(tmp_path).read_bytes(), THEN)
    )
    assert "rows are not in the order of market_ticker" in problems(online(production, tmp_path, deep=True))


def test_hours_not_exported_yet_are_waiting_not_wrong(production: Database, ops: Connection, tmp_path: Path) -> None:
    export(settings(production, tmp_path), until_at=THEN + HOUR)
    trade(ops, THEN + timedelta(minutes=2), "late")
    mark(ops, THEN, streams=["trades"])
    assert [finding.state for finding in online(production, tmp_path)] == ["waiting", "waiting"]


def run(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kalshi_data.deduplicator", *arguments, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


def test_the_commands_export_list_and_verify(production: Database, ops: Connection, tmp_path: Path) -> None:
    config = toml(production, tmp_path)
    span = ("--stream", "trades", "--from", THEN.isoformat(), "--to", (THEN + 2 * HOUR).isoformat())
    exported = run(config, "export", "--once", *span)
    assert (exported.returncode, exported.stdout) == (0, "2 hours written and read back, 0 failed\n"), exported.stderr
    listed = json.loads(run(config, "archive", "list", *span, "--json").stdout)["hours"]
    assert [hour["state"] for hour in listed] == ["verified", "verified"]
    shown = run(config, "archive", "list", *span).stdout
    assert f"trades  {THEN:%Y-%m-%d}  ██······················  2 of 24    10" in shown
    for extra in ((), ("--deep",), ("--offline",)):
        verified = run(config, "archive", "verify", *span, *extra, "--json")
        assert verified.returncode == 0, verified.stderr
        assert json.loads(verified.stdout)["right"]
    cut(tmp_path)
    for extra in ((), ("--offline",)):
        wrong = run(config, "archive", "verify", *span, *extra)
        assert wrong.returncode == 1
        assert f"trades {THEN:%Y-%m-%d %H}:00: " in wrong.stdout
        assert "its manifest says" in wrong.stdout
        assert "1 verified, 0 waiting, 1 wrong" in wrong.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "--once", "--stream", "candles"), f"there is no stream candles; there are {', '.join(STREAMS)}"),
        (("export", "--again"), "--again needs --from and --to"),
        (("archive", "verify", "--deep", "--offline"), "choose one"),
        (("archive", "list", "--from", "2026-11-02", "--to", "2026-11-01"), "is not before --to"),
    ],
)
def test_contradictory_options_are_refused(
    production: Database, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    refused = run(toml(production, tmp_path), *arguments)
    assert refused.returncode == 2
    assert message in " ".join(refused.stderr.split())


def test_a_failed_export_exits_1_and_prints_the_error(production: Database, ops: Connection, tmp_path: Path) -> None:
    (tmp_path / "bucket").write_bytes(b"")
    failed = run(
        toml(production, tmp_path), "export", "--once", "--stream", "trades", "--to", (THEN + HOUR).isoformat()
    )
    assert failed.returncode == 1
    assert failed.stdout == "0 hours written and read back, 1 failed\n"
    assert "cannot be written" in failed.stderr
