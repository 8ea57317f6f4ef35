"""Another program fills the disk of production: what is archived makes room, the merge goes on, and nothing is lost."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from kalshi_data.database.connection import Connection
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.deduplicator.settings import PackingSettings
from kalshi_data.deduplicator.state import UPKEEP, State
from kalshi_data.deduplicator.upkeep import Upkeep
from kalshi_data.demo.postgres import server_account
from kalshi_data.streams import STREAMS
from tests.integration.deduplicator.test_retention import archive, midnight
from tests.integration.gatherer.test_retention import trade
from tests.support.disks import SmallDisk
from tests.support.engines import Database, Engine
from tests.support.staging import receive, settings
from tests.support.waiting import wait_until

DISK_MIB = 400
# Enough for a page of what upkeep records, too little for the batch.
LEFT_BYTES = 1 << 20
# Unused segments of the write-ahead log stay, as on a host.
SMALL = {"min_wal_size": "80MB", "max_wal_size": "96MB", "fsync": "on", "synchronous_commit": "on"}
PARTITION = "select timeseries.ensure_partition('market_data.hot_trades', %s)"
OLD = """
insert into market_data.hot_trades
select %s, 'old ' || n, 'KXA-1', 0.43, 0.57, 3.5, 'yes', false, now(), 1 from generate_series(1, 40000) as n
"""


@pytest.fixture
def disk(server_folder: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    made = SmallDisk(server_folder / "disk-of-production", DISK_MIB)
    yield made
    made.close()
    made.folder.rmdir()


@pytest.fixture
def small(disk: SmallDisk, engine: Engine) -> Iterator[Database]:
    """Production on a small disk, with a partition of 12 days ago that the archive holds, and one that it does not."""
    with ExitStack() as stack:
        server = Engine(engine.name, disk.folder / "postgresql", engine.binaries, server_account(), SMALL)
        stack.enter_context(server.running())
        made = stack.enter_context(server.database("production"))
        with made.connect("deduplicator") as connection:
            for days_ago in (12, 11, 0):
                connection.execute(
                    "select timeseries.ensure_partition('market_data.hot_trades', %s)", (midnight(days_ago),)
                )
            for days_ago in (12, 11):
                connection.execute(OLD.encode(), (midnight(days_ago),))
            archive(connection, 12, 11)
        with made.connect() as connection:
            connection.execute("checkpoint")
        yield made


def counts(connection: Connection) -> list[tuple[int, int]]:
    """Return how many trades each day has, by its age in days."""
    statement = "select current_date - exchange_ts::date, count(*) from market_data.trades group by 1 order by 1"
    return [(days, rows) for days, rows in connection.execute(statement).fetchall()]


def test_what_is_archived_makes_room_for_what_is_merged(disk: SmallDisk, small: Database, kalshi_ts: Database) -> None:
    state, stop = State(), threading.Event()
    # If hours were packed, they would make room without being dropped.
    chosen = msgspec.structs.replace(settings(small, [kalshi_ts]), packing=PackingSettings(enabled=False))
    merging = StreamMerge(next(each for each in STREAMS if each.name == "trades"), chosen, stop)
    merging.space = state.space
    upkeep = Upkeep(chosen, stop, state.tasks[UPKEEP], state.space)
    with ThreadPoolExecutor(2) as threads, small.connect() as connection:
        try:
            running = [threads.submit(merging.run), threads.submit(upkeep.run)]
            wait_until(lambda: merging.state.has_ticked, "the first tick")
            disk.fill(LEFT_BYTES)
            received = [trade(f"new {number}") for number in range(6_000)]
            receive(kalshi_ts, received, datetime.now(UTC), 1)
            wait_until(
                lambda: dict(counts(connection)).get(0) == len(received),
                lambda: f"everything merged: {counts(connection)}, {merging.state.error}, {state.tasks[UPKEEP].error}",
            )
        finally:
            stop.set()
        assert [each.result() for each in running] == [None, None]
        # The disk is still full of the other program's file, and what is not archived has stayed.
        assert counts(connection) == [(0, 6_000), (11, 40_000)]
    log = (disk.folder / "postgresql" / "postgres.log").read_text(errors="replace")
    assert "No space left on device" in log
    assert "PANIC" not in log
