"""Fixtures for the Terraform tests: one prepared copy, one run of the mocked tests, and the tools' environments."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.isolated_tool import isolated_tool
from tests.deployment.terraform.mocked_tests import Outcome, run_mocked_tests
from tests.deployment.terraform.terraform_runner import Terraform, prepare

HERE = Path(__file__).parent
USED = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Report which terraform and which provider were used."""
    if USED in config.stash:
        terminalreporter.write_line(config.stash[USED])


@pytest.fixture(scope="session")
def cache(pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """Return a function that returns a folder which is kept for the next run."""
    kept: Any = pytestconfig.cache
    return kept.mkdir


@pytest.fixture(scope="session")
def terraform(
    tmp_path_factory: pytest.TempPathFactory, cache: Callable[[str], Path], pytestconfig: pytest.Config
) -> Terraform:
    """Return a copy of the configuration with a provider."""
    prepared = prepare(tmp_path_factory.mktemp("terraform"), cache("terraform-plugins"), cache("tools"))
    pytestconfig.stash[USED] = str(prepared)
    return prepared


@pytest.fixture(scope="session")
def outcome(terraform: Terraform) -> Outcome:
    """Return the results of production's mocked tests."""
    return run_mocked_tests(terraform)


@pytest.fixture(scope="session")
def brief() -> dict[str, Any]:
    """Return the deployment brief's tables."""
    return json.loads((HERE / "brief.json").read_text())


@pytest.fixture(scope="session")
def tool(cache: Callable[[str], Path]) -> Callable[[str], Path]:
    """Return a function that installs the tools of a folder and returns the folder of their programs."""
    return lambda folder: isolated_tool(folder, cache("tools"))
