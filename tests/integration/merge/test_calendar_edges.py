"""Rows on both sides of an edge of the calendar: each is kept once, with its time, and marks its own hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import MakeDatabase
from tests.integration.merge.test_merge import delta, trade
from tests.support.engines import Database
from tests.support.staging import NOW, merge, receive, rows

HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=1)
EXCHANGE_ZONE = ZoneInfo("America/New_York")


def clock_change() -> datetime:
    """Return the last time at which the clocks of the exchange's zone changed."""
    edge = MIDNIGHT
    while edge.astimezone(EXCHANGE_ZONE).utcoffset() == (edge - HOUR).astimezone(EXCHANGE_ZONE).utcoffset():
        edge -= HOUR
    return edge


EDGES = {
    "hour": MIDNIGHT + HOUR,
    "day": MIDNIGHT,
    "month": MIDNIGHT.replace(day=1),
    "year": MIDNIGHT.replace(month=1, day=1),
    "clock change": clock_change(),
}


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES.keys())
def test_rows_around_an_edge_are_merged_once_into_their_hours(
    make_database: MakeDatabase, production: Database, edge: datetime
) -> None:
    gatherers = [make_database("kalshi_ts") for _ in range(3)]
    times = [edge - MILLISECOND, edge, edge + MILLISECOND]
    milliseconds = [round(at.timestamp() * 1000) for at in times]
    for gatherer in gatherers:
        receive(gatherer, [trade(f"trade {number}", ms) for number, ms in enumerate(milliseconds)])
        receive(gatherer, [delta(f"{number + 1}.00", ms) for number, ms in enumerate(milliseconds)], number=2)
    merge(production, gatherers, ticks=2)

    assert [at for at, _, _ in rows(production, "trades", "exchange_ts trade_id market_ticker")] == times
    assert [at for at, *_ in rows(production, "orderbook_deltas", "exchange_ts market_ticker side")] == times
    with production.connect() as connection:
        marked = connection.execute("select stream, hour from ops.archive_partitions order by stream, hour").fetchall()
    hours = [edge - HOUR, edge]
    assert marked == [(stream, at.astimezone(UTC)) for stream in ("orderbook_deltas", "trades") for at in hours]
