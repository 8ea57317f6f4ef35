"""Three gatherers into production: by the deduplicator, by psql into psql with the same SQL, and by other tools."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from statistics import median

import click

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.merge.stream_merge import StreamMerge
from kalshi_data.demo.postgres import embedded_binaries, server_account
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.streams import STREAMS
from tests.benchmarks.fill import Labels, count_errors, fill
from tests.benchmarks.peers import Place, environment, merge_with_dlt, merge_with_sling, own_address
from tests.support import timescaledb
from tests.support.engines import Database, Engine
from tests.support.staging import claim, settings

ROWS_PER_SECOND = 100_000
GATHERERS = 3
# Other work of the machine disturbs single rounds, so the median of this many rounds in turn counts.
ROUNDS = 3
# Changes that lack labels take up to nine times as long, so fewer of them are merged: one in this many.
POOR_ROWS_ONE_IN = 5
# Figures of changes that lack labels: of all lines, of some changes, and of one line.
POOR = {
    "all_without_clock_rows_per_second": [Labels(has_clock=False)] * GATHERERS,
    "1_percent_coarse_rows_per_second": [Labels(coarse_percent=1)] * GATHERERS,
    "one_line_coarse_rows_per_second": [Labels(coarse_percent=100), Labels(), Labels()],
}
STREAM = next(stream for stream in STREAMS if stream.name == "orderbook_deltas")


def measure(seconds: float, shards: Sequence[int] = ()) -> dict[str, float]:
    """Return the figures of both engines; 10 seconds stand for a million changes at each gatherer."""
    rows = max(20_000, int(seconds * ROWS_PER_SECOND))
    figures: dict[str, float] = {}
    began = time.perf_counter()
    for name in ("plain", "timescaledb"):
        figures |= {f"{name}_{figure}": value for figure, value in measure_engine(name, rows, shards).items()}
    return figures | {"seconds": time.perf_counter() - began}


def measure_engine(name: str, rows: int, shards: Sequence[int]) -> dict[str, float]:
    """Return the figures of one engine; every run reads the same three databases."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalshi-")))
        folder.chmod(0o711)
        account = server_account()
        binaries = embedded_binaries(account, folder) if name == "plain" else timescaledb.fetch_binaries()
        place = Place(folder, own_address())
        engine = Engine(name, folder / "server", binaries, account, {"listen_addresses": place.address})
        stack.enter_context(engine.running())
        gatherers = [stack.enter_context(engine.database("kalshi_ts")) for _ in range(GATHERERS)]
        announce(name, f"three gatherers receive {rows:,} changes")
        for number, gatherer in enumerate(gatherers):
            fill(gatherer, rows, number)
        polled = sum(count(gatherer, "capture") for gatherer in gatherers)
        announce(name, f"the pipe and the deduplicator merge {polled:,} rows, {ROUNDS} times in turn")
        rounds = [race(engine, gatherers, rows) for _ in range(ROUNDS)]
        if shards:
            announce(name, f"{' and '.join(map(str, shards))} deduplicators merge them, {ROUNDS} times in turn")
        shared = [{each: race_shards(engine, gatherers, rows, each) for each in shards} for _ in range(ROUNDS)]
        announce(name, "the deduplicator merges changes that lack labels")
        poor = {name: merge_poor(engine, rows // POOR_ROWS_ONE_IN, labels) for name, labels in POOR.items()}
        pipe_seconds, ours_seconds = (median(each[number] for each in rounds) for number in (0, 1))
        missed, duplicated, wrong_books = (max(each[number] for each in rounds) for number in (2, 3, 4))
        dlt, sling = (stack.enter_context(engine.database("production")) for _ in range(2))
        announce(name, "dlt and Sling merge them")
        python = environment()
        return {
            "polled_rows": polled,
            "polled_rows_per_second": polled / ours_seconds,
            "pipe_rows_per_second": polled / pipe_seconds,
            "ratio": pipe_seconds / ours_seconds,
            "dlt_rows_per_second": polled / merge_with_dlt(python, gatherers, dlt, place),
            "sling_rows_per_second": polled / merge_with_sling(python, gatherers, sling, place),
            "missed": missed,
            "duplicated": duplicated,
            "wrong_books": wrong_books,
            **poor,
            **(gains(polled, shared) if shards else {}),
        }


def announce(engine: str, step: str) -> None:
    """Show what is measured next, since all of it takes minutes."""
    click.echo(f"{datetime.now():%H:%M:%S} {engine}: {step} ...", err=True)


def gains(polled: int, rounds: Sequence[Mapping[int, float]]) -> dict[str, float]:
    """Return the rows a second of each number of shards, and the median of their ratios to the first number's."""
    (first, *others) = rounds[0]
    rates = {
        f"shards_{each}_polled_rows_per_second": polled / median(seconds[each] for seconds in rounds)
        for each in (first, *others)
    }
    return rates | {
        f"shards_{each}_gain": median(seconds[first] / seconds[each] for seconds in rounds) for each in others
    }


def merge_poor(engine: Engine, rows: int, labels: Sequence[Labels]) -> float:
    """Return how many rows a second the deduplicator merges of gatherers whose changes lack labels.

    Raises:
        AssertionError: production holds another number of changes than were published.
    """
    with ExitStack() as stack:
        gatherers = [stack.enter_context(engine.database("kalshi_ts")) for _ in labels]
        for number, (gatherer, each) in enumerate(zip(gatherers, labels, strict=True)):
            fill(gatherer, rows, number, each)
        production = stack.enter_context(engine.database("production"))
        seconds = merge_all(production, gatherers)
        if count(production, "market_data") != rows:
            raise AssertionError("changes are missed or held twice")
        return sum(count(gatherer, "capture") for gatherer in gatherers) / seconds


def race(engine: Engine, gatherers: list[Database], rows: int) -> tuple[float, float, int, int, int]:
    """Let the pipe, then the deduplicator, fill a new database; return the seconds of each, and what is wrong."""
    with engine.database("production") as pipe, engine.database("production") as ours:
        pipe_seconds = pipe_all(engine, pipe, gatherers)
        ours_seconds = merge_all(ours, gatherers)
        if count(pipe, "market_data") != count(ours, "market_data"):
            raise AssertionError("the pipe did other work than the deduplicator")
        with ours.connect() as connection:
            missed, duplicated, wrong_books = count_errors(connection, rows)
    return pipe_seconds, ours_seconds, missed, duplicated, wrong_books


def count(database: Database, schema: str) -> int:
    """Return how many deltas a database holds."""
    with database.connect() as connection:
        row = connection.execute(f"select count(*) from {schema}.orderbook_deltas".encode()).fetchone()
    return int(row[0]) if row else 0


def race_shards(engine: Engine, gatherers: list[Database], rows: int, shards: int) -> float:
    """Let several deduplicators that share the rows fill a new database, and return the seconds it took.

    Raises:
        AssertionError: production holds too few changes, too many, or wrong books.
    """
    with engine.database("production") as production:
        seconds = merge_all(production, gatherers, shards)
        with production.connect() as connection:
            if any(count_errors(connection, rows)):
                raise AssertionError("changes are missed or held twice")
    return seconds


def merge_all(production: Database, gatherers: list[Database], shards: int = 1) -> float:
    """Tick as deduplicators do until nothing is left, and return the seconds it took.

    Each of several has a thread instead of a process: the servers do nearly all of the work.
    """
    parts = [Shard(number, shards) for number in range(1, shards + 1)] if shards > 1 else [EVERYTHING]
    start = threading.Barrier(shards + 1)
    with ThreadPoolExecutor(shards) as threads:
        merging = [threads.submit(merge_part, production, gatherers, part, start) for part in parts]
        start.wait()
        began = time.perf_counter()
        for each in merging:
            each.result()
        return time.perf_counter() - began


def merge_part(production: Database, gatherers: list[Database], part: Shard, start: threading.Barrier) -> None:
    """Merge one part of the rows, once all deduplicators are connected."""
    chosen = settings(production, gatherers, gatherer_seconds_max=30)
    merging = StreamMerge(STREAM, chosen, threading.Event(), part)
    try:
        with merging.connect() as connection:
            claim(merging, connection)
            start.wait()
            while merging.tick(connection):
                continue
    except BaseException:
        start.abort()
        raise
    finally:
        merging.close()


def pipe_all(engine: Engine, production: Database, gatherers: list[Database]) -> float:
    """Pipe everything through psql, gatherer by gatherer, merge it by the same file, and return the seconds it took."""
    psql = str(engine.binaries / "psql")
    everything = {"after": "'0'", "rows_max": "1000000000", "late_days_max": "400", "shard": "1", "shards": "1"}
    stream = STREAM.name
    receive = sql_text("production/stage/copy", everything).replace('(format "binary")', "")
    prepare = f"select ops.prepare_partitions('exchange_ts', '{STREAM.target}')"
    stage = sql_text(f"production/stage/{stream}", everything).replace("on commit delete rows", "")
    reject, merge = (sql_text(f"production/{step}/{stream}", everything) for step in ("reject", "merge"))
    steps = (stage, receive, reject, prepare, merge)
    arguments = [part for step in steps for part in ("-c", step)]
    # The same room that the deduplicator asks for.
    room = os.environ | {"PGOPTIONS": "-c work_mem=64MB -c temp_buffers=64MB -c hash_mem_multiplier=1 -c timezone=UTC"}
    began = time.perf_counter()
    with subprocess.Popen(
        [psql, production.conninfo("deduplicator"), "-qX", "-v", "ON_ERROR_STOP=1", *arguments],
        env=room,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as receiving:
        for number, gatherer in enumerate(gatherers, start=1):
            send = sql_text(f"capture/poll/{stream}", {**everything, "gatherer_id": str(number)})
            reading = [psql, gatherer.conninfo("dedup_reader"), "-qX", "-c", send.replace('(format "binary")', "")]
            subprocess.run(reading, check=True, stdout=receiving.stdin)
        if receiving.stdin:
            receiving.stdin.close()
        if receiving.wait() != 0:
            raise RuntimeError("psql failed")
    return time.perf_counter() - began


def sql_text(name: str, values: dict[str, str]) -> str:
    """Return a query with its parameters written into it."""
    text = query(name).decode()
    for key, value in values.items():
        text = text.replace(f"%({key})s", value)
    return text
