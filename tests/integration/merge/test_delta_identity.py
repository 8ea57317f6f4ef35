"""Changes whose labels come and go on single lines are held once, with the best labels, in any order and batches."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalshi_data.database.connection import Connection, query
from tests.support.delta_identity import NumberedChange, ReceivedChange, TrueChange, explain, number, seen
from tests.support.engines import Database
from tests.support.merging import Row, deal, stage
from tests.support.staging import NOW

# The end of an hour, so that bursts go on in the next one.
START = NOW.replace(minute=0, second=0) - timedelta(days=1)
KINDS = st.sampled_from(["yes 0.4", "no 0.4"])
# In one microsecond, one millisecond, one second, one burst, and apart from each other.
OFFSETS_US = st.sampled_from([0, 0, 100, 200, 1_100, 5_000, 900_000, 2_000_000, 8_000_000, 30_000_000])
DELAYS_US = st.sampled_from([0, 3_000, 900_000])
PARTITION = {"target": "market_data.hot_orderbook_deltas", "time_column": "exchange_ts"}
Line = list[NumberedChange]
Labels = tuple[str, datetime, int | None, int]
HELD = """
select
    side, price, exchange_ts, time_digits, clock,
    concat_ws(' ', exchange_ts, clock, side, price, size_delta), occurrence
