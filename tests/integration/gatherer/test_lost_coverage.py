"""Coverage ends in the database if the frame log lost what was known of its connections."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kalshi_data.gatherer.recording.batch import Item, write_batch
from tests.support.engines import Database
from tests.support.receiving import fetch

BEGAN_AT = datetime(2026, 11, 1, tzinfo=UTC)
LOST_AT = BEGAN_AT + timedelta(hours=1)


def test_coverage_ends_for_the_connections_whose_records_are_lost(kalshi_ts: Database) -> None:
    begun = [item("coverage_begun", (number, 1, "ticker", "", BEGAN_AT)) for number in (1, 2, 3)]
    lost = [item("coverage_lost", (2, 3, LOST_AT)), item("coverage_lost", (3, 4, None))]
    with kalshi_ts.connect("gatherer") as connection:
        for _ in range(2):
            write_batch(connection, lost, 10)
            write_batch(connection, begun, 9)
            write_batch(connection, lost, 10)

    found = fetch(kalshi_ts, "select connection_id, ended_at, end_reason from capture.subscriptions order by 1")
    # Without a time before the loss, nothing is known to be covered.
    assert found == [(1, None, None), (2, LOST_AT, "gap"), (3, BEGAN_AT, "gap")]


def item(stream: str, row: tuple[Any, ...]) -> Item:
    return Item(stream, row, b"", 9, row[0], BEGAN_AT)
