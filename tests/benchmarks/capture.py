"""Frames from the socket to committed rows, with the frame log on, beside cryptofeed's PostgreSQL backend.

One gatherer process subscribes 5,000 markets of an exchange process, which offers a constant rate; whether it is
sustained is seen from the delay between sending and commit, which would grow. A frame counts when it is a committed
row: deltas, trades and tickers, the latter two received on two connections each. The time of a commit is the server's
own, taken just before it syncs. See backends.py for what the other figures compare.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.demo.postgres import embedded_binaries, server_account
from kalshi_data.gatherer.recording.batch import read_position
from tests.benchmarks.backends import cryptofeed_rate, export, own_rate
from tests.support import debian_packages, timescaledb
from tests.support.engines import Database, Engine

MARKETS = 5_000
# Deltas per second; with trades and tickers a little above 40,000 frames, and 5,000.
RATE = 41_000
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
SUBSCRIBE_SECONDS_MAX = 60.0
SETTLED_SECONDS = 1.5
# No audits, since their answers would continue after the exchange has sent everything.
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
audit_seconds = 0
"""
COUNTED = """
with received as (
    select received_at, sent_at, ingest_xid from capture.orderbook_deltas
    union all select received_at, sent_at, ingest_xid from capture.trades
    union all select received_at, sent_at, ingest_xid from capture.tickers
),
committed as (
    select
        *, pg_xact_commit_timestamp(ingest_xid::xid) as committed_at,
        ntile(4) over (order by received_at) as quarter
    from received
)
select
    count(*) as rows,
    extract(epoch from max(committed_at) - min(received_at))::float as seconds,
    1000 * percentile_cont(0.99) within group (order by extract(epoch from committed_at - received_at)) as p99_ms,
    1000 * percentile_cont(0.5) within group (order by extract(epoch from committed_at - sent_at))
        filter (where quarter = 1) as first_ms,
    1000 * percentile_cont(0.5) within group (order by extract(epoch from committed_at - sent_at))
        filter (where quarter = 4) as last_ms
from committed
"""
SIZE = "select pg_database_size(current_database())"
# The exchange closes the connection of a slow client, which then was offered less than the rate.
CUT_OFF = """
select
    (select count(*) from capture.gaps)
    + (select count(*) from capture.connections where close_reason <> 'stopped')
    + (select count(distinct (connection_id, sid)) from capture.subscriptions where end_reason like 'error%')
"""


def measure(seconds: float) -> dict[str, float]:
    """Return frames per second at a constant rate, the delay to the commit at 5,000 per second, and the peer's rate."""
    with tempfile.TemporaryDirectory(prefix="kd-") as name, servers(folder := Path(name)) as engine:
        calm = capture(engine, folder / "calm", CALM_RATE, min(seconds, CALM_SECONDS_MAX))
        full = capture(engine, folder / "full", RATE, seconds)
        own = own_rate(engine, folder / "full" / "rows")
        peer = cryptofeed_rate(engine, folder / "full" / "rows")
    return {
        **full,
        "full_rate_commit_p99_ms": full["commit_p99_ms"],
        "commit_p99_ms": calm["commit_p99_ms"],
        "calm_frames_per_second": calm["frames_per_second"],
        "peer_rows_per_second": peer,
        "ratio": full["frames_per_second"] / peer,
        "writer_rows_per_second": own,
        "writer_ratio": own / peer,
        "load_average": psutil.getloadavg()[0],
    }


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


