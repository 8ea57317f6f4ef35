"""What the deduplicator counts of production's completeness, beside the merge."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.monitoring.completeness_monitor import CompletenessMonitor
from kalshi_data.deduplicator.monitoring.completeness_rules import SCHEDULE_UNKNOWN
from kalshi_data.deduplicator.monitoring.health_rules import evaluate
from kalshi_data.deduplicator.monitoring.measurements import CompletenessCounts, Measurements
from kalshi_data.deduplicator.state import State
from kalshi_data.service.health import Reason
from tests.support.coverage import EPOCH, GAP, HEARTBEAT, SUBSCRIPTION
from tests.support.engines import Database
from tests.support.staging import settings

MINUTE = timedelta(minutes=1)
CLASSIFIED = """
insert into ops.classified_minutes (stream, market_ticker, day, proven, covered, repaired, gap, idle)
values (%s, %s, %s, %s::tstzmultirange, %s::tstzmultirange, %s::tstzmultirange, %s::tstzmultirange, '{}')
"""
CLASSIFIED_OF_A_DAY = """
insert into ops.classified_minutes (stream, market_ticker, day, proven, covered, repaired, gap, idle)
select
    t.stream, t.ticker, t.day, t.proven * d.whole, t.covered * d.whole, t.repaired * d.whole, t.gap * d.whole, '{}'
from (
    values (%s, %s, %s::date, %s::tstzmultirange, %s::tstzmultirange, %s::tstzmultirange, %s::tstzmultirange)
) as t (stream, ticker, day, proven, covered, repaired, gap)
cross join lateral (
    select tstzmultirange(tstzrange(t.day::timestamp at time zone 'UTC', (t.day + 1)::timestamp at time zone 'UTC'))
) as d (whole)
where (t.proven + t.covered + t.repaired + t.gap) && d.whole
"""
EXPECTED = "insert into ops.expected (channel, market_ticker, began_at) values ('orderbook_delta', %s, %s)"
CHECK = """
insert into ops.book_checks (market_ticker, until_at, until_clock, until_sha256, from_at, from_clock, is_proven,
delta_count, level_count, wrong_level_count, attempts, check_again_at)
values (%s, %s, 9, 'x', %s, 5, %s, 3, 2, 0, %s, %s)
"""
ARBITRATION = """
insert into ops.arbitration (stream, hour, gatherer_id, sampled_one_in, rows_sampled, rows_seen, rows_unique,
rows_first, rows_missed) values ('orderbook_deltas', %s, %s, 100, 50, %s, %s, %s, %s)
"""
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


def ago(minutes: float) -> datetime:
    return NOW - minutes * MINUTE


def run(began: float, ended: float) -> str:
    """Return the time from some minutes ago to fewer, as a multirange."""
    return f"{{[{ago(began).isoformat()}, {ago(ended).isoformat()})}}"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count minutes from the beginning of each test: this file may have been read long before."""
    monkeypatch.setattr(f"{__name__}.NOW", datetime.now(UTC).replace(second=0, microsecond=0))


@pytest.fixture
def ops(production: Database) -> Iterator[Connection]:
    with production.connect() as connection:
        yield connection


def classify(connection: Connection, ticker: str = "KXA-1", stream: str = "orderbook_deltas", **states: str) -> None:
    """Classify minutes, in one row for each day, as production does."""
    runs = [states.get(state, "{}") for state in ("proven", "covered", "repaired", "gap")]
    for days in range(3):
        connection.execute(CLASSIFIED_OF_A_DAY, (stream, ticker, (NOW - timedelta(days=days)).date(), *runs))


def measure(production: Database, **health: Any) -> tuple[CompletenessCounts, list[Reason]]:
    """Return what a count finds, and what health makes of it."""
    measurements, chosen = Measurements(), settings(production, [production])
    for name, value in health.items():
        setattr(chosen.health, name, value)
    monitor = CompletenessMonitor(chosen, measurements)
    try:
        monitor.measure()
    finally:
        monitor.close()
    assert measurements.completeness_failure == ""
    found = evaluate(measurements, State(), chosen, 0.0).reasons
    return measurements.completeness, [each for each in found if each.check in {"gaps", "books", "completeness"}]


