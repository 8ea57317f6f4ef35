"""A production that is gone is rebuilt from the archive alone, and writes nothing over what the archive holds."""

import hashlib
import json
import shutil
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from kalshi_data.archive.partitions import BEGINNING, HourSelection
from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.archive.verify import VERIFIED, Verifier
from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.cli import main
from tests.conftest import MakeDatabase
from tests.support.engines import Database, Engine
from tests.support.exporting import HOUR, THEN, export, fill, mark, part, row_of, settings, states, toml, trade
from tests.support.merging import stage

MINUTE = timedelta(minutes=1)
ALL = {"streams": ARCHIVED, "from_at": BEGINNING, "until_at": THEN + 2 * HOUR}
# What a reader sees. The archive holds no states of lists and books, which follow from these.
READ = {
    "trades": "market_data.trades",
    "orderbook_deltas": "market_data.orderbook_deltas",
    "orderbook_snapshots": "market_data.orderbook_snapshots",
    "tickers": "market_data.tickers",
    "lifecycle_events": "market_data.lifecycle_events",
    "coverage": "market_data.coverage",
    "markets_history": "market_data.markets_versions",
    "settlements": "market_data.settlements",
    "books": "market_data.book_at('KXA-1', timestamptz '{then}' + interval '2 h')",
    "markets": "(select ticker, title, status, result, body_sha256 from market_data.markets) as m",
}
JUDGED = """
insert into ops.classified_minutes (stream, market_ticker, day, proven, gap, repaired) values (
    'orderbook_deltas', 'KXA-1', %(day)s,
    tstzmultirange(tstzrange(%(a)s, %(b)s)), tstzmultirange(tstzrange(%(b)s, %(c)s)),
    tstzmultirange(tstzrange(%(c)s, %(d)s))
)
"""
FORGET = """
update ops.archive_partitions
set sha256 = %(sha256)s, written_sha256 = %(sha256)s, row_count = %(row_count)s, exported_at = %(earlier)s
where stream = 'trades' and hour = %(hour)s
"""
DUE = """
insert into ops.market_minutes_due (stream, market_ticker, during)
values ('orderbook_deltas', 'KXA-1', tstzrange(%s, null))
"""


def state_of(ticker: str, at: datetime, **body: Any) -> dict[str, Any]:
    whole = {"ticker": ticker, **body}
    sha256 = hashlib.sha256(json.dumps(whole).encode()).digest()
    times = {"updated_time": at, "fetched_at": at}
    return {"gatherer_id": 1, "ticker": ticker, **times, "body": Jsonb(whole), "body_sha256": sha256}


class LostProduction(NamedTuple):
    """What readers found in a production that is gone, and the bucket with its archive."""

    found: dict[str, list[str]]
    bucket: Path


