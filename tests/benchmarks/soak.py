"""A gatherer at a steady 10,000 frames per second: whether its memory stays flat, and what its frame log costs."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import linear_regression
from typing import NamedTuple

import psutil

from kalshi_data.database.connection import Connection
from kalshi_data.demo.keys import make_key
from kalshi_data.demo.processes import ProgramProcess
from tests.benchmarks.capturing.benchmark import servers
from tests.benchmarks.capturing.gatherers import SETTINGS
from tests.support.engines import Database

MARKETS = 2_000
# Deltas per second; trades and tickers come on top of them, both on two connections.
RATE = 10_000
SAMPLE_SECONDS = 1.0
START_SECONDS_MAX = 120.0
# Memory that is filled once, as caches are, is no growth: the first fifth of a run is left out of the slope.
WARM_UP_SHARE = 0.2
QUEUED = b"select coalesce(max((status ->> 'queued_rows')::integer), 0) from capture.heartbeat"
RECEIVED = b"select sum(frames_received) from capture.connections"


class Sample(NamedTuple):
    """One look at the gatherer: its resident memory, and how many rows waited for the database."""

    rss_mb: float
    queued_rows: int


def measure(seconds: float) -> dict[str, float]:
    """Return frames per second, the resident memory at begin and end, its growth, and the log's bytes per frame."""
    with tempfile.TemporaryDirectory(prefix="kd-") as name, servers(Path(name)) as engine:
        folder = Path(name) / "soak"
        folder.mkdir(mode=0o711)
        with engine.database("kalshi_ts") as kalshi_ts, engine.database("kalshi_meta") as kalshi_meta:
            databases = {"kalshi_ts": kalshi_ts.conninfo("gatherer"), "kalshi_meta": kalshi_meta.conninfo("gatherer")}
            with kalshi_ts.connect() as connection:
                samples, took = soak(folder, databases, seconds, connection)
            return figures(kalshi_ts, folder / "frames", samples, took)


def soak(folder: Path, databases: dict[str, str], seconds: float, connection: Connection) -> tuple[list[Sample], float]:
    """Let a gatherer follow an exchange; return what it was like each second, and how long the exchange ran."""
    key = make_key(folder, 2)
    arguments = ["simulator", "run", f"--key={key.key_id}={key.public}", "--tier=prestige"]
    arguments += [f"--markets={MARKETS}", f"--rate={RATE}", f"--seconds={seconds}"]
    exchange = ProgramProcess("exchange", folder, arguments, listen=True)
    try:
        addresses = wait_for(exchange, "listening")
        settings = folder / "gatherer.toml"
        place = {"key_id": key.key_id, "private_key_file": key.private, "frames": folder / "frames"}
        settings.write_text(SETTINGS.format(**addresses, **databases, **place))
        gatherer = ProgramProcess("gatherer", folder, ["gatherer", "run", "--config", str(settings)])
        process, samples = psutil.Process(gatherer.pid), list[Sample]()
        try:
            wait_for(exchange, "started")
            began = time.monotonic()
            # A machine that is too slow sends late instead of less.
            wait_for(exchange, "finished", 4 * seconds, lambda: samples.append(sample(process, connection)))
            took = time.monotonic() - began
        finally:
            gatherer.stop()
    finally:
        exchange.end()
    return samples, took


def sample(process: psutil.Process, connection: Connection) -> Sample:
    """Look at the gatherer now."""
    (queued,) = connection.execute(QUEUED).fetchone() or (0,)
    return Sample(process.memory_info().rss / 1e6, int(queued))


def wait_for(
    exchange: ProgramProcess, wanted: str, seconds_max: float = START_SECONDS_MAX, meanwhile: Callable[[], object] = int
) -> dict[str, str]:
    """Return an event of the exchange; call something every second until it comes."""
    deadline = time.monotonic() + seconds_max
    next_at = time.monotonic() + SAMPLE_SECONDS
    while time.monotonic() < deadline:
        event = exchange.next_event(SAMPLE_SECONDS)
        if event is not None and event["event"] == wanted:
            return event
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + SAMPLE_SECONDS
            meanwhile()
    raise TimeoutError(f"the exchange did not report {wanted} in {seconds_max} s: {exchange.last_lines()}")


def figures(database: Database, frames: Path, samples: list[Sample], took: float) -> dict[str, float]:
    """Return what was measured."""
    with database.connect() as connection:
        (received,) = connection.execute(RECEIVED).fetchone() or (0,)
    logged = sum(path.stat().st_size for path in frames.glob("*"))
    memory = [each.rss_mb for each in samples]
    settled = memory[int(len(memory) * WARM_UP_SHARE) :]
    slope = linear_regression([each * SAMPLE_SECONDS for each in range(len(settled))], settled).slope
    return {
        "frames_per_second": int(received) / took,
        "rss_first_mb": settled[0],
        "rss_last_mb": settled[-1],
        "rss_max_mb": max(memory),
        "rss_growth_mb_per_hour": slope * 3600,
        "log_bytes_per_frame": logged / max(int(received), 1),
        "queued_rows_max": float(max(each.queued_rows for each in samples)),
        "seconds": took,
    }