def test_an_empty_production_has_nothing_to_report(production: Database) -> None:
    counted, reasons = measure(production)
    assert not reasons
    assert set(counted.minutes.values()) == {0}
    assert counted.share_proven == 1.0
    assert counted.lost == ()
    assert counted.book_checks[:3] == (0, 0, 0)
    assert counted.books == (0, 0, None)
    assert set(counted.gaps.values()) == {0}
    assert counted.counted_at_seconds > 0


@pytest.mark.usefixtures("within_a_day")
def test_todays_minutes_are_counted_by_stream_and_state(production: Database, ops: Connection) -> None:
    ops.execute(EXPECTED, ("KXA-1", ago(500)))
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    times = [f"{{[{(midnight + m * MINUTE).isoformat()}, {(midnight + n * MINUTE).isoformat()})}}" for m, n in
             ((0, 3), (3, 4), (4, 6), (6, 7))]  # fmt: skip
    today = datetime.now(UTC).date()
    ops.execute(CLASSIFIED, ("orderbook_deltas", "KXA-1", today, *times))
    counted, _ = measure(production)
    assert {state: count for (stream, state), count in counted.minutes.items() if stream == "orderbook_deltas"} == {
        "proven": 3,
        "covered": 1,
        "repaired": 2,
        "gap": 1,
        "idle": 0,
        "halted": 0,
    }
    assert counted.share_proven == 3 / 7
    days = ops.execute(query("production/completeness/read_stream_days"), {"from_at": NOW, "until_at": NOW}).fetchall()
    states = ("proven", "covered", "repaired", "gap", "idle")
    assert days
    assert all(
        counted.minutes[stream, state] == minutes
        for stream, _, _, _, *counts in days
        for state, minutes in zip(states, counts, strict=True)
    )


def test_a_minute_is_lost_once_no_source_has_repaired_it_in_time(production: Database, ops: Connection) -> None:
    classify(ops, "KXA-1", gap=run(90, 80))
    classify(ops, "KXA-2", gap=run(100, 90))
    classify(ops, "KXA-4", gap=run(40, 35))
    classify(ops, "", "trades", gap=run(50, 40))
    classify(ops, "KXA-3", gap=run(30 * 60, 26 * 60))
    counted, reasons = measure(production)
    (lost,) = counted.lost
    assert lost[:4] == ("orderbook_deltas", 10 + 10, 2, "KXA-2")
    assert (lost.began_at, lost.ended_at) == (ago(100), ago(80))
    (reason,) = reasons
    assert "20 minutes of orderbook_deltas of 2 markets, such as KXA-2, are lost" in reason.text
    assert f"completeness --from {ago(100):%Y-%m-%dT%H:%M} --market KXA-2 --evidence" in reason.text
    sooner, _ = measure(production, repair_seconds=0.0)
    assert {each.stream: each.minutes for each in sooner.lost} == {"orderbook_deltas": 25, "trades": 10}


def without_maintenance(connection: Connection) -> None:
    """Let no time be maintenance, since the exchange of a test announces some, and a test may run then."""
    connection.execute(
        "create or replace function ops.maintenance_during(wanted tstzrange) returns tstzmultirange "
        "language sql stable as $$ select '{}'::tstzmultirange $$"
    )


def test_maintenance_that_was_announced_is_not_lost(production: Database, ops: Connection) -> None:
    classify(ops, "KXA-1", gap=run(90, 80))
    _, (reason,) = measure(production)
    assert SCHEDULE_UNKNOWN in reason.text
    announce(ops, ago(200), windows=[(ago(600), ago(500))])
    counted, (reason,) = measure(production)
    (lost,) = counted.lost
    assert (lost.minutes, lost.is_schedule_known, SCHEDULE_UNKNOWN in reason.text) == (10, True, False)
    announce(ops, ago(190), windows=[(ago(85), ago(60))])
    assert measure(production)[0].lost[0].minutes == 5


