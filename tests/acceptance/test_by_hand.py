"""The walk of the gatherer's page: from two examples to a running pair on one host, with files in one folder only."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kalshi_data.demo.keys import make_key
from kalshi_data.demo.processes import ProgramProcess
from tests.conftest import ROOT, MakeDatabase
from tests.support.engines import Database
from tests.support.waiting import wait_until

PAGE = (ROOT / "src" / "kalshi_data" / "gatherer" / "README.md").read_text()
PROGRAMS = ("gatherer", "deduplicator")
# What the walk says to change in the examples: the addresses of the simulator instead of the exchange's.
REAL = {
    "rest_url": "https://external-api.kalshi.com/trade-api/v2",
    "websocket_url": "wss://external-api-ws.kalshi.com/trade-api/ws/v2",
}
MARKETS = 20


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[dict[str, Any]]:
    key = make_key(tmp_path, 1)
    arguments = [
        "simulator",
        "run",
        f"--key=my-key-id={key.public}",
        f"--markets={MARKETS}",
        "--rate=50",
        "--seconds=0",
    ]
    running = ProgramProcess("exchange", tmp_path, arguments, listen=True)
    try:
        yield wait_until(lambda: running.next_event(0.2)) | {"private": key.private}
    finally:
        running.end()


def command(folder: Path, program: str, *arguments: str) -> str:
    """Run a program from another folder than that of its settings, as an ordinary user may."""
    done = subprocess.run(
        [sys.executable, "-m", f"kalshi_data.{program}", *arguments],
        capture_output=True, check=False, cwd="/", text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, folder
    return done.stdout


def write_settings(folder: Path, program: str, changes: dict[str, str]) -> Path:
    """Write a program's example with some texts replaced, each of which must be there."""
    text = command(folder, program, "run", "--example")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    path = folder / f"{program}.toml"
    path.write_text(text)
    return path


def of_databases(databases: dict[str, Database], *roles: str) -> dict[str, str]:
    """Return the connection strings of an example and those of the test's databases."""
    return {
        f'"host=/run/postgresql dbname={name} user={role}"': json.dumps(database.conninfo(role))
        for name, database in databases.items()
        for role in roles
    }


def test_two_examples_become_a_running_pair(
    make_database: MakeDatabase, exchange: dict[str, Any], tmp_path: Path
) -> None:
    captured = {name: make_database(name) for name in ("kalshi_ts", "kalshi_meta")}
    production = {"kalshi": make_database("production")}
    folder = tmp_path / "by hand"
    folder.mkdir()
    (folder / "private.pem").write_bytes(exchange["private"].read_bytes())
    addresses = {real: exchange[name] for name, real in REAL.items()}
    own = {"port = 9101": "port = 0", "port = 9102": "port = 0"}
    gatherer = write_settings(
        folder, "gatherer", {**addresses, **of_databases(captured, "gatherer"), "port = 9101": "port = 0"}
    )
    deduplicator = write_settings(
        folder,
        "deduplicator",
        {
            **of_databases(production, "deduplicator", "kalshi_owner", "exporter"),
            **of_databases(captured, "dedup_reader"),
            'target = ""': f'target = "file://{tmp_path}/archive"',
            "port = 9102": own["port = 9102"],
        },
    )
    for program, settings in zip(PROGRAMS, (gatherer, deduplicator), strict=True):
        assert "0 migrations applied" in command(folder, program, "migrate", "--config", str(settings))
    running = [
        ProgramProcess(program, tmp_path, [program, "run", "--config", str(settings)])
        for program, settings in zip(PROGRAMS, (gatherer, deduplicator), strict=True)
    ]
    try:
        with production["kalshi"].connect("reader") as reader:
            held = (
                "select count(*) > 0, (select count(*) > 10 from market_data.orderbook_deltas) from market_data.trades"
            )
            wait_until(lambda: reader.execute(held.encode()).fetchone() == (True, True))
        status = json.loads(command(folder, "gatherer", "status", "--json", "--config", str(gatherer)))
        assert status["alive"]
        command(folder, "deduplicator", "status", "--config", str(deduplicator))
    finally:
        ended = [each.end() for each in reversed(running)]
    assert ended == [0, 0]
    assert {each.name for each in folder.iterdir()} >= {"frames", "gatherer.toml", "deduplicator.toml"}


def test_the_walk_names_each_command_that_is_tested_here() -> None:
    walk = PAGE.partition("## By hand on one host")[2].partition("\n## ")[0]
    for program in PROGRAMS:
        assert f"{program} run --example > {program}.toml" in walk
        for verb in ("migrate", "run", "status"):
            assert re.search(rf"{program} {verb} .*--config {program}\.toml", walk)
