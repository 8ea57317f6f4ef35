"""Frames from the socket to committed rows, with the frame log on, beside a loop that only receives them.

A gatherer subscribes 5,000 markets of an exchange process, which sends as fast as its client reads. Then a receive-only
loop takes what the same process sends. A frame counts when it is a committed row: deltas, trades and tickers, the
latter two received on two connections each. The time of a commit is the server's own, taken just before it syncs.
See backends.py for what the figures beside other writers compare.
"""

import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from kalshi_data.demo.keys import make_key
from kalshi_data.demo.postgres import embedded_binaries, server_account
from tests.benchmarks.capturing.backends import cryptofeed_rate, export, own_rate
from tests.benchmarks.capturing.exchange import Exchange, exchange
from tests.benchmarks.capturing.gatherers import gather, write_settings
from tests.support import debian_packages, timescaledb
from tests.support.engines import Database, Engine

Figures = dict[str, float]
SQL = Path(__file__).parent / "sql"
# Deltas per second of the model; an unpaced exchange sends as many as its client reads.
RATE = 41_000
# With trades and tickers, 5,000 frames per second.
CALM_RATE = 4_600
CALM_SECONDS_MAX = 20.0
BACKEND_ROWS_MAX = 300_000
# Durable commits, as in operation; the server records when each transaction committed.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "track_commit_timestamp": "on",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
}
SIZE = "select pg_database_size(current_database())"


def measure(seconds: float, processes: Sequence[int] = (1,)) -> Figures:
    """Return the figures of a gatherer of one process, or of the first of several numbers, and those of the others."""
    with tempfile.TemporaryDirectory(prefix="kd-") as name, servers(folder := Path(name)) as engine:
        calm = capture(engine, folder / "calm", min(seconds, CALM_SECONDS_MAX), rate=CALM_RATE)
        runs = {number: capture(engine, folder / f"full-{number}", seconds, number) for number in processes}
        own = own_rate(engine, folder / f"full-{processes[0]}" / "rows")
        peer = cryptofeed_rate(engine, folder / f"full-{processes[0]}" / "rows")
    full = runs[processes[0]]
    return {
        **full,
        "full_rate_commit_p99_ms": full["commit_p99_ms"],
        "commit_p99_ms": calm["commit_p99_ms"],
        "calm_frames_per_second": calm["frames_per_second"],
        "calm_cpu_seconds_per_million": calm["cpu_seconds_per_million"],
        "peer_rows_per_second": peer,
        "ratio": full["frames_per_second"] / peer,
        "writer_rows_per_second": own,
        "writer_ratio": own / peer,
        **gains(runs),
        "load_average": psutil.getloadavg()[0],
    }


def gains(runs: Mapping[int, Figures]) -> Figures:
    """Return the deltas per second of each number of processes beside those of the first number.

    Only deltas count, since each process receives all trades and tickers.
    """
    (first, *others) = runs
    if not others:
        return {}
    rates = {number: run["deltas"] / run["seconds"] for number, run in runs.items()}
    figures = {f"processes_{number}_deltas_per_second": rate for number, rate in rates.items()}
    return figures | {f"processes_{number}_gain": rates[number] / rates[first] for number in others}


@contextmanager
def servers(folder: Path) -> Generator[Engine]:
    """Run a server as a gatherer's host has it."""
    folder.chmod(0o711)
    account = server_account()
    kind = "timescaledb" if debian_packages.can_fetch() else "plain"
    binaries = timescaledb.fetch_binaries() if kind == "timescaledb" else embedded_binaries(account, folder)
    engine = Engine(kind, folder / "server", binaries, account, DURABLE)
    with engine.running():
        yield engine


def capture(engine: Engine, folder: Path, seconds: float, processes: int = 1, rate: int | None = None) -> Figures:
    """Run a gatherer on an exchange for some seconds, and return what it committed.

    Without a rate, the exchange sends as fast as its client reads, and a receive-only loop follows the gatherer.
    """
    folder.mkdir(mode=0o711)
    options = () if rate else ("--unpaced",)
    with engine.database("kalshi_ts") as kalshi_ts, engine.database("kalshi_meta") as kalshi_meta:
        empty = number(kalshi_ts, SIZE)
        with exchange(make_key(folder, 2), folder, rate or RATE, *options) as running:
            usage = gather(write_settings(folder, running, kalshi_ts, kalshi_meta), running, processes, seconds)
            limit = {} if rate else receive_only(running, seconds)
        found = read_figures(kalshi_ts) | {"cut_off": number(kalshi_ts, (SQL / "count_cut_off.sql").read_text())}
        size = number(kalshi_ts, SIZE) - empty
        if not rate:
            export(kalshi_ts, folder / "rows", BACKEND_ROWS_MAX)
    logged = sum(path.stat().st_size for path in (folder / "frames").rglob("*.zst"))
    rows = found["rows"]
    cpu = usage.cpu_seconds / rows * 1e6
    return {
        **found,
        "rss_max_mb": usage.rss_max_mb,
        "cpu_seconds_per_million": cpu,
        "bytes_per_row": size / rows,
        "log_bytes_per_frame": logged / rows,
        **(beside_limit(found["frames_per_second"], cpu, limit) if limit else {}),
    }


def receive_only(running: Exchange, seconds: float) -> Figures:
    """Let a loop that only receives follow, in a process of its own; return what it took."""
    arguments = (running.addresses["websocket_url"], running.key.key_id, running.key.private, str(seconds))
    command = [sys.executable, "-m", "tests.benchmarks.capturing.receive_only", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Figures)


def beside_limit(frames_per_second: float, cpu_seconds_per_million: float, limit: Figures) -> Figures:
    """Return what a receive-only loop took, and the gatherer's figures as shares of it."""
    limit_rate = limit["frames"] / limit["seconds"]
    limit_cpu = limit["cpu_seconds"] / limit["frames"] * 1e6
    return {
        "limit_frames_per_second": limit_rate,
        "limit_ratio": frames_per_second / limit_rate,
        "limit_cpu_seconds_per_million": limit_cpu,
        "limit_cpu_ratio": cpu_seconds_per_million / limit_cpu,
    }


def read_figures(database: Database) -> Figures:
    """Return the figures of the captured rows."""
    with database.connect() as connection:
        row = connection.execute((SQL / "count_rows.sql").read_bytes()).fetchone() or ()
    rows, deltas, seconds, p99_ms, first_ms, last_ms = map(float, row)
    return {
        "frames_per_second": rows / seconds,
        "commit_p99_ms": p99_ms,
        "rows": rows,
        "deltas": deltas,
        "seconds": seconds,
        "delay_first_quarter_ms": first_ms,
        "delay_last_quarter_ms": last_ms,
    }


def number(database: Database, statement: str) -> float:
    """Return the number that a statement selects."""
    with database.connect() as connection:
        return float((connection.execute(statement.encode()).fetchone() or (0,))[0])
