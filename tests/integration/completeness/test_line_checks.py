"""Order books that gatherers proved on single connections: runs of them, the minutes they prove, and counts."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection, query
from tests.integration.completeness.test_minutes import BOOKS, classify, span, states
from tests.support.books import delta, ensure_partitions, late, levels, snapshot
from tests.support.coverage import at, beat, cover, minutes
from tests.support.engines import Database
from tests.support.line_checks import LineCheck, merge_line_checks

RUNS = """
select gatherer_id, tstzmultirange(tstzrange(from_at, until_at)), check_count, change_count, is_equal
from ops.line_checks where market_ticker = %s order by gatherer_id, from_at, connection_id
"""
BY_WHAT = "select proven, proven_by_line, proven_by_check from ops.market_minutes where market_ticker = 'KXA-1'"


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect("deduplicator") as connection:
        ensure_partitions(connection, at(-1440), at(0), at(300))
        yield connection


def runs(ops: Connection, ticker: str = "KXA-1") -> list[tuple[Any, ...]]:
    found = ops.execute(RUNS, (ticker,)).fetchall()
    return [(gatherer, *minutes(during), *rest) for gatherer, during, *rest in found]


def line(*ends: float, **more: Any) -> list[LineCheck]:
    """Return equal comparisons that follow each other on a connection."""
    return [LineCheck(began=began, ended=ended, changes=1, **more) for began, ended in pairwise(ends)]


def test_equal_comparisons_that_follow_each_other_are_one_row_that_grows(ops: Connection) -> None:
    assert merge_line_checks(ops, line(0, 1, 2)) == 2
    assert runs(ops) == [(1, (0, 2), 2, 2, True)]
    assert merge_line_checks(ops, line(2, 3)) == 1
    assert merge_line_checks(ops, line(4, 5)) == 1
    assert runs(ops) == [(1, (0, 3), 3, 3, True), (1, (4, 5), 1, 1, True)]


def test_comparisons_that_come_again_change_nothing(ops: Connection) -> None:
    checks = [*line(0, 1, 2), LineCheck(began=2, ended=3, is_equal=False), *line(3, 4)]
    merge_line_checks(ops, checks)
    before = runs(ops)
    assert before == [(1, (0, 2), 2, 2, True), (1, (2, 3), 1, 0, False), (1, (3, 4), 1, 1, True)]
    assert merge_line_checks(ops, [*checks, *checks]) == 0
    assert merge_line_checks(ops, [*checks, *line(4, 5)]) == 1
    assert runs(ops)[:2] == before[:2]
    assert runs(ops)[2] == (1, (3, 5), 2, 2, True)


def test_lines_sequences_and_markets_make_rows_of_their_own(ops: Connection) -> None:
    merge_line_checks(
        ops, [*line(0, 1), *line(0, 1, gatherer=2), *line(0, 1, connection=2), *line(0, 1, ticker="KXA-2")]
    )
    # A snapshot that was received at the same time, but is another message.
    merge_line_checks(ops, line(1, 2, from_seq=7))
    merge_line_checks(ops, line(1, 2, gatherer=2, epoch=UUID(int=9)))
    assert [row[1] for row in runs(ops)] == [(0, 1), (0, 1), (1, 2), (0, 1), (1, 2)]
    assert runs(ops, "KXA-2") == [(1, (0, 1), 1, 1, True)]


def test_an_equal_comparison_that_ends_in_the_future_proves_nothing(ops: Connection) -> None:
    """The gatherer's clock was set ahead meanwhile; a difference still counts."""
    ahead = (datetime.now(UTC) + timedelta(hours=1) - at(0)) / timedelta(minutes=1)
    assert merge_line_checks(ops, line(0, 1, ahead)) == 1
    assert runs(ops) == [(1, (0, 1), 1, 1, True)]
    assert merge_line_checks(ops, [LineCheck(began=1, ended=ahead, is_equal=False)]) == 1
    reasons = ops.execute("select reason from ops.rejected_rows where stream = 'book_checks'").fetchall()
    assert reasons == [("the clock was ahead in the interval",)]


