"""The programs for aarch64 run: emulated, beside an exchange and PostgreSQL of this machine's own processor."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from kalshi_data.demo import processes
from kalshi_data.demo.platform import DEDUPLICATOR_GATHERER_TOML, DEDUPLICATOR_TOML, GATHERER_TOML
from tests.acceptance.conftest import Rehearse
from tests.conftest import ROOT
from tests.deployment.binaries.arm_root import PYTHON, arm_python
from tests.support.engines import Engine
from tests.support.waiting import SECONDS_MAX

PROGRAMS = ("gatherer", "deduplicator", "catalog")
# Emulated, a program compiles all that it unpacked in minutes, so it compiles only what it imports.
CACHE = {"SHIV_COMPILE_PYC": "0"}
FEW = ("--markets=10", "--rate=40", "--lifecycles=0")
NOWHERE = {
    "port": 0,
    "rest_url": "http://127.0.0.1:1/trade-api/v2",
    "websocket_url": "ws://127.0.0.1:1/trade-api/ws/v2",
    "key_id": "key",
    "private_key_file": "/nowhere/key.pem",
    "frames": "/nowhere/frames",
    "audit_seconds": 0,
}


class Binaries(NamedTuple):
    """Programs for aarch64, what runs them, and where they are unpacked."""

    folder: Path
    cache: Path

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the command line that emulates a program."""
        program, *rest = arguments
        return [*arm_python(), str(self.folder / program), *rest]

    def run(self, *arguments: str) -> str:
        """Emulate a program until it ends, and return what it printed."""
        environment = os.environ | CACHE | {"SHIV_ROOT": str(self.cache)}
        done = subprocess.run(
            self.command(arguments), capture_output=True, check=False, env=environment, text=True, timeout=SECONDS_MAX
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> Binaries:
    """The release for aarch64."""
    folder = tmp_path_factory.mktemp("aarch64")
    target = ("--target", "linux-aarch64", "--python", PYTHON)
    wanted = [f"--program={program}" for program in PROGRAMS]
    build = [sys.executable, ROOT / "build.py", "zipapps", *target, *wanted, "--output", folder / "dist"]
    subprocess.run(build, check=True)
    return Binaries(folder / "dist", folder / "cache")


@pytest.fixture
def emulated(binaries: Binaries, monkeypatch: pytest.MonkeyPatch) -> Binaries:
    """Let gatherers and deduplicators that are started be those for aarch64."""
    native = processes.command

    def command(arguments: Sequence[str]) -> list[str]:
        return binaries.command(arguments) if arguments[0] in PROGRAMS else native(arguments)

    monkeypatch.setattr(processes, "command", command)
    for name, value in {**CACHE, "SHIV_ROOT": str(binaries.cache)}.items():
        monkeypatch.setenv(name, value)
    return binaries


@pytest.mark.parametrize("program", PROGRAMS)
def test_libraries_are_for_aarch64_and_the_version_is_printed(binaries: Binaries, program: str) -> None:
    assert binaries.run(program, "--version").startswith(f"kalshi-{program} ")
    libraries = [path for path in binaries.cache.glob(f"{program}_*/**/*.so*") if path.is_file()]
    machines = {int.from_bytes(path.read_bytes()[18:20], "little") for path in libraries}
    assert machines == {183}


def test_they_migrate(binaries: Binaries, server: Engine, tmp_path: Path) -> None:
    with (
        server.database("empty") as kalshi_ts,
        server.database("empty") as kalshi_meta,
        server.database("empty") as own,
    ):
        owners = {kalshi_ts: "gatherer", kalshi_meta: "gatherer", own: "kalshi_owner"}
        for database, owner in owners.items():
            with database.connect() as connection:
                connection.execute(f"alter database {database.name} owner to {owner}".encode())
        ts, meta, production = (database.conninfo(owner) for database, owner in owners.items())
        gatherer, deduplicator = tmp_path / "gatherer.toml", tmp_path / "deduplicator.toml"
        gatherer.write_text(GATHERER_TOML.format(kalshi_ts=ts, kalshi_meta=meta, **NOWHERE))
        settings = DEDUPLICATOR_TOML.format(runtime=production, owner=production, late_days_max=1, port=0)
        deduplicator.write_text(settings + DEDUPLICATOR_GATHERER_TOML.format(number=1, kalshi_ts=ts, kalshi_meta=meta))
        printed = binaries.run("gatherer", "migrate", "--config", str(gatherer))
        assert "kalshi_ts: capture is up to date" in printed
        assert "kalshi_meta: registry is up to date" in printed
        printed = binaries.run("deduplicator", "migrate", "--config", str(deduplicator))
        assert "production: production is up to date" in printed
        with own.connect() as connection:
            assert connection.execute("select count(*) from market_data.trades").fetchall() == [(0,)]


def test_what_an_exchange_publishes_arrives_in_production(emulated: Binaries, rehearse: Rehearse) -> None:
    assert emulated.folder.is_dir()
    rehearsal = rehearse(1)
    rehearsal.start(*FEW)
    rehearsal.wait_for("orderbook_deltas", 100)
    rehearsal.wait_for("trades", 5)
    found = rehearsal.finish()
    assert found.complete, str(found)
    assert found.streams["orderbook_deltas"].present >= 100
