"""What a deduplicator loses and what breaks under it: each part waits alone, and goes on within seconds."""

import re
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.database.connection import SupervisedConnection
from kalshi_data.deduplicator import runner
from kalshi_data.deduplicator.merge import stream_merge
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.demo.processes import ProgramProcess
from kalshi_data.settings import Conninfo
from kalshi_data.streams import STREAMS
from tests.conftest import MakeDatabase
from tests.integration.deduplicator.test_health import Hosts
from tests.integration.gatherer.test_health import get
from tests.integration.gatherer.test_retention import trade
from tests.integration.gatherer.test_status import beating
from tests.integration.merge.test_tick import trade_ids
from tests.support.engines import Database
from tests.support.silent_proxy import SilentProxy, silent_proxy
from tests.support.staging import receive, settings
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

SESSIONS = """
select count(*) from pg_stat_activity
where datname = current_database() and usename in ('deduplicator', 'dedup_reader')
"""


def sessions(database: Database) -> int:
    with database.connect() as superuser:
        row = superuser.execute(SESSIONS.encode()).fetchone()
    return int(row[0]) if row else 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let seconds pass as tenths of one."""
    monkeypatch.setattr(SupervisedConnection, "silence_seconds_max", 1.0)
    monkeypatch.setattr(stream_merge, "CONFIRM_SECONDS", 0.2)
    monkeypatch.setattr(stream_merge, "RETRY_SECONDS_MAX", 0.5)


@contextmanager
def merging(proxies: tuple[SilentProxy, SilentProxy], databases: list[Database]) -> Generator[list[StreamMerge]]:
    """Merge all streams through proxies before production and before a gatherer."""
    chosen = settings(databases[0], databases[1:2])
    chosen.production.runtime = Conninfo(conninfo=proxies[0].conninfo("deduplicator"))
    chosen.gatherers[0].kalshi_ts = Conninfo(conninfo=proxies[1].conninfo("dedup_reader"))
    chosen.gatherers[0].kalshi_meta = Conninfo(conninfo=databases[2].conninfo("dedup_reader"))
    stop = threading.Event()
    merges = [StreamMerge(stream, chosen, stop) for stream in STREAMS]
    with ThreadPoolExecutor(len(merges)) as threads:
        try:
            running = [threads.submit(each.run) for each in merges]
            yield merges
        finally:
            stop.set()
            for proxy in proxies:
                proxy.close()
    for each in running:
        each.result()


def all_merge(merges: list[StreamMerge], since: float) -> bool:
    return all(
        each.state.has_ticked and each.state.ticked_at > since and not each.state.has_no_gatherer for each in merges
    )


@pytest.mark.usefixtures("quick")
def test_a_network_that_forwards_nothing_stops_no_stream_for_long_and_leaves_no_sessions(
    make_database: MakeDatabase,
) -> None:
    databases = [make_database(kind) for kind in ("production", "kalshi_ts", "kalshi_meta")]
    with silent_proxy(databases[0]) as before_production, silent_proxy(databases[1]) as before_gatherer:
        proxies = (before_production, before_gatherer)
        with merging(proxies, databases) as merges:
            wait_until(lambda: all_merge(merges, 0.0))
            for number in range(3):
                for proxy in proxies:
                    proxy.lose()
                receive(databases[1], [trade(str(number))], number=number + 1)
                for proxy in proxies:
                    proxy.restore()
                lost_at = max(each.state.ticked_at for each in merges)
                wait_until(lambda since=lost_at: all_merge(merges, since), lambda: [m.state.error for m in merges])
                wait_until(lambda number=number: len(trade_ids(databases[0])) == number + 1)
            # A session for each stream, none of the three losses.
            wait_until(lambda: sessions(databases[0]) <= len(STREAMS), lambda: sessions(databases[0]))


@pytest.mark.usefixtures("quick")
def test_a_second_deduplicator_takes_over_from_one_that_vanished(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_merge, "SILENCE_SECONDS_MAX", 0.3)
    production, gatherer = make_database("production"), make_database("kalshi_ts")
    stop = threading.Event()
    with silent_proxy(production) as proxy:
        chosen = settings(production, [gatherer], gatherer_seconds_max=0.01)
        chosen.production.runtime = Conninfo(conninfo=proxy.conninfo("deduplicator"))
        first = StreamMerge(STREAMS[0], chosen, stop)
        second = StreamMerge(STREAMS[0], settings(production, [gatherer]), stop)
        with ThreadPoolExecutor(2) as threads:
            one = threads.submit(first.run)
            wait_until(lambda: first.state.has_ticked)
            two = threads.submit(second.run)
            wait_until(lambda: second.state.error == stream_merge.HELD_ELSEWHERE)
            # The first lives, so the second waits, however long the first has nothing to do.
            wait_until(lambda since=first.state.ticked_at: first.state.ticked_at > since + 1)
            assert second.state.error == stream_merge.HELD_ELSEWHERE
            proxy.lose()
            wait_until(lambda: second.state.has_ticked)
            proxy.restore()
            wait_until(lambda: first.state.error == stream_merge.HELD_ELSEWHERE, lambda: first.state.error)
            assert second.state.has_ticked
            stop.set()
            proxy.refuse()
            one.result(STILL_SECONDS_MAX)
            two.result(STILL_SECONDS_MAX)


BROKEN = """
alter table ops.heartbeats rename to heartbeats_away;
alter function ops.advance_arbitration rename to advance_arbitration_away;
alter function ops.check_books rename to check_books_away;
alter table ops.gaps rename to gaps_away;
alter table ops.deduplicators rename to deduplicators_away
"""
MENDED = """
alter table ops.heartbeats_away rename to heartbeats;
alter function ops.advance_arbitration_away rename to advance_arbitration;
alter function ops.check_books_away rename to check_books;
alter table ops.gaps_away rename to gaps;
alter table ops.deduplicators_away rename to deduplicators
"""


GAP = """
insert into capture.gaps (
    frame_number, connection_id, sid, channel, seq_expected, seq_received, began_at, detected_at, repair
)
values (1, 1, 1, 'trade', 2, 3, now(), now(), 'rest')
"""


def reasons(port: int) -> list[dict[str, Any]]:
    _, body = get(port, "/health")
    return msgspec.json.decode(body)["reasons"]


def test_what_breaks_fails_alone_and_ends_nothing(make_database: MakeDatabase, tmp_path: Path) -> None:
    hosts = Hosts(make_database, tmp_path, 1)
    with hosts.config.open("a") as config:
        config.write("[upkeep]\npause_seconds = 0.1\narbitration_seconds = 0.1\n")
    program = ProgramProcess("deduplicator", tmp_path, ["deduplicator", "run", "--config", str(hosts.config)])
    try:
        with beating(hosts.ts[0]):
            receive(hosts.ts[0], [trade("a")])
            wait_until(lambda: trade_ids(hosts.production) == ["a"], program.last_lines)
            with hosts.production.connect() as superuser:
                superuser.execute(BROKEN)
                wanted = {"heartbeats", "upkeep", "production"}
                wait_until(
                    lambda: wanted <= {each["check"] for each in reasons(hosts.port)}, lambda: reasons(hosts.port)
                )
                with hosts.ts[0].connect("gatherer") as gatherer:
                    gatherer.execute(GAP)
                wait_until(
                    lambda: any("gaps" in each["text"] for each in reasons(hosts.port)), lambda: reasons(hosts.port)
                )
                receive(hosts.ts[0], [trade("b")], number=2)
                wait_until(lambda: trade_ids(hosts.production) == ["a", "b"])
                program.require_running()
                # What repeats is logged when it begins.
                failing = re.findall('"step": "([^"]+)".*"a step of upkeep failed', program.log.read_text())
                assert failing
                assert len(failing) == len(set(failing))
                superuser.execute(MENDED)
                gone = {"heartbeats", "production"}
                wait_until(
                    lambda: not gone & {each["check"] for each in reasons(hosts.port)}, lambda: reasons(hosts.port)
                )
            assert program.end() == 0, program.last_lines()
    finally:
        program.end()


def test_a_call_that_ends_with_any_error_is_started_again_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "RESTART_SECONDS_MAX", 0.0)
    stop, calls, errors = threading.Event(), list[str](), list[str]()

    def fail() -> None:
        calls.append("fail")
        if calls.count("fail") > 2:
            stop.set()
        raise RecursionError("too deep")

    def work() -> None:
        assert stop.wait(STILL_SECONDS_MAX)
        calls.append("worked until the stop")

    runner.run_together({"fail": fail, "work": work}, {"fail": errors.append}, stop)
    assert calls[-1] == "worked until the stop"
    assert errors == ["RecursionError: too deep"] * calls.count("fail")
