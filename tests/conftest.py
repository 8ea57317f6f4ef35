"""Fixtures of all tests: servers of both engines, databases cloned for each test, and what a newcomer must see."""

import itertools
import os
import shutil
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]

from kalshi_data.demo.postgres import embedded_binaries, server_account
from tests.support import debian_packages, timescaledb
from tests.support.engines import Database, Engine
from tests.support.memory import fast_folder, guarded_folder
from tests.support.scheduling import SharedFolderScheduling
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[1]
RECORDINGS = Path(__file__).parent / "recordings"
# Recordings of the real exchange lie beside the checkout if a developer has them.
CAPTURES = ROOT.parent / "shared" / "captures"
ENGINES = ("plain", *(("timescaledb",) if debian_packages.can_fetch() else ()))
# Tests of a program run its statements, which the tests of SQL run on both engines. Each is run on one, by turns.
ON_ONE_ENGINE = tuple(
    Path(__file__).parent / "integration" / name
    for name in (
        *("archive", "deduplicator", "gatherer", "simulator", "status_page"),
        *("merge/test_faults_of_production.py", "merge/test_kill.py"),
    )
)
# How much of the log a server keeps, which is in memory as its data are.
BOUNDED = {"max_wal_size": "256MB"}
# As long as a test of days takes at most.
LAST_MOMENTS = timedelta(seconds=20)
MISSING = "TimescaleDB is not available on this platform: NO TEST RAN ON IT"

NUMBERS = itertools.count(1)

# No example has to be fast: a busy machine may stop a process for any time.
hypothesis.settings.register_profile("any speed", deadline=None)
hypothesis.settings.load_profile("any speed")

MakeDatabase = Callable[[str], Database]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a changed schema be written down, and a changed page be pictured."""
    parser.addoption("--update-golden", action="store_true", help="Write the schema files in tests/golden again.")
    parser.addoption("--update-pictures", action="store_true", help="Write the pictures in .github again.")


def pytest_sessionstart() -> None:
    """Let CI fail where only half of the engines would be tested, and programs print as into a file."""
    # xdist sets the width of its own terminal.
    os.environ.pop("COLUMNS", None)
    if len(ENGINES) < 2 and os.environ.get("CI"):
        pytest.exit(MISSING, returncode=1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail in CI: what passes there has run."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longreprtext}"
    return report


@pytest.fixture
def within_a_day() -> None:
    """Let a test begin after midnight if it would begin a moment before: its days are counted from today."""
    today = datetime.now(UTC).date()
    wait_until(lambda: datetime.now(UTC).date() > today or (datetime.now(UTC) + LAST_MOMENTS).date() == today)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharedFolderScheduling:
    """Let one process run the tests that share a folder of the checkout."""
    return SharedFolderScheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Warn about what did not run."""
    if len(ENGINES) < 2:
        terminalreporter.section("WARNING", red=True)
        terminalreporter.line(MISSING)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder with a short name that an unprivileged server can enter."""
    with guarded_folder(fast_folder()) as folder:
        yield folder


@pytest.fixture(scope="session")
def embedded() -> Iterator[Path]:
    """The programs of the embedded PostgreSQL, which a file system in memory may refuse to run."""
    with guarded_folder() as folder:
        yield embedded_binaries(server_account(), folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test of SQL run on each engine, and a test of a program on one of them, which its name decides.

    A program's tests that the engines answer differently are marked `each_engine`.
    """
    if "engine" not in metafunc.fixturenames:
        return
    test = metafunc.definition
    engines = ENGINES
    if {test.path, *test.path.parents} & set(ON_ONE_ENGINE) and not test.get_closest_marker("each_engine"):
        turn = zlib.crc32(metafunc.function.__name__.encode()) % len(ENGINES)
        engines = ENGINES[turn : turn + 1]
    metafunc.parametrize("engine", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, server_folder: Path, embedded: Path) -> Iterator[Engine]:
    """A running server of the engine whose turn it is."""
    binaries = embedded if request.param == "plain" else timescaledb.fetch_binaries()
    # A process may return to an engine that it has stopped before, so each start has a folder of its own.
    folder = server_folder / f"engine-{next(NUMBERS)}-{request.param}"
    with Engine(request.param, folder, binaries, server_account(), BOUNDED).running() as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_database(engine: Engine) -> Iterator[MakeDatabase]:
    """Make databases of a kind: kalshi_ts, kalshi_meta, production or empty."""
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(engine.database(kind))


@pytest.fixture
def kalshi_ts(make_database: MakeDatabase) -> Database:
    """A gatherer's migrated capture database."""
    return make_database("kalshi_ts")


@pytest.fixture
def production(make_database: MakeDatabase) -> Database:
    """A migrated production database."""
    return make_database("production")