def test_a_row_ends_with_the_day(ops: Connection) -> None:
    merge_line_checks(ops, line(718, 719, 721, 722))
    merge_line_checks(ops, line(722, 723))
    assert [row[1:3] for row in runs(ops)] == [((718, 721), 2), ((721, 723), 2)]


def test_an_equal_comparison_across_a_clock_that_was_set_back_is_rejected(ops: Connection) -> None:
    assert merge_line_checks(ops, [LineCheck(began=5, ended=4), LineCheck(began=9, ended=8, is_equal=False)]) == 1
    assert runs(ops) == [(1, (8, 9), 1, 0, False)]
    reasons = ops.execute("select reason from ops.rejected_rows where stream = 'book_checks'").fetchall()
    assert reasons == [("the clock was set back in the interval",)]


PIECES = st.lists(st.tuples(st.integers(1, 3), st.sampled_from("eeed")), min_size=1, max_size=12)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES, st.integers(0, 2**32))
def test_the_rows_do_not_depend_on_batches_or_repeats(ops: Connection, pieces: list[Any], seed: int) -> None:
    checks: list[LineCheck] = []
    began = 0.0
    for length, kind in pieces:
        checks.append(LineCheck(began=began, ended=began + length, is_equal=kind == "e", changes=length))
        began += length
    expected: list[list[Any]] = []
    for check in checks:
        if check.is_equal and expected and expected[-1][4]:
            expected[-1][1] = (expected[-1][1][0], check.ended)
            expected[-1][2] += 1
            expected[-1][3] += check.changes
        else:
            expected.append([1, (check.began, check.ended), 1, check.changes, check.is_equal])
    chance = random.Random(seed)
    with ops.transaction(force_rollback=True):
        position = 0
        while position < len(checks):
            size = chance.randint(1, 4)
            repeated = chance.randint(0, position)
            merge_line_checks(ops, checks[repeated : position + size])
            position += size
        assert runs(ops) == [tuple(each) for each in expected]


