"""One platform for all tests of this folder, which come in the order of its life."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deployment.hosts.ansible import Played
from tests.deployment.hosts.fleet import ROOT, why_not
from tests.deployment.hosts.platform import Platform
from tests.deployment.hosts.releases import FIRST, make_releases

PLAYED = pytest.StashKey[list[Played]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how long each playbook took."""
    if PLAYED not in config.stash:
        return
    for played in config.stash[PLAYED]:
        terminalreporter.write_line(f"{played.name}: {played.seconds:.0f} s")


class Releases(NamedTuple):
    """A folder that has a folder of each release: of the first at once, of the others when `wait` returns."""

    folder: Path
    wait: Callable[[], None]


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """Return the releases; they are large and go at the end."""
    if missing := why_not():
        pytest.exit(missing, returncode=1)
    folder = tmp_path_factory.mktemp("releases")
    made = Releases(folder, make_releases(ROOT, folder))
    yield made
    made.wait()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def upgrades(releases: Releases) -> None:
    """Wait until there are releases to change to."""
    releases.wait()


@pytest.fixture(scope="session")
def bare(releases: Releases, pytestconfig: pytest.Config) -> Iterator[Platform]:
    """Return bare hosts, and the exchange and the archive beside them."""
    platform = Platform("tests")
    pytestconfig.stash[PLAYED] = platform.played
    try:
        platform.up(releases.folder)
        yield platform
    finally:
        platform.close()


@pytest.fixture(scope="session")
def platform(bare: Platform) -> Platform:
    """Return the running platform, made from bare hosts by site.yml."""
    bare.play_to_the_end("site.yml", version=FIRST)
    bare.outside.until("started")
    return bare
