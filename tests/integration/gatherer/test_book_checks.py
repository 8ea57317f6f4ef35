"""Comparisons of snapshots are stored, come again from the frame log, and are what the deduplicator polls."""

import asyncio
from pathlib import Path
from typing import Any

from kalshi_data.database.connection import query
from tests.support.engines import Database
from tests.support.receiving import BOOKS_SUBSCRIBED, Station, delta, fetch, snapshot, station
from tests.support.waiting import wait_until_async

GROWN: dict[str, Any] = {"yes_dollars_fp": [["0.4100", "6.00"]]}
FRAMES = (
    BOOKS_SUBSCRIBED,
    snapshot(1),
    delta(2),
    snapshot(3, **GROWN),
    snapshot(4, **GROWN, no_dollars_fp=[["0.02", "1"]], clock=None),
)
CHECKS = """
select market_ticker, from_seq, until_seq, from_clock, until_clock, change_count, inner_count, level_count, is_equal,
    wrong_level_count, difference, to_char(from_change_at, 'MS'), until_at > from_at, last_change_at = until_change_at
from capture.book_checks as b
inner join capture.orderbook_snapshots as s using (frame_number, market_ticker)
order by until_seq
"""
WRONG = [{"side": "no", "price": "0.0200", "rebuilt": "0.00", "published": "1.00"}]
EXPECTED = [
    ("KXA-1", 1, 3, 1, 3, 1, 0, 1, True, 0, None, "447", True, True),
    ("KXA-1", 3, 4, 3, 0, 0, 0, 2, False, 1, WRONG, "447", True, True),
]
COVERAGE = "select market_ticker, ended_at is null, end_reason from capture.subscriptions order by began_at"
GAPS = "select seq_expected, seq_received, repair, began_at < detected_at from capture.gaps"


# Those of the columns that the deduplicator's stage gets; a transaction's number is sent as a whole number.
TYPES = (
    *("int2", "uuid", "int8", "int8", "int4", "text", "timestamptz", "timestamptz", *["int8"] * 4),
    *("timestamptz", "timestamptz", "int8", "int8", "int4", "bool", "int4", "jsonb", "int8"),
)


async def take(running: Station, *frames: bytes) -> Any:
    line = running.connect()
    for each in frames:
        line.frame(each)
    return line


def test_comparisons_are_stored_with_their_gap_and_coverage(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        async with station(kalshi_ts, tmp_path) as running:
            await wait_until_async(lambda: running.writer.takes_rows)
            await take(running, *FRAMES)
            await wait_until_async(lambda: running.counters.committed_rows["book_checks"] == 2)

    asyncio.run(run())
    assert fetch(kalshi_ts, CHECKS) == EXPECTED
    assert fetch(kalshi_ts, GAPS) == [(3, 4, None, True)]
    assert fetch(kalshi_ts, COVERAGE) == [("KXA-1", False, "gap"), ("KXA-1", True, None)]


def test_comparisons_come_from_the_frame_log_after_an_outage(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        first = Station(kalshi_ts, tmp_path)
        first.log.open()
        await take(first, *FRAMES)
        first.log.close()
        async with station(kalshi_ts, tmp_path) as running:
            await wait_until_async(lambda: running.counters.committed_rows["book_checks"] == 2)

    asyncio.run(run())
    assert fetch(kalshi_ts, CHECKS) == EXPECTED


def test_the_deduplicator_polls_them_and_their_lag(kalshi_ts: Database, tmp_path: Path) -> None:
    async def run() -> None:
        async with station(kalshi_ts, tmp_path) as running:
            await take(running, *FRAMES)
            await wait_until_async(lambda: running.counters.committed_rows["book_checks"] == 2)

    asyncio.run(run())
    place = {"gatherer_id": 3, "after": "0", "rows_max": 10, "shard": 1, "shards": 1}
    with kalshi_ts.connect("dedup_reader") as connection:
        with connection.cursor() as cursor, cursor.copy(polled(), place) as copy:
            copy.set_types(TYPES)
            rows = list(copy.rows())
        lag = connection.execute(query("capture/poll/read_lag"), {"stream": "book_checks", "after": "0"}).fetchone()
    found = [(row[0], row[4], row[5], row[8:10], row[17], row[19]) for row in rows]
    assert found == [(3, 1, "KXA-1", (1, 3), True, None), (3, 1, "KXA-1", (3, 4), False, WRONG)]
    assert lag is not None
    assert lag[:3] == (2, fetch(kalshi_ts, "select min(until_at) from capture.book_checks")[0][0], 0)


def polled() -> Any:
    return query("capture/poll/book_checks")
