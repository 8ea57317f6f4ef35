"""Releases made in a clone of this checkout, where tags and a fault can be added: what is committed is released."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.timescaledb import run

FIRST, SECOND, BROKEN = "1.0.0", "1.0.1", "1.0.2"
# Answers to --version and migrates, but ends whenever it should gather.
FAULT_SAYS = "this release is broken"
FAULT = f"""

def run(*_: object) -> None:
    raise SystemExit("{FAULT_SAYS}")
"""
GIT = ("git", "-c", "user.name=tests", "-c", "user.email=tests@kalshi.test", "-c", "commit.gpgsign=false")


def make_releases(checkout: Path, folder: Path) -> Callable[[], None]:
    """Make a folder for the first release, named by its version, and return what waits for the others.

    They are made beside what follows, which mostly waits for hosts; the last one is broken.
    """
    _make_release(checkout, folder, FIRST)
    threads = ThreadPoolExecutor(1)
    others = [threads.submit(_make_release, checkout, folder, version) for version in (SECOND, BROKEN)]
    threads.shutdown(wait=False)

    def wait() -> None:
        for each in others:
            each.result()

    return wait


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
