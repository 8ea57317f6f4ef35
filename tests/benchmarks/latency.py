"""Time that a delta takes from the exchange into production, with three gatherers, all on this machine."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.database.connection import connect
from kalshi_data.demo.display import RunDisplay
from kalshi_data.demo.plan import DemoPlan
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.runner import drain, play

RATES = (2_000, 5_000)
# PostgreSQL records when each row's transaction was committed.
SETTINGS = {"track_commit_timestamp": "on"}
LATENCIES = """
select
    count(*),
    percentile_cont(array[0.5, 0.99]) within group (
        order by extract(epoch from pg_xact_commit_timestamp(d.xmin) - d.exchange_ts) * 1000
    )
from market_data.orderbook_deltas as d
"""


class JournalLine(msgspec.Struct):
    """A line of the exchange's journal about a frame."""

    published_ms: int
    frame: dict[str, Any]


def measure(seconds: float) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds for each rate, and the deltas that were measured."""
    results: dict[str, float] = {}
    for rate in RATES:
        results |= {f"{rate}_{figure}": value for figure, value in measure_rate(rate, max(seconds, 5.0)).items()}
    return results


def measure_rate(rate: int, seconds: float) -> dict[str, float]:
    """Run the platform with `rate` deltas a second, and return the latencies in its production."""
    with tempfile.TemporaryDirectory(prefix="kalshi-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        platform = Platform(folder, SETTINGS)
        try:
            run(platform, rate, seconds)
            with connect(platform.production.conninfo("kalshi"), application_name="latency") as connection:
                row = connection.execute(LATENCIES).fetchone()
                behind_ms = exchange_behind_ms(platform.journal)
        finally:
            platform.close()
    if not row or not row[0]:
        raise AssertionError("no delta reached production")
    deltas, (p50, p99) = row
    return {"deltas": float(deltas), "p50_ms": float(p50) - behind_ms, "p99_ms": float(p99) - behind_ms}


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
    platform.start_programs()
    with RunDisplay() as display:
        play(platform, seconds, display, f"{rate:,} deltas a second for {seconds:g} s")
    for program in platform.gatherers.values():
        program.stop()
    drain(platform)
    platform.deduplicator.stop()
