"""The archive for engines with a time in which changes of the busy market are lost, as production judges it."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from kalshi_data.archive.schemas import TIME
from kalshi_data.reader import Archive
from kalshi_data.reader.times import instant, microseconds
from tests.support.engine_archive import (
    BUSY,
    END,
    HOURS,
    MARKETS,
    START,
    EngineState,
    ladders,
    states,
    write_engine_archive,
)
from tests.support.sample_archive import Row, write_rows

compute: Any = pyarrow.compute
MINUTE = timedelta(minutes=1)
GAP = (HOURS[1] + 10 * MINUTE, HOURS[1] + 25 * MINUTE)


def write_archive_with_gap(root: Path) -> Path:
    """Write the archive without the busy market's changes during the gap, and with the coverage of each hour."""
    write_engine_archive(root)
    path = root / f"orderbook_deltas/date={HOURS[1]:%Y-%m-%d}/hour={HOURS[1]:%H}/part-0.parquet"
    table = pq.ParquetFile(path).read()
    begin, end = (pa.scalar(microseconds(each), pa.int64()).cast(TIME) for each in GAP)
    times = table["exchange_ts"]
    is_lost = compute.and_(compute.greater_equal(times, begin), compute.less(times, end))
    is_lost = compute.and_(is_lost, compute.equal(table["market_ticker"], BUSY))
    assert compute.sum(is_lost).as_py() > 10
    pq.write_table(table.filter(compute.invert(is_lost)), path, compression="zstd")
    for hour in HOURS:
        write_rows(root, "coverage", coverage(hour), hour)
    return root


def coverage(hour: Any) -> Iterator[Row]:
    """Yield the runs of an hour: everything is proven or received, but for the gap."""
    for market in ("", *MARKETS):
        for stream in ("trades", "lifecycle_events") if not market else ("orderbook_deltas",):
            edges = [hour, *(each for each in GAP if market == BUSY and hour == HOURS[1]), hour + 60 * MINUTE]
            for number, (begin, end) in enumerate(pairwise(edges)):
                state = "gap" if number == 1 else "proven" if market else "covered"
                yield {"market_ticker": market, "stream": stream, "from_at": begin, "to_at": end, "state": state}


def states_over_gap(archive: Archive) -> list[EngineState]:
    """Return the busy market's books: none from the gap on, then those from the first snapshot after it on.

    Gatherers ask for a snapshot as soon as they can, so one within the last minute of the gap counts.
    """
    begin, end = (microseconds(each) for each in GAP)
    full = states(archive, BUSY)
    before = [each for each in full if each.at_us < begin]
    for step, book in archive.walk(BUSY, START, END):
        turn = step.turn
        if turn.snapshot and turn.at_us >= begin and turn.received_us >= end - MINUTE // timedelta(microseconds=1):
            back = EngineState(turn.at_us, max(turn.at_us, turn.received_us), *ladders(book))
            lost = EngineState(begin, max(begin, before[-1].local_us), {}, {})
            after = [each for each in full if each.at_us > back.at_us]
            return [*before, lost, back, *after]
    raise AssertionError(f"no snapshot after {instant(end)}")
