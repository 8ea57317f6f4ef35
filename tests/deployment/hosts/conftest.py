"""One platform for all tests of this folder, which run in the order of its life."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deployment.hosts.ansible import PlaybookRun
from tests.deployment.hosts.fleet import ROOT, missing_requirement
from tests.deployment.hosts.platform import Platform
from tests.deployment.hosts.releases import FIRST, make_releases

PLAYED = pytest.StashKey[list[PlaybookRun]]()
MEASURED = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Report how long each playbook and each recovery took."""
    if PLAYED not in config.stash:
        return
    for played in config.stash[PLAYED]:
        terminalreporter.write_line(f"{played.name}: {played.seconds:.0f} s")
    for line in config.stash[MEASURED]:
        terminalreporter.write_line(line)


class Releases(NamedTuple):
    """A folder with one folder per release: the first exists at once, the others when `wait` returns."""

    folder: Path
    wait: Callable[[], None]


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """Return the releases; they are large and are removed at the end."""
    if missing := missing_requirement():
        pytest.exit(missing, returncode=1)
    folder = tmp_path_factory.mktemp("releases")
    made = Releases(folder, make_releases(ROOT, folder))
    yield made
    made.wait()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def upgrades(releases: Releases) -> None:
    """Wait until the other releases exist."""
    releases.wait()


@pytest.fixture(scope="session")
def bare(releases: Releases, pytestconfig: pytest.Config) -> Iterator[Platform]:
    """Return bare hosts, and the exchange and the archive beside them."""
    platform = Platform("tests")
    pytestconfig.stash[PLAYED] = platform.played
    pytestconfig.stash[MEASURED] = platform.measured
    try:
        platform.up(releases.folder)
        yield platform
    finally:
        platform.close()


@pytest.fixture(scope="session")
def platform(bare: Platform) -> Platform:
    """Return the running platform, which site.yml set up on bare hosts."""
    bare.play_to_the_end("site.yml", version=FIRST)
    bare.outside.until("started")
    return bare
