"""Fixtures of acceptance tests: one server for all rehearsals, and fresh databases for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from kalshi_data.demo.postgres import server_account
from tests.acceptance.rehearsal import Rehearsal
from tests.conftest import BOUNDED
from tests.support.engines import Engine

Rehearse = Callable[[int], Rehearsal]
# Fields that the exchange may leave out, without which the platform must know as much of a change as it can.
LEFT_OUT = "clock,ts"
WITH_ALL_FIELDS_AND_WITHOUT = pytest.mark.parametrize("without", ["", LEFT_OUT], ids=["all-fields", "without-clock"])


@pytest.fixture(scope="session")
def server(server_folder: Path, embedded: Path) -> Iterator[Engine]:
    """One server for the databases of all programs."""
    with Engine("plain", server_folder / "rehearsals", embedded, server_account(), BOUNDED).running() as running:
        yield running


@pytest.fixture
def without(request: pytest.FixtureRequest) -> str:
    """The fields that the exchange leaves out: by turns none and some; a test about books has both."""
    return LEFT_OUT if sha256(request.node.name.encode()).digest()[1] % 2 else ""


@pytest.fixture
def rehearse(server: Engine, tmp_path: Path, without: str) -> Iterator[Rehearse]:
    """Make a rehearsal with this many gatherers."""
    with ExitStack() as stack:

        def make(gatherers: int) -> Rehearsal:
            rehearsal = Rehearsal(tmp_path, server, gatherers, without)
            stack.callback(rehearsal.close)
            return rehearsal

        yield make
