"""Gatherer processes that share one database, each with a part of the order books."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.benchmarks.capturing.exchange import Exchange
from tests.support.engines import Database

# No audits, since they would ask the exchange for more than the feed.
SETTINGS = """\
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


class Usage(NamedTuple):
    """What the processes of a gatherer used from the first message of the markets until they ended."""

    cpu_seconds: float
    rss_max_mb: float


def gather(settings: Path, exchange: Exchange, processes: int, seconds: float) -> Usage:
    """Let processes receive from an exchange for some seconds, and commit the rest of what they received.

    Raises:
        RuntimeError: one ended with an error.
        TimeoutError: they did not subscribe everything in time.
    """
    running = [start(settings, shard) for shard in shards(processes)]
    try:
        exchange.wait_for_start()
        before = sum(sum(psutil.Process(each.pid).cpu_times()[:2]) for each in running)
        time.sleep(seconds)
    finally:
        for each in running:
            each.terminate()
        ended = [os.wait4(each.pid, 0) for each in running]
    for each, (_, status, _) in zip(running, ended, strict=True):
        each.returncode = os.waitstatus_to_exitcode(status)
    if any(each.returncode for each in running):
        raise RuntimeError("\n".join(log.read_text()[-2000:] for log in settings.parent.glob("gatherer*.log")))
    used = [usage for _, _, usage in ended]
    cpu_seconds = sum(each.ru_utime + each.ru_stime for each in used) - before
    return Usage(cpu_seconds, max(each.ru_maxrss for each in used) * 1024 / 1e6)


def shards(processes: int) -> list[str]:
    """Return which part of the order books each process receives; nothing if one receives all."""
    return [f"{number}/{processes}" for number in range(1, processes + 1)] if processes > 1 else [""]


def start(settings: Path, shard: str) -> subprocess.Popen[bytes]:
    """Start one process."""
    command = [sys.executable, "-m", "kalshi_data.gatherer", "run", "--config", str(settings)]
    with (settings.parent / f"gatherer-{shard[:1]}.log").open("wb") as log:
        return subprocess.Popen([*command, *(["--shard", shard] if shard else [])], stderr=log)


def write_settings(folder: Path, exchange: Exchange, kalshi_ts: Database, kalshi_meta: Database) -> Path:
    """Write the settings of a gatherer of an exchange; return their file."""
    databases = {"kalshi_ts": kalshi_ts.conninfo("gatherer"), "kalshi_meta": kalshi_meta.conninfo("gatherer")}
    key = {"key_id": exchange.key.key_id, "private_key_file": exchange.key.private}
    settings = folder / "gatherer.toml"
    settings.write_text(SETTINGS.format(**exchange.addresses, **databases, **key, frames=folder / "frames"))
    return settings
