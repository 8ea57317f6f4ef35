"""Three gatherers' deltas into production, beside psql piped into psql and the same merge file."""

import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

from kalshi_data.database import query
from kalshi_data.deduplicator.streams import STREAMS
from kalshi_data.deduplicator.sync import StreamMerge
from kalshi_data.demo.postgres import embedded_binaries, server_account
from tests.engines import Database, Engine
from tests.integration.staging import NOW, claim, settings

ROWS_PER_SECOND = 8_000
GATHERERS = 3
STREAM = next(stream for stream in STREAMS if stream.name == "orderbook_deltas")
# Each gatherer misses another hundredth of the same changes, in transactions of 5,000 rows.
FILL = """
insert into capture.orderbook_deltas (
    received_at, exchange_ts, connection_id, sid, seq, market_ticker, clock, side, price, size_delta, occurrence
)
select
    now(), %(began)s::timestamptz + n * interval '100 us', 1, 1, n, 'KXBENCH-T' || n %% 5000, n / 3,
    case n %% 2 when 0 then 'yes' else 'no' end, (1 + n %% 99) / 100.0, n %% 500 - 250, 0
from generate_series(%(first)s::bigint, %(last)s::bigint) as n
where n %% 100 <> %(missing)s
"""


def measure(seconds: float) -> dict[str, float]:
    """Return rows polled per second by the deduplicator and by the pipe."""
    rows = max(20_000, int(seconds * ROWS_PER_SECOND))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalshi-")))
        folder.chmod(0o711)
        account = server_account()
        engine = Engine("plain", folder / "server", embedded_binaries(account, folder), account)
        stack.enter_context(engine.running())
        gatherers = [stack.enter_context(engine.database("kalshi_ts")) for _ in range(GATHERERS)]
        for number, gatherer in enumerate(gatherers):
            fill(gatherer, rows, number)
        polled = sum(count(gatherer, "capture") for gatherer in gatherers)
        ours = stack.enter_context(engine.database("production"))
        ours_seconds = merge_all(ours, gatherers)
        pipe = stack.enter_context(engine.database("production"))
        pipe_seconds = pipe_all(engine, pipe, gatherers, rows)
        held = {count(database, "market_data") for database in (ours, pipe)}
    if held != {rows}:
        raise AssertionError(f"{rows} different rows were to be merged, production holds {held}")
    return {
        "polled_rows_per_second": polled / ours_seconds,
        "pipe_rows_per_second": polled / pipe_seconds,
        "ratio": pipe_seconds / ours_seconds,
        "polled_rows": polled,
    }


def fill(gatherer: Database, rows: int, missing: int) -> None:
    with gatherer.connect("gatherer") as connection:
        connection.execute(query("capture/ensure_partitions"), {"moment": "now"})
        for first in range(1, rows + 1, 5_000):
            last = min(first + 4_999, rows)
            connection.execute(FILL, {"began": NOW, "first": first, "last": last, "missing": missing})


def count(database: Database, schema: str) -> int:
    with database.connect() as connection:
        row = connection.execute(f"select count(*) from {schema}.orderbook_deltas".encode()).fetchone()
    return int(row[0]) if row else 0


def merge_all(production: Database, gatherers: list[Database]) -> float:
    """Tick until nothing is left and return the seconds it took."""
    chosen = settings(production, gatherers, batch_rows_min=100_000, gatherer_seconds_max=30)
    merging = StreamMerge(STREAM, chosen, threading.Event())
    with closing(merging), merging.connect() as connection:
        claim(merging, connection)
        began = time.perf_counter()
        while merging.tick(connection):
            continue
        return time.perf_counter() - began


def pipe_all(engine: Engine, production: Database, gatherers: list[Database], rows: int) -> float:
    """Pipe everything through psql, merge it by the same file, and return the seconds it took."""
    psql = str(engine.binaries / "psql")
    values = {
        "gatherer_id": "1",
        "after": "'0'",
        "rows_max": str(rows),
        "late_days_max": "400",
        "shard": "1",
        "shards": "1",
    }
    stream = STREAM.name
    send = sql_text(f"capture/poll_{stream}", values).replace('(format "binary")', "")
    receive = sql_text(f"production/copy_{stream}", values).replace('(format "binary")', "")
    prepare = f"select ops.prepare_partitions('stage_{stream}', 'exchange_ts', 'market_data.{stream}', 400)"
    stage = sql_text(f"production/stage_{stream}", values).replace("on commit delete rows", "")
    steps = (stage, receive, prepare, sql_text(f"production/merge_{stream}", values))
    arguments = [part for step in steps for part in ("-c", step)]
    began = time.perf_counter()
    with subprocess.Popen(
        [psql, production.conninfo("deduplicator"), "-qX", "-v", "ON_ERROR_STOP=1", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as receiving:
        for gatherer in gatherers:
            reading = [psql, gatherer.conninfo("dedup_reader"), "-qX", "-c", send]
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
