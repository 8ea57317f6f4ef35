"""Fixtures of acceptance tests: one server for all rehearsals, and fresh databases for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kalshi_data.demo.postgres import server_account
from tests.acceptance.rehearsal import Rehearsal
from tests.conftest import BOUNDED
from tests.support.engines import Engine

Rehearse = Callable[[int], Rehearsal]


@pytest.fixture(scope="session")
def server(server_folder: Path, embedded: Path) -> Iterator[Engine]:
    """One server for the databases of all programs."""
    with Engine("plain", server_folder / "rehearsals", embedded, server_account(), BOUNDED).running() as running:
        yield running


@pytest.fixture
def rehearse(server: Engine, tmp_path: Path) -> Iterator[Rehearse]:
    """Make a rehearsal with this many gatherers."""
    with ExitStack() as stack:

        def make(gatherers: int) -> Rehearsal:
            rehearsal = Rehearsal(tmp_path, server, gatherers)
            stack.callback(rehearsal.close)
            return rehearsal

        yield make
