"""Releases of this checkout's commit, built in clones to which tags and a fault are added."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.debian_packages import run

FIRST, SECOND, BROKEN = "1.0.0", "1.0.1", "1.0.2"
# It answers to --version and migrates, but ends as soon as it should record.
FAULT_MESSAGE = "this release is broken"
FAULT = f"""

def run(*_: object) -> None:
    raise SystemExit("{FAULT_MESSAGE}")
"""
GIT = ("git", "-c", "user.name=tests", "-c", "user.email=tests@kalshi.test", "-c", "commit.gpgsign=false")


def make_releases(checkout: Path, folder: Path) -> Callable[[], None]:
    """Build the first release into a folder named by its version, and return a function that waits for the others.

    They are built during the first tests, which mostly wait for hosts. The last one is broken.
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
    if version != FIRST:
        # Later releases replace a view that readers use.
        view = clone / "sql/production/views/top_of_book.sql"
        view.write_text(f"{view.read_text()}-- Release {version}\n")
    run((*GIT, "commit", "--quiet", "--all", "--allow-empty", "--no-verify", f"--message=Release {version}"), clone)
    run((*GIT, "tag", f"v{version}"), clone)
    target = ("--target", "linux-x86_64", "--python", "3.13", "--output", str(folder / version))
    command = (sys.executable, "-m", "kalshi_data.release", *target)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=clone)
    assert done.returncode == 0, done.stderr
