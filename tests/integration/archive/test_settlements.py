"""The archive's settlements have what each market paid, in the hour in which that was said first."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.streams.derived import DERIVED
from kalshi_data.archive.verify import Verifier
from kalshi_data.database.connection import Connection, query
from tests.support.engines import Database
from tests.support.exporting import HOUR, export, parquet, part, settings, states
from tests.support.merging import MIDNIGHT, after, digest, stage

SETTLEMENTS = tuple(stream for stream in DERIVED if stream.name == "settlements")
PENDING = """
update ops.archive_partitions set state = 'verified' where stream = 'settlements' and state = 'pending' returning hour
"""
DURING = "select s::text from ops.settlements_during(%s, %s) as s"
ALL = "select s::text from market_data.settlements as s order by 1"
PARTITION = "select timeseries.ensure_partition('market_data.lifecycle_events', %s)"
RESULTS = {"yes": "1.0000", "no": "0.0000", "scalar": "0.25"}
# Copies of one message lie within seconds, so those that are drawn are minutes apart.
TIMES = st.sampled_from([-3600, -60, 0, 60, 600, 3540, 3600, 7200])


class Said(NamedTuple):
    """Something that is said of a market's outcome at a time, in seconds."""

    kind: str
    market: str
    at: int
    result: str = ""


SAID = st.lists(
    st.builds(
        Said,
        st.sampled_from(["determined", "settled", "listed"]),
        st.sampled_from("AB"),
        TIMES,
        st.sampled_from([*RESULTS]),
    ),
    max_size=10,
)


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        for seconds in (-86400, 0, 86400):
            connection.execute(PARTITION, (after(seconds),))
        yield connection


def message(each: Said) -> dict[str, Any]:
    """Return a lifecycle message as the exchange sends it."""
    at = int(after(each.at).timestamp())
    if each.kind == "settled":
        return {"event_type": "settled", "settled_ts": at}
    said = {"result": each.result, "settlement_value": RESULTS[each.result]}
    return {"event_type": "determined", "determination_ts": at - 1, **said}


def merge(ops: Connection, said: Sequence[Said]) -> None:
    """Merge messages and states of markets, as two streams do."""
    with ops.transaction():
        for each in said:
            listed = each.kind == "listed"
            name = "markets" if listed else "lifecycle_events"
            ops.execute(query(f"production/stage/{name}"))
            if listed:
                body = {"result": each.result, "settlement_value_dollars": RESULTS[each.result]}
                facts = {"ticker": each.market, "fetched_at": after(each.at), "body": Jsonb(body)}
                row = {"gatherer_id": 1, **facts, "body_sha256": digest(each)}
            else:
                body = message(each)
                facts = {"subject_ticker": each.market, "kind": each.kind, "payload": Jsonb(body), "occurrence": 0}
                row = {"gatherer_id": 1, "seen_at": after(each.at), **facts}
            stage(ops, name, [row])
            ops.execute(query(f"production/merge/{name}"))
            ops.execute("drop table pg_temp.stage")


def oracle(said: Sequence[Said]) -> dict[str, tuple[str, str]]:
    """Return by market the last outcome that was said, and when it was said first since another one."""
    found: dict[str, tuple[str, str]] = {}
    for market in sorted({each.market for each in said}):
        outcomes = sorted({(each.at, each.result) for each in said if each.market == market and each.result})
        if outcomes:
            last = outcomes[-1][1]
            begin = max((at for at, result in outcomes if result != last), default=-(10**9))
            first = min(at for at, result in outcomes if result == last and at >= begin)
            found[market] = (last, f"{after(first):%H:%M}")
    return found


@hypothesis_settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(SAID, st.integers(1, 3))
def follow(ops: Connection, drawn: list[Said], size: int) -> None:
    """Merge what is said in any order, write the hours that are marked each time, and compare all hours."""
    said = [each._replace(result="" if each.kind == "settled" else each.result) for each in drawn]
    written: dict[datetime, list[tuple[Any, ...]]] = {}
    with ops.transaction(force_rollback=True):
        for begin in range(0, len(said), size):
            merge(ops, said[begin : begin + size])
            for (hour,) in ops.execute(PENDING).fetchall():
                written[hour] = ops.execute(DURING, (hour, hour + HOUR)).fetchall()
            assert sorted(row for rows in written.values() for row in rows) == ops.execute(ALL).fetchall()
        found = ops.execute("select market_ticker, result, seen_at from market_data.settlements").fetchall()
        assert {market: (result, f"{at:%H:%M}") for market, result, at in found} == oracle(said)


