"""The deduplicator as a process: it and its servers are killed at every step of a tick, and rows are merged once."""

import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg
import pytest

from kalshi_data.demo.postgres import Server, server_account
from tests.conftest import NUMBERS
from tests.integration.merge.test_merge import trade
from tests.support.engines import Database, Engine
from tests.support.staging import Frame, counts, frame, later, receive, rows
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

# What a gatherer has committed stays committed when its server is killed.
LASTING = {"synchronous_commit": "on"}
TOML = """
[production]
runtime.conninfo = "{production}"
owner.conninfo = "{production}"

[[gatherers]]
id = 1
kalshi_ts.conninfo = "{kalshi_ts}"
kalshi_meta.conninfo = "{kalshi_meta}"

[merging]
poll_seconds = 0.02
gatherer_seconds_max = 30
"""
# Where a tick stops when this is locked: while it polls, merges, marks the archive, or moves the cursor.
STEPS = {
    "poll": ("gatherer", "lock table capture.trades in access exclusive mode"),
    "merge": ("production", "lock table market_data.hot_trades in exclusive mode"),
    "mark": ("production", "lock table ops.archive_partitions in exclusive mode"),
    "advance": ("production", "select from ops.cursors for update"),
}
# Where the merge of changes with different fields stops: as it records them, stores evidence, or replaces what is held.
MIXED_STEPS = {
    "record": ("production", "lock table ops.delta_labels in exclusive mode"),
    "store": ("production", "lock table ops.delta_evidence in exclusive mode"),
    "replace": ("production", "lock table market_data.hot_orderbook_deltas in exclusive mode"),
}
BLOCKED = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'deduplicator' and wait_event_type = 'Lock'
"""


class Stand(NamedTuple):
    """A gatherer and production on servers of their own."""

    gatherer: Database
    production: Database
    config: Path

    def server(self, of: str) -> Server:
        return self.database(of).server

    def database(self, of: str) -> Database:
        return self.gatherer if of == "gatherer" else self.production


@pytest.fixture(scope="module")
def engines(engine: Engine, server_folder: Path) -> Iterator[tuple[Engine, Engine]]:
    with ExitStack() as stack:
        folders = [server_folder / f"killed-{next(NUMBERS)}-{engine.name}" for _ in range(2)]
        made = [Engine(engine.name, folder, engine.binaries, server_account(), LASTING) for folder in folders]
        first, second = (stack.enter_context(each.running()) for each in made)
        yield first, second


@pytest.fixture
def stand(engines: tuple[Engine, Engine], tmp_path: Path) -> Iterator[Stand]:
    with (
        engines[0].database("kalshi_ts") as kalshi_ts,
        engines[0].database("kalshi_meta") as kalshi_meta,
        engines[1].database("production") as production,
    ):
        config = tmp_path / "deduplicator.toml"
        readers = {"kalshi_ts": kalshi_ts.conninfo("dedup_reader"), "kalshi_meta": kalshi_meta.conninfo("dedup_reader")}
        config.write_text(TOML.format(production=production.conninfo("deduplicator"), **readers))
        yield Stand(kalshi_ts, production, config)


class Deduplicator:
    """The program as a process that may be killed and started again."""

    def __init__(self, config: Path) -> None:
        self._command = [sys.executable, "-m", "kalshi_data.deduplicator", "run", "--config", str(config)]
        self.log = config.parent / "deduplicator.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(self._command, stdout=output, stderr=output)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        if self._process is not None:
            self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(STILL_SECONDS_MAX)


@contextmanager
def running(stand: Stand) -> Generator[Deduplicator]:
    program = Deduplicator(stand.config)
    program.start()
    try:
        yield program
        assert program.stop() == 0, program.log.read_text()
    finally:
        program.kill()


def kill_server(server: Server) -> None:
    """End every process of a server at once, as a power cut does."""
    postmaster = psutil.Process(int((server.folder / "data" / "postmaster.pid").read_text().split()[0]))
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # its children end by themselves when the first one is gone
            process.kill()
    server.stop()
    psutil.wait_procs(processes, timeout=STILL_SECONDS_MAX)


def kill_and_restart(stand: Stand, program: Deduplicator, victim: str) -> None:
    if victim == "deduplicator":
        program.kill()
        program.start()
    else:
        kill_server(stand.server(victim))
        stand.server(victim).start()


def held(stand: Stand) -> list[str]:
    return [row[0] for row in rows(stand.production, "trades", "trade_id exchange_ts size")]


def progress(stand: Stand) -> tuple[int, ...]:
    """Return rows polled, new, duplicate and rejected."""
    return next(iter(counts(stand.production, "trades")), (1, 0, 0, 0, 0))[1:]


@contextmanager
def blocked(stand: Stand, step: str) -> Generator[None]:
    """Hold what the step needs until the end of the block, or until its server is killed."""
    of, lock = {**STEPS, **MIXED_STEPS}[step]
    holder = stand.database(of).connect()
    try:
        with holder.transaction():
            holder.execute(lock.encode())
            yield
    except psycopg.OperationalError:
        assert holder.closed or holder.broken
    finally:
        holder.close()


def is_blocked(stand: Stand, step: str) -> bool:
    with stand.database({**STEPS, **MIXED_STEPS}[step][0]).connect() as connection:
        row = connection.execute(BLOCKED.encode()).fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize("victim", ["deduplicator", "production", "gatherer"])
def test_every_row_is_merged_once_whichever_process_is_killed_at_any_step(stand: Stand, victim: str) -> None:
    with running(stand) as program:
        receive(stand.gatherer, [trade("first")])
        wait_until(lambda: held(stand) == ["first"], program.log.read_text)
        expected = ["first"]
        for number, step in enumerate(STEPS, start=2):
            ids = [f"{step} {each}" for each in range(3)]
            with blocked(stand, step):
                if step == "poll":
                    wait_until(lambda: is_blocked(stand, "poll"), program.log.read_text)
                else:
                    receive(stand.gatherer, [trade(each) for each in ids], number=number)
                    wait_until(lambda step=step: is_blocked(stand, step), program.log.read_text)
                kill_and_restart(stand, program, victim)
            if step == "poll":
                receive(stand.gatherer, [trade(each) for each in ids], number=number)
            expected = sorted([*expected, *ids])
            wait_until(lambda expected=expected: held(stand) == expected, program.log.read_text)
            total = len(expected)
            wait_until(lambda total=total: progress(stand) == (total, total, 0, 0), lambda: progress(stand))


def changes(clocks: Iterable[int], *lacked: str) -> list[Frame]:
    """Return equal changes a second apart, as a connection receives them that lacks some fields."""
    body = {"market_ticker": "KXA", "side": "yes", "price_dollars": "0.4", "delta_fp": "1.00"}
    return [
        frame("orderbook_delta", {name: value for name, value in each.items() if name not in lacked}, at)
        for clock in clocks
        for at in [later(clock - 600)]
        for each in [{**body, "clock": clock, "ts_ms": int(at.timestamp() * 1000), "ts": f"{at:%FT%T}.000123Z"}]
    ]


@pytest.mark.parametrize("victim", ["deduplicator", "production"])
def test_changes_with_different_fields_are_merged_once_whichever_process_is_killed(stand: Stand, victim: str) -> None:
    def are_held(clocks: list[int]) -> bool:
        found = rows(stand.production, "orderbook_deltas", "clock time_digits side")
        return found == [(clock, 6, "yes") for clock in clocks]

    expected = [1, 2, 3]
    receive(stand.gatherer, changes(expected))
    with running(stand) as program:
        wait_until(lambda: are_held(expected), program.log.read_text)
        for number, step in enumerate(MIXED_STEPS, start=1):
            new = [10 * number, 10 * number + 1, 10 * number + 2]
            with blocked(stand, step):
                # Each on a connection of its own.
                receive(stand.gatherer, changes(new, "ts", "ts_ms"), number=3 * number)
                receive(stand.gatherer, changes(new, "clock"), number=3 * number + 1)
                wait_until(lambda step=step: is_blocked(stand, step), program.log.read_text)
                kill_and_restart(stand, program, victim)
            receive(stand.gatherer, changes(new), number=3 * number + 2)
            expected = [*expected, *new]
            wait_until(lambda expected=expected: are_held(expected), program.log.read_text)


def test_production_killed_in_mid_load_holds_everything_once(stand: Stand) -> None:
    batches = 40

    def load() -> None:
        for number in range(batches):
            receive(stand.gatherer, [trade(f"{number:02} {each:02}") for each in range(50)], number=number + 1)

    loading = threading.Thread(target=load)
    with running(stand) as program:
        loading.start()
        for share in (0.2, 0.5):
            wait_until(lambda share=share: len(held(stand)) >= share * 50 * batches, program.log.read_text)
            kill_and_restart(stand, program, "production")
        loading.join()
        wait_until(lambda: len(held(stand)) == 50 * batches, program.log.read_text)
    assert progress(stand) == (50 * batches, 50 * batches, 0, 0)


def test_a_gatherer_that_was_away_is_read_from_where_reading_stopped(stand: Stand) -> None:
    receive(stand.gatherer, [trade("before")])
    with running(stand) as program:
        wait_until(lambda: held(stand) == ["before"], program.log.read_text)
        stand.server("gatherer").stop()
        wait_until(lambda: "gatherer does not answer" in program.log.read_text(), program.log.read_text)
        stand.server("gatherer").start()
        receive(stand.gatherer, [trade("after")], number=2)
        wait_until(lambda: held(stand) == ["after", "before"], program.log.read_text)
        wait_until(lambda: "gatherer answers again" in program.log.read_text(), program.log.read_text)
    assert progress(stand) == (2, 2, 0, 0)


def test_it_waits_for_production_and_logs_it(stand: Stand) -> None:
    receive(stand.gatherer, [trade("a")])
    stand.server("production").stop()
    try:
        with running(stand) as program:
            wait_until(lambda: "waiting for production" in program.log.read_text(), program.log.read_text)
            stand.server("production").start()
            wait_until(lambda: held(stand) == ["a"], program.log.read_text)
    finally:
        stand.server("production").stop()
        stand.server("production").start()


def test_it_waits_for_a_gatherer_that_is_alive_and_logs_it(stand: Stand) -> None:
    beat = "insert into capture.heartbeat (beat_at, status) values (now() - interval '1 hour', '{}')"
    receive(stand.gatherer, [trade("a")])
    with stand.gatherer.connect("gatherer") as connection:
        connection.execute(beat.encode())
        with running(stand) as program:
            wait_until(lambda: "waiting for a gatherer" in program.log.read_text(), program.log.read_text)
            assert held(stand) == []
            connection.execute("update capture.heartbeat set beat_at = now()")
            wait_until(lambda: held(stand) == ["a"], program.log.read_text)


def test_it_rejects_an_older_schema_and_names_the_command(stand: Stand) -> None:
    with stand.production.connect() as connection:
        connection.execute("delete from ops.migration where name like '0019%'")
    program = Deduplicator(stand.config)
    program.start()
    assert program.wait() == 1
    assert f"run deduplicator migrate --config {stand.config}" in program.log.read_text()