def test_minutes_that_a_line_spans_are_proven_without_any_clock(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    delta(ops, 20, 0, "yes", "0.5", "1")
    delta(ops, 45, 0, "yes", "0.5", "1")
    classify(ops)
    assert states(ops) == {"covered": {20, 45}, "idle": span(0, 60) - {20, 45}}
    merge_line_checks(ops, line(4.5, 15.2, 30.7))
    classify(ops)
    assert states(ops) == {"proven": span(5, 30), "covered": {45}, "idle": span(0, 60) - span(5, 30) - {45}}


def test_what_proves_a_minute_is_kept(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    snapshot(ops, 0, 1)
    snapshot(ops, 20.5, 1)
    merge_line_checks(ops, line(10, 30))
    classify(ops)
    classify(ops)
    ((proven, by_line, by_check),) = ops.execute(BY_WHAT).fetchall()
    assert [minutes(each) for each in (proven, by_line, by_check)] == [[(0, 30)], [(10, 30)], [(0, 20)]]
    asked = {"market": None, "from_at": at(0), "until_at": at(60)}
    row = ops.execute(query("production/completeness/read_proofs"), asked).fetchone()
    assert row == (20, 20, 10, 30, 1, 0, 0, 0)


def test_a_different_book_of_one_line_is_repaired_by_another(ops: Connection) -> None:
    for gatherer in (1, 2):
        cover(ops, gatherer, 0, None)
        beat(ops, gatherer, 60)
    merge_line_checks(ops, [LineCheck(began=10, ended=20, is_equal=False), *line(12, 15, gatherer=2)])
    classify(ops)
    assert states(ops) == {
        "repaired": span(10, 12) | span(15, 20),
        "proven": span(12, 15),
        "idle": span(0, 10) | span(20, 60),
    }


def test_a_different_book_of_the_only_line_is_a_gap(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    classify(ops)
    merge_line_checks(ops, [LineCheck(began=10.5, ended=19.5, is_equal=False)])
    classify(ops)
    assert states(ops) == {"gap": span(10, 20), "idle": span(0, 10) | span(20, 60)}


def test_a_proof_shows_that_time_was_covered_before_the_subscription_is_reported(ops: Connection) -> None:
    cover(ops, 1, 0, 10)
    cover(ops, 1, 30, None)
    beat(ops, 1, 60)
    merge_line_checks(ops, line(8, 31))
    classify(ops)
    assert states(ops) == {"proven": span(8, 31), "idle": span(0, 8) | span(31, 60)}


def count(ops: Connection) -> tuple[int, int]:
    """Count everything that waits for its time, and return how many were counted and agree."""
    ops.execute("update ops.line_counts set check_again_at = now() where check_again_at is not null")
    row = ops.execute(query("production/books/count_line_changes"), {"counts_max": 1000}).fetchone()
    assert row is not None
    return row[0], row[1]


def counted_line(inner: int, gatherer: int = 1) -> LineCheck:
    """Return a comparison whose last changes before its snapshots are a second before them."""
    began, ended = (at(minute) - timedelta(seconds=1) for minute in (10, 20))
    return LineCheck(
        began=10, ended=20, gatherer=gatherer, changes=inner + 1, inner=inner, from_change=began, until_change=ended
    )


COUNTS = "select held_count, held_count_max, counts_agree, attempts, is_finding from ops.line_counts"
CREDITED = "select counted_checks, counted_changes from ops.line_checks"


def test_production_holds_as_many_changes_as_a_line_received(ops: Connection) -> None:
    for minute in (9.5, 9.983, 10, 15, 15.5, 19.9, 19.99):
        delta(ops, minute, 0, "yes", "0.5", "1")
    merge_line_checks(ops, [counted_line(inner=4)])
    assert count(ops) == (1, 1)
    assert ops.execute(COUNTS).fetchall() == []
    assert ops.execute(CREDITED).fetchall() == [(1, 4)]
    assert count(ops) == (0, 0)


def test_changes_in_the_milliseconds_of_the_limits_do_not_count(ops: Connection) -> None:
    """Of those in one millisecond, some may lie before a snapshot and some behind it."""
    second, microsecond = 1 / 60, 1 / 60_000_000
    for minute in (10 - second, 10 - second + 999 * microsecond, 20 - second, 20 - second + microsecond):
        delta(ops, minute, 0, "yes", "0.5", "1")
    merge_line_checks(ops, [counted_line(inner=0)])
    assert count(ops) == (1, 1)


def test_an_invented_change_is_a_finding_from_the_third_time_on(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    delta(ops, 15, 0, "yes", "0.5", "1")
    delta(ops, 15, 0, "yes", "0.5", "1", occurrence=1)
    merge_line_checks(ops, [*line(8, 10), counted_line(inner=1), *line(20, 22)])
    for attempt in (1, 2, 3):
        assert count(ops) == (1, 0)
        assert ops.execute(COUNTS).fetchall() == [(2, 2, False, attempt, attempt == 3)]
        classify(ops)
        assert (15 in states(ops)["proven"]) == (attempt < 3)
    assert states(ops)["proven"] == {8, 20, 21}
    assert states(ops)["covered"] == {15}
    waiting = "select check_again_at - now() > interval '10 min' from ops.line_counts"
    assert ops.execute(waiting).fetchone() == (True,)
    asked = {"market": "KXA-1", "from_at": at(0), "until_at": at(60)}
    row = ops.execute(query("production/completeness/read_proofs"), asked).fetchone()
    assert row is not None
    assert row[-1] == 1


def test_a_lost_change_is_a_gap_until_it_comes(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    delta(ops, 15, 0, "yes", "0.5", "1")
    merge_line_checks(ops, [counted_line(inner=2)])
    for _ in range(3):
        assert count(ops) == (1, 0)
    classify(ops)
    assert states(ops)["gap"] == span(9, 20)
    delta(ops, 16, 0, "yes", "0.5", "1")
    late(ops, BOOKS, 16, 16)
    ops.execute("update ops.line_counts set check_again_at = null")
    ops.execute("select ops.schedule_rechecks()")
    assert ops.execute(query("production/books/count_line_changes"), {"counts_max": 9}).fetchone() == (1, 1)
    classify(ops)
    assert states(ops)["proven"] == span(10, 20)


@pytest.mark.parametrize("digits", [0, None])
def test_a_change_of_unknown_time_may_lie_on_either_side_of_a_limit(ops: Connection, digits: int | None) -> None:
    delta(ops, 15, 0, "yes", "0.5", "1")
    delta(ops, 10 - 1 / 60, 0, "yes", "0.5", "2", digits=digits)
    for gatherer, inner in ((1, 0), (2, 1), (3, 2), (4, 3)):
        merge_line_checks(ops, [counted_line(inner, gatherer)])
    assert count(ops) == (4, 2)
    found = ops.execute("select gatherer_id from ops.line_counts order by 1").fetchall()
    assert found == [(1,), (4,)]


def test_a_disagreement_is_counted_again_a_limited_number_of_times(ops: Connection) -> None:
    merge_line_checks(ops, [counted_line(inner=1)])
    for _ in range(7):
        assert count(ops) == (1, 0)
    assert count(ops) == (0, 0)


def dropped(production: Database, first: float, last: float) -> None:
    statement = "insert into ops.dropped_partitions (stream, during) values ('orderbook_deltas', tstzrange(%s, %s))"
    with production.connect("kalshi_owner") as owner:
        owner.execute(statement, (at(first), at(last)))


@pytest.mark.parametrize("during", [(-60, 12), (19, 60), (20, 60)])
def test_what_production_has_dropped_is_not_counted(
    production: Database, ops: Connection, during: tuple[float, float]
) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    merge_line_checks(ops, [counted_line(inner=2)])
    assert count(ops) == (1, 0)
    dropped(production, *during)
    merge_line_checks(ops, [counted_line(inner=2, gatherer=2)])
    for _ in range(3):
        assert count(ops) == (0, 0)
    assert ops.execute(COUNTS).fetchall() == []
    classify(ops)
    assert states(ops)["proven"] == span(10, 20)


def test_a_finding_stays_after_its_changes_are_dropped(production: Database, ops: Connection) -> None:
    merge_line_checks(ops, [counted_line(inner=2)])
    for _ in range(3):
        assert count(ops) == (1, 0)
    dropped(production, 0, 60)
    assert count(ops) == (0, 0)
    assert ops.execute(COUNTS).fetchall() == [(0, 0, False, 3, True)]
    assert ops.execute("select check_again_at from ops.line_counts").fetchall() == [(None,)]


def test_only_a_sample_is_counted(ops: Connection) -> None:
    checks = [
        LineCheck(began=number, ended=number + 1, inner=0, from_change=at(number), until_change=at(number + 0.5))
        for number in range(200)
    ]
    merge_line_checks(ops, checks, sample_one_in=4)
    row = ops.execute("select count(*) from ops.line_counts").fetchone()
    assert row is not None
    assert 25 <= row[0] <= 80


def test_evidence_names_the_line_and_its_sequence_numbers(ops: Connection) -> None:
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    merge_line_checks(ops, [*line(10, 12, gatherer=2), counted_line(inner=1)])
    count(ops)
    found = ops.execute(
        "select kind, gatherer_id, detail from ops.evidence(%s, 'KXA-1', tstzrange(%s, %s))", (BOOKS, at(11), at(15))
    ).fetchall()
    named = {(kind, gatherer): detail for kind, gatherer, detail in found}
    checked = named["line check", 2]
    assert (checked["connection_id"], checked["from_seq"], checked["until_seq"]) == (1, 6_000_000, 7_200_000)
    assert checked["is_equal"]
    counted = named["line count", 1]
    assert (counted["received"], counted["held"], counted["is_finding"]) == (1, 0, False)


def test_old_rows_are_deleted_in_bounded_steps(ops: Connection) -> None:
    merge_line_checks(ops, [*line(0, 1), *line(2, 3), *line(4, 5), counted_line(inner=1)])
    delete = "select target, deleted_rows from ops.delete_old_rows(jsonb_build_object('line_checks', %s::integer), 3)"
    assert ops.execute(delete, (90,)).fetchall() == []
    ops.execute("update ops.line_checks set from_at = from_at - interval '90 days'")
    ops.execute("update ops.line_counts set from_at = from_at - interval '90 days'")
    assert set(ops.execute(delete, (90,)).fetchall()) == {("ops.line_checks", 3), ("ops.line_counts", 1)}
    assert ops.execute(delete, (90,)).fetchall() == [("ops.line_checks", 1)]
    assert runs(ops) == []


def test_a_batch_costs_a_look_up_each_however_long_the_history(ops: Connection) -> None:
    """The plan reads the newest row of each line by the key; nothing reads a table from end to end."""
    many = [each for number in range(20) for each in line(number * 5, number * 5 + 1, ticker=f"KXA-{number % 10}")]
    merge_line_checks(ops, many)
    ops.execute("analyze ops.line_checks")
    with ops.transaction(force_rollback=True):
        ops.execute("set local enable_seqscan = off")
        newest = """
            explain select * from ops.line_checks
            where market_ticker = 'KXA-1' and gatherer_id = 1 and epoch = %s and connection_id = 1 and sid = 1
            and from_at <= %s and from_at > %s order by from_at desc, frame_number desc limit 1
        """
        plan = [row for (row,) in ops.execute(newest, (UUID(int=1), at(99), at(-99))).fetchall()]
    assert any("Index Scan Backward using line_checks_pkey" in row for row in plan)
    assert not any("Sort" in row for row in plan)


def test_books_of_levels_are_not_needed(ops: Connection) -> None:
    """Lines prove minutes also where production's own check says nothing, since no snapshot has a clock."""
    cover(ops, 1, 0, None)
    beat(ops, 1, 60)
    snapshot(ops, 0, 0, levels(("yes", "0.5", "1")))
    snapshot(ops, 30, 0, levels(("yes", "0.5", "1")))
    merge_line_checks(ops, line(0, 30))
    classify(ops)
    assert states(ops) == {"proven": span(0, 30), "idle": span(30, 60)}


def test_a_run_that_has_just_ended_knows_how_much_is_proven(ops: Connection) -> None:
    cover(ops, 1, 10.5, 40.5)
    for minute in (10.7, 20.1, 20.2, 30.5, 40.2):
        delta(ops, minute, 1, "yes", "0.5", "1")
    snapshot(ops, 30, 4, levels(("yes", "0.5", "4")))
    snapshot(ops, 35, 5, levels(("yes", "0.5", "5")))
    ops.execute("update ops.watermarks set moment = now()")
    merge_line_checks(ops, line(10.5, 20.25))
    delta(ops, 30.6, 5, "yes", "0.5", "1")
    asked = {"audit_seconds": 15}
    found = dict(ops.execute(query("verification/count_proven_minutes"), asked).fetchall())
    # Of the minutes 10, 20, 30 and 40, the first was covered for half a minute, and so was the last.
    assert found == {"active": 3.0, "proven": 1.75, "by_line": 0.75, "by_check": 1.0, "due": 0.5, "due_proven": 0.5}
