"""The states of minutes of each market, and the evidence for them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.cli import main
from tests.support.books import delta, ensure_partitions, late, levels, snapshot
from tests.support.coverage import EPOCH, T0, at, beat, cover, miss
from tests.support.engines import Database
from tests.support.line_checks import LineCheck, merge_line_checks

BOOKS = "orderbook_deltas"
MINUTES_BY_STATE = """
select state, array_agg((extract(epoch from minute - %s) / 60)::integer order by minute)
from ops.completeness where stream = %s and market_ticker = %s group by state
"""
FIRST_CONNECTION = "insert into ops.connections values (1, %s, 1, 'books-1', 'wss://', false, %s)"
MARKET_AGAIN = "insert into ops.expected_due (market_ticker) values ('KXA-1')"
LIFECYCLE = "insert into market_data.lifecycle_events values (%s, %s, %s, '\\x00', '{}', now(), 1)"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


def classify(ops: Connection, minutes_max: int = 1440) -> tuple[Any, ...]:
    ops.execute("select ops.schedule_rechecks()")
    ops.execute("select ops.check_books()")
    row = ops.execute("select * from ops.advance_minutes(%s)", (minutes_max,)).fetchone()
    assert row is not None
    return row


def states(
    ops: Connection, stream: str = BOOKS, ticker: str = "KXA-1", until: int = 60, since: int = 0
) -> dict[str, set[int]]:
    """Return the minutes of each state in the first hour."""
    found = ops.execute(MINUTES_BY_STATE, (T0, stream, ticker)).fetchall()
    return {state: hour for state, of in found if (hour := {minute for minute in of if since <= minute < until})}


def span(first: int, last: int) -> set[int]:
    return set(range(first, last))


def test_nothing_is_classified_before_anything_was_expected(ops: Connection) -> None:
    assert classify(ops) == (None, 0, 0)


def test_a_covered_market_is_idle_but_for_the_minutes_with_rows(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 70)
    delta(ops, 3.5, 1, "yes", "0.5", "1")
    delta(ops, 9, 2, "yes", "0.5", "1")
    assert classify(ops)[0] == at(70)
    assert states(ops) == {"covered": {3, 9}, "idle": span(0, 60) - {3, 9}}


def test_while_no_gatherer_sends_heartbeats_nothing_is_classified(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    assert classify(ops)[0] == at(0)
    beat(ops, 1, 20)
    assert classify(ops)[0] == at(20)
    assert states(ops) == {"idle": span(0, 20)}


def test_what_no_gatherer_received_is_a_gap_in_every_minute_it_touches(ops: Connection) -> None:
    cover(ops, 1, 0, 10.5)
    cover(ops, 1, 12.25, None)
    cover(ops, 2, 0, 11)
    cover(ops, 2, 12.5, None)
    for gatherer in (1, 2):
        beat(ops, gatherer, 60)
    classify(ops)
    assert states(ops) == {"gap": {11, 12}, "repaired": {10}, "idle": span(0, 60) - {10, 11, 12}}


def test_before_and_after_a_markets_life_nothing_is_missing(ops: Connection) -> None:
    cover(ops, 3, -30, None, ticker="KXA-2")
    cover(ops, 1, 5.5, 20.5, reason="dropped")
    cover(ops, 2, 6, 20, reason="dropped")
    beat(ops, 3, 60)
    classify(ops)
    assert states(ops) == {"idle": span(5, 21)}


def test_a_market_lost_by_all_is_expected_until_it_is_determined(ops: Connection) -> None:
    cover(ops, 3, -30, None, ticker="KXA-2")
    cover(ops, 1, 0, 20, reason="crashed")
    beat(ops, 3, 60)
    classify(ops)
    assert states(ops) == {"idle": span(0, 20), "gap": span(20, 60)}
    ops.execute(LIFECYCLE, (at(40), "KXA-1", "determined"))
    classify(ops)
    # Its last changes may come half a minute later.
    assert states(ops) == {"idle": span(0, 20), "gap": span(20, 41)}


def test_a_market_is_expected_again_once_it_is_activated_after_its_end(ops: Connection) -> None:
    cover(ops, 3, -30, None, ticker="KXA-2")
    cover(ops, 1, 0, 10, reason="crashed")
    beat(ops, 3, 60)
    ops.execute(LIFECYCLE, (at(0), "KXA-1", "activated"))
    ops.execute(LIFECYCLE, (at(20), "KXA-1", "determined"))
    ops.execute(LIFECYCLE, (at(25), "KXA-1", "settled"))
    classify(ops)
    assert states(ops) == {"idle": span(0, 10), "gap": span(10, 21)}
    ops.execute(LIFECYCLE, (at(30), "KXA-1", "activated"))
    classify(ops)
    assert states(ops) == {"idle": span(0, 10), "gap": span(10, 21) | span(30, 60)}
    ops.execute(LIFECYCLE, (at(50), "KXA-1", "determined"))
    classify(ops)
    assert states(ops) == {"idle": span(0, 10), "gap": span(10, 21) | span(30, 51)}


def test_an_old_end_is_forgotten_once_the_market_is_activated(ops: Connection) -> None:
    """Each step reads the messages of a day only, so the end may be out of sight."""
    cover(ops, 1, -2880, None)
    beat(ops, 1, -2000)
    ops.execute("select timeseries.ensure_partition('market_data.lifecycle_events', %s)", (at(-2500),))
    ops.execute(LIFECYCLE, (at(-2500), "KXA-1", "determined"))
    classify(ops)
    expected = "select determined_at from ops.expected where market_ticker = 'KXA-1'"
    assert ops.execute(expected).fetchone() == (at(-2500),)
    beat(ops, 1, 60)
    ops.execute(LIFECYCLE, (at(30), "KXA-1", "activated"))
    for _ in range(4):
        classify(ops)
    assert ops.execute(expected).fetchone() == (None,)
    assert states(ops)["idle"] >= span(30, 60)


@pytest.mark.parametrize(
    ("name", "is_waited_for"),
    [("psql", False), ("deduplicator completeness", False), ("deduplicator archive", False), ("deduplicator", True)],
)
def test_upkeep_waits_for_merges_only(production: Database, ops: Connection, name: str, is_waited_for: bool) -> None:
    settled = "select ops.settled_until() = %s - interval '2 min'"
    with production.connect("deduplicator") as other, other.transaction():
        other.execute("select set_config('application_name', %s, false)", (name,))
        ((began,),) = other.execute("select now()").fetchall()
        assert ops.execute(settled, (began,)).fetchone() == (is_waited_for,)
        oldest = ops.execute(query("production/status/read_oldest_merge")).fetchall()
        assert [pid for pid, _ in oldest] == ([other.info.backend_pid] if is_waited_for else [])


def test_a_market_given_up_loses_the_gap_after_its_end(ops: Connection) -> None:
    cover(ops, 1, 0, 20, reason="dropped")
    cover(ops, 2, 0, 25, reason="crashed")
    cover(ops, 3, -30, None, ticker="KXA-2")
    beat(ops, 3, 60)
    classify(ops)
    assert states(ops)["gap"] == span(25, 60)
    cover(ops, 2, 25, 30, reason="dropped")
    classify(ops)
    assert states(ops) == {"idle": span(0, 30)}


def test_a_minute_that_one_gatherer_missed_and_another_received_is_repaired(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 2, 0, 10, reason="gap")
    cover(ops, 2, 13, None)
    for gatherer in (1, 2):
        beat(ops, gatherer, 60)
    classify(ops)
    assert states(ops) == {"repaired": span(10, 13), "idle": span(0, 60) - span(10, 13)}


def test_trades_are_classified_for_all_markets_and_repaired_by_rest(ops: Connection) -> None:
    cover(ops, 1, 0, 10, ticker="", channel="trade", reason="gap")
    cover(ops, 1, 12, None, ticker="", channel="trade")
    beat(ops, 1, 60)
    classify(ops)
    assert states(ops, "trades", "")["gap"] == {10, 11}
    miss(ops, 1, 10, 12, "rest")
    classify(ops)
    assert states(ops, "trades", "") == {"repaired": {10, 11}, "idle": span(0, 60) - {10, 11}}


def test_minutes_between_two_right_books_are_proven(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 2, 0, 30)
    cover(ops, 2, 31, None)
    for gatherer in (1, 2):
        beat(ops, gatherer, 60)
    snapshot(ops, 4.5, 10)
    delta(ops, 20, 11, "yes", "0.5", "1")
    delta(ops, 50, 12, "yes", "0.5", "1")
    classify(ops)
    assert states(ops) == {"covered": {20, 50}, "repaired": {30}, "idle": span(0, 60) - {20, 30, 50}}
    snapshot(ops, 40.5, 11, levels(("yes", "0.5", "1")))
    late(ops, "orderbook_snapshots", 40.5, 40.5)
    classify(ops)
    assert states(ops) == {"proven": span(5, 40), "covered": {50}, "idle": (span(0, 5) | span(40, 60)) - {50}}


def test_a_wrong_book_is_a_gap_until_what_was_missing_arrives(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    snapshot(ops, 10, 10)
    snapshot(ops, 20, 11, levels(("yes", "0.5", "1")))
    classify(ops)
    classify(ops)
    assert states(ops) == {"gap": span(10, 20), "idle": span(0, 60) - span(10, 20)}
    delta(ops, 15, 11, "yes", "0.5", "1")
    late(ops, BOOKS, 15, 15)
    classify(ops)
    classify(ops)
    assert states(ops) == {"proven": span(10, 20), "idle": span(0, 60) - span(10, 20)}


def test_a_right_book_proves_nothing_for_what_no_gatherer_received(ops: Connection) -> None:
    cover(ops, 1, 0, 12)
    cover(ops, 1, 14, None)
    beat(ops, 1, 60)
    snapshot(ops, 10, 10)
    delta(ops, 11, 11, "yes", "0.5", "1")
    snapshot(ops, 20, 11, levels(("yes", "0.5", "1")))
    classify(ops)
    classify(ops)
    assert states(ops) == {"gap": {12, 13}, "proven": span(10, 20) - {12, 13}, "idle": span(0, 10) | span(20, 60)}


def test_an_equal_clock_on_both_sides_shows_that_nothing_was_missed(ops: Connection) -> None:
    cover(ops, 1, 0, 12)
    cover(ops, 1, 14, None)
    beat(ops, 1, 60)
    book = levels(("yes", "0.5", "1"))
    snapshot(ops, 10, 10, book)
    snapshot(ops, 20, 10, book)
    classify(ops)
    classify(ops)
    assert states(ops) == {"proven": span(10, 20), "idle": span(0, 10) | span(20, 60)}


def test_a_gatherer_that_returns_covers_the_time_between(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 2, 0, 20)
    beat(ops, 2, 60)
    beat(ops, 1, 10)
    classify(ops)
    assert states(ops) == {"idle": span(0, 10), "repaired": span(10, 20), "gap": span(20, 60)}
    beat(ops, 1, 61)
    classify(ops)
    assert states(ops) == {"idle": span(0, 20), "repaired": span(20, 60)}


def test_minutes_whose_coverage_was_reported_late_are_reclassified(ops: Connection) -> None:
    cover(ops, 1, 0, 10)
    cover(ops, 1, 30, None)
    beat(ops, 1, 60)
    classify(ops)
    assert states(ops)["gap"] == span(10, 30)
    cover(ops, 2, 5, 20)
    classify(ops)
    assert states(ops)["gap"] == span(20, 30)
    cover(ops, 1, 30, 40, reason="crashed")
    classify(ops)
    assert states(ops)["gap"] == span(20, 30) | span(40, 60)


def test_minutes_advance_in_bounded_steps_and_repeating_changes_nothing(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 1, 0, None, ticker="", channel="trade")
    beat(ops, 1, 60)
    assert classify(ops, 25) == (at(25), 2, 2)
    while classify(ops, 25)[0] < at(60):
        pass
    before = states(ops)
    cover(ops, 1, 0, None)
    classify(ops)
    assert classify(ops) == (at(60), 0, 0)
    assert states(ops) == before == {"idle": span(0, 60)}


def test_a_row_of_market_minutes_holds_a_day_as_runs_not_minutes(ops: Connection) -> None:
    cover(ops, 1, -1440, None)
    beat(ops, 1, 60)
    while classify(ops)[0] < at(60):
        pass
    classify(ops)
    found = ops.execute(
        "select day, idle from ops.market_minutes where market_ticker = 'KXA-1' order by day"
    ).fetchall()
    assert len(found) in (2, 3)
    assert all(len(idle) == 1 for _, idle in found)
    assert sum((idle[0].upper - idle[0].lower for _, idle in found), timedelta()) == timedelta(minutes=1500)


def test_evidence_stands_behind_each_minute(ops: Connection) -> None:
    cover(ops, 1, 0, 12, reason="gap")
    cover(ops, 1, 14, None)
    cover(ops, 2, 40, 50)
    miss(ops, 1, 12, 14, None, "orderbook_delta")
    beat(ops, 1, 60)
    snapshot(ops, 10, 10)
    snapshot(ops, 20, 11, levels(("yes", "0.5", "1")))
    classify(ops)
    found = ops.execute(
        "select kind, gatherer_id, detail from ops.evidence(%s, 'KXA-1', tstzrange(%s, %s))", (BOOKS, at(11), at(15))
    ).fetchall()
    assert [(kind, gatherer) for kind, gatherer, _ in found] == [
        ("coverage", 1),
        ("expected", None),
        ("book check", None),
        ("gap", 1),
        ("coverage", 1),
    ]
    assert found[0][2]["end_reason"] == "gap"
    assert found[2][2]["is_proven"] is False
    assert len(found[2][2]["difference"]) == 1


def test_days_have_a_condition(ops: Connection) -> None:
    midnight = T0.replace(hour=0, minute=0)
    since = (midnight - T0).total_seconds() / 60
    cover(ops, 1, since - 2 * 1440, since - 1440, ticker="", channel="trade")
    cover(ops, 1, since - 1440 + 5, since - 10, ticker="", channel="trade")
    cover(ops, 1, since - 10, None, ticker="", channel="trade")
    cover(ops, 1, since - 3 * 1440, since - 2 * 1440, ticker="", channel="ticker")
    beat(ops, 1, 0)
    ensure_partitions(ops, *(midnight - timedelta(days=days) for days in range(4)))
    while classify(ops)[0] < at(0):
        pass
    assert conditions(ops, "trades", midnight) == ["available", "degraded", "pending"]
    assert conditions(ops, "tickers", midnight) == ["available", "missing", "missing", "pending"]
    assert conditions(ops, "orderbook_deltas", midnight) == []


def conditions(ops: Connection, stream: str, midnight: datetime) -> list[str]:
    found = ops.execute(
        "select condition from ops.stream_days where stream = %s and day <= %s order by day", (stream, midnight.date())
    )
    return [condition for (condition,) in found.fetchall()]


PIECES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 100), st.integers(1, 60), st.booleans()), min_size=1, max_size=8
)


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES, st.sets(st.integers(0, 49), max_size=5), st.integers(0, 8))
def test_states_equal_those_of_a_minute_by_minute_model(
    ops: Connection, pieces: list[tuple[int, int, int, bool]], active: set[int], reported_late: int
) -> None:
    pieces = list({piece[:2]: piece for piece in pieces}.values())
    with ops.transaction(force_rollback=True):
        beat(ops, 4, 50)
        cover(ops, 4, -10, None, ticker="KXA-2")
        for minute in active:
            delta(ops, minute + 0.1, minute + 1, "yes", "0.5", "1")
        for number, (gatherer, began, length, _) in enumerate(pieces):
            if number == reported_late:
                classify(ops)
            cover(ops, gatherer, began / 2, (began + length) / 2)
        for _ in range(3):
            classify(ops)
        expected: dict[str, set[int]] = {}
        first = min(began for _, began, _, _ in pieces)
        firsts = {of: min(began for gatherer, began, _, _ in pieces if gatherer == of) for of, _, _, _ in pieces}
        holders = [{of for of, began, length, _ in pieces if began <= slot < began + length} for slot in range(100)]
        for minute in range(50):
            slots = [slot for slot in (2 * minute, 2 * minute + 1) if slot >= first]
            if not slots:
                continue
            if any(not holders[slot] for slot in slots):
                state = "gap"
            elif any(of not in holders[slot] for slot in slots for of, since in firsts.items() if slot >= since):
                state = "repaired"
            else:
                state = "covered" if minute in active else "idle"
            expected.setdefault(state, set()).add(minute)
        assert states(ops, until=50) == expected


@pytest.fixture
def config(production: Database, tmp_path: Path) -> Path:
    path = tmp_path / "deduplicator.toml"
    conninfo = f'conninfo = "{production.conninfo("deduplicator")}"'
    sections = ["[production.runtime]", conninfo, "[production.owner]", conninfo]
    gatherer = ["[[gatherers]]", "id = 1", f"kalshi_ts.{conninfo}", f"kalshi_meta.{conninfo}"]
    path.write_text("\n".join([*sections, *gatherer, ""]))
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["completeness", "--config", str(config), *arguments])


def test_the_command_reports_that_nothing_is_classified_yet(config: Path) -> None:
    shown = run(config)
    assert shown.exit_code == 0
    assert "nothing is classified yet" in shown.output


def test_the_command_shows_a_strip_and_the_gaps(ops: Connection, config: Path) -> None:
    cover(ops, 1, 0, 30)
    cover(ops, 1, 45, None)
    cover(ops, 2, 0, 15)
    cover(ops, 3, 0, None, ticker="", channel="trade")
    for gatherer in (1, 3):
        beat(ops, gatherer, 55)
    delta(ops, 7, 1, "yes", "0.5", "1")
    classify(ops)
    window = ("--from", at(0).isoformat(), "--to", at(60).isoformat(), "--cells", "12")
    shown = run(config, *window)
    assert shown.exit_code == 0
    assert "░▓░▒▒▒XXX▒▒·" in shown.output
    assert f"{at(30):%m-%d %H:%M}  {at(45):%m-%d %H:%M}" in shown.output.replace("   ", "  ")
    report = msgspec.json.decode(run(config, *window, "--json").output)
    books, trades = report["streams"]
    assert books["minutes"] == {"gap": 15.0, "repaired": 25.0, "covered": 1.0, "idle": 14.0, "proven": 0, "halted": 0}
    assert [cell["state"] for cell in trades["cells"]] == ["idle"] * 11 + [None]
    assert [gap["market_ticker"] for gap in report["gaps"]] == ["KXA-1"]
    assert "pending" in {day["condition"] for day in report["days"]}


def test_the_command_shows_one_market_and_its_evidence(ops: Connection, config: Path) -> None:
    cover(ops, 1, 0, None)
    cover(ops, 1, 0, 10, ticker="KXA-2")
    beat(ops, 1, 60)
    classify(ops)
    window = ("--from", at(0).isoformat(), "--to", at(60).isoformat())
    shown = run(config, *window, "--market", "KXA-1", "--evidence")
    assert "no gap is known" in shown.output
    assert "coverage" in shown.output
    assert run(config, *window, "--market", "KXA-2", "--json").output.count('"market_ticker":"KXA-2"') == 2


def test_the_command_names_what_proves_a_minute(ops: Connection, config: Path) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    snapshot(ops, 5, 1)
    snapshot(ops, 20, 1)
    merge_line_checks(ops, [LineCheck(began=10, ended=30), LineCheck(began=30, ended=31, is_equal=False)])
    classify(ops)
    classify(ops)
    window = ("--from", at(0).isoformat(), "--to", at(60).isoformat(), "--market", "KXA-1", "--evidence")
    shown = " ".join(run(config, *window).output.split())
    assert "proven for 25 minutes: 80.00 % of them by connections of gatherers, 60.00 % by production's check" in shown
    assert "connections compared 2 books, of which 1 differ" in shown
    report = msgspec.json.decode(run(config, *window, "--json").output)
    kinds = [(each["kind"], each["gatherer_id"]) for each in report["evidence"]]
    assert kinds[2:] == [("book check", None), ("line check", 1), ("line check", 1)]
    equal, different = (each["detail"] for each in report["evidence"][-2:])
    assert (equal["from_seq"], equal["until_seq"], different["wrong_level_count"]) == (6_000_000, 18_000_000, 1)
    assert report["proofs"]["by_both"] == 10


def test_a_gap_across_midnight_is_shown_as_one(ops: Connection, config: Path) -> None:
    midnight = -12 * 60
    cover(ops, 1, midnight - 30, midnight - 10, ticker="KXA-2")
    cover(ops, 1, midnight - 30, None)
    beat(ops, 1, midnight + 60)
    classify(ops)
    window = ("--from", at(midnight - 30).isoformat(), "--to", at(midnight + 30).isoformat())
    (found,) = json.loads(run(config, *window, "--market", "KXA-2", "--json").output)["gaps"]
    assert datetime.fromisoformat(found["began_at"]) == at(midnight - 10)
    assert datetime.fromisoformat(found["ended_at"]) == at(midnight + 30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "yesterday"), "'yesterday' is no time: write 2026-11-01"),
        (("--from", "2026-11-03", "--to", "2026-11-02"), "is not before"),
        (("--evidence",), "needs a --market"),
    ],
)
def test_the_command_names_the_wrong_option(config: Path, arguments: tuple[str, ...], message: str) -> None:
    shown = run(config, *arguments)
    assert shown.exit_code == 2
    assert message in shown.output


def test_the_commands_help_has_examples(config: Path) -> None:
    assert "deduplicator completeness --json" in run(config, "--help").output


MARKET = """
insert into market_data.markets (ticker, fetched_at, body_sha256, status, open_time, close_time, body)
values ('KXA-1', now(), '', %s, %s, %s, '{}')
on conflict (ticker) do update set (status, close_time) = (excluded.status, excluded.close_time)
"""


def test_a_market_is_expected_from_its_opening_to_its_closing(ops: Connection) -> None:
    cover(ops, 3, -30, None, ticker="KXA-2")
    cover(ops, 1, 10, 40, reason="crashed")
    beat(ops, 3, 60)
    classify(ops)
    assert states(ops) == {"idle": span(10, 40), "gap": span(40, 60)}
    ops.execute(MARKET, ("active", at(5), at(50)))
    classify(ops)
    assert states(ops) == {"gap": span(5, 10) | span(40, 60), "idle": span(10, 40)}
    ops.execute(MARKET, ("closed", at(5), at(50)))
    classify(ops)
    # Its last changes may come half a minute later.
    assert states(ops) == {"gap": span(5, 10) | span(40, 51), "idle": span(10, 40)}


@pytest.mark.parametrize("reported", ["closed", "determined"])
@pytest.mark.parametrize(("lost_from", "gap"), [(None, set[int]()), (0.4, {50}), (29, {50}), (31, set[int]())])
def test_changes_lost_after_a_market_is_over_are_a_gap(
    ops: Connection, reported: str, lost_from: float | None, gap: set[int]
) -> None:
    """Until half a minute after the second that the exchange names, a book still changes."""
    if lost_from is not None:
        cover(ops, 1, 0, 50 + lost_from / 60, reason="gap")
    cover(ops, 1, 0 if lost_from is None else 50 + (lost_from + 1) / 60, 51, reason="dropped")
    cover(ops, 3, -30, None, ticker="KXA-2")
    beat(ops, 3, 60)
    if reported == "closed":
        ops.execute(MARKET, ("closed", at(0), at(50)))
    else:
        ops.execute(LIFECYCLE, (at(50), "KXA-1", "determined"))
    classify(ops)
    assert states(ops).get("gap", set()) == gap
    assert states(ops)["idle"] | gap == span(0, 51)


def test_a_market_that_was_chosen_long_after_its_opening_was_not_expected_before(ops: Connection) -> None:
    cover(ops, 1, 10, None)
    beat(ops, 1, 60)
    ops.execute(MARKET, ("active", at(-3000), at(5000)))
    classify(ops)
    assert states(ops) == {"idle": span(10, 60)}


def test_nothing_is_missing_before_the_first_gatherer_connected(production: Database, ops: Connection) -> None:
    """A platform that begins today knows nothing of the hours before, in which most markets were open already."""
    ops.execute(MARKET, ("active", at(-300), at(5000)))
    ops.execute(FIRST_CONNECTION, (EPOCH, at(7.5)))
    cover(ops, 1, 10, None)
    beat(ops, 1, 60)
    classify(ops)
    assert states(ops) == {"gap": span(7, 10), "idle": span(10, 60)}
    # Connections of other gatherers become known later.
    ops.execute(FIRST_CONNECTION, (UUID(int=2), at(6)))
    classify(ops)
    assert states(ops) == {"gap": span(6, 10), "idle": span(10, 60)}
    ops.execute(FIRST_CONNECTION, (UUID(int=3), at(-400)))
    classify(ops)
    assert states(ops, until=0, since=-300) == {"gap": span(-300, 0)}
    # What was expected stays so after old connections are deleted.
    with production.connect() as superuser:
        superuser.execute("delete from ops.connections")
    ops.execute(MARKET_AGAIN)
    classify(ops)
    assert states(ops, until=0, since=-300) == {"gap": span(-300, 0)}


@pytest.mark.parametrize(
    ("clock", "occurrence", "book", "gap"),
    [
        (0, 0, {}, set[int]()),
        (0, 1, {}, {5}),
        (1, 0, {}, {5}),
        (0, 0, levels(("yes", "0.5", "1")), {5}),
    ],
)
def test_a_first_book_with_the_clock_0_proves_that_nothing_was_missed_since_the_opening(
    ops: Connection, clock: int, occurrence: int, book: dict[Any, Any], gap: set[int]
) -> None:
    ops.execute(MARKET, ("active", at(5.2), at(5000)))
    cover(ops, 3, -30, None, ticker="KXA-2")
    cover(ops, 1, 5.6, None)
    beat(ops, 3, 60)
    beat(ops, 1, 60)
    snapshot(ops, 5.6, clock, book, occurrence=occurrence)
    classify(ops)
    assert states(ops).get("gap", set()) == gap
    assert states(ops)["idle"] == span(5, 60) - gap
    # The minute is proven once its rest is.
    merge_line_checks(ops, [LineCheck(began=5.6, ended=10)])
    classify(ops)
    assert states(ops).get("proven", set()) == span(5, 10) - gap


def test_a_first_book_that_is_merged_late_proves_the_time_since_the_opening(ops: Connection) -> None:
    ops.execute(MARKET, ("active", at(2.2), at(5000)))
    cover(ops, 1, 5.6, None)
    beat(ops, 1, 60)
    classify(ops)
    assert states(ops)["gap"] == span(2, 6)
    snapshot(ops, 5.6, 0)
    classify(ops)
    assert "gap" not in states(ops)