def test_the_files_hold_each_market_once_whatever_is_said_in_which_order(ops: Connection) -> None:
    run: Callable[[Connection], None] = follow
    run(ops)


def export_settlements(production: Database, folder: Path) -> None:
    chosen: dict[str, Any] = {"from_at": MIDNIGHT - 5 * HOUR, "until_at": MIDNIGHT + 5 * HOUR}
    export(settings(production, folder), streams=SETTLEMENTS, **chosen)


def in_file(folder: Path, hour: datetime) -> list[dict[str, Any]]:
    return parquet.read_table(part(folder, "settlements", hour)).to_pylist()


@pytest.mark.parametrize("deep", [False, True])
def test_settlements_are_written_and_verified_like_any_stream(
    production: Database, ops: Connection, tmp_path: Path, deep: bool
) -> None:
    merge(
        ops, [Said("determined", "A", 60, "yes"), Said("listed", "A", 65, "yes"), Said("listed", "B", 3600, "scalar")]
    )
    export_settlements(production, tmp_path)
    merge(ops, [Said("settled", "A", 7200)])
    assert states(ops, "settlements") == {
        MIDNIGHT: "pending",
        MIDNIGHT + HOUR: "verified",
        MIDNIGHT + 2 * HOUR: "pending",
    }
    export_settlements(production, tmp_path)
    (row,) = in_file(tmp_path, MIDNIGHT)
    assert row == {
        "market_ticker": "A",
        "seen_at": after(60),
        "result": "yes",
        "yes_value": Decimal(1),
        "determined_at": after(59),
        "settled_at": after(7200),
        "source": "lifecycle_events",
    }
    (row,) = in_file(tmp_path, MIDNIGHT + HOUR)
    assert (row["result"], row["yes_value"], row["source"]) == ("scalar", Decimal("0.25"), "markets_history")
    verifier, selection = Verifier(settings(production, tmp_path).archive), HourSelection(SETTLEMENTS)
    with production.connect("exporter") as reading:
        found = list(verifier.online(reading, selection, deep=deep))
    assert [(each.state, each.problems, each.rows) for each in found] == [
        ("verified", [], 1),
        ("verified", [], 1),
        ("verified", [], 0),
    ]


@pytest.mark.parametrize(
    ("value", "seconds"), [("NaN", "1e300"), ("1e400", "soon"), ("0.12345678", "99999999999"), (None, None), ("", "-1")]
)
def test_what_cannot_be_understood_is_null(
    production: Database, ops: Connection, value: str | None, seconds: str | None
) -> None:
    insert = """
    insert into market_data.lifecycle_events (
        seen_at, subject_ticker, kind, payload_sha256, payload, received_at, gatherer_id
    ) values (%s, 'A', 'determined', sha256('1'), %s, now(), 1)
    """
    body = {"result": "yes", "settlement_value": value, "determination_ts": seconds}
    ops.execute(insert, (after(60), Jsonb(body)))
    with production.connect("reader") as reading:
        found = reading.execute("select result, yes_value, determined_at from market_data.settlements").fetchall()
    assert found == [("yes", None, None)]
    assert after(60).tzinfo == UTC


def test_an_hour_is_read_by_its_own_rows(production: Database) -> None:
    """Neither a scan of all messages nor of all states, whatever the number of markets."""
    insert = """
    insert into market_data.markets_history
    select 'M' || g, sha256(g::text::bytea), null, %s + g * interval '10 s', now(), '{"result": "yes"}', 1
    from generate_series(0, 19999) as g
    """
    with production.connect() as connection:
        connection.execute(PARTITION, (MIDNIGHT,))
        connection.execute(insert, (MIDNIGHT,))
        connection.execute("analyze market_data.markets_history")
        asked = {"begin_at": MIDNIGHT + 10 * HOUR, "end_at": MIDNIGHT + 11 * HOUR}
        explained = b"explain (analyze, buffers, format json) " + query("production/export/settlements")
        (plan,) = connection.execute(explained, asked).fetchone() or ([],)
    read = plan[0]["Plan"]
    assert read["Actual Rows"] == 360
    # 20,000 states are some 250 pages; 360 of them are found by an index each.
    assert read["Shared Hit Blocks"] + read["Shared Read Blocks"] < 4000
    assert not scanned_whole(read)


def scanned_whole(plan: dict[str, Any]) -> list[str]:
    """Return the tables that a plan reads without an index."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for each in plan.get("Plans", []) for name in scanned_whole(each)]
