"""The archive's histories hold each state of an object once, in the hour in which any gatherer fetched it first."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.streams.listings import HISTORIES
from kalshi_data.archive.verify import Verifier, read_records
from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.retention import delete_old
from kalshi_data.deduplicator.storage_settings import ProductionRetentionSettings
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings, states
from tests.support.merging import MIDNIGHT, Row, after, digest, stage

LISTS = ("series", "events", "markets")
MARKETS = tuple(stream for stream in HISTORIES if stream.name == "markets_history")
PENDING = """
update ops.archive_partitions set state = 'verified' where stream = %s and state = 'pending' returning hour
"""
VERSIONS = (
    "select ticker, body_sha256, fetched_at from market_data.{}_versions where fetched_at >= %s and fetched_at < %s"
)
FETCHES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 1), st.integers(0, 2), st.sampled_from([-3601, -1, 0, 5, 3599, 3600])),
    max_size=12,
)
Fetch = tuple[int, int, int, int]


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        yield connection


def fetched(gatherer_id: int, number: int, title: int, seconds: float, **body: Any) -> Row:
    """Return a row of a gatherer that fetched an object in a state."""
    whole = {"title": f"t{title}", **body}
    times = {"updated_time": None, "fetched_at": after(seconds)}
    facts = {"gatherer_id": gatherer_id, "ticker": f"M{number}", **times}
    return {**facts, "body": Jsonb(whole), "body_sha256": digest(number, title, *sorted(body.items()))}


def merge(ops: Connection, name: str, rows: Sequence[Row]) -> None:
    with ops.transaction():
        stage(ops, name, rows)
        ops.execute(query(f"production/merge/{name}"))
        ops.execute("delete from stage")


@pytest.mark.parametrize("name", LISTS)
def test_the_files_hold_each_state_once_whatever_is_merged_first(ops: Connection, name: str) -> None:
    ops.execute(query(f"production/stage/{name}"))

    @hypothesis_settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(FETCHES, st.integers(1, 4))
    def follow(fetches: list[Fetch], size: int) -> None:
        first: dict[tuple[int, int], int] = {}
        written: dict[datetime, list[tuple[Any, ...]]] = {}
        with ops.transaction(force_rollback=True):
            for begin in range(0, len(fetches), size):
                batch = fetches[begin : begin + size]
                merge(ops, name, [fetched(*each) for each in batch])
                for _, number, title, seconds in batch:
                    first[number, title] = min(seconds, first.get((number, title), seconds))
                for (hour,) in ops.execute(PENDING, (f"{name}_history",)).fetchall():
                    statement = VERSIONS.format(name).encode()
                    written[hour] = ops.execute(statement, (hour, hour + HOUR)).fetchall()
                expected = {(f"M{number}", digest(number, title), after(at)) for (number, title), at in first.items()}
                found = [row for rows in written.values() for row in rows]
                assert len(found) == len(expected)
                assert set(found) == expected

    run: Callable[[], None] = follow
    run()


def export_markets(production: Database, folder: Path) -> None:
    chosen = {"streams": MARKETS, "from_at": MIDNIGHT - 5 * HOUR, "until_at": MIDNIGHT + 5 * HOUR}
    export(settings(production, folder), **chosen)


def in_file(folder: Path, hour: datetime) -> list[dict[str, Any]]:
    return parquet.read_table(part(folder, "markets_history", hour)).to_pylist()


def fill(ops: Connection) -> None:
    """Merge two states of a market, and one of another, from two gatherers."""
    ops.execute(query("production/stage/markets"))
    listed = {"event_ticker": "E", "status": "active", "close_time": "2027-01-01T00:00:00Z"}
    merge(ops, "markets", [fetched(2, 0, 0, 10, **listed), fetched(2, 1, 0, 11), fetched(1, 0, 1, 3700)])


@pytest.mark.parametrize("deep", [False, True])
def test_a_history_is_written_and_verified_like_any_stream(
    production: Database, ops: Connection, tmp_path: Path, deep: bool
) -> None:
    fill(ops)
    export_markets(production, tmp_path)
    assert states(ops, "markets_history") == dict.fromkeys([MIDNIGHT, MIDNIGHT + HOUR], "verified")
    first, second = in_file(tmp_path, MIDNIGHT)
    assert [(each["ticker"], each["fetched_at"]) for each in (first, second)] == [("M0", after(10)), ("M1", after(11))]
    assert (first["title"], first["event_ticker"], first["status"], first["result"]) == ("t0", "E", "active", None)
    assert f"{first['close_time']:%Y-%m-%d}" == "2027-01-01"
    verifier, selection = Verifier(settings(production, tmp_path).archive), HourSelection(MARKETS)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=deep))
    assert [(each.state, each.problems, each.rows) for each in found] == [("verified", [], 2), ("verified", [], 1)]
    assert [each.state for each in verifier.offline(selection)] == ["verified"] * 2


def test_an_earlier_fetch_that_is_merged_late_moves_the_state_to_its_hour(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_markets(production, tmp_path)
    merge(ops, "markets", [fetched(3, 0, 1, 3599), fetched(3, 1, 0, 12)])
    assert states(ops, "markets_history") == dict.fromkeys([MIDNIGHT, MIDNIGHT + HOUR], "pending")
    export_markets(production, tmp_path)
    assert [(each["ticker"], each["title"]) for each in in_file(tmp_path, MIDNIGHT)] == [
        ("M0", "t0"),
        ("M0", "t1"),
        ("M1", "t0"),
    ]
    assert in_file(tmp_path, MIDNIGHT + HOUR) == []


def test_a_state_that_is_fetched_again_writes_no_hour_again(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    fill(ops)
    export_markets(production, tmp_path)
    merge(
        ops, "markets", [fetched(3, 0, 0, 9000, event_ticker="E", status="active", close_time="2027-01-01T00:00:00Z")]
    )
    merge(ops, "markets", [fetched(3, 0, 1, 9001)])
    assert set(states(ops, "markets_history").values()) == {"verified"}


def test_states_are_deleted_only_once_they_are_archived_and_their_hours_then_stay(
    production: Database, ops: Connection, tmp_path: Path
) -> None:
    ops.execute(query("production/stage/markets"))
    merge(ops, "markets", [fetched(1, 0, 0, -86400 * 500), fetched(1, 0, 1, -86400 * 450)])
    hours = [after(-86400 * 500), after(-86400 * 450)]
    chosen = {"streams": MARKETS, "from_at": hours[0], "until_at": hours[0] + HOUR}
    export(settings(production, tmp_path), **chosen)
    delete_old(ops, ProductionRetentionSettings(), 30)
    assert ops.execute("select count(*) from market_data.markets_history").fetchall() == [(1,)]
    export(settings(production, tmp_path), **{**chosen, "until_at": MIDNIGHT})
    delete_old(ops, ProductionRetentionSettings(), 30)
    assert ops.execute("select count(*) from market_data.markets_history").fetchall() == [(0,)]
    merge(ops, "markets", [fetched(2, 0, 1, -86400 * 450 - 1)])
    with production.connect("exporter") as reading:
        found = {each.hour: (each.state, each.in_production) for each in read_records(reading, HourSelection(MARKETS))}
    assert found == dict.fromkeys(hours, ("verified", False))


def test_an_hour_is_read_by_its_own_rows(production: Database) -> None:
    """Neither a scan of the whole history, nor a search of each object."""
    insert = """
    insert into market_data.markets_history
    select 'M' || g %% 500, sha256(g::text::bytea), null, %s + g * interval '10 s', %s + g * interval '10 s', '{}', 1
    from generate_series(0, 19999) as g
    """
    with production.connect() as connection:
        connection.execute(insert, (MIDNIGHT, MIDNIGHT))
        connection.execute("analyze market_data.markets_history")
        asked = {"begin_at": MIDNIGHT + 10 * HOUR, "end_at": MIDNIGHT + 11 * HOUR}
        explained = b"explain (analyze, format json) " + query("production/export/markets_history")
        (plan,) = connection.execute(explained, asked).fetchone() or ([],)
    read = plan[0]["Plan"]
    assert (read["Node Type"], read["Actual Rows"]) == ("Index Scan", 360)
    assert read.get("Rows Removed by Filter", 0) == 0
