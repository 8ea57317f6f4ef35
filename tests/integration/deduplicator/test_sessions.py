"""Sessions that hold temporary tables are renewed, so that these do not hold back production's transaction numbers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from kalshi_data.database.connection import RENEW_SECONDS_MAX
from kalshi_data.deduplicator.merge import stream_merge
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.support.engines import Database
from tests.support.staging import settings
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

AGE = "select coalesce(max(age(relfrozenxid)), -1) from pg_class where relname = 'stage' and relpersistence = 't'"
NUMBERS_USED = 500
USE_NUMBERS = "do $$ begin for n in 1..500 loop perform pg_current_xact_id(); commit; end loop; end $$"


def stage_age(production: Database) -> int:
    """Return how many transactions ago the oldest stage was created, -1 if there is none."""
    with production.connect() as superuser:
        ((age,),) = superuser.execute(AGE).fetchall()
        return int(age)


def test_a_stage_lives_no_longer_than_a_day(make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    production, gatherer = make_database("production"), make_database("kalshi_ts")
    ahead_seconds, stop = 0.0, threading.Event()
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead_seconds)
    monkeypatch.setattr(stream_merge, "time", clock)
    chosen = settings(production, [gatherer])
    chosen.merging.poll_seconds = 0.05
    merge = StreamMerge(next(stream for stream in STREAMS if stream.name == "trades"), chosen, stop)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(merge.run)
        try:
            wait_until(lambda: merge.state.has_ticked)
            with production.connect() as superuser:
                superuser.execute(USE_NUMBERS)
            assert stage_age(production) >= NUMBERS_USED
            ahead_seconds = RENEW_SECONDS_MAX
            wait_until(lambda: -1 < stage_age(production) < NUMBERS_USED)
        finally:
            stop.set()
        running.result(STILL_SECONDS_MAX)
