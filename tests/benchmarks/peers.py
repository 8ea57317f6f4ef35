"""Other people's tools at the merge's work: dlt and Sling, unchanged, in an environment of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import randrange
from typing import NamedTuple

import msgspec

from tests.benchmarks.fill import KEY
from tests.conftest import ROOT
from tests.support.engines import Database

FOLDER = Path(__file__).parent / "peers"
LOCK = FOLDER / "requirements.lock"
SELECT = f"select {', '.join(KEY)}, received_at from sync.orderbook_deltas_v1"
# Both make the key that production has, so that they find what is already there as fast as the merge does.
PREPARE = """
create schema if not exists peer_sling;
create table peer_sling.orderbook_deltas (
    exchange_ts timestamptz, market_ticker text collate "C", clock bigint, side text, price numeric,
    size_delta numeric, occurrence integer, received_at timestamptz,
    unique (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
)
"""


class Place(NamedTuple):
    """A folder for what a tool leaves behind, and where the server listens."""

    folder: Path
    address: str


def environment() -> Path:
    """Return the interpreter of an environment with both tools, made again each time their pins change."""
    folder = ROOT / ".pytest_cache" / "peers"
    stamp, interpreter = folder / "made-from.lock", folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_bytes() != LOCK.read_bytes():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        options = ("--quiet", "--require-hashes", "--python", interpreter, "--requirement", LOCK)
        subprocess.run([uv, "pip", "install", *options], check=True)
        stamp.write_bytes(LOCK.read_bytes())
    return interpreter


def merge_with_dlt(python: Path, gatherers: Sequence[Database], production: Database, place: Place) -> float:
    """Merge everything and return the seconds it took."""
    folder, address = place
    urls = [url(each, address) for each in (*gatherers, production)]
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": str(folder / "dlt")}
    return timed([python, FOLDER / "with_dlt.py", *urls], {**quiet, "HOME": str(folder)})


def merge_with_sling(python: Path, gatherers: Sequence[Database], production: Database, place: Place) -> float:
    """Merge everything, one gatherer after the other, and return the seconds it took."""
    folder, address = place
    program = next(python.parents[1].glob("lib/*/site-packages/sling_linux_amd64/bin/sling-linux-amd64"))
    with production.connect() as connection:
        connection.execute(PREPARE)
    seconds = 0.0
    for gatherer in gatherers:
        replication = {
            "source": "SOURCE",
            "target": "TARGET",
            "streams": {
                "deltas": {
                    "sql": SELECT,
                    "object": "peer_sling.orderbook_deltas",
                    "mode": "incremental",
                    "primary_key": list(KEY),
                }
            },
        }
        file = folder / "sling.json"
        file.write_bytes(msgspec.json.encode(replication))
        places = {
            "SOURCE": url(gatherer, address),
            "TARGET": url(production, address),
            "SLING_DISABLE_TELEMETRY": "true",
        }
        seconds += timed([program, "run", "-r", file], {**places, "HOME": str(folder), "SLING_HOME_DIR": str(folder)})
    return seconds


def own_address() -> str:
    """Return an address of this machine that no other program listens on: other tools know no sockets in folders."""
    return f"127.{randrange(2, 250)}.{randrange(2, 250)}.{randrange(2, 250)}"


def url(database: Database, address: str) -> str:
    """Return where other tools find a database; the server asks for no password, but dlt wants one."""
    return f"postgresql://postgres:none@{address}:5432/{database.name}?sslmode=disable"


def timed(command: Sequence[str | Path], variables: dict[str, str]) -> float:
    """Run a tool and return the seconds it took.

    Raises:
        RuntimeError: with what it said.
    """
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **variables}, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(done.stdout + done.stderr)[-2000:]}")
    return time.perf_counter() - began
