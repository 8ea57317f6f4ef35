"""Time that a delta takes from the exchange into production, with three gatherers, all on this machine, by parts."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil

from kalshi_data.database.connection import Connection, connect
from kalshi_data.demo.display import RunDisplay
from kalshi_data.demo.plan import DemoPlan
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.runner import drain, play

RATES = (2_000, 5_000)
# At the start, programs load what they need, and the first partitions are made.
WARM_SECONDS = 3.0
# PostgreSQL records when each row's transaction was committed.
SETTINGS = {"track_commit_timestamp": "on"}
SQL = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "sql").glob("*.sql")}
# The parts of a delta's way, in its order, after the whole.
PARTS = ("receive", "commit", "poll", "production")


class JournalLine(msgspec.Struct):
    """A line of the exchange's journal about a frame."""

    published_ms: int
    frame: dict[str, Any]


def measure(seconds: float) -> dict[str, float]:
    """Return medians and 99th percentiles in milliseconds for each rate, and the deltas that were measured."""
    results: dict[str, float] = {}
    for rate in RATES:
        results |= {
            f"{rate}_{figure}": value for figure, value in measure_rate(rate, WARM_SECONDS + max(seconds, 5.0)).items()
        }
    return results | {"load_average": psutil.getloadavg()[0]}


def measure_rate(rate: int, seconds: float) -> dict[str, float]:
    """Run the platform with `rate` deltas a second, and return the latencies in its production."""
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        platform = Platform(folder, SETTINGS)
        try:
            run(platform, rate, seconds)
            with connect(platform.production.conninfo("kalshi"), application_name="latency") as production:
                gather_commits(platform, production)
                row = production.execute(SQL["measure"], {"warm_seconds": WARM_SECONDS}).fetchone()
                behind_ms = exchange_behind_ms(platform.journal)
        finally:
            platform.close()
    if not row or not row[0]:
        raise AssertionError("no delta reached production")
    return read_figures(row, behind_ms)


def gather_commits(platform: Platform, production: Connection) -> None:
    """Copy into production when each gatherer committed what it received."""
    production.execute(SQL["stage_commits"])
    for number, server in platform.gatherer_servers.items():
        with connect(server.conninfo("kalshi_ts"), application_name="latency") as gatherer:
            reading, writing = gatherer.cursor(), production.cursor()
            with (
                reading.copy(SQL["read_commits"], {"gatherer_id": number}) as sent,
                writing.copy(b"copy gathered from stdin") as taken,
            ):
                for part in sent:
                    taken.write(part)


def read_figures(row: Sequence[Any], behind_ms: float) -> dict[str, float]:
    """Return the figures of the whole and of each part; `behind_ms` is how far the exchange's clock is behind."""
    deltas, whole, *parts = row
    figures = {"deltas": float(deltas)}
    for prefix, percentiles in (("", whole), *((f"{name}_", each) for name, each in zip(PARTS, parts, strict=True))):
        behind = behind_ms if prefix in ("", "receive_") else 0.0
        figures |= {
            f"{prefix}{name}_ms": float(value) - behind for name, value in zip(("p50", "p99"), percentiles, strict=True)
        }
    return figures


def exchange_behind_ms(journal: Path) -> int:
    """Return how far the exchange's clock is behind this machine's.

    The model's clock starts at a whole second, so it is behind by a constant: the shortest time between making and
    sending a delta.
    """
    delays: list[int] = []
    with journal.open("rb") as lines:
        for line in lines:
            if b'"orderbook_delta"' in line:
                line_read = msgspec.json.decode(line, type=JournalLine)
                delays.append(line_read.published_ms - line_read.frame["msg"]["ts_ms"])
    return min(delays)


def run(platform: Platform, rate: int, seconds: float) -> None:
    """Start everything, let the markets trade, and wait until production holds all of it."""
    platform.start_databases()
    platform.start_exchange(DemoPlan(seconds), [f"--rate={rate}"])
    platform.migrate()
    with connect(platform.production.conninfo("kalshi"), application_name="latency") as production:
        production.execute(SQL["record_polls"])
    platform.start_programs()
    with RunDisplay() as display:
        play(platform, seconds, display, f"{rate:,} deltas a second for {seconds:g} s")
    for program in platform.gatherers.values():
        program.stop()
    drain(platform)
    platform.deduplicator.stop()