def capture(engine: Engine, folder: Path, rate: int, seconds: float) -> dict[str, float]:
    """Run a gatherer on an exchange for some seconds, and measure what it committed."""
    folder.mkdir(mode=0o711)
    key = make_key(folder, 2)
    with engine.database("kalshi_ts") as kalshi_ts, engine.database("kalshi_meta") as kalshi_meta:
        empty = number(kalshi_ts, SIZE)
        with exchange(key, folder, rate, seconds) as running:
            settings = folder / "gatherer.toml"
            databases = {"kalshi_ts": kalshi_ts.conninfo("gatherer"), "kalshi_meta": kalshi_meta.conninfo("gatherer")}
            place = {"key_id": key.key_id, "private_key_file": key.private, "frames": folder / "frames"}
            settings.write_text(GATHERER.format(**running.addresses, **databases, **place))
            usage = gather(settings, folder, running, kalshi_ts)
        found = figures(kalshi_ts) | {"cut_off": number(kalshi_ts, CUT_OFF)}
        export(kalshi_ts, folder / "rows", BACKEND_ROWS_MAX)
        size = number(kalshi_ts, SIZE) - empty
    logged = sum(path.stat().st_size for path in (folder / "frames").glob("*"))
    rows = found["rows"]
    return {
        **found,
        "rss_max_mb": usage["rss_max_mb"],
        "cpu_seconds_per_million": usage["cpu_seconds"] / rows * 1e6,
        "bytes_per_row": size / rows,
        "log_bytes_per_frame": logged / rows,
    }


class Running:
    """An exchange process, with its addresses and events."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Read its addresses, and read events in a thread from then on."""
        assert process.stdout
        self._lines = process.stdout
        self.addresses: dict[str, Any] = msgspec.json.decode(self._lines.readline())
        self.events = {"started": threading.Event(), "finished": threading.Event()}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._lines:
            if (event := self.events.get(msgspec.json.decode(line)["event"])) is not None:
                event.set()


@contextmanager
def exchange(key: KeyFiles, folder: Path, rate: int, seconds: float) -> Generator[Running]:
    """Run an exchange that starts when everything is subscribed."""
    arguments = [sys.executable, "-m", "kalshi_data.simulator", "run", f"--key={key.key_id}={key.public}"]
    arguments += [f"--markets={MARKETS}", f"--rate={rate}", f"--seconds={seconds}", "--tier=prestige"]
    with (folder / "exchange.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log)
    try:
        yield Running(process)
    finally:
        process.terminate()
        process.wait(30)


def gather(settings: Path, folder: Path, running: Running, database: Database) -> dict[str, float]:
    """Run a gatherer until everything the exchange sent is committed; return what it used.

    Raises:
        RuntimeError: the exchange did not begin or did not end.
    """
    arguments = [sys.executable, "-m", "kalshi_data.gatherer", "run", "--config", str(settings)]
    with (folder / "gatherer.log").open("wb") as log, subprocess.Popen(arguments, stderr=log) as gatherer:
        try:
            process = psutil.Process(gatherer.pid)
            if not running.events["started"].wait(SUBSCRIBE_SECONDS_MAX):
                raise RuntimeError(f"not subscribed: {(folder / 'gatherer.log').read_text()[-2000:]}")
            cpu = -sum(process.cpu_times()[:2])
            rss = highest_rss(process, running, database)
            cpu += sum(process.cpu_times()[:2])
        finally:
            gatherer.terminate()
    return {"rss_max_mb": rss / 1e6, "cpu_seconds": cpu}


def highest_rss(process: psutil.Process, running: Running, database: Database) -> float:
    """Watch a gatherer until the exchange has sent everything and the last frame is committed."""
    rss, position, settled = 0.0, -1, 0.0
    with database.connect() as connection:
        while time.monotonic() - settled < SETTLED_SECONDS or not settled:
            rss = max(rss, process.memory_info().rss)
            time.sleep(0.2)
            before, position = position, read_position(connection)
            if position != before or not running.events["finished"].is_set():
                settled = time.monotonic()
    return rss


def figures(database: Database) -> dict[str, float]:
    """Return the figures of the captured rows."""
    with database.connect() as connection:
        row = connection.execute(COUNTED.encode()).fetchone() or ()
    rows, seconds, p99_ms, first_ms, last_ms = map(float, row)
    return {
        "frames_per_second": rows / seconds,
        "commit_p99_ms": p99_ms,
        "rows": rows,
        "seconds": seconds,
        "delay_first_quarter_ms": first_ms,
        "delay_last_quarter_ms": last_ms,
    }


def number(database: Database, statement: str) -> float:
    """Return the number that a statement selects."""
    with database.connect() as connection:
        return float((connection.execute(statement.encode()).fetchone() or (0,))[0])


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]))))  # noqa: T201
