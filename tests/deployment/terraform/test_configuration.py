"""The configuration is formatted, valid, in the agreed layout, and passes every mocked run."""

import re
from pathlib import Path

import pytest

from tests.deployment.terraform.mocked_tests import Outcome
from tests.deployment.terraform.terraform_runner import PRODUCTION, SOURCE, Terraform

MODULES = ["bucket", "database", "host", "network", "secrets"]
FOUR = {"main.tf", "outputs.tf", "variables.tf", "versions.tf"}
HOST = {"iam.tf", "alarms.tf", "snapshots.tf", "user_data.sh.tftpl"}
TEST_FILES = sorted((SOURCE / PRODUCTION / "tests").glob("*.tftest.hcl"))
RUNS = [f"{file.name}/{run}" for file in TEST_FILES for run in re.findall(r'^run "(\w+)"', file.read_text(), re.M)]


def blocks(file: Path, kind: str) -> dict[str, str]:
    """Return the bodies of the top-level blocks of one kind, by label."""
    return dict(re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', file.read_text(), re.M | re.S))


def test_files_are_formatted(terraform: Terraform) -> None:
    """`terraform fmt` has nothing to change."""
    terraform.require("fmt", "-check", "-recursive", "-diff", str(terraform.folder))


def test_configuration_is_valid(terraform: Terraform) -> None:
    """`terraform validate` accepts every resource, argument and reference."""
    terraform.require("validate", "-no-color")


@pytest.mark.parametrize("run", RUNS)
def test_mocked_run_passes(outcome: Outcome, run: str) -> None:
    """`terraform test` plans and applies against a mocked provider, and every assertion holds."""
    assert outcome.statuses.get(run) == "pass", "\n".join(outcome.problems)


def test_each_module_has_its_four_files() -> None:
    """Each module has the same four files; the host is split further and also holds its boot script."""
    found = {folder.name: {file.name for file in folder.iterdir()} for folder in (SOURCE / "modules").iterdir()}
    assert found == dict.fromkeys(MODULES, FOUR) | {"host": FOUR | HOST}


def test_production_only_calls_modules() -> None:
    """The resources of production are in modules; main.tf connects them."""
    kinds = re.findall(r"^(\w+)", (SOURCE / PRODUCTION / "main.tf").read_text(), re.M)
    assert set(kinds) == {"module"}


@pytest.mark.parametrize("file", sorted(SOURCE.glob("**/variables.tf")), ids=lambda file: file.parent.name)
def test_every_variable_is_typed_described_and_validated(file: Path) -> None:
    """A variable has a type, a description and a validation."""
    variables = blocks(file, "variable")
    assert variables
    for name, body in variables.items():
        for part in ("type  ", "description = ", "validation {"):
            assert part in body, f"{name} has no {part}"


@pytest.mark.parametrize("file", sorted(SOURCE.glob("**/outputs.tf")), ids=lambda file: file.parent.name)
def test_every_output_is_described(file: Path) -> None:
    """Every output has a description."""
    assert all("description = " in body for body in blocks(file, "output").values())


def test_provider_is_pinned() -> None:
    """Production pins one version of the provider, and every module accepts it."""
    pins = {
        file.parent.name: re.findall(r'^      version = "(.*)"', file.read_text(), re.M)
        for file in SOURCE.glob("**/versions.tf")
    }
    assert re.fullmatch(r"6\.\d+\.\d+", pins.pop("production")[0])
    assert set(map(tuple, pins.values())) == {(">= 6.69, < 7.0",)}
