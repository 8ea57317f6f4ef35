"""Releases made in a clone of this checkout, where tags and a fault can be added: what is committed is released."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.timescaledb import run

FIRST, SECOND, BROKEN = "1.0.0", "1.0.1", "1.0.2"
# Answers to --version and migrates, but ends whenever it should gather.
FAULT_SAYS = "this release is broken"
FAULT = f"""

def run(*_: object) -> None:
    raise SystemExit("{FAULT_SAYS}")
"""
GIT = ("git", "-c", "user.name=tests", "-c", "user.email=tests@kalshi.test", "-c", "commit.gpgsign=false")


def make_releases(checkout: Path, folder: Path) -> None:
    """Make a folder for each release, named by its version; the last one is broken."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(partial(_make_release, checkout, folder), (FIRST, SECOND, BROKEN)))


def _make_release(checkout: Path, folder: Path, version: str) -> None:
    clone = folder / f"checkout-{version}"
    run(("git", "clone", "--quiet", "--no-tags", str(checkout), str(clone)))
    if version == BROKEN:
        runner = clone / "src/kalshi_data/gatherer/runner.py"
        runner.write_text(runner.read_text() + FAULT)
    run((*GIT, "commit", "--quiet", "--all", "--allow-empty", "--no-verify", f"--message=Release {version}"), clone)
    run((*GIT, "tag", f"v{version}"), clone)
    target = ("--target", "linux-x86_64", "--python", "3.13", "--output", str(folder / version))
    command = (sys.executable, "-m", "kalshi_data.release", *target)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=clone)
    assert done.returncode == 0, done.stderr