@pytest.fixture(scope="module")
def lost(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> LostProduction:
    """Archive all hours of a production; tests copy the bucket."""
    folder = tmp_path_factory.mktemp("lost")
    with engine.database("production") as production, production.connect("deduplicator") as ops:
        fill(ops)
        with production.connect() as owner:
            # It has no history.
            owner.execute("delete from market_data.markets")
        merge_states(ops)
        times = {name: THEN + number * 20 * MINUTE for number, name in enumerate("abcd")}
        ops.execute(JUDGED.encode(), {"day": THEN.date(), **times})
        mark(ops, THEN, THEN + HOUR, streams=[each.name for each in ARCHIVED if each.is_derived])
        mark(ops, THEN, streams=["markets", "events", "series"])
        export(settings(production, folder), **ALL, early=True)
        assert set(states(ops, "coverage").values()) == {"verified"}
        found = {name: rows(ops, table) for name, table in READ.items()}
    return LostProduction(found, folder / "bucket")


def merge_states(ops: Connection) -> None:
    known = [
        state_of("KXA-1", THEN - 30 * HOUR, title="Sample?", status="active"),
        state_of("KXA-1", THEN + 40 * MINUTE, title="Sample?", status="finalized", result="yes"),
        state_of("KXA-2", THEN - 30 * HOUR, title="Other?", status="active"),
    ]
    ops.execute(query("production/stage/markets"))
    with ops.transaction():
        stage(ops, "markets", known)
        ops.execute(query("production/merge/markets"))
    ops.execute("drop table stage")


@pytest.fixture
def rebuilt(lost: LostProduction, make_database: MakeDatabase, tmp_path: Path) -> Database:
    """A production without any row, beside the archive of the one that is gone."""
    shutil.copytree(lost.bucket, tmp_path / "bucket")
    return make_database("production")


def restore(production: Database, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(main, ["restore", "--config", str(toml(production, folder)), "--json", *options])
    assert done.stdout, done.stderr
    return done.exit_code, json.loads(done.stdout)


def rows(connection: Connection, table: str) -> list[str]:
    """Return rows as text that is equal if they are: a file has all decimals with six places."""
    found = connection.execute(f"select * from {table.format(then=THEN)}".encode()).fetchall()
    return sorted(repr([normal(value) for value in row]) for row in found)


def normal(value: Any) -> Any:
    if isinstance(value, list):
        return [normal(each) for each in cast("list[Any]", value)]
    return value.normalize() if isinstance(value, Decimal) else value


def digests(folder: Path) -> dict[str, str]:
    files = (folder / "bucket" / "parquet").rglob("*.*")
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files if each.is_file()}


def test_readers_find_what_they_found_before(lost: LostProduction, rebuilt: Database, tmp_path: Path) -> None:
    before = digests(tmp_path)
    code, printed = restore(rebuilt, tmp_path)
    assert code == 0, json.dumps([each["problems"] for each in printed["hours"] if each["problems"]])
    with rebuilt.connect("deduplicator") as ops:
        for name, table in READ.items():
            assert lost.found[name], name
            assert rows(ops, table) == lost.found[name], name
    export(settings(rebuilt, tmp_path), **ALL)
    assert digests(tmp_path) == before


def test_the_archive_is_verified_against_the_rebuilt_production(rebuilt: Database, tmp_path: Path) -> None:
    restore(rebuilt, tmp_path)
    with rebuilt.connect("exporter") as reading:
        verifier = Verifier(settings(rebuilt, tmp_path).archive)
        findings = list(verifier.online(reading, HourSelection(), deep=True))
    assert {finding.state for finding in findings} == {VERIFIED}, [each.problems for each in findings]
    assert {each.compared_with for each in findings if each.stream == "trades"} == {"rows"}


def test_whoever_repeats_it_changes_nothing(rebuilt: Database, tmp_path: Path) -> None:
    _, first = restore(rebuilt, tmp_path, "--stream", "trades")
    _, second = restore(rebuilt, tmp_path)
    code, third = restore(rebuilt, tmp_path)
    assert code == 0
    assert (first["summary"]["restored"], second["summary"]["known"]) == (2, 2)
    assert third["summary"] == {"restored": 0, "known": len(third["hours"]), "wrong": 0}


def test_the_selected_time_is_restored_with_all_states_before_it(rebuilt: Database, tmp_path: Path) -> None:
    restore(rebuilt, tmp_path, "--from", f"{THEN + HOUR:%Y-%m-%dT%H:%MZ}", "--to", f"{THEN + 2 * HOUR:%Y-%m-%dT%H:%MZ}")
    with rebuilt.connect("deduplicator") as ops:
        assert set(states(ops)) == {THEN + HOUR}
        assert rows(ops, READ["markets"])[1].startswith("['KXA-2',")


@pytest.mark.parametrize("is_merged_first", [True, False])
def test_a_row_that_only_a_gatherer_still_has_joins_the_restored_hour(
    rebuilt: Database, tmp_path: Path, is_merged_first: bool
) -> None:
    def merge(ops: Connection) -> None:
        trade(ops, THEN + MINUTE, "late")
        mark(ops, THEN, streams=["trades"])

    chosen = settings(rebuilt, tmp_path)
    with rebuilt.connect("deduplicator") as ops:
        if is_merged_first:
            merge(ops)
            kept = part(tmp_path).read_bytes()
            export(chosen)
            assert part(tmp_path).read_bytes() == kept
            assert "run deduplicator restore" in row_of(ops)["error"]
        assert restore(rebuilt, tmp_path)[0] == 0
        if not is_merged_first:
            merge(ops)
        export(chosen)
        assert (states(ops)[THEN], row_of(ops)["row_count"]) == ("verified", 7)


def test_a_production_of_an_earlier_moment_takes_over_what_was_written_after_it(
    rebuilt: Database, tmp_path: Path
) -> None:
    """It knows an hour as it was then. Rows that came late after that moment are in the archive's object only."""
    chosen = settings(rebuilt, tmp_path)
    restore(rebuilt, tmp_path)
    with rebuilt.connect("deduplicator") as ops:
        earlier = row_of(ops)
        trade(ops, THEN + MINUTE, "late")
        mark(ops, THEN, streams=["trades"])
        export(chosen)
        newer = row_of(ops)
        ops.execute("delete from market_data.hot_trades where trade_id = 'late'")
        ops.execute(FORGET.encode(), {**earlier, "earlier": THEN})

        code, printed = restore(rebuilt, tmp_path)
        again = restore(rebuilt, tmp_path)[1]["summary"]["restored"]

        assert (code, printed["summary"]["restored"], again) == (0, 1, 0)
        assert (newer["row_count"], row_of(ops)["sha256"]) == (earlier["row_count"] + 1, newer["sha256"])
        export(chosen)
        assert (states(ops)[THEN], row_of(ops)["row_count"]) == ("verified", newer["row_count"])


def test_an_hour_that_another_production_wrote_is_not_replaced(rebuilt: Database, tmp_path: Path) -> None:
    before = digests(tmp_path)
    with rebuilt.connect("deduplicator") as ops:
        mark(ops, THEN, streams=["trades", "coverage", "markets"])
        export(settings(rebuilt, tmp_path), **ALL)
        assert states(ops, "coverage") == {THEN: "pending"}
    assert digests(tmp_path) == before


def test_a_damaged_object_is_left_out_and_listed(rebuilt: Database, tmp_path: Path) -> None:
    path = part(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    code, printed = restore(rebuilt, tmp_path)
    (wrong,) = [each for each in printed["hours"] if each["state"] == "wrong"]
    assert (code, wrong["stream"], wrong["begins_at"][:13]) == (1, "trades", f"{THEN:%Y-%m-%dT%H}")
    assert "bytes, its manifest says" in wrong["problems"][0]
    with rebuilt.connect("deduplicator") as ops:
        assert set(states(ops)) == {THEN + HOUR}
        assert rows(ops, "market_data.orderbook_deltas")


def test_restored_minutes_are_not_judged_without_their_evidence(rebuilt: Database, tmp_path: Path) -> None:
    restore(rebuilt, tmp_path)
    with rebuilt.connect("deduplicator") as ops:
        before = rows(ops, "market_data.coverage")
        assert not rows(ops, "ops.late_rows")
        ops.execute(DUE.encode(), (THEN,))
        ops.execute("select ops.reclassify_minutes(%s, 10)", (THEN + 3 * HOUR,))
        assert set(before) <= set(rows(ops, "market_data.coverage"))
        ops.execute("select ops.mark_judged_hours(%s, %s)", ([THEN], [THEN + 2 * HOUR]))
        found = states(ops, "coverage")
        assert (found[THEN], found[THEN + HOUR]) == ("verified", "verified")
