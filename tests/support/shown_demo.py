"""A demo that stays: its exchange publishes no more, and its programs go on and serve their pages."""

import tomllib
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.database.connection import Connection, connect
from kalshi_data.demo.plan import DemoPlan
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.processes import run_to_end
from kalshi_data.demo.runner import drain
from tests.support.waiting import wait_until

# Books are asked for once, so that nothing changes after the exchange has ended.
PLAN = DemoPlan(seconds=8, markets=12, audit_seconds=0)
JUDGE = "select classified_until from ops.advance_minutes(1440, 100000, now())"
FAULTS: tuple[dict[str, Any], ...] = (
    {"name": "drop_frames", "client": "demo-gatherer-1", "count": 3},
    {"name": "malformed_json", "client": "demo-gatherer-1", "count": 2},
    {"name": "disconnect", "client": "demo-gatherer-2"},
)


@contextmanager
def shown_demo(folder: Path) -> Generator[Platform]:
    """Run a demo with faults of single connections until everything is merged, and archive it."""
    platform = Platform(folder)
    try:
        platform.start_databases()
        platform.start_exchange(PLAN)
        platform.migrate()
        platform.start_programs()
        wait_until(lambda: platform.exchange.find_event("started", 0.5), "the exchange starts")
        for fault in FAULTS:
            cause(platform, fault)
        wait_until(lambda: platform.exchange.find_event("finished", 0.5), "the exchange ends")
        drain(platform)
        with production_of(platform) as production:
            production.execute(JUDGE)
        run_to_end(
            "export", ["deduplicator", "export", "--once", "--early", "--config", str(platform.deduplicator_settings)]
        )
        yield platform
    finally:
        platform.close()


@contextmanager
def production_of(platform: Platform) -> Generator[Connection]:
    """Connect to the demo's production."""
    with connect(platform.production.conninfo("kalshi"), application_name="test") as connection:
        yield connection


@contextmanager
def capture_of(platform: Platform, number: int = 1) -> Generator[Connection]:
    """Connect to a gatherer's database."""
    server = platform.gatherer_servers[number]
    with connect(server.conninfo("kalshi_ts"), application_name="test") as connection:
        yield connection


def cause(platform: Platform, fault: dict[str, Any]) -> None:
    """Let the exchange have a fault now."""
    settings = tomllib.loads((platform.folder / "settings-1/gatherer.toml").read_text())
    address = settings["exchange"]["rest_url"].partition("/trade-api")[0] + "/admin/faults"
    urllib.request.urlopen(address, msgspec.json.encode(fault), timeout=10).close()
