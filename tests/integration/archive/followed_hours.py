"""Follows the hours of a derived stream while drawn events become known: what is marked is written, as exported."""

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from kalshi_data.database.connection import Connection
from tests.integration.completeness.test_minutes import classify
from tests.integration.completeness.test_steady_minutes import Event, Reports
from tests.support.coverage import T0
from tests.support.exporting import HOUR

HOURS = (T0, T0 + HOUR, T0 + 2 * HOUR)
# Decorates what follows drawn events on a database that a fixture made once.
FOLLOWING = hypothesis_settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
MARK = """
insert into ops.archive_partitions (stream, hour) values (%s, %s)
on conflict (stream, hour) do update set state = 'pending'
"""
PENDING = """
update ops.archive_partitions set state = 'verified' where stream = %s and state = 'pending' returning hour
"""
DURING = {
    "book_checks": "select b::text from ops.book_checks_during(%s, %s) as b order by 1",
    "incidents": "select i::text from ops.incidents_during(%s, %s) as i order by 1",
}
DUE = "select count(*) from ops.market_minutes_due"
Row = tuple[Any, ...]


def upkeep(ops: Connection) -> None:
    """Check books, and classify until nothing more is due that has settled."""
    ops.execute("select ops.check_books(1000)")
    before: Row | None = None
    while (due := ops.execute(DUE).fetchone()) != before:
        before = due
        classify(ops)


def follow_hours(ops: Connection, stream: str, events: list[Event]) -> None:
    """Report events, write the hours that are marked after each step of time, and compare all hours with production.

    Raises:
        AssertionError: an hour changed and was not marked.
    """
    reports, held = Reports(ops), dict[datetime, list[Row]]()
    for hour in HOURS:
        ops.execute(MARK, (stream, hour))
    for event in [*events, *[Event("advance", 1, "", 0, 240, "", is_equal=True)] * 3]:
        reports.report(event)
        if event.kind == "advance":
            upkeep(ops)
            for (hour,) in ops.execute(PENDING, (stream,)).fetchall():
                held[hour] = _rows(ops, stream, hour)
    for hour in HOURS:
        assert held[hour] == _rows(ops, stream, hour), hour


def _rows(ops: Connection, stream: str, hour: datetime) -> list[Row]:
    return ops.execute(DURING[stream].encode(), (hour, hour + HOUR)).fetchall()