def announce(connection: Connection, at: datetime, windows: Sequence[tuple[datetime, datetime]]) -> None:
    """Let an answer of the exchange's schedule list some windows of maintenance."""
    connection.execute("select timeseries.ensure_partition('market_data.exchange_status', %s)", (at,))
    facts = [("schedule", None, None), *(("maintenance", *window) for window in windows)]
    for kind, begins_at, ends_at in facts:
        body = Jsonb([str(begins_at), str(ends_at)])
        connection.execute(
            "insert into market_data.exchange_status (gatherer_id, kind, begins_at, ends_at, body, body_sha256, "
            "first_seen_at, confirmed_at) values (1, %s, %s, %s, %s, sha256(%s), %s, %s)",
            [kind, begins_at, ends_at, body, f"{kind} {begins_at} {ends_at}".encode(), at, at],
        )


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Answers by their time, in hours before the window of two hours begins, and how many windows they list.
ANNOUNCEMENTS: list[tuple[list[tuple[int, bool]], bool]] = [
    ([], False),
    ([(-48, False)], False),
    ([(-48, True)], True),
    ([(-48, True), (-24, False)], False),
    ([(-48, False), (-24, True)], True),
    # Some lists leave out what has begun.
    ([(-1, True), (1, False)], True),
    # It was announced only while it was under way.
    ([(1, True)], True),
    ([(-1, False), (1, True)], True),
]


@pytest.mark.parametrize(("answers", "counts"), ANNOUNCEMENTS)
def test_a_window_counts_if_the_last_schedule_before_it_lists_it(
    ops: Connection, answers: Sequence[tuple[int, bool]], counts: bool
) -> None:
    begins = datetime(2026, 11, 5, 8, tzinfo=UTC)
    for hours, is_listed in answers:
        announce(ops, begins + hours * HOUR, [(begins, begins + 2 * HOUR)] if is_listed else [])
    asked = {"from_at": begins - DAY, "until_at": begins + DAY}
    statement = "select ops.maintenance_during(tstzrange(%(from_at)s, %(until_at)s))"
    ((found,),) = ops.execute(statement, asked).fetchall()
    assert [(each.lower, each.upper) for each in found] == [(begins, begins + 2 * HOUR + timedelta(minutes=5))] * counts


def test_a_window_longer_than_a_day_or_without_an_end_excuses_nothing(ops: Connection) -> None:
    begins = datetime(2026, 11, 5, 8, tzinfo=UTC)
    windows = [(begins, begins + DAY + HOUR), (begins, begins), (begins, begins - HOUR)]
    announce(ops, begins - HOUR, windows)
    ((found,),) = ops.execute(
        "select ops.maintenance_during(tstzrange(%s, %s))", [begins - DAY, begins + 9 * DAY]
    ).fetchall()
    assert list(found) == []


def test_books_are_wrong_at_the_third_comparison(production: Database, ops: Connection) -> None:
    for ticker, minutes, is_proven, attempts, again in (
        ("KXA-1", 10, True, 1, None),
        ("KXA-2", 90, True, 1, None),
        ("KXA-3", 20, False, 2, ago(0)),
        ("KXA-4", 600, False, 3, ago(0)),
        ("KXA-5", 600, False, 7, None),
        ("KXA-6", 1500, False, 7, None),
    ):
        ops.execute(CHECK, (ticker, ago(minutes), ago(minutes + 15), is_proven, attempts, again))
    counted, reasons = measure(production)
    assert counted.book_checks == (1, 1, 2, "KXA-5")
    (reason,) = reasons
    assert "2 intervals of the last day end with another order book" in reason.text
    assert "--market KXA-5 --evidence" in reason.text


