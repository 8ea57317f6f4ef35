"""The public SDKs, unchanged, talk to the simulator, each in a process of its own.

They need a newer Python and other dependencies than this project, so they live in an environment of their own.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalshi_data.demo.keys import make_key
from tests.benchmarks.environments import find_python
from tests.conftest import ROOT
from tests.support.waiting import STILL_SECONDS_MAX

CLIENTS = ROOT / "tests" / "clients"
LOCK = CLIENTS / "requirements.lock"
MARKETS = 60
PYTHON_VERSION = "3.13"
MISSING = "THE SDKS WERE NOT TESTED, they need a Python that is not on this machine and cannot be fetched"


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with both SDKs, made again when their pins change."""
    folder = ROOT / ".pytest_cache" / "clients"
    made_from = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp, interpreter = folder / "made-from.sha256", folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != made_from:
        made = uv("venv", "--quiet", "--clear", "--python", find_python(PYTHON_VERSION), str(folder))
        if made.returncode != 0:
            pytest.skip(f"{MISSING}: {made.stderr}")
        options = ("--quiet", "--require-hashes", "--python", str(interpreter), "--requirement", str(LOCK))
        installed = uv("pip", "install", *options)
        assert installed.returncode == 0, installed.stderr
        stamp.write_text(made_from)
    return interpreter


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "uv"
    return subprocess.run([program, *arguments], capture_output=True, check=False, text=True)


@pytest.fixture
def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """A running exchange: its addresses, and a key it knows."""
    # kalshi-sdk signs with RSA only, the other one with either.
    key = make_key(tmp_path, 1 if "kalshi_sdk" in request.node.name else 2)
    arguments = [sys.executable, "-m", "kalshi_data.simulator", "run", f"--key={key.key_id}={key.public}"]
    arguments += [f"--markets={MARKETS}", "--rate=500", "--seconds=0", "--clients=0", "--removed-fields"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout
            listening = msgspec.json.decode(running.stdout.readline())
            yield [listening["rest_url"], listening["websocket_url"], key.key_id, str(key.private)]
        finally:
            running.terminate()
            running.communicate()


def talk(python: Path, client: str, addresses: list[str]) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, "-W", "error", CLIENTS / client, *addresses]
    done = subprocess.run(
        command, capture_output=True, check=False, env=environment, text=True, timeout=STILL_SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_lists(found: dict[str, Any]) -> None:
    """Check what both clients read over REST, page by page.

    Pages are no snapshot of the list: if a market opens or closes between two of them, others move to another page.
    """
    assert found["active"] is True
    assert {"KXSIMA", "KXMVESIM"} <= set(found["series"])
    assert len(set(found["markets"])) >= MARKETS * 3 // 4
    assert len(set(found["events"])) >= MARKETS // 5
    assert found["market"] == found["markets"][0]
    assert found["levels"] > 2
    assert all(each.startswith("KXMVE") for each in found["combos"])
    assert len(found["combos"]) >= 3
    assert found["cutoff"]


def test_kalshi_sdk_reads_lists_and_follows_the_feed(python: Path, addresses: list[str]) -> None:
    found = talk(python, "with_kalshi_sdk.py", addresses)
    check_lists(found)
    messages = found["messages"]
    # It drops what comes while it waits for an answer, sees the gap and subscribes again: then each comes once more.
    assert messages["OrderbookSnapshotMessage"] >= len(found["markets"])
    assert min(messages[f"{name}Message"] for name in ("OrderbookDelta", "Trade", "Ticker")) >= 40


def test_kalshi_python_sync_reads_lists(python: Path, addresses: list[str]) -> None:
    found = talk(python, "with_kalshi_python_sync.py", addresses)
    check_lists(found)
    assert len(set(found["trades"])) == len(found["trades"])
