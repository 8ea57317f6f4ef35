"""How long a delta takes from the exchange into production, with three gatherers, all of it on this machine."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.database.connection import connect
from kalshi_data.demo.display import Display
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.runner import drain, play

RATES = (2_000, 5_000)
# PostgreSQL tells when each row's transaction was committed.
SETTINGS = {"track_commit_timestamp": "on"}
LATENCIES = """
select
    count(*),
    percentile_cont(array[0.5, 0.99]) within group (
        order by extract(epoch from pg_xact_commit_timestamp(d.xmin) - d.exchange_ts) * 1000
    )
from market_data.orderbook_deltas as d
"""


class Told(msgspec.Struct):
    """A line of the exchange's journal about a frame."""

    published_ms: int
    frame: dict[str, Any]


def measure(seconds: float) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds for each rate, and the deltas that were measured."""
    figures: dict[str, float] = {}
    for rate in RATES:
        figures |= {f"{rate}_{figure}": value for figure, value in measure_rate(rate, max(seconds, 5.0)).items()}
    return figures


def measure_rate(rate: int, seconds: float) -> dict[str, float]:
    """Run the platform with so many deltas a second, and return what its production tells."""
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

    The model's time begins at a whole second, so it stays behind by one constant: the shortest time in which a delta
    was made and sent.
    """
    delays: list[int] = []
    with journal.open("rb") as lines:
        for line in lines:
            if b'"orderbook_delta"' in line:
                told = msgspec.json.decode(line, type=Told)
                delays.append(told.published_ms - told.frame["msg"]["ts_ms"])
    return min(delays)


def run(platform: Platform, rate: int, seconds: float) -> None:
    """Start everything, let the markets trade, and wait until production holds it all."""
    platform.start_databases()
    platform.start_exchange(None, seconds, [f"--rate={rate}"])
    platform.migrate()
    platform.start_programs()
    with Display() as display:
        play(platform, seconds, display, f"{rate:,} deltas a second for {seconds:g} s")
    for program in platform.gatherers.values():
        program.stop()
    drain(platform)
    platform.deduplicator.stop()
