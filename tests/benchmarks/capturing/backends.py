"""The same captured rows written by cryptofeed's PostgreSQL backend and by the gatherer's own writer.

Both write to databases of the same server, from one process, without socket, parsing and frame log, rows made before
the clock starts. cryptofeed keeps fewer columns, amounts as floating-point numbers and no numbers that would show gaps.
"""

import re
import subprocess
import time
from pathlib import Path

import msgspec

from kalshi_data.database.connection import query
from kalshi_data.gatherer.recording.batch import Item, write_batch
from kalshi_data.gatherer.settings import WritingSettings
from kalshi_data.kalshi.timestamps import from_ns
from tests.benchmarks.environments import interpreter_for
from tests.support.engines import Database, Engine

PEERS = Path(__file__).parents[1] / "peers"
# The two amounts that cryptofeed can store.
AMOUNTS = {
    "orderbook_deltas": "side, price, size_delta",
    "trades": "taker_side, yes_price, size",
    "tickers": "null, yes_bid, yes_ask",
}
EXPORT = """
copy (
    select '{stream}', market_ticker, {amounts}, extract(epoch from exchange_ts), extract(epoch from received_at)
    from capture.{stream} order by received_at limit {rows}
) to stdout (format csv)
"""
# Types of columns whose values the gatherer's rows hold as text.
AS_TEXT = {1184: "timestamptz", 1700: "numeric"}
FRAME = bytes(300)


def export(database: Database, folder: Path, rows_max: int) -> None:
    """Write the first rows of a run to files: rows.csv for cryptofeed, and one per stream as the gatherer has them."""
    folder.mkdir()
    with database.connect() as connection, (folder / "rows.csv").open("wb") as file:
        counts = {stream: count(database, stream) for stream in AMOUNTS}
        share = min(1.0, rows_max / sum(counts.values()))
        for stream, amounts in AMOUNTS.items():
            rows = int(counts[stream] * share)
            statement = EXPORT.format(stream=stream, amounts=amounts, rows=rows)
            with connection.cursor().copy(statement.encode()) as copy:
                file.writelines(map(bytes, copy))
            names = columns(stream)
            found = connection.execute(f"select {', '.join(names)} from capture.{stream} limit 0".encode())
            cast = [
                f"{name}::text" if column.type_code in AS_TEXT else name
                for name, column in zip(names, found.description or (), strict=True)
            ]
            chosen = f"select {', '.join(cast)} from capture.{stream} order by received_at limit {rows}"
            (folder / stream).write_bytes(msgspec.msgpack.encode(connection.execute(chosen.encode()).fetchall()))


def columns(stream: str) -> list[str]:
    """Return the columns that the gatherer writes, in its order."""
    return re.findall(r"^ +(\w+),?$", query(f"capture/record/{stream}").decode(), re.MULTILINE)


def own_rate(engine: Engine, folder: Path) -> float:
    """Return rows per second that the gatherer's writer commits in its batches."""
    now = from_ns(time.time_ns())
    items = [
        Item(stream, tuple(row), FRAME, 1, 1, now)
        for stream in AMOUNTS
        for row in msgspec.msgpack.decode((folder / stream).read_bytes())
    ]
    size = WritingSettings().batch_rows_max
    with engine.database("kalshi_ts") as database, database.connect("gatherer") as connection:
        connection.execute(query("capture/record/ensure_partitions"), {"moment": now})
        began = time.perf_counter()
        for first in range(0, len(items), size):
            write_batch(connection, items[first : first + size], first + 1)
        return len(items) / (time.perf_counter() - began)


def cryptofeed_rate(engine: Engine, folder: Path) -> float:
    """Return rows per second that cryptofeed's backend commits, including the snapshots that it adds.

    Raises:
        RuntimeError: it failed, or did not store every row.
    """
    python = interpreter_for(PEERS / "cryptofeed.lock")
    with engine.database("empty") as database:
        arguments = [str(engine.server.socket), database.name, str(folder / "rows.csv")]
        command = [python, PEERS / "with_cryptofeed.py", *arguments]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"cryptofeed failed: {done.stderr[-2000:]}")
    figures = msgspec.json.decode(done.stdout, type=dict[str, float])
    if figures["rows"] < figures["fed"]:
        raise RuntimeError(f"cryptofeed stored {figures['rows']:.0f} of {figures['fed']:.0f} rows")
    return figures["rows"] / figures["seconds"]


def count(database: Database, stream: str) -> int:
    """Return how many rows of a stream were captured."""
    with database.connect() as connection:
        return int((connection.execute(f"select count(*) from capture.{stream}".encode()).fetchone() or (0,))[0])
