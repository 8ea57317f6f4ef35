"""Frames from the socket to committed rows, with the frame log on, beside cryptofeed's PostgreSQL backend."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.demo.postgres import embedded_binaries, server_account
from tests import timescaledb
from tests.engines import Database, Engine

MARKETS = 5_000
RATE = 50_000
CALM_RATE = 5_000
CALM_SECONDS_MAX = 20.0
# Durable commits, as in operation, and the server's own memory of when each transaction committed.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "track_commit_timestamp": "on", "max_wal_size": "4GB"}
SUBSCRIBE_SECONDS_MAX = 60.0
GATHERER = """\
[exchange]
rest_url = "{rest_url}"
websocket_url = "{websocket_url}"
key_id = "{key_id}"
private_key_file = "{private_key_file}"
[databases.kalshi_ts]
conninfo = "{kalshi_ts}"
[databases.kalshi_meta]
conninfo = "{kalshi_meta}"
[frame_log]
folder = "{frames}"
[subscriptions]
combos = true
"""
COUNTED = """
select count(*), extract(epoch from max(pg_xact_commit_timestamp(ingest_xid::xid)) - min(received_at)),
  percentile_cont(0.99) within group (
    order by extract(epoch from pg_xact_commit_timestamp(ingest_xid::xid) - received_at)
  )
from capture.orderbook_deltas
"""
OTHERS = "select (select count(*) from capture.trades) + (select count(*) from capture.tickers)"
SIZE = "select pg_database_size(current_database())"


def measure(seconds: float) -> dict[str, float]:
    """Return frames per second at full speed, and the delay to the commit at 5,000 deltas per second."""
    with tempfile.TemporaryDirectory(prefix="kd-") as name, servers(Path(name)) as engine:
        full = capture(engine, Path(name) / "full", RATE, seconds)
        calm = capture(engine, Path(name) / "calm", CALM_RATE, min(seconds, CALM_SECONDS_MAX))
    return {**full, "commit_p99_ms": calm["commit_p99_ms"], "full_speed_commit_p99_ms": full["commit_p99_ms"]}


@contextmanager
def servers(folder: Path) -> Generator[Engine]:
    """Run a server as a gatherer's host has it."""
    folder.chmod(0o711)
    account = server_account()
    kind = "timescaledb" if timescaledb.can_fetch() else "plain"
    binaries = timescaledb.fetch_binaries() if kind == "timescaledb" else embedded_binaries(account, folder)
    engine = Engine(kind, folder / "server", binaries, account, DURABLE)
    with engine.running():
        yield engine


def capture(engine: Engine, folder: Path, rate: int, seconds: float) -> dict[str, float]:
    """Let a gatherer capture an exchange for some seconds, and look at what it committed."""
    folder.mkdir(mode=0o711)
    key = make_key(folder, 2)
    with engine.database("kalshi_ts") as kalshi_ts, engine.database("kalshi_meta") as kalshi_meta:
        with exchange(key, folder, rate, seconds) as addresses:
            settings = folder / "gatherer.toml"
            databases = {"kalshi_ts": kalshi_ts.conninfo("gatherer"), "kalshi_meta": kalshi_meta.conninfo("gatherer")}
            place = {"key_id": key.key_id, "private_key_file": key.private, "frames": folder / "frames"}
            settings.write_text(GATHERER.format(**addresses, **databases, **place))
            usage = gather(settings, folder, seconds)
        return figures(kalshi_ts, folder) | usage


@contextmanager
def exchange(key: KeyFiles, folder: Path, rate: int, seconds: float) -> Generator[dict[str, Any]]:
    """Run an exchange that begins when everything is subscribed."""
    arguments = [sys.executable, "-m", "kalshi_data.simulator", "run", f"--key={key.key_id}={key.public}"]
    arguments += [f"--markets={MARKETS}", f"--rate={rate}", f"--seconds={seconds}", "--tier=prestige"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=(folder / "exchange.log").open("wb")) as running:
        try:
            line = running.stdout.readline() if running.stdout else b""
            yield dict(msgspec.json.decode(line))
        finally:
            running.terminate()
            running.communicate()


def gather(settings: Path, folder: Path, seconds: float) -> dict[str, float]:
    """Run a gatherer until the exchange is through; return what it used."""
    arguments = [sys.executable, "-m", "kalshi_data.gatherer", "run", "--config", str(settings)]
    with (folder / "gatherer.log").open("wb") as log, subprocess.Popen(arguments, stderr=log) as running:
        process = psutil.Process(running.pid)
        deadline = time.monotonic() + SUBSCRIBE_SECONDS_MAX
        while b'"books-1"' not in (folder / "gatherer.log").read_bytes() and time.monotonic() < deadline:
            time.sleep(0.2)
        end = time.monotonic() + seconds + 8
        rss = cpu = 0.0
        while time.monotonic() < end:
            rss = max(rss, process.memory_info().rss / 1e6)
            cpu = sum(process.cpu_times()[:2])
            time.sleep(0.5)
        running.terminate()
        running.wait(60)
    return {"rss_max_mb": rss, "cpu_seconds": cpu}


def figures(database: Database, folder: Path) -> dict[str, float]:
    """Return what the database says."""
    with database.connect() as connection:
        deltas, took, p99 = connection.execute(COUNTED.encode()).fetchone() or (0, 1, 0)
        others = (connection.execute(OTHERS.encode()).fetchone() or (0,))[0]
        size = (connection.execute(SIZE.encode()).fetchone() or (0,))[0]
    rows = int(deltas) + int(others)
    logged = sum(path.stat().st_size for path in (folder / "frames").glob("*"))
    return {
        "frames_per_second": rows / float(took),
        "commit_p99_ms": float(p99) * 1000,
        "rows": rows,
        "bytes_per_row": int(size) / max(rows, 1),
        "log_bytes_per_frame": logged / max(rows, 1),
    }


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]))))  # noqa: T201
