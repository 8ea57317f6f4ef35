"""The reason for the cursor: writers whose transactions overlap, and readers that follow while they write."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.merge.source import Batch, StreamSource
from kalshi_data.deduplicator.settings import GathererSource, MergingSettings
from kalshi_data.settings import Conninfo
from kalshi_data.shard import EVERYTHING
from kalshi_data.streams import STREAMS
from tests.support.engines import Database
from tests.support.staging import NOW

WRITERS = 4
TRANSACTIONS = 60
ROWS = 5
TRADES = next(stream for stream in STREAMS if stream.name == "trades")
INSERT = """
insert into capture.trades (received_at, exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side)
values (clock_timestamp(), now(), %s, 'KXA-1', 0.5, 0.5, 1, 'yes')
"""
NAIVE = """
select trade_id, received_at from capture.trades where received_at > %s order by received_at
"""


def write(database: Database, writer: int) -> None:
    """Commit transactions that stay open for a moment, so that others begin and end within them."""
    dice = random.Random(writer)
    with database.connect("gatherer") as connection:
        for number in range(TRANSACTIONS):
            with connection.transaction():
                for row in range(ROWS):
                    connection.execute(INSERT, (f"{writer}-{number}-{row}",))
                    time.sleep(dice.uniform(0, 0.002))


def ensure_partitions(connection: Connection) -> None:
    """Make the partitions of today and of tomorrow, which may begin at any moment."""
    for days in (0, 1):
        moment = datetime.now(UTC) + timedelta(days=days)
        connection.execute(query("capture/record/ensure_partitions"), {"moment": moment})


def follow_naively(connection: Connection, writing: threading.Event) -> set[str]:
    """Read by receive time: whatever is newer than the newest seen."""
    seen: set[str] = set()
    after = NOW
    while True:
        last = not writing.is_set()
        rows = connection.execute(NAIVE, (after,)).fetchall()
        seen |= {trade_id for trade_id, _ in rows}
        after = max([after, *(received_at for _, received_at in rows)])
        if last:
            return seen


def reader(database: Database) -> StreamSource:
    """Return the deduplicator's own reader of trades, for few rows at a time."""
    conninfo = Conninfo(conninfo=database.conninfo("dedup_reader"))
    gatherer = GathererSource(id=1, kalshi_ts=conninfo, kalshi_meta=conninfo)
    return StreamSource(gatherer, TRADES, MergingSettings(batch_rows_min=10, gatherer_seconds_max=10), EVERYTHING)


def poll(source: StreamSource) -> Batch:
    """Poll what follows the position that stage() moves."""
    batch = source.poll(source.after or "0")
    assert batch
    return batch


def follow_as_we_do(database: Database, production: Connection, writing: threading.Event) -> list[str]:
    """Read by the deduplicator's own source, into its own stage."""
    seen: list[str] = []
    production.execute(query("production/stage/trades"))
    with closing(reader(database)) as source:
        assert source.open()
        while True:
            last = not writing.is_set()
            batch = poll(source)
            if batch.rows:
                seen += stage(production, source, batch)
            elif last:
                return seen


def stage(production: Connection, source: StreamSource, batch: Batch) -> list[str]:
    """Stage what was polled, move on behind it, and return the trade ids."""
    with production.transaction(), production.cursor() as cursor:
        with cursor.copy(query("production/stage/copy")) as copy:
            copy.write(batch.received)
        staged = "select trade_id, ingest_xid::text as position from stage order by ingest_xid"
        rows = cursor.execute(staged).fetchall()
    assert rows[-1][1] == batch.watermark
    source.after = batch.watermark
    return [trade_id for trade_id, _ in rows]


def test_a_cursor_on_receive_time_loses_rows_and_ours_loses_none(kalshi_ts: Database, production: Database) -> None:
    with kalshi_ts.connect("gatherer") as connection:
        ensure_partitions(connection)
    writing = threading.Event()
    writing.set()
    results: dict[str, list[str]] = {}

    def follow(name: str, reader: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            results[name] = list(reader())  # pyright: ignore[reportArgumentType, reportCallIssue]

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with kalshi_ts.connect() as naive, production.connect("deduplicator") as staged:
        readers = [
            follow("naive", lambda: follow_naively(naive, writing)),
            follow("ours", lambda: follow_as_we_do(kalshi_ts, staged, writing)),
        ]
        writers = [threading.Thread(target=write, args=(kalshi_ts, number)) for number in range(WRITERS)]
        for thread in writers:
            thread.start()
        for thread in writers:
            thread.join()
        writing.clear()
        for thread in readers:
            thread.join()

    written = WRITERS * TRANSACTIONS * ROWS
    assert len(results["ours"]) == len(set(results["ours"])) == written
    assert len(results["naive"]) < written


def naive_position(connection: Connection) -> datetime:
    """Return the newest receive time that shows."""
    (newest,) = connection.execute("select max(received_at) from capture.trades").fetchall()
    return newest[0]


def test_a_transaction_that_ends_late_is_waited_for(kalshi_ts: Database, production: Database) -> None:
    with (
        kalshi_ts.connect("gatherer") as slow,
        kalshi_ts.connect("gatherer") as fast,
        production.connect("deduplicator") as staged,
        closing(reader(kalshi_ts)) as source,
    ):
        ensure_partitions(slow)
        # TimescaleDB makes a place for the first row, for which others would wait until its transaction ends.
        slow.execute(INSERT, ("long ago",))
        staged.execute(query("production/stage/trades"))
        assert source.open()
        assert stage(staged, source, poll(source)) == ["long ago"]
        before = naive_position(fast)
        with slow.transaction():
            slow.execute(INSERT, ("begun first, committed last",))
            fast.execute(INSERT, ("committed first",))
            naive = fast.execute(NAIVE, (before,)).fetchall()
            # The finished row stays hidden while an older transaction could still put one before it.
            assert poll(source).rows == 0
        assert stage(staged, source, poll(source)) == ["begun first, committed last", "committed first"]
        # Whoever reads on from the newest receive time has passed the late row by.
        assert [trade_id for trade_id, _ in naive] == ["committed first"]
        assert fast.execute(NAIVE, (naive[0][1],)).fetchall() == []