from market_data.orderbook_deltas
"""


@st.composite
def published(draw: st.DrawFn) -> list[TrueChange]:
    """Return changes in their order; some share their clock, as changes of one action do."""
    times = sorted(draw(st.lists(OFFSETS_US, min_size=1, max_size=7)))
    start = draw(st.sampled_from([0, -200, -3_000_000]))
    clock, changes = 0, list[TrueChange]()
    for at in times:
        clock += draw(st.integers(0 if changes else 1, 1))
        changes.append(TrueChange(draw(KINDS), start + at, clock))
    return changes


@st.composite
def received(draw: st.DrawFn, changes: Sequence[TrueChange], digits: Sequence[int | None]) -> Line:
    """Return what a line receives: it may lose any change, and any label for any stretch."""
    delay = draw(DELAYS_US)
    line = [
        seen(change, change.at + delay, draw(st.sampled_from(digits)), has_clock=draw(st.booleans()))
        for change in changes
        if draw(st.integers(0, 3))
    ]
    return number(line, START)


def merge_batch(connection: Connection, batch: Iterable[Row]) -> None:
    stage(connection, "orderbook_deltas", batch)
    connection.execute(query("production/stage/prepare_partitions"), PARTITION)
    connection.execute(query("production/merge/orderbook_deltas"))
    connection.execute("delete from stage")


def read_held(connection: Connection) -> Counter[Labels]:
    """Return the changes that production holds; those with equal keys are numbered from 0."""
    held = connection.execute(HELD).fetchall()
    assert sorted(place for *_, place in held) == sorted(
        place for count in Counter(key for *_, key, _ in held).values() for place in range(count)
    )
    return Counter((f"{side} {price}", at, digits, clock) for side, price, at, digits, clock, _, _ in held)


def merged(connection: Connection, batches: Iterable[Sequence[Row]]) -> Counter[Labels]:
    """Merge batch after batch and return the changes that production then holds; nothing of it stays."""
    with connection.transaction(force_rollback=True):
        for batch in batches:
            merge_batch(connection, batch)
        return read_held(connection)


def rows_of(lines: Sequence[Line]) -> list[Row]:
    return [each.as_row(place, START) for place, line in enumerate(lines, start=1) for each in line]


def expected(lines: Sequence[Line]) -> Counter[Labels]:
    """Return the fewest changes that explain all rows."""
    changes = (each.labels for each in explain(row for line in lines for row in line))
    return Counter((kind, START + timedelta(microseconds=at), digits, clock) for kind, at, digits, clock in changes)


def check(production: Database, run: Callable[[Connection, st.DataObject], None], examples: int = 40) -> None:
    """Run a property on one connection."""
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_deltas"))

        @settings(deadline=None, max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
        @given(data=st.data())
        def whatever(data: st.DataObject) -> None:
            run(connection, data)

        test: Callable[[], None] = whatever
        test()


@pytest.mark.parametrize("digits", [(6, 3), (6, 3, 0), (6, 3, 0, None), (None,)], ids=str)
def test_production_holds_the_fewest_changes_that_explain_what_was_received(
    production: Database, digits: Sequence[int | None]
) -> None:
    def run(connection: Connection, data: st.DataObject) -> None:
        changes = data.draw(published(), label="changes")
        lines = [data.draw(received(changes, digits), label=f"line {line}") for line in range(3)]
        rows = rows_of(lines)
        order = data.draw(
            st.permutations([*rows, *data.draw(st.lists(st.sampled_from(rows)) if rows else st.just([]))])
        )
        cuts = data.draw(st.lists(st.integers(0, 40), max_size=4), label="cuts")
        held = merged(connection, deal(order, cuts))
        assert held == expected(lines)
        for kind in {change.kind for change in changes}:
            count = sum(number for labels, number in held.items() if labels[0] == kind)
            assert count <= sum(change.kind == kind for change in changes)
            assert count >= max(sum(row.change.kind == kind for row in line) for line in lines)

    check(production, run)


LABELS = st.sampled_from([(6, True), (6, False), (3, True), (3, False)])


def test_lines_that_have_all_labels_are_united(production: Database) -> None:
    def run(connection: Connection, data: st.DataObject) -> None:
        changes = data.draw(published(), label="changes")
        lines = [
            number(
                [seen(change, change.at, 6, has_clock=True) for change in changes if data.draw(st.booleans())], START
            )
            for _ in range(3)
        ]
        united = Counter[Labels]()
        for line in lines:
            united |= Counter(
                (row.change.kind, START + timedelta(microseconds=row.change.shown_at), 6, row.change.clock)
                for row in line
            )
        assert merged(connection, deal(data.draw(st.permutations(rows_of(lines))), [3, 9])) == united

    check(production, run, 30)


def test_changes_of_which_a_line_knows_the_clock_are_all_held_with_the_best_labels(production: Database) -> None:
    """Each change has a clock of its own, and each that is received at all has it on one line."""

    def run(connection: Connection, data: st.DataObject) -> None:
        times = sorted(data.draw(st.lists(OFFSETS_US, min_size=1, max_size=7)))
        changes = [TrueChange("yes 0.4", at, clock) for clock, at in enumerate(times, start=1)]
        seen_by: list[list[ReceivedChange]] = [[], [], []]
        best: dict[int, int] = {}
        for change in changes:
            labels = [data.draw(st.none() | LABELS) for _ in seen_by]
            if any(labels):
                labels[data.draw(st.integers(0, 2))] = (data.draw(st.sampled_from([6, 3])), True)
                best[change.clock] = max(digits for digits, has_clock in filter(None, labels) if has_clock)
            for line, label in zip(seen_by, labels, strict=True):
                if label:
                    line.append(seen(change, change.at, label[0], has_clock=label[1]))
        lines = [number(line, START) for line in seen_by]
        held = merged(connection, deal(data.draw(st.permutations(rows_of(lines))), [2, 5, 11]))
        assert sorted(clock for *_, clock in held.elements()) == sorted(best)
        assert all((digits or 0) >= best[clock] for _, _, digits, clock in held)

    check(production, run)


def test_changes_keep_their_clocks_if_only_the_digits_of_their_times_come_and_go(production: Database) -> None:
    """Changes of one action share their clock, and a line sees them within one millisecond or second."""

    def run(connection: Connection, data: st.DataObject) -> None:
        changes = data.draw(published(), label="changes")
        lines = [
            number(
                [
                    seen(change, change.at + delay, data.draw(st.sampled_from((6, 3, 0))), has_clock=True)
                    for change in changes
                ],
                START,
            )
            for delay in (0, 3_000)
        ]
        held = merged(connection, deal(data.draw(st.permutations(rows_of(lines))), [3, 9]))
        assert Counter((kind, clock) for kind, _, _, clock in held.elements()) == Counter(
            (change.kind, change.clock) for change in changes
        )

    check(production, run)


def without_guesses(held: Counter[Labels]) -> Counter[tuple[object, ...]]:
    """Count changes by their labels, those without a time together."""
    return Counter((kind, None if digits is None else at, digits, clock) for kind, at, digits, clock in held.elements())


@pytest.mark.parametrize("digits", [(6, 3, 0), (6, 3, 0, None), (None,)], ids=str)
def test_what_comes_back_from_the_archive_is_what_was_held(production: Database, digits: Sequence[int | None]) -> None:
    """The archive does not hold bursts, so a row that is merged again may move the time of a change without one."""

    def run(connection: Connection, data: st.DataObject) -> None:
        changes = data.draw(published(), label="changes")
        lines = [data.draw(received(changes, digits), label=f"line {line}") for line in range(2)]
        with connection.transaction(force_rollback=True):
            merge_batch(connection, rows_of(lines))
            before = read_held(connection)
            for _ in range(2):
                connection.execute("create temporary table archived_rows (like market_data.orderbook_deltas)")
                connection.execute("insert into archived_rows select * from market_data.orderbook_deltas")
                for table in ("market_data.hot_orderbook_deltas", "ops.delta_evidence", "ops.delta_labels"):
                    connection.execute(f"delete from {table}".encode())
                connection.execute(query("production/archive/stage_rows"))
                connection.execute("drop table archived_rows")
                merge_batch(connection, [])
                assert without_guesses(read_held(connection)) == without_guesses(before)
                merge_batch(connection, data.draw(st.lists(st.sampled_from(rows_of(lines))) if before else st.just([])))
                assert without_guesses(read_held(connection)) == without_guesses(before)

    check(production, run)


def test_long_bursts_are_explained_by_the_fewest_changes(production: Database) -> None:
    """Three lines see a level change again and again, most of it without a time or clock, by seconds."""
    choice = Random(4)
    changes = [TrueChange("yes 0.4", place * 400_000, place // 2 + 1) for place in range(150)]
    changes += [TrueChange("yes 0.4", 680_000_000 + place * 900_000, 200 + place) for place in range(30)]
    lines: list[Line] = []
    for delay in (0, 3_000, 8_000):
        seen_by = [
            seen(change, change.at + delay, 6 if choice.random() < 0.2 else None, has_clock=choice.random() < 0.2)
            for change in changes
            if choice.random() < 0.9
        ]
        lines.append(number(seen_by, START))
    rows = sorted(rows_of(lines), key=lambda row: str(row["received_at"]))
    with production.connect("deduplicator") as connection:
        connection.execute(query("production/stage/orderbook_deltas"))
        with connection.transaction(force_rollback=True):
            for batch in deal(rows, range(0, len(rows), 60)):
                merge_batch(connection, batch)
            assert read_held(connection) == expected(lines)
            merge_batch(connection, rows[-3:])
            assert read_held(connection) == expected(lines)