def test_a_market_without_a_living_gatherer_has_no_book(production: Database, ops: Connection) -> None:
    other = EPOCH.__class__(int=99)
    for ticker in ("KXA-1", "KXA-2", "KXA-3", "KXA-4"):
        ops.execute(EXPECTED, (ticker, ago(60)))
    ops.execute("update ops.expected set closed_at = %s where market_ticker = 'KXA-4'", (ago(5),))
    for gatherer, epoch, ticker, ended in (
        (1, EPOCH, "KXA-1", None),
        (1, EPOCH, "KXA-2", ago(2)),
        (1, other, "KXA-2", None),
        (2, EPOCH, "KXA-3", None),
    ):
        place = (gatherer, epoch, 1, 1, "orderbook_delta", ticker, ago(60))
        ops.execute(SUBSCRIPTION, (*place, ended, ended and "closed"))
    ops.execute(HEARTBEAT, (1, EPOCH, ago(0)))
    counted, reasons = measure(production)
    assert counted.books == (3, 2, "KXA-3")
    (reason,) = reasons
    assert "2 of 3 open markets are followed by no gatherer, such as KXA-3" in reason.text
    ops.execute(HEARTBEAT, (2, EPOCH, ago(0)))
    assert measure(production)[0].books == (3, 1, "KXA-2")


def test_a_market_that_is_just_over_is_not_reported(production: Database, ops: Connection) -> None:
    """Gatherers stop following it at once, and upkeep ends what is expected of it up to a minute later."""
    ops.execute(HEARTBEAT, (1, EPOCH, ago(0)))
    for ticker, ended in (("KXA-1", datetime.now(UTC)), ("KXA-2", ago(2)), ("KXA-3", ago(2))):
        ops.execute(EXPECTED, (ticker, ago(60)))
        place = (1, EPOCH, 1, 1, "orderbook_delta", ticker, ago(60))
        ops.execute(SUBSCRIPTION, (*place, ended, "closed"))
    ops.execute("delete from ops.expected_due")
    ops.execute("insert into ops.expected_due (market_ticker) values ('KXA-2')")
    assert measure(production)[0].books == (3, 1, "KXA-3")


def test_gaps_of_gatherers_are_counted_by_repair(production: Database, ops: Connection) -> None:
    for number, (channel, minutes, repair) in enumerate(
        [
            ("trade", 5, None),
            ("trade", 9, "rest"),
            ("trade", 10, "rest"),
            ("orderbook_delta", 3, "snapshot"),
            ("trade", 1500, None),
            ("user_fills", 5, None),
        ]
    ):
        began, ended = ago(minutes), ago(minutes - 1) if repair else None
        ops.execute(GAP, (1, EPOCH, number, channel, began, ago(minutes - 1), ended, repair))
    counted, reasons = measure(production)
    assert {key: count for key, count in counted.gaps.items() if count} == {
        ("trades", "open"): 1,
        ("trades", "rest"): 2,
        ("orderbook_deltas", "snapshot"): 1,
    }
    assert len(counted.gaps) == 4 * 3
    assert not reasons


def test_contributions_of_a_day_are_estimated_from_the_sample(production: Database, ops: Connection) -> None:
    for hours, gatherer, counts in ((2, 1, (50, 2, 30, 0)), (3, 1, (48, 1, 20, 2)), (2, 2, (48, 0, 20, 2))):
        ops.execute(ARBITRATION, (ago(60 * hours), gatherer, *counts))
    ops.execute(ARBITRATION, (ago(60 * 30), 1, 50, 50, 50, 50))
    contributions = measure(production)[0].contributions
    assert contributions == {
        (1, "orderbook_deltas"): (300, 5_000, 200),
        (2, "orderbook_deltas"): (0, 2_000, 200),
    }


def test_a_count_that_fails_is_reported_and_keeps_the_last_one(production: Database, ops: Connection) -> None:
    ops.execute(EXPECTED, ("KXA-1", ago(60)))
    measurements, chosen = Measurements(), settings(production, [production])
    monitor = CompletenessMonitor(chosen, measurements)
    try:
        monitor.measure()
        ops.execute("alter table ops.gaps rename to gaps_elsewhere")
        monitor.measure()
        assert measurements.completeness.books.missing == 1
        reasons = evaluate(measurements, State(), chosen, 0.0).reasons
        (reason,) = (each for each in reasons if each.check == "completeness")
        assert 'relation "ops.gaps" does not exist' in reason.text
        ops.execute("alter table ops.gaps_elsewhere rename to gaps")
        monitor.measure()
        assert measurements.completeness_failure == ""
    finally:
        monitor.close()
